"""Writes of orders that come out of other orders: pieces split off, or sent again. Their money stays where it was paid.

A child has a number of its own, its parent's receiver, and lines without a price.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import pairwise
from typing import Any

from zhanggui.catalog.models import Sku
from zhanggui.journal.steps import Inside
from zhanggui.sales.orders.intake import contact_digest
from zhanggui.sales.orders.models import Order, OrderContact, OrderLine, OrderPart
from zhanggui.sales.orders.records import ContactIn, Origin, Payment, Pieces, Standing, State

OF_CONTACT = tuple(one.name for one in fields(ContactIn))
KEPT = (
    "shop_id", "external_id", "priority", "placed_at", "received_at", "payment", "paid_at", "presale", "standing",
    "status_word", "refund", "flag", "marks", "platform_due_at", "state", "version", "confirmed_at", "hand_over_by",
    "short_at", "reserved_at",
)  # fmt: skip
BORN = tuple(name for name in KEPT if name not in ("external_id", "short_at", "version"))
WAY = (State.RECEIVED, State.CONFIRMED, State.RESERVED)
NUMBER_MAX = 64
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Child:
    """An order that was born of another one: its id, its parent's, and its parts by the parts that they come from."""

    order_id: int
    parent_id: int
    parts: Mapping[int, int]


def insert_children(chosen: Sequence[Pieces], origin: Origin, *, context: Inside) -> list[Child]:
    """Write an order for the chosen pieces of each parent. Parents are locked and come once each.

    A split stands where its parent stands, with its moments; its clocks are copied by the caller. A re-send is a new
    order from now on, received and paid.
    Writes: orders, contacts, lines without money, parts.
    """
    run, parents = context.run, [row.order_id for row in chosen]
    told = {row[0]: dict(zip(KEPT, row[1:], strict=True)) for row in run.lock(
        Order, "id", parents, ["id", *KEPT], lock=False
    )}  # fmt: skip
    n_parts = sum(len(row.parts) for row in chosen)
    ids = run.ids(2 * len(chosen) + 2 * n_parts)
    orders, contacts = ids[: len(chosen)], ids[len(chosen) : 2 * len(chosen)]
    lines, parts = ids[2 * len(chosen) : -n_parts], ids[-n_parts:]
    digests = _insert_contacts(dict(zip(orders, parents, strict=True)), contacts, origin, context)
    numbers = _numbers(parents, {key: one["external_id"] for key, one in told.items()}, origin, context)
    make = _split_off if origin == Origin.SPLIT else _sent_again
    rows = [make(told[key], context.as_of) for key in parents]
    run.insert(Order, {
        "id": orders, "parent_id": parents, "origin": str(origin), "external_id": numbers, "contact_digest": digests,
        "content_hash": [hashlib.sha256(number.encode()).hexdigest() for number in numbers],
        **{name: [row[name] for row in rows] for name in BORN},
        "version": [WAY.index(State(row["state"])) for row in rows], "stopped": False, "goods_fen": 0,
        "freight_fen": 0, "discount_fen": 0, "total_fen": 0, "platform_discount_fen": 0, "stated_fen": None,
    })  # fmt: skip
    _lead_on(orders, rows, context)
    return _insert_parts(chosen, orders, lines, parts, context)


def _split_off(parent: Told, _: datetime) -> Told:
    """Return the columns of a split: the parent's, its limit later by the time that the parent stood short."""
    waited = parent["short_at"] and parent["reserved_at"]
    late = parent["reserved_at"] - parent["short_at"] if waited else None
    return parent if late is None else {**parent, "hand_over_by": parent["hand_over_by"] + late}


def _sent_again(parent: Told, as_of: datetime) -> Told:
    nothing = dict.fromkeys(("platform_due_at", "confirmed_at", "hand_over_by", "reserved_at"))
    blank = dict.fromkeys(("presale", "status_word", "refund", "flag", "marks"), "")
    begun = {"placed_at": as_of, "received_at": as_of, "paid_at": as_of, "payment": str(Payment.PAID)}
    where = {"standing": str(Standing.OPEN), "state": str(State.RECEIVED)}
    return {**parent, **nothing, **blank, **begun, **where}


