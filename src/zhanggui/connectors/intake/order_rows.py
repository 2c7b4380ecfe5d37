"""Rows of an order file, each judged by itself: its cells by code, what it says about its order, its line.

What belongs to an order as a whole is judged in `order_groups`, since lines of one order may lie apart.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from zhanggui.connectors.channels import Channel, Standing, standing_of
from zhanggui.connectors.intake.records import RowRefused
from zhanggui.connectors.intake.spool import Fields, Spool
from zhanggui.connectors.spreadsheets.cells import (
    parse_code,
    parse_datetime,
    parse_external_id,
    parse_money_minor,
    parse_name,
    parse_quantity,
)
from zhanggui.connectors.spreadsheets.mapping import normalise
from zhanggui.connectors.spreadsheets.records import Cell, CellRefused, Row, Table
from zhanggui.kernel.money import MONEY_LIMIT, exponent
from zhanggui.sales.orders.records import ShopKey

CONTACT_CHARS = {"buyer": 100, "receiver": 100, "phone": 40, "province": 60, "city": 60, "district": 60, "address": 300}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EARLIEST = (datetime(2000, 1, 1, tzinfo=settings.COMPANY_ZONE) - EPOCH) // MICROSECOND
FUTURE = timedelta(days=1)
OPEN, NOT_READ = -1, 0
"""Instead of a row's moment: its cell is open (allowed if a row before has one), or it was not come to."""
STANDING_CODES = {"unpaid": "order_unpaid", "done": "order_done", "closed": "order_closed", None: "status_unknown"}
CURRENCY = "currency"
REMEMBERED = 16_384
_CURRENCY_NAMES = frozenset(["currency", "币种", "货币", "currencycode"])


def currency_column(header: Iterable[str]) -> int | None:
    """Return the column that names the currency of each row, if there is one."""
    return next((index for index, name in enumerate(header) if normalise(name) in _CURRENCY_NAMES), None)


