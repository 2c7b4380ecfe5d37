"""The rows of an order number judged together, and what of them comes in.

An order with a bad row stays out as a whole, so that its corrected rows bring it in whole, once; a channel may
say otherwise (`partial_orders`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import starmap
from typing import cast

from zhanggui.connectors.intake.order_rows import MORE, NOT_GIVEN, OPEN, SAYS_UNPAID, SOFT
from zhanggui.connectors.intake.platform_cells import receiver_kind
from zhanggui.connectors.intake.records import Entry, RowRefused
from zhanggui.connectors.intake.spool import Fields
from zhanggui.connectors.intake.words import NOT_KNOWN, Told, together, told_of
from zhanggui.kernel.moments import moment_of
from zhanggui.sales.orders.records import ContactIn, InvoiceWish, LineIn, OrderIn, Payment, Receiver, counts_as_sale
from zhanggui.sales.orders.rules import content_hash, line_identities

Line = tuple[int, int, tuple[str, ...], int, str, int, int, int, str, str, tuple[int | str, ...]]
"""(row, moment, contact, freight, sku, quantity, price, discount, title, line id, more)"""
REFUSED_FIELDS = 5
PAID = Told()
_AT = {name: place for place, name in enumerate(MORE)}


@dataclass(slots=True)
class Group:
    """What the rows of one order number come to."""

    lines: list[Line] = field(default_factory=list)
    refused: list[RowRefused] = field(default_factory=list)
    placed: int = 0
    stated: dict[str, str] = field(default_factory=dict)
    freight: int = 0

    @property
    def amount_fen(self) -> int:
        """Return the sum of the line amounts if the order counts as a sale."""
        told = self.told
        if told is not PAID and not counts_as_sale(told.payment, told.standing, told.refund):
            return 0
        return sum(line[5] * line[6] - line[7] for line in self.lines)

    @property
    def told(self) -> Told:
        """Return how far the order is: what its rows' words say, else its moment of payment, else paid."""
        if not self.lines or not self.lines[0][10]:
            return PAID
        return together([_told(line[10]) for line in self.lines])


def judged(rows: list[Fields], names: tuple[str, ...], *, partial: bool) -> Group:
    """Return what may come in of an order, and which of its rows are refused.

    Takes: names, of the fields in each row's contact; partial, whether an order comes in without its bad rows.
    """
    group = Group()
    contradicts = _gather(group, rows, names)
    if contradicts:
        group.lines = []
        known = {one.row for one in group.refused}
        group.refused += [
            RowRefused(row, "lines_contradict", contradicts) for row in _numbers(rows) if row not in known
        ]
        return group
    if len(group.lines) > 1:
        _refuse_doubled(group)
    if group.refused and not partial:
        group.refused += [RowRefused(line[0], "order_has_bad_rows", "external_id") for line in group.lines]
        group.lines = []
    return group


def _numbers(rows: list[Fields]) -> Iterator[int]:
    return (cast(int, row[0]) for row in rows)


def _gather(group: Group, rows: list[Fields], names: tuple[str, ...]) -> str:
    """Put the rows into the group; return the field in which they contradict each other, or nothing.

    An open cell says nothing; an order is as old as its earliest row.
    """
    contradicts, contact = "", None
    for row in rows:
        moment = cast(int, row[1])
        if moment == OPEN and not group.placed:
            group.refused.append(RowRefused(cast(int, row[0]), "empty", "placed_at", "date_and_time"))
            continue
        if moment > 0 and (not group.placed or moment < group.placed):
            group.placed = moment
        if len(row) == REFUSED_FIELDS:
            number, _, code, name, expected = cast(tuple[int, int, str, str, str], row)
            group.refused.append(RowRefused(number, code, name, expected))
            continue
        line = cast(Line, row)
        if line[2] != contact:
            contact = line[2]
            for name, value in zip(names, contact, strict=True):
                if value and group.stated.setdefault(name, value) != value and name not in SOFT:
                    contradicts = name
        if line[3]:
            if group.freight not in (0, line[3]):
                contradicts = "freight"
            group.freight = line[3]
        group.lines.append(line)
    return contradicts