def _lead_on(orders: Sequence[int], rows: Sequence[Told], context: Inside) -> None:
    """Note the transitions by which new orders stand where they do, and their priority."""
    for before, after in pairwise(WAY):
        reached = [
            key for key, row in zip(orders, rows, strict=True) if WAY.index(State(row["state"])) > WAY.index(before)
        ]
        context.run.move("order", reached, str(before), str(after))
    urgent = [(key, str(row["priority"])) for key, row in zip(orders, rows, strict=True) if row["priority"]]
    context.run.move("priority", [key for key, _ in urgent], "0", [priority for _, priority in urgent])


def _numbers(parents: Sequence[int], known: Mapping[int, str], origin: Origin, context: Inside) -> list[str]:
    """Return the children's numbers: the parent's, S for a split or R for a re-send, and which child it is."""
    counts: dict[int, int] = {}
    for (parent,) in context.run.lock(Order, "parent_id", parents, ["parent_id"], lock=False):
        counts[parent] = counts.get(parent, 0) + 1
    ends = [f"#{'S' if origin == Origin.SPLIT else 'R'}{counts.get(key, 0) + 1}" for key in parents]
    return [known[key][: NUMBER_MAX - len(end)] + end for key, end in zip(parents, ends, strict=True)]


def _insert_contacts(parents: Mapping[int, int], ids: Sequence[int], origin: Origin, context: Inside) -> list[str]:
    """Write the receivers of new orders, as their parents' stand now; return what stands for them in the journal.

    What the buyer wrote was about the first parcel, and is not said of one that is sent again.
    """
    run = context.run
    wanted = sorted(set(parents.values()))
    rows = run.lock(OrderContact, "order_id", wanted, ["order_id", *OF_CONTACT], lock=False)
    known = {row[0]: dict(zip(OF_CONTACT, row[1:], strict=True)) for row in rows}
    forget = {"buyer_note": "", "seller_note": ""} if origin == Origin.RESEND else {}
    contacts = [ContactIn(**{**known[parent], **forget}) for parent in parents.values()]
    run.insert(OrderContact, {
        "id": list(ids), "order_id": list(parents),
        **{name: [getattr(contact, name) for contact in contacts] for name in OF_CONTACT},
    }, stamped=False)  # fmt: skip
    return [contact_digest(contact) for contact in contacts]


def _insert_parts(
    chosen: Sequence[Pieces], orders: Sequence[int], line_ids: Sequence[int], part_ids: Sequence[int], context: Inside
) -> list[Child]:
    """Write a line without money and a part for each chosen part."""
    run = context.run
    rows = [
        (child, part, pieces)
        for child, row in zip(orders, chosen, strict=True)
        for part, pieces in row.parts
    ]  # fmt: skip
    known = {row[0]: row[1:] for row in run.lock(
        OrderPart, "id", [part for _, part, _ in rows], ["id", "line_id", "sku_id"], lock=False
    )}  # fmt: skip
    lines = {key: (identity, title) for key, identity, title in run.lock(
        OrderLine, "id", sorted({line for line, _ in known.values()}), ["id", "identity", "title"], lock=False
    )}  # fmt: skip
    codes: dict[int, str] = dict(
        run.lock(Sku, "id", sorted({sku for _, sku in known.values()}), ["id", "code"], lock=False)
    )
    pieces = [count for _, _, count in rows]
    run.insert(OrderLine, {
        "id": list(line_ids), "order_id": [child for child, _, _ in rows],
        "identity": [f"{lines[known[part][0]][0][:80]}/{part}" for _, part, _ in rows],
        "merchant_code": [codes[known[part][1]] for _, part, _ in rows],
        "title": [lines[known[part][0]][1] for _, part, _ in rows], "quantity": pieces,
        "unit_price_fen": 0, "discount_fen": 0, "amount_fen": 0,
    })  # fmt: skip
    run.insert(OrderPart, {
        "id": list(part_ids), "order_id": [child for child, _, _ in rows], "line_id": list(line_ids),
        "sku_id": [known[part][1] for _, part, _ in rows], "quantity": pieces, "wanted": pieces, "amount_fen": 0,
        "shipped": 0, "cancelled": 0, "replaces_id": None,
    })  # fmt: skip
    made: dict[int, dict[int, int]] = {child: {} for child in orders}
    for new, (child, part, _) in zip(part_ids, rows, strict=True):
        made[child][part] = new
    return [Child(child, row.order_id, made[child]) for child, row in zip(orders, chosen, strict=True)]
