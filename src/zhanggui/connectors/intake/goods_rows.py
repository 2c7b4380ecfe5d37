"""Rows of product and stock files to what the catalogue and the warehouses take in."""

from array import array
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from zhanggui.catalog.records import SkuIn
from zhanggui.connectors.intake.records import DEFAULT_WAREHOUSE, Entries, Entry, RowRefused, StockIn
from zhanggui.connectors.intake.spool import Fields, Spool
from zhanggui.connectors.spreadsheets.cells import (
    QUANTITY_MAX,
    is_open,
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
Rows = Iterable[tuple[int, Row]]
Read = tuple[Entries, tuple[RowRefused, ...], int]


class _Cells:
    """One row's cells by field; remembers which field was asked last, for the refusal."""

    def __init__(self, columns: Mapping[str, int], row: Row) -> None:
        self._columns, self._row = columns, row
        self.field = ""

    def __getitem__(self, field: str) -> Cell:
        self.field = field
        return self._row[self._columns[field]] if field in self._columns else None


def read_products(table: Table, rows: Rows, columns: Mapping[str, int], folder: Path, decimals: int = 2) -> Read:
    """Read products; a code that stands twice must say the same, else its later rows are refused.

    Takes: decimals, of the currency that prices are in; folder, of what is set aside.
    Gives: entries, refused rows, number of rows.
    """

    def product(cells: _Cells) -> tuple[str, Fields]:
        code = parse_code(cells["sku"], typed=table.typed)
        name = parse_name(cells["name"])
        texts = [parse_name(cells[key], required=False, limit=chars) for key, chars in TEXT_CHARS.items()]
        price = cells["price_fen"] if "price_fen" in columns and "price" not in columns else cells["price"]
        fen = None if is_open(price) else parse_money_minor(price, 0 if cells.field == "price_fen" else decimals)
        if fen is not None and fen < 0:
            raise CellRefused("amount_negative", "amount_from_0")
        return code, (code, name, *texts, fen, parse_yes_no(cells["stocked"]))

    def made(number: int) -> Entry:
        _, kept = spool.group(number)
        return Entry(SkuIn(*kept[0][1]), tuple(row for row, said in kept if said == kept[0][1]))  # type: ignore[arg-type]

    spool, refused, n_rows = _read(table, rows, columns, product, folder)
    for _, kept in spool.groups():
        refused += [RowRefused(row, "twice_in_file", "sku") for row, said in kept[1:] if said != kept[0][1]]
    return Entries(array("q", range(len(spool))), made), _by_row(refused), n_rows


def read_stock(table: Table, rows: Rows, columns: Mapping[str, int], folder: Path) -> Read:
    """Read stock: without a reference the opening stock of a warehouse and SKU, with one a receipt or, negative, a
    correction downwards.

    Rows that state the same thing twice are all refused: nobody knows which is right, nor whether to add them up.
    Gives: entries, refused rows, number of rows.
    """

    def stock(cells: _Cells) -> tuple[str, Fields]:
        sku = parse_code(cells["sku"], typed=table.typed)
        warehouse = _short_id(cells["warehouse"], WAREHOUSE_CHARS, typed=table.typed) or DEFAULT_WAREHOUSE
        reference = _short_id(cells["reference"], REFERENCE_CHARS, typed=table.typed)
        quantity = parse_quantity(cells["quantity"], least=-QUANTITY_MAX if reference else 0)
        return StockIn(sku, warehouse, quantity, reference).cause_key, (sku, warehouse, quantity, reference)

    def made(number: int) -> Entry:
        _, ((row, said),) = spool.group(number)
        return Entry(StockIn(*said), (row,))  # type: ignore[arg-type]

    spool, refused, n_rows = _read(table, rows, columns, stock, folder)
    single = array("q")
    for number, (_, kept) in enumerate(spool.groups()):
        if len(kept) == 1:
            single.append(number)
        else:
            refused += [RowRefused(row, "twice_in_file", "sku") for row, _ in kept]
    return Entries(single, made), _by_row(refused), n_rows


def _read(
    table: Table,
    rows: Rows,
    columns: Mapping[str, int],
    parse: Callable[[_Cells], tuple[str, Fields]],
    folder: Path,
) -> tuple[Spool[tuple[int, Fields]], list[RowRefused], int]:
    """Set what the rows say aside by key, as (number, fields); return it with the refused rows and the row count."""
    spool, refused, n_rows = Spool[tuple[int, Fields]](folder), list[RowRefused](), 0
    for number, row in rows:
        n_rows += 1
        cells = _Cells(columns, row)
        if len(row) > len(table.header):
            refused.append(RowRefused(number, "row_too_wide"))
            continue
        try:
            key, said = parse(cells)
        except CellRefused as refusal:
            refused.append(RowRefused(number, refusal.code, cells.field, refusal.expected))
        else:
            spool.add(key, [(number, said)])
    spool.close()
    return spool, refused, n_rows


def _by_row(refused: Iterable[RowRefused]) -> tuple[RowRefused, ...]:
    return tuple(sorted(refused, key=lambda one: one.row))


def _short_id(cell: Cell, chars: int, *, typed: bool) -> str:
    """Return an identifier that may be left open, within its length."""
    if cell is None or (isinstance(cell, str) and not clean_id(cell)):
        return ""
    value = parse_code(cell, typed=typed)
    if len(value) > chars:
        raise CellRefused("id_too_long", f"at_most_{chars}_characters")
    return value