def _refuse_doubled(group: Group) -> None:
    """Refuse the lines whose line id stands more than once in the order."""
    counts: dict[str, int] = {}
    for line in group.lines:
        if line[9]:
            counts[line[9]] = counts.get(line[9], 0) + 1
    doubled = {line[0] for line in group.lines if counts.get(line[9], 0) > 1}
    if doubled:
        group.refused += [RowRefused(row, "line_id_twice", "line_id") for row in sorted(doubled)]
        group.lines = [line for line in group.lines if line[0] not in doubled]


def _told(more: tuple[int | str, ...]) -> Told:
    word, paid_at = str(more[_AT["status"]]), more[_AT["paid_at"]]
    if word in ("", str(NOT_GIVEN)):
        return replace(PAID, payment=str(Payment.UNPAID)) if paid_at in (OPEN, SAYS_UNPAID) else PAID
    told = told_of(word) or NOT_KNOWN
    if paid_at == SAYS_UNPAID and told.payment != Payment.COD:
        return replace(told, payment=str(Payment.UNPAID))
    return told if told.payment else replace(told, payment=str(Payment.UNPAID if paid_at == OPEN else Payment.PAID))


def entry_of(external_id: str, group: Group) -> Entry:
    """Return the order as it comes in."""
    lines = tuple(starmap(_line_in, zip(_identities(group.lines), group.lines, strict=True)))
    said = group.stated
    kind = receiver_kind(
        said.get("receiver", ""), said.get("phone", ""), said.get("address", ""), given=True, cipher=False
    ) if "phone" in said or "address" in said else str(Receiver.PLAIN)  # fmt: skip
    placed_at = moment_of(group.placed)
    stands_for = content_hash(external_id, placed_at, lines, (group.freight, 0))
    order = OrderIn(0, external_id, placed_at, lines, stands_for, ContactIn(**said, kind=kind), group.freight)
    rows = tuple(line[0] for line in group.lines)
    return Entry(_with_more(order, group) if group.lines[0][10] else order, rows)


def _with_more(order: OrderIn, group: Group) -> OrderIn:
    """Return the order with what only some files tell of it."""
    told, rows = group.told, [line[10] for line in group.lines]
    word, paid, due, by_platform, stated, flag, title, tax_no = (
        next((row[at] for row in rows if row[at] not in (OPEN, NOT_GIVEN, SAYS_UNPAID, "", 0)), None)
        for at in range(len(MORE))
    )
    return replace(
        order, payment=told.payment, standing=told.standing, refund=told.refund, presale=told.presale,
        marks=frozenset({told.mark} if told.mark else ()), status_word=str(word or ""), paid_at=_moment(paid),
        platform_due_at=_moment(due), platform_discount_fen=int(by_platform or 0),
        stated_fen=None if stated is None else int(stated), flag=str(flag or ""),
        invoice=InvoiceWish(str(title), str(tax_no or "")) if title else None,
    )  # fmt: skip


def _moment(micro: int | str | None) -> datetime | None:
    return None if micro is None else moment_of(int(micro))


def _line_in(identity: str, line: Line) -> LineIn:
    return LineIn(identity, line[4], line[8], line[5], line[6], line[7])


def _identities(lines: list[Line]) -> list[str]:
    """Return each line's identity; equal lines are counted in the order of their titles, not of the file."""
    if all(line[9] for line in lines):
        return [line[9] for line in lines]
    counted = sorted((line for line in lines if not line[9]), key=lambda line: (*line[4:8], line[8]))
    keys = line_identities(":".join(map(str, line[4:8])) for line in counted)
    by_row = dict(zip((line[0] for line in counted), keys, strict=True))
    return [line[9] or by_row[line[0]] for line in lines]