class OrderReader:
    """Reads the rows of one file for one shop and sets them aside by order number.

    A row set aside is (number, moment, contact, freight, sku, quantity, price, discount, title, line id), or
    (number, moment, code, field, expected) if it was refused. Moments are microseconds since 1970.
    Cells that come again and again (codes, titles, prices, moments) are parsed once.
    """

    def __init__(
        self, table: Table, columns: Mapping[str, int], channel: Channel, shop: ShopKey, as_of: datetime, folder: Path
    ) -> None:
        self._typed, self._width = table.typed, len(table.header)
        self._at = columns
        self._channel, self._shop = channel, shop
        self._price_least = channel.price_least
        self._latest = (as_of + FUTURE - EPOCH) // MICROSECOND
        self._currency = currency_column(table.header)
        self.contact_names = tuple(name for name in CONTACT_CHARS if name in columns)
        self._contact_cells = _picker([columns[name] for name in self.contact_names])
        self._contact_parsers = [_text_parser(name) for name in self.contact_names]
        self._raw: tuple[Cell, ...] | None = None
        self._contact: tuple[str, ...] = ()
        self._remember(ZoneInfo(shop.zone), exponent(shop.currency))
        self.spool = Spool[Fields](folder)
        self.strays: list[RowRefused] = []
        self.rows_total = 0

    def _remember(self, zone: tzinfo, decimals: int) -> None:
        """Put a memory before each parser whose cells come again and again."""
        kept = lru_cache(REMEMBERED, typed=True)
        self._code: Callable[[Cell], str] = kept(partial(parse_code, typed=self._typed))
        self._title: Callable[[Cell], str] = kept(partial(parse_name, required=False))
        self._word: Callable[[Cell], Standing | str | None] = kept(_standing_or_open)
        in_units = "unit_price" in self._at
        self._price_at = self._at["unit_price" if in_units else "unit_price_fen"]
        self._price: Callable[[Cell], int] = kept(partial(parse_money_minor, exponent=decimals if in_units else 0))
        self._open_amount: Callable[[Cell], int] = kept(partial(_amount_or_open, decimals=decimals))
        self._moment: Callable[[Cell], int] = kept(partial(_moment, zone=zone, latest=self._latest))

    def read(self, rows: Iterable[tuple[int, Row]]) -> None:
        """Take rows; may be called again with the next ones."""
        at, prefixes = self._at["external_id"], tuple(self._channel.refused_prefixes)
        raw: Cell = None
        key, run = "", list[Fields]()
        total = self.rows_total
        for number, cells in rows:
            total += 1
            cell = cells[at]
            if not run or cell != raw or type(cell) is not type(raw):
                if run:
                    self.spool.add(key, run)
                    run = []
                try:
                    key = parse_external_id(cell, typed=self._typed)
                except CellRefused as refusal:
                    self.strays.append(RowRefused(number, refusal.code, "external_id", refusal.expected))
                    continue
                if prefixes and key.startswith(prefixes):
                    self.strays.append(self._stray(number, key))
                    continue
                raw = cell
            run.append(self._row(number, cells))
        if run:
            self.spool.add(key, run)
        self.rows_total = total

    def _stray(self, number: int, key: str) -> RowRefused:
        codes = self._channel.refused_prefixes
        return RowRefused(number, next(codes[start] for start in codes if key.startswith(start)), "external_id")

    def _row(self, number: int, cells: Row) -> Fields:
        """Read one row whose order number is known."""
        at, name, moment = self._at, "placed_at", NOT_READ
        if len(cells) > self._width:
            return number, NOT_READ, "row_too_wide", "", ""
        try:
            moment = self._moment(cells[at["placed_at"]])
            name = "status"
            standing, name = self._standing(cells)
            if standing != "paid":
                return number, moment, STANDING_CODES[standing], name, "paid_and_to_be_shipped"
            if self._currency is not None:
                name = CURRENCY
                self._judge_currency(cells[self._currency])
            name = "sku"
            sku = self._code(cells[at["sku"]])
            name = "quantity"
            quantity = parse_quantity(cells[at["quantity"]])
            name = "unit_price"
            price = self._price(cells[self._price_at])
            if price < self._price_least:
                raise CellRefused("price_too_small", f"amount_from_{self._price_least}")
            name = "discount"
            discount = self._open_amount(cells[at["discount"]]) if "discount" in at else 0
            if discount > quantity * price:
                return number, moment, "discount_beyond_line", name, ""
            if quantity * price > MONEY_LIMIT:
                return number, moment, "amount_too_large", "unit_price", f"amount_to_{MONEY_LIMIT}"
            name = "title"
            title = self._title(cells[at["title"]]) if "title" in at else ""
            name = "line_id"
            line_id = self._line_id(cells[at["line_id"]]) if "line_id" in at else ""
            name = ""
            contact = self._said(cells)
            name = "freight"
            freight = self._open_amount(cells[at["freight"]]) if "freight" in at else 0
        except _ContactRefused as refusal:
            return number, moment, refusal.code, refusal.field, refusal.expected
        except CellRefused as refusal:
            return number, moment, refusal.code, name, refusal.expected
        return number, moment, contact, freight, sku, quantity, price, discount, title, line_id

    def _standing(self, cells: Row) -> tuple[Standing | None, str]:
        """Return how far the order is and the field that says so: its status, else its moment of payment, else paid."""
        at = self._at
        word = self._word(cells[at["status"]]) if "status" in at else ""
        if word != "":
            return word, "status"  # type: ignore[return-value]
        paid = cells[at["paid_at"]] if "paid_at" in at else True
        return "unpaid" if _is_open(paid) else "paid", "paid_at"

    def _judge_currency(self, cell: Cell) -> None:
        named = str(cell or "").strip()
        if named and named.upper() != self._shop.currency:
            raise CellRefused("currency_differs", self._shop.currency)

    def _line_id(self, cell: Cell) -> str:
        try:
            return parse_external_id(cell, typed=self._typed)
        except CellRefused as refusal:
            if refusal.code == "empty":
                return ""
            raise

    def _said(self, cells: Row) -> tuple[str, ...]:
        """Return what the row says about buyer and receiver; equal cells in the row before were read already."""
        raw = self._contact_cells(cells)
        if raw != self._raw or self._typed:
            self._raw = None
            values = []
            for name, parse, cell in zip(self.contact_names, self._contact_parsers, raw, strict=True):
                try:
                    values.append(parse(cell))
                except CellRefused as refusal:
                    raise _ContactRefused(refusal, name) from refusal
            self._contact, self._raw = tuple(values), raw
        return self._contact


class _ContactRefused(CellRefused):
    """A cell about buyer or receiver that is refused, with its field."""

    def __init__(self, refusal: CellRefused, field: str) -> None:
        super().__init__(refusal.code, refusal.expected)
        self.field = field


def _picker(indexes: list[int]) -> Callable[[Row], tuple[Cell, ...]]:
    if len(indexes) > 1:
        return itemgetter(*indexes)
    return lambda cells: tuple(cells[index] for index in indexes)


def _text_parser(name: str) -> Callable[[Cell], str]:
    """Return what reads a field about buyer or receiver; names of regions come again and again."""
    parse = partial(parse_name, required=False, limit=CONTACT_CHARS[name])
    return lru_cache(REMEMBERED, typed=True)(parse) if name in ("province", "city", "district") else parse


def _is_open(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip() in ("", "-"))


def _standing_or_open(cell: Cell) -> Any:
    """Return what a status cell says; nothing ("") if it is open."""
    word = parse_name(cell, required=False)
    return standing_of(word) if word else ""


def _amount_or_open(cell: Cell, decimals: int) -> int:
    """Return an amount that may be left open, 0 then."""
    if _is_open(cell):
        return 0
    amount = parse_money_minor(cell, decimals)
    if amount < 0:
        raise CellRefused("amount_negative", "amount_from_0")
    return amount


def _moment(cell: Cell, zone: tzinfo, latest: int) -> int:
    """Return when an order was placed, in microseconds since 1970; OPEN for an empty cell."""
    if cell is None or cell == "":
        return OPEN
    moment = (parse_datetime(cell, zone) - EPOCH) // MICROSECOND
    if moment < EARLIEST:
        raise CellRefused("placed_too_early", "year_from_2000")
    if moment > latest:
        raise CellRefused("placed_in_future", "moment_in_the_past")
    return moment
