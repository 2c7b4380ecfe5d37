"""Rows of an order file to orders: grouped over the whole file, since lines of one order may lie apart.

An order with a bad row stays out as a whole, so that its corrected rows bring it in whole, once; a channel may
say otherwise (`partial_orders`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import starmap
from sys import intern
from zoneinfo import ZoneInfo

from django.conf import settings

from zhanggui.connectors.channels import Channel, Standing, standing_of
from zhanggui.connectors.intake.records import Entry, RowRefused
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
from zhanggui.kernel.text import clean_id
from zhanggui.sales.orders.records import ContactIn, LineIn, OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash, line_identities

CONTACT_CHARS = {"buyer": 100, "receiver": 100, "phone": 40, "province": 60, "city": 60, "district": 60, "address": 300}
EARLIEST = datetime(2000, 1, 1, tzinfo=settings.COMPANY_ZONE)
FUTURE = timedelta(days=1)
STANDING_CODES = {"unpaid": "order_unpaid", "done": "order_done", "closed": "order_closed", None: "status_unknown"}
CURRENCY = "currency"
_CURRENCY_NAMES = frozenset(["currency", "币种", "货币", "currencycode"])


@dataclass(frozen=True, slots=True)
class _Line:
    row: int
    sku: str
    quantity: int
    price: int
    discount: int
    title: str
    line_id: str

    @property
    def content(self) -> tuple[str, int, int, int]:
        return (self.sku, self.quantity, self.price, self.discount)


@dataclass(slots=True)
class _Group:
    """The rows of one order number, as they come."""

    external_id: str
    rows: list[int] = field(default_factory=list)
    lines: list[_Line] = field(default_factory=list)
    refused: list[RowRefused] = field(default_factory=list)
    placed_at: datetime | None = None
    raw: tuple[Cell, ...] = ()
    stated: dict[str, str] = field(default_factory=dict)
    freight: int = 0
    contradicts: str = ""


def currency_column(header: Iterable[str]) -> int | None:
    """Return the column that names the currency of each row, if there is one."""
    return next((index for index, name in enumerate(header) if normalise(name) in _CURRENCY_NAMES), None)


class OrderReader:
    """Reads the rows of one file into orders of one shop."""

    def __init__(
        self, table: Table, columns: Mapping[str, int], channel: Channel, shop: ShopKey, as_of: datetime
    ) -> None:
        self._typed, self._width = table.typed, len(table.header)
        self._at = columns
        self._channel, self._shop = channel, shop
        self._zone, self._exponent = ZoneInfo(shop.zone), exponent(shop.currency)
        self._latest = as_of + FUTURE
        self._currency = currency_column(table.header)
        self._contact = [(name, columns[name], chars) for name, chars in CONTACT_CHARS.items() if name in columns]
        self._groups: dict[str, _Group] = {}
        self._strays: list[RowRefused] = []
        self.rows_total = 0

    def read(self, rows: Iterable[tuple[int, Row]]) -> None:
        """Take all rows."""
        for number, cells in rows:
            self.rows_total += 1
            self._take(number, cells)

    def finish(self) -> tuple[tuple[Entry, ...], tuple[RowRefused, ...]]:
        """Return the orders by their first row, and the refused rows by row."""
        entries: list[Entry] = []
        refused = self._strays
        for group in self._groups.values():
            refused += self._judge(group)
            if group.lines:
                entries.append(_entry(group))
            group.lines, group.rows, group.refused = [], [], []
        refused.sort(key=lambda one: one.row)
        return tuple(entries), tuple(refused)

    def _take(self, number: int, cells: Row) -> None:
        try:
            external_id = parse_external_id(cells[self._at["external_id"]], typed=self._typed)
        except CellRefused as refusal:
            self._strays.append(RowRefused(number, refusal.code, "external_id", refusal.expected))
            return
        for prefix, code in self._channel.refused_prefixes.items():
            if external_id.startswith(prefix):
                self._strays.append(RowRefused(number, code, "external_id"))
                return
        group = self._groups.get(external_id)
        if group is None:
            group = self._groups[external_id] = _Group(external_id)
        group.rows.append(number)
        outcome = self._line(number, cells, group)
        if isinstance(outcome, RowRefused):
            group.refused.append(outcome)
        else:
            group.lines.append(outcome)

    def _line(self, number: int, cells: Row, group: _Group) -> _Line | RowRefused:
        """Read one row: its moment and header fields into the group, its line as the outcome."""
        at, name = self._at, "placed_at"
        if len(cells) > self._width:
            return RowRefused(number, "row_too_wide")
        try:
            self._note_moment(cells[at["placed_at"]], group)
            name = "status"
            standing, name = self._standing(cells)
            if standing != "paid":
                return RowRefused(number, STANDING_CODES[standing], name, "paid_and_to_be_shipped")
            name = CURRENCY
            self._judge_currency(cells)
            name = "sku"
            sku = intern(parse_code(cells[at["sku"]], typed=self._typed))
            name = "quantity"
            quantity = parse_quantity(cells[at["quantity"]])
            name = "unit_price"
            price = self._price(cells)
            name = "discount"
            discount = self._amount(cells, "discount")
            if discount > quantity * price:
                return RowRefused(number, "discount_beyond_line", name)
            if quantity * price > MONEY_LIMIT:
                return RowRefused(number, "amount_too_large", "unit_price", f"amount_to_{MONEY_LIMIT}")
            name = "title"
            title = intern(parse_name(cells[at["title"]], required=False)) if "title" in at else ""
            name = "line_id"
            line_id = self._line_id(cells)
        except CellRefused as refusal:
            return RowRefused(number, refusal.code, name, refusal.expected)
        wrong = self._note_header(cells, group)
        return RowRefused(number, *wrong) if wrong else _Line(number, sku, quantity, price, discount, title, line_id)

    def _note_moment(self, cell: Cell, group: _Group) -> None:
        if group.placed_at and (cell is None or cell == ""):
            return
        moment = parse_datetime(cell, self._zone)
        if moment < EARLIEST:
            raise CellRefused("placed_too_early", "year_from_2000")
        if moment > self._latest:
            raise CellRefused("placed_in_future", "moment_in_the_past")
        if group.placed_at is None or moment < group.placed_at:
            group.placed_at = moment

    def _standing(self, cells: Row) -> tuple[Standing | None, str]:
        """Return how far the order is and the field that says so: its status, else its moment of payment, else paid."""
        at = self._at
        word = parse_name(cells[at["status"]], required=False) if "status" in at else ""
        if word:
            return standing_of(word), "status"
        paid = cells[at["paid_at"]] if "paid_at" in at else True
        is_open = paid is None or (isinstance(paid, str) and paid.strip() in ("", "-"))
        return "unpaid" if is_open else "paid", "paid_at"

    def _judge_currency(self, cells: Row) -> None:
        named = str(cells[self._currency] or "").strip() if self._currency is not None else ""
        if named and named.upper() != self._shop.currency:
            raise CellRefused("currency_differs", self._shop.currency)

    def _price(self, cells: Row) -> int:
        at = self._at
        if "unit_price" in at:
            price = parse_money_minor(cells[at["unit_price"]], self._exponent)
        else:
            price = parse_money_minor(cells[at["unit_price_fen"]], 0)
        if price < self._channel.price_least:
            raise CellRefused("price_too_small", f"amount_from_{self._channel.price_least}")
        return price

    def _amount(self, cells: Row, name: str) -> int:
        """Return an amount that may be left open, 0 then."""
        cell = cells[self._at[name]] if name in self._at else None
        if cell is None or (isinstance(cell, str) and cell.strip() in ("", "-")):
            return 0
        amount = parse_money_minor(cell, self._exponent)
        if amount < 0:
            raise CellRefused("amount_negative", "amount_from_0")
        return amount

    def _line_id(self, cells: Row) -> str:
        cell = cells[self._at["line_id"]] if "line_id" in self._at else None
        if cell is None or (isinstance(cell, str) and not clean_id(cell)):
            return ""
        return parse_external_id(cell, typed=self._typed)

    def _note_header(self, cells: Row, group: _Group) -> tuple[str, str, str] | None:
        """Compare what the row says about the whole order with the rows before; an open cell says nothing."""
        raw = tuple(cells[index] for _, index, _ in self._contact)
        name = ""
        try:
            if raw != group.raw:
                group.raw = raw
                for name, index, chars in self._contact:
                    value = parse_name(cells[index], required=False, limit=chars)
                    if value and group.stated.setdefault(name, value) != value:
                        group.contradicts = name
            name = "freight"
            freight = self._amount(cells, "freight")
        except CellRefused as refusal:
            group.raw = ()
            return refusal.code, name, refusal.expected
        if freight and group.freight not in (0, freight):
            group.contradicts = "freight"
        group.freight = freight or group.freight
        return None

    def _judge(self, group: _Group) -> list[RowRefused]:
        """Return the order's refused rows; what is left of its lines may come in."""
        doubled = _doubled_line_ids(group.lines)
        if group.contradicts:
            group.lines.clear()
            known = {one.row for one in group.refused}
            return group.refused + [
                RowRefused(row, "lines_contradict", group.contradicts) for row in group.rows if row not in known
            ]
        refused = group.refused + [RowRefused(row, "line_id_twice", "line_id") for row in doubled]
        kept = [line for line in group.lines if line.row not in doubled]
        if refused and not self._channel.partial_orders:
            refused += [RowRefused(line.row, "order_has_bad_rows", "external_id") for line in kept]
            kept = []
        group.lines[:] = kept
        return refused


