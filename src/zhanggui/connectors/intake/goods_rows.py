"""Rows of product and stock files to what the catalogue and the warehouses take in."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from zhanggui.catalog.records import SkuIn
from zhanggui.connectors.intake.records import DEFAULT_WAREHOUSE, Entry, RowRefused, StockIn
from zhanggui.connectors.spreadsheets.cells import (
    QUANTITY_MAX,
    parse_code,
    parse_money_minor,
    parse_name,
    parse_quantity,
    parse_yes_no,
)
from zhanggui.connectors.spreadsheets.records import Cell, CellRefused, Row, Table
from zhanggui.kernel.text import clean_id

TEXT_CHARS = {"specification": 200, "unit": 16, "barcode": 32}
WAREHOUSE_CHARS = 32
REFERENCE_CHARS = 48
Read = tuple[tuple[Entry, ...], tuple[RowRefused, ...], int]
T = TypeVar("T", SkuIn, StockIn)


class _Cells:
    """One row's cells by field; remembers which field was asked last, for the refusal."""

    def __init__(self, columns: Mapping[str, int], row: Row) -> None:
        self._columns, self._row = columns, row
        self.field = ""

    def __getitem__(self, field: str) -> Cell:
        self.field = field
        return self._row[self._columns[field]] if field in self._columns else None


def read_products(table: Table, columns: Mapping[str, int], decimals: int = 2) -> Read:
    """Read products; a code that stands twice must say the same, else its later rows are refused.

    Takes: decimals, of the currency that prices are in. Gives: entries, refused rows, number of rows.
    """

    def product(cells: _Cells) -> SkuIn:
        code = parse_code(cells["sku"], typed=table.typed)
        name = parse_name(cells["name"])
        texts = {key: parse_name(cells[key], required=False, limit=chars) for key, chars in TEXT_CHARS.items()}
        price = cells["price_fen"] if "price_fen" in columns and "price" not in columns else cells["price"]
        fen = None if _open(price) else parse_money_minor(price, 0 if cells.field == "price_fen" else decimals)
        if fen is not None and fen < 0:
            raise CellRefused("amount_negative", "amount_from_0")
        return SkuIn(code, name, **texts, price_fen=fen, stocked=parse_yes_no(cells["stocked"]))

    read, refused, n_rows = _read(table, columns, product)
    first: dict[str, tuple[SkuIn, list[int]]] = {}
    for row, sku in read:
        known, rows = first.setdefault(sku.code, (sku, []))
        if known == sku:
            rows.append(row)
        else:
            refused.append(RowRefused(row, "twice_in_file", "sku"))
    entries = tuple(Entry(sku, tuple(rows)) for sku, rows in first.values())
    return entries, _by_row(refused), n_rows


def read_stock(table: Table, columns: Mapping[str, int]) -> Read:
    """Read stock: without a reference the opening stock of a warehouse and SKU, with one a receipt or, negative, a
    correction downwards.

    Rows that state the same thing twice are all refused: nobody knows which is right, nor whether to add them up.
    Gives: entries, refused rows, number of rows.
    """

    def stock(cells: _Cells) -> StockIn:
        sku = parse_code(cells["sku"], typed=table.typed)
        warehouse = _short_id(cells["warehouse"], WAREHOUSE_CHARS, typed=table.typed) or DEFAULT_WAREHOUSE
        reference = _short_id(cells["reference"], REFERENCE_CHARS, typed=table.typed)
        quantity = parse_quantity(cells["quantity"], least=-QUANTITY_MAX if reference else 0)
        return StockIn(sku, warehouse, quantity, reference)

    read, refused, n_rows = _read(table, columns, stock)
    count: dict[str, int] = {}
    for _, one in read:
        count[one.cause_key] = count.get(one.cause_key, 0) + 1
    refused += [RowRefused(row, "twice_in_file", "sku") for row, one in read if count[one.cause_key] > 1]
    entries = tuple(Entry(one, (row,)) for row, one in read if count[one.cause_key] == 1)
    return entries, _by_row(refused), n_rows


def _read(
    table: Table, columns: Mapping[str, int], parse: Callable[[_Cells], T]
) -> tuple[list[tuple[int, T]], list[RowRefused], int]:
    read: list[tuple[int, T]] = []
    refused: list[RowRefused] = []
    for number, row in table.rows:
        cells = _Cells(columns, row)
        if len(row) > len(table.header):
            refused.append(RowRefused(number, "row_too_wide"))
            continue
        try:
            read.append((number, parse(cells)))
        except CellRefused as refusal:
            refused.append(RowRefused(number, refusal.code, cells.field, refusal.expected))
    return read, refused, len(read) + len(refused)


def _by_row(refused: Iterable[RowRefused]) -> tuple[RowRefused, ...]:
    return tuple(sorted(refused, key=lambda one: one.row))


def _open(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip() in ("", "-"))


def _short_id(cell: Cell, chars: int, *, typed: bool) -> str:
    """Return an identifier that may be left open, within its length."""
    if cell is None or (isinstance(cell, str) and not clean_id(cell)):
        return ""
    value = parse_code(cell, typed=typed)
    if len(value) > chars:
        raise CellRefused("id_too_long", f"at_most_{chars}_characters")
    return value
