"""An order of which one file tells what was bought and another one who bought it: the two halves, and what they make.

A half waits until the other one comes, in whatever file that is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from zhanggui.connectors.intake.platforms.shapes import LIST
from zhanggui.connectors.intake.words import REFUNDS
from zhanggui.kernel.moments import micros, moment_of
from zhanggui.kernel.money import split_by_largest_remainder
from zhanggui.sales.orders.records import ContactIn, InvoiceWish, LineIn, OrderIn
from zhanggui.sales.orders.rules import content_hash

Plain = tuple[Any, ...]
_CONTACT = tuple(ContactIn.__dataclass_fields__)
_said = attrgetter(*_CONTACT)
_FIELDS = tuple(OrderIn.__dataclass_fields__)
_fields_of = attrgetter(*_FIELDS)
_PLAIN_CONTACT = ContactIn()
KIND_AT = -3
_spelled = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Half:
    """One half of an order.

    order: of a list everything but its lines; of a detail file its lines at their full prices, and nothing else that
    counts. goods_fen: what the lines come to after what the seller bears (list only). units: pieces, 0 if not told.
    text: the half as it is kept, where it was read from that.
    """

    kind: str
    order: OrderIn
    goods_fen: int = 0
    units: int = 0
    text: str = field(default="", compare=False)

    @property
    def external_id(self) -> str:
        """Return the order's number."""
        return self.order.external_id

    @property
    def content_hash(self) -> str:
        """Return what stands for it in the input hash."""
        return half_text(self)

    @property
    def amount_fen(self) -> int:
        """Return what the lines of a list's order come to, if it counts as a sale."""
        return self.goods_fen if self.kind == LIST and self.order.counts_as_sale else 0


def fits(of_list: Half, detail: Half) -> bool:
    """Tell whether a detail file holds all the pieces that the list speaks of."""
    return of_list.units in (0, detail.units)


def joined(of_list: Half, detail: Half, shop_id: int = 0) -> OrderIn:
    """Return the order of a shop that two halves make.

    What the list's goods come to less than the full prices is borne by the seller and split onto the lines. If the
    goods come to more, the lines stay at their prices, and the order's amounts differ.
    """
    head, lines = of_list.order, with_discount(detail.order.lines, of_list.goods_fen)
    refund = max(head.refund, detail.order.refund, key=REFUNDS.index)
    stands_for = content_hash(head.external_id, head.placed_at, lines, (head.freight_fen, 0))
    return with_parts(head, shop_id=shop_id, lines=lines, content_hash=stands_for, refund=refund)


def with_parts(order: OrderIn, **changed: Any) -> OrderIn:
    """Return an order with some of its fields changed, as `dataclasses.replace` does, without its cost per field."""
    return OrderIn(*[changed.get(name, value) for name, value in zip(_FIELDS, _fields_of(order), strict=True)])


def with_discount(lines: Sequence[LineIn], goods_fen: int) -> tuple[LineIn, ...]:
    """Return lines with the seller's discount that brings them down to what the goods come to."""
    gross = [line.amount_fen for line in lines]
    discount = sum(gross) - goods_fen
    if discount <= 0 or goods_fen < 0:
        return tuple(lines)
    shares = split_by_largest_remainder(discount, gross)
    return tuple(
        LineIn(
            line.identity,
            line.merchant_code,
            line.title,
            line.quantity,
            line.unit_price_fen,
            line.discount_fen + share,
        )
        for line, share in zip(lines, shares, strict=True)
    )


# ---- as they are kept


def _micro(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def _moment(micro: int | None) -> datetime | None:
    return None if micro is None else moment_of(micro)


def packed(order: OrderIn, kind: str = "", goods_fen: int = 0, units: int = 0) -> Plain:
    """Return an order or a half of one as texts and whole numbers."""
    said, wish = order.contact, order.invoice
    return (
        order.external_id, _micro(order.placed_at),
        tuple((line.identity, line.merchant_code, line.title, line.quantity, line.unit_price_fen, line.discount_fen)
              for line in order.lines),
        order.content_hash,
        () if said is _PLAIN_CONTACT else _said(said),
        order.freight_fen, order.payment, _micro(order.paid_at), order.presale, order.standing, order.status_word,
        _micro(order.platform_due_at), order.platform_discount_fen, order.stated_fen, order.refund, order.flag,
        tuple(sorted(order.marks)),
        (wish.title, wish.tax_no, wish.kind, wish.email) if wish else (),
        kind, goods_fen, units,
    )  # fmt: skip


def unpacked(plain: Sequence[Any], text: str = "") -> OrderIn | Half:
    """Return what was packed. Takes: text, the half as it is kept, if it was read from that."""
    (external_id, placed, lines, stands_for, said, freight, payment, paid, presale, standing, word, due, by_platform,
     stated, refund, flag, marks, wish, kind, goods, units) = plain  # fmt: skip
    placed_at = _moment(placed)
    assert placed_at
    order = OrderIn(
        0, external_id, placed_at, tuple(LineIn(*line) for line in lines), stands_for,
        ContactIn(*said) if said else _PLAIN_CONTACT, freight, 0, payment, _moment(paid), presale, standing, word,
        _moment(due), by_platform, stated, refund, flag, frozenset(marks), InvoiceWish(*wish) if wish else None,
    )  # fmt: skip
    return Half(kind, order, goods, units, text) if kind else order


def made_of(plain: Plain) -> OrderIn | Half:
    """Return what was packed; a half carries the text as which it is kept."""
    return unpacked(plain, _spelled(plain) if plain[KIND_AT] else "")


def half_text(half: Half) -> str:
    """Return a half as it is kept."""
    return half.text or _spelled(packed(half.order, half.kind, half.goods_fen, half.units))


def half_from(text: str) -> Half:
    """Return a half that was kept."""
    half = unpacked(json.loads(text), text)
    assert isinstance(half, Half)
    return half
