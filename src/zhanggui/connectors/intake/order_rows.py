"""Rows of an order file, each judged by itself: its cells by code, what it says about its order, its line.

What belongs to an order as a whole is judged in `order_groups`, since lines of one order may lie apart.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo

from django.conf import settings

from zhanggui.connectors.channels import Channel
from zhanggui.connectors.intake.records import RowRefused
from zhanggui.connectors.intake.spool import Fields, Spool
from zhanggui.connectors.spreadsheets.cells import (
    NAME_CHARS_MAX,
    is_open,
    parse_code,
    parse_datetime,
    parse_external_id,
    parse_money_minor,
    parse_name,
    parse_quantity,
)
from zhanggui.connectors.spreadsheets.mapping import normalise
from zhanggui.connectors.spreadsheets.records import Cell, CellRefused, Row, Table
from zhanggui.kernel.moments import micros
from zhanggui.kernel.money import MONEY_LIMIT, exponent
from zhanggui.kernel.text import clean_id
from zhanggui.sales.orders.records import ShopKey

CONTACT_CHARS = {
    "buyer": 100, "receiver": 100, "phone": 40, "province": 60, "city": 60, "district": 60, "address": 300,
    "country": 60, "email": 254, "buyer_note": 500, "seller_note": 500,
}  # fmt: skip
SOFT = frozenset({"country", "email", "buyer_note", "seller_note"})
"""Fields of the contact in which rows of one order may differ: the first that is filled counts."""
MORE = ("status", "paid_at", "platform_due_at", "platform_discount", "stated", "flag", "invoice_title", "tax_no")
MORE_CHARS = {"status": 60, "flag": 8, "invoice_title": 100, "tax_no": 30}
"""Fields that only some files have; a row says them together, or nothing."""
EARLIEST = micros(datetime(2000, 1, 1, tzinfo=settings.COMPANY_ZONE))
FUTURE = timedelta(days=1)
OPEN, NOT_READ, NOT_GIVEN, SAYS_UNPAID = -1, 0, -2, -3
"""Instead of a row's moment: its cell is open (allowed if a row before has one), it was not come to, the file has no
column for it, or (of the payment) it says that there was none."""
_NO_MOMENT = frozenset({"null", "none", "\\n", "无", "0", "--", "nan", "nil"})
_UNPAID_WORDS = frozenset({
    "未付款", "待付款", "未支付", "待支付", "没付款", "未付", "等待付款", "等待买家付款", "等待支付", "否",
    "n", "no", "false", "unpaid", "not paid", "pending",
})  # fmt: skip
_ZERO_DATE = re.compile(r"0000[-/.]0?0[-/.]0?0(?:[T\s]+0?0:00(?::00(?:\.0+)?)?)?", re.ASCII)
CURRENCY = "currency"
REMEMBERED = 16_384
_CURRENCY_NAMES = frozenset(["currency", "币种", "货币", "currencycode"])


def currency_column(header: Iterable[str]) -> int | None:
    """Return the column that names the currency of each row, if there is one."""
    return next((index for index, name in enumerate(header) if normalise(name) in _CURRENCY_NAMES), None)


class OrderReader:
    """Reads the rows of one file for one shop and sets them aside by order number.

    A row set aside is (number, moment, contact, freight, sku, quantity, price, discount, title, line id, more), or
    (number, moment, code, field, expected) if it was refused. Moments are microseconds since 1970; more holds the
    fields of `MORE` in their order, or nothing if the file has none of them.
    Cells that come again and again (codes, titles, prices, moments) are parsed once.
    """

    def __init__(
        self, table: Table, columns: Mapping[str, int], channel: Channel, shop: ShopKey, as_of: datetime, folder: Path
    ) -> None:
        self._typed, self._width = table.typed, len(table.header)
        self._at = columns
        self._channel, self._shop = channel, shop
        self._price_least = channel.price_least
        self._latest = micros(as_of + FUTURE)
        self._currency = currency_column(table.header)
        self.contact_names = tuple(name for name in CONTACT_CHARS if name in columns)
        self._contact_cells = _picker([columns[name] for name in self.contact_names])
        self._contact_parsers = [_text_parser(name) for name in self.contact_names]
        self._more = tuple((name, columns[name]) for name in MORE if name in columns)
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
        self._spec_at = self._at.get("specification")
        in_units = "unit_price" in self._at
        self._price_at = self._at["unit_price" if in_units else "unit_price_fen"]
        self._price: Callable[[Cell], int] = kept(partial(parse_money_minor, exponent=decimals if in_units else 0))
        self._open_amount: Callable[[Cell], int] = kept(partial(_amount_or_open, decimals=decimals))
        self._moment: Callable[[Cell], int] = kept(partial(moment_of, zone=zone, latest=self._latest))
        self._read_more: Mapping[str, Callable[[Cell], int | str]] = {
            "paid_at": partial(paid_moment, read=self._moment), "platform_due_at": partial(_due_or_open, zone=zone),
            "platform_discount": self._open_amount, "stated": partial(_stated_or_open, read=self._open_amount),
            **{name: kept(partial(_cut_text, limit=limit)) for name, limit in MORE_CHARS.items()},
        }  # fmt: skip

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
            if self._spec_at is not None and (spec := self._title(cells[self._spec_at])):
                title = f"{title} {spec}"[:NAME_CHARS_MAX].strip()
            name = "line_id"
            line_id = self._line_id(cells[at["line_id"]]) if "line_id" in at else ""
            name = ""
            contact = self._said(cells)
            name = "freight"
            freight = self._open_amount(cells[at["freight"]]) if "freight" in at else 0
            more: tuple[int | str, ...] = ()
            if self._more:
                more = self._said_more(cells)
        except _ContactRefused as refusal:
            return number, moment, refusal.code, refusal.field, refusal.expected
        except CellRefused as refusal:
            return number, moment, refusal.code, name, refusal.expected
        return number, moment, contact, freight, sku, quantity, price, discount, title, line_id, more

    def _said_more(self, cells: Row) -> tuple[int | str, ...]:
        """Return the fields that only some files have, all of them in order; NOT_GIVEN for those without a column."""
        said: dict[str, int | str] = {}
        for name, at in self._more:
            try:
                said[name] = self._read_more[name](cells[at])
            except CellRefused as refusal:
                raise _ContactRefused(refusal, name) from refusal
        return tuple(said.get(name, NOT_GIVEN) for name in MORE)

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


def _cut_text(cell: Cell, limit: int) -> str:
    """Return a remark, without what is beyond the limit; nothing for the signs of nothing."""
    text = parse_name(cell, required=False)
    return "" if text in ("-", "null") else text[:limit].strip()


def paid_moment(cell: Cell, read: Callable[[Cell], int]) -> int:
    """Return when an order was paid: OPEN for a cell that says nothing, SAYS_UNPAID for one that says that it was not.

    Rejects: date_unclear for whatever else is no moment, so that no unknown word ever passes for a payment.
    """
    if is_open(cell):
        return OPEN
    if cell == 0 or isinstance(cell, bool):
        return SAYS_UNPAID if cell is False else OPEN if cell is not True else _no_payment()
    if isinstance(cell, str):
        word = clean_id(cell).strip("'\"").strip().casefold()
        if word in _NO_MOMENT or _ZERO_DATE.fullmatch(word):
            return OPEN
        if word in _UNPAID_WORDS:
            return SAYS_UNPAID
    try:
        return read(cell)
    except CellRefused:
        return _no_payment()


def _no_payment() -> NoReturn:
    raise CellRefused("date_unclear", "date_and_time")


def _due_or_open(cell: Cell, zone: tzinfo) -> int:
    """Return a moment that may lie ahead; words about a time limit are none."""
    try:
        return OPEN if is_open(cell) else micros(parse_datetime(cell, zone))
    except CellRefused:
        return OPEN


def _stated_or_open(cell: Cell, read: Callable[[Cell], int]) -> int:
    return OPEN if is_open(cell) else read(cell)


def _amount_or_open(cell: Cell, decimals: int) -> int:
    """Return an amount that may be left open, 0 then."""
    if is_open(cell):
        return 0
    amount = parse_money_minor(cell, decimals)
    if amount < 0:
        raise CellRefused("amount_negative", "amount_from_0")
    return amount


def moment_of(cell: Cell, zone: tzinfo, latest: int) -> int:
    """Return when an order was placed, in microseconds since 1970; OPEN for an empty cell."""
    if cell is None or cell == "":
        return OPEN
    moment = micros(parse_datetime(cell, zone))
    if moment < EARLIEST:
        raise CellRefused("placed_too_early", "year_from_2000")
    if moment > latest:
        raise CellRefused("placed_in_future", "moment_in_the_past")
    return moment