def _doubled_line_ids(lines: list[_Line]) -> set[int]:
    """Return the rows whose line id stands more than once in the order."""
    counts: dict[str, int] = {}
    for line in lines:
        if line.line_id:
            counts[line.line_id] = counts.get(line.line_id, 0) + 1
    return {line.row for line in lines if counts.get(line.line_id, 0) > 1}


def _entry(group: _Group) -> Entry:
    lines = tuple(starmap(_line_in, zip(_identities(group.lines), group.lines, strict=True)))
    contact = ContactIn(**group.stated)
    assert group.placed_at is not None
    amounts = (group.freight, 0)
    stands_for = content_hash(group.external_id, group.placed_at, lines, amounts)
    order = OrderIn(0, group.external_id, group.placed_at, lines, stands_for, contact, group.freight)
    return Entry(order, tuple(line.row for line in group.lines))


def _line_in(identity: str, line: _Line) -> LineIn:
    return LineIn(identity, line.sku, line.title, line.quantity, line.price, line.discount)


def _identities(lines: list[_Line]) -> Iterator[str]:
    """Give each line's identity; equal lines are counted in the order of their titles, not of the file."""
    counted = sorted((line for line in lines if not line.line_id), key=lambda line: (*line.content, line.title))
    keys = line_identities(":".join(map(str, line.content)) for line in counted)
    by_row = dict(zip((line.row for line in counted), keys, strict=True))
    return (line.line_id or by_row[line.row] for line in lines)
