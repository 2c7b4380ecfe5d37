"""Files of the platforms: rows set aside by order number, then each order judged as a whole and packed.

A bad row keeps its whole order out, so that its corrected rows bring it in whole, once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache, partial
from operator import itemgetter
from pathlib import Path
from zoneinfo import ZoneInfo

from zhanggui.connectors.intake.halves import Plain, packed
from zhanggui.connectors.intake.order_rows import FUTURE, OPEN, REMEMBERED, SAYS_UNPAID, moment_of, paid_moment
from zhanggui.connectors.intake.platform_cells import bare, text_of
from zhanggui.connectors.intake.platform_heads import Head, head_of, told_of_rows
from zhanggui.connectors.intake.platform_lines import Draft, FieldRefused, Settled, lines_in, lines_of, settled
from zhanggui.connectors.intake.platforms.shapes import CONTACT, DETAIL, LIST, Amounts, Layout
from zhanggui.connectors.intake.records import RowRefused
from zhanggui.connectors.intake.spool import Fields, Spool
from zhanggui.connectors.spreadsheets.cells import parse_external_id, parse_money_minor
from zhanggui.connectors.spreadsheets.records import CellRefused, Row, Table
from zhanggui.kernel.moments import EPOCH, micros
from zhanggui.kernel.money import exponent
from zhanggui.sales.orders.records import OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash

CODES = frozenset({"line_id", "sku", "product_id"})
"""Fields whose wrapping tells whether a spreadsheet has had them; it is left on until they are parsed."""
DISCOUNTS = ("discount", "borne", "pay_cut")
MOMENTS = ("placed_at", "paid_at")


class PlatformReader:
    """Reads the rows of one platform file and sets them aside by order number."""

    def __init__(self, table: Table, layout: Layout, folder: Path) -> None:
        places = layout.places(table.header)
        self._typed, self._width = table.typed, len(table.header)
        self._id = places["external_id"][0]
        wanted = sorted({at for name, found in places.items() if name != "external_id" for at in found})
        self._pick = itemgetter(*wanted) if len(wanted) > 1 else lambda cells: tuple(cells[at] for at in wanted)
        order = {at: place for place, at in enumerate(wanted, start=1)}
        self.slots = tuple(
            (name, tuple(order[at] for at in found)) for name, found in places.items() if name != "external_id"
        )
        self.spool = Spool[Fields](folder)
        self.strays: list[RowRefused] = []
        self.rows_total = 0

    def read(self, rows: Iterable[tuple[int, Row]]) -> None:
        """Take rows; may be called again with the next ones."""
        at, add, pick, typed = self._id, self.spool.add, self._pick, self._typed
        raw, key, run, total = None, "", list[Fields](), self.rows_total
        for number, cells in rows:
            total += 1
            cell = cells[at]
            if not run or cell != raw:
                if run:
                    add(key, run)
                    run = []
                try:
                    key = parse_external_id(cell, typed=typed)
                except CellRefused as refusal:
                    self.strays.append(RowRefused(number, refusal.code, "external_id", refusal.expected))
                    continue
                raw = cell
            if len(cells) > self._width:
                run.append((number,))
            else:
                run.append((number, *(map(text_of, pick(cells)) if typed else pick(cells))))
        if run:
            add(key, run)
        self.rows_total = total


@dataclass(slots=True)
class Outcome:
    """What the rows of one order number come to: what comes in, packed, or the rows that are refused."""

    refused: list[RowRefused] = field(default_factory=list)
    plain: Plain = ()
    lines: int = 0
    amount_fen: int = 0


@dataclass(slots=True)
class _Read:
    """One row, read: its lines, amounts and moments."""

    number: int
    cells: dict[str, str]
    lines: tuple[Draft, ...] = ()
    amounts: Amounts = field(default_factory=dict)
    moments: dict[str, int] = field(default_factory=dict)


class _Contradiction(Exception):
    """Rows of one order that state different things; `args[0]` is the field."""


class PlatformJudge:
    """Judges the rows of one order number after the other.

    Takes: slots, (field, places of its columns in a row that was set aside).
    """

    def __init__(
        self,
        layout: Layout,
        slots: Sequence[tuple[str, tuple[int, ...]]],
        shop: ShopKey,
        as_of: datetime,
        *,
        typed: bool,
    ) -> None:
        self._layout, self._slots, self._shop, self._typed = layout, tuple(slots), shop, typed
        self._given = frozenset(name for name, _ in slots)
        self._money_fields = tuple(name for name, _ in slots if name in layout.money)
        kept = lru_cache(REMEMBERED)
        zone: tzinfo = ZoneInfo(shop.zone)
        latest = micros(as_of + FUTURE)
        self._moment = kept(partial(moment_of, zone=zone, latest=latest))
        self._money = kept(partial(parse_money_minor, exponent=exponent(shop.currency)))
        self._readers: dict[str, Callable[[str], int]] = {
            "placed_at": self._moment,
            "paid_at": partial(paid_moment, read=self._moment),
        }
        self._zone = zone

    def judge(self, external_id: str, rows: Sequence[Fields]) -> Outcome:
        """Return what an order number's rows come to."""
        outcome, read = Outcome(), list[_Read]()
        for row in rows:
            number = int(row[0])  # type: ignore[call-overload]
            if len(row) == 1:
                outcome.refused.append(RowRefused(number, "row_too_wide"))
                continue
            try:
                read.append(self._row(number, row))
            except FieldRefused as refusal:
                outcome.refused.append(RowRefused(number, refusal.code, refusal.field, refusal.expected))
        if not outcome.refused:
            try:
                self._whole(external_id, read, outcome)
            except _Contradiction as found:
                outcome.refused += [RowRefused(one.number, "lines_contradict", str(found.args[0])) for one in read]
            except FieldRefused as refusal:
                outcome.refused += [
                    RowRefused(one.number, refusal.code, refusal.field, refusal.expected) for one in read
                ]
        elif read:
            outcome.refused += [RowRefused(one.number, "order_has_bad_rows", "external_id") for one in read]
        return outcome

    def _cells(self, row: Fields) -> dict[str, str]:
        """Return what is filled of a row, without its wrappings."""
        cells: dict[str, str] = {}
        for name, places in self._slots:
            for at in places:
                raw: str = row[at]  # type: ignore[assignment]
                if raw and (plain := bare(raw)):
                    cells[name] = raw if name in CODES else plain
                    break
        return cells

    def _row(self, number: int, row: Fields) -> _Read:
        cells = self._cells(row)
        read = _Read(number, cells)
        for name in self._money_fields:
            if given := cells.get(name):
                read.amounts[name] = self._amount(name, given)
        for name in MOMENTS:
            if given := cells.get(name):
                try:
                    read.moments[name] = self._readers[name](given)
                except CellRefused as refusal:
                    raise FieldRefused(refusal, name) from refusal
        if cells.get("currency", self._shop.currency).upper() != self._shop.currency:
            raise FieldRefused(CellRefused("currency_differs", self._shop.currency), "currency")
        if self._layout.half != LIST:
            read.lines = lines_of(cells, self._layout, self._price, typed=self._typed)
        return read

    def _price(self, text: str) -> int:
        amount = self._money(text)
        if amount < 0:
            raise CellRefused("amount_negative", "amount_from_0")
        return amount

    def _amount(self, name: str, text: str) -> int:
        try:
            amount = self._money(text)
        except CellRefused as refusal:
            raise FieldRefused(refusal, name) from refusal
        if any(part in name for part in DISCOUNTS):
            return abs(amount)
        if amount < 0:
            raise FieldRefused(CellRefused("amount_negative", "amount_from_0"), name)
        return amount

    def _whole(self, external_id: str, read: list[_Read], outcome: Outcome) -> None:
        """Put the rows of an order together. Raises: _Contradiction, FieldRefused."""
        layout = self._layout
        _refuse_doubled(read)
        if layout.half == DETAIL:
            self._detail(external_id, read, outcome)
            return
        paid = max((one.moments.get("paid_at", 0) for one in read), default=0)
        unpaid = any(one.moments.get("paid_at") == SAYS_UNPAID for one in read)
        placed = self._placed(external_id, read) or paid
        if placed <= 0:
            raise FieldRefused(CellRefused("empty", "date_and_time"), "placed_at")
        stated = self._stated(read)
        head = head_of(layout, [one.cells for one in read], stated, self._given, (placed, max(paid, 0)), self._zone)
        head = head.unpaid() if unpaid else head
        if layout.half == LIST:
            self._list(external_id, head, _once(read, layout), outcome)
            return
        sums = self._settle(read)
        lines = lines_in([line for one in sums for line in one.lines])
        freight = sum(one.freight for one in sums)
        told = [one.stated for one in sums if one.stated is not None]
        order = head.order(
            external_id, lines, content_hash(external_id, head.placed_at, lines, (freight, 0)),
            freight, sum(one.by_platform for one in sums), sum(told) if told else None,
        )  # fmt: skip
        outcome.plain, outcome.lines = packed(order), len(lines)
        outcome.amount_fen = order.goods_fen if order.counts_as_sale else 0

    def _placed(self, external_id: str, read: list[_Read]) -> int:
        """Return when an order was placed: its earliest row, else the first moment of the day that its number tells."""
        told = [one.moments["placed_at"] for one in read if one.moments.get("placed_at", OPEN) > 0]
        day = "" if told else self._layout.day_in(external_id)
        if not day:
            return min(told, default=0)
        try:
            return self._moment(day)
        except CellRefused as refusal:
            raise FieldRefused(refusal, "placed_at") from refusal

    def _settle(self, read: list[_Read]) -> list[Settled]:
        if self._layout.by_row:
            return [settled(one.lines, self._layout, one.amounts) for one in read]
        lines = tuple(line for one in read for line in one.lines)
        return [settled(lines, self._layout, _once(read, self._layout))]

    def _stated(self, read: list[_Read]) -> dict[str, str]:
        """Return what the rows say of the receiver and the like, once. Raises: _Contradiction."""
        stated: dict[str, str] = {}
        for one in read:
            for name in CONTACT:
                given = one.cells.get(name)
                if (
                    given
                    and stated.setdefault(name, given) != given
                    and not given.startswith(("##", "$$", "#", "$", "~"))
                ):
                    raise _Contradiction(name)
        return stated

    def _list(self, external_id: str, head: Head, amounts: Amounts, outcome: Outcome) -> None:
        sums = self._layout.adjust(amounts)
        goods, freight = sums.get("goods", 0), sums.get("freight", 0)
        order = head.order(external_id, (), "", freight, sums.get("by_platform", 0), sums.get("total"))
        outcome.plain = packed(order, LIST, goods, head.units)
        outcome.amount_fen = goods if order.counts_as_sale else 0

    def _detail(self, external_id: str, read: list[_Read], outcome: Outcome) -> None:
        lines = lines_in([line for one in read for line in one.lines])
        refund = told_of_rows(self._layout, [one.cells for one in read], paid=False).refund
        order = OrderIn(0, external_id, EPOCH, lines, "", refund=refund)
        outcome.plain = packed(order, DETAIL, 0, sum([line.quantity for line in lines]))
        outcome.lines = len(lines)


def _once(read: list[_Read], layout: Layout) -> Amounts:
    """Return amounts of the order, which its rows may repeat. Raises: _Contradiction."""
    amounts: Amounts = {}
    for one in read:
        for name, amount in one.amounts.items():
            if amounts.setdefault(name, amount) != amount and not layout.by_row:
                raise _Contradiction(name)
    return amounts


def _refuse_doubled(read: list[_Read]) -> None:
    ids = [line.line_id for one in read for line in one.lines if line.line_id]
    if len(set(ids)) < len(ids):
        raise FieldRefused(CellRefused("line_id_twice", ""), "line_id")
