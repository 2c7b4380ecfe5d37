"""Judging orders by the rules of validity, with what the database says of them: other orders, and the blocklist.

Every order of a batch is judged with the same few statements.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.regulation.queries import terms_at
from zhanggui.sales.orders.holds import Reason, hold_orders, lift_holds
from zhanggui.sales.orders.models import BlockEntry, Order, OrderContact, OrderHold, OrderLine, OrderPart, Shop
from zhanggui.sales.orders.parts import PartIn
from zhanggui.sales.orders.receivers import blocked_form, buyer_key
from zhanggui.sales.orders.records import BlockKind, ContactIn, Hold, HoldState, OrderIn, Receiver, Refusal, State
from zhanggui.sales.orders.rules import ValidityTerms
from zhanggui.sales.orders.validity import JUDGED_AGAIN, Details, Judged, as_judged, findings, used_rules

Finding = tuple[int, str, str]
NO_DUPLICATE = (State.CANCELLED, State.HISTORY, State.UNPAID)
JUDGED_STATES = (State.RECEIVED, State.UNPAID, State.HELD)
OF_CONTACT = tuple(one.name for one in fields(ContactIn))
OF_ORDER = (
    "id", "shop_id", "external_id", "placed_at", "state", "total_fen", "platform_discount_fen", "stated_fen", "origin",
    "marks", "refund",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seat:
    """An order as others are compared with it; skus: what it asks for; counts: others may be its duplicates."""

    order_id: int
    shop_id: int
    external_id: str
    placed_at: datetime
    contact: ContactIn
    skus: Collection[int]
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Judgement:
    """What judging known orders came to: reasons that arose, and (order, code) of those that no longer stand."""

    arisen: list[Reason]
    gone: set[tuple[int, str]]


def judge(
    orders: Sequence[OrderIn], ids: Sequence[int], states: Sequence[State], parts: Sequence[PartIn],
    unknown: Mapping[int, str], context: Inside,
) -> list[Finding]:  # fmt: skip
    """Return what speaks against new orders of one shop: (place in the batch, hold code, details as JSON).

    Takes: the orders with the ids and states that they will have, their parts, and by place the unknown codes.
    """
    shop = orders[0].shop_id
    off = rules_off([shop], context)
    rules, terms = used_rules(off[shop]), terms_at(ValidityTerms, context.as_of)
    skus = _by_order((part.order_id, part.sku_id) for part in parts)
    seats = [
        Seat(key, shop, order.external_id, order.placed_at, order.contact, skus.get(key, ()), state not in NO_DUPLICATE)
        for key, order, state in zip(ids, orders, states, strict=True)
    ]
    duplicates = _duplicates(seats, off, terms.duplicate_hours, context)
    blocked = _blocked(seats, off, context)
    found: list[Finding] = []
    for place, (key, order) in enumerate(zip(ids, orders, strict=True)):
        judged = as_judged(order, unknown.get(place), duplicates.get(key), blocked.get(key))
        found += [(place, code, details) for code, details in findings(judged, rules, terms)]
    return found


def rules_off(shops: Sequence[int], context: Inside) -> dict[int, frozenset[str]]:
    """Return the codes of the rules that each shop does without."""
    rows = context.run.lock(Shop, "id", sorted(set(shops)), ["id", "rules_off"], lock=False)
    return {key: frozenset(off.split(",")) if off else frozenset() for key, off in rows}


def _by_order(pairs: Any) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


def _duplicates(
    seats: Sequence[Seat], off: Mapping[int, Collection[str]], hours: int, context: Inside
) -> dict[int, Details]:
    """Return by order the earlier order of the same buyer, shop and SKU that was placed within so many hours.

    An order is a duplicate of one that came in before it only, so that of two the first goes on. Orders that were
    cancelled, had ended, or are not paid are no originals.
    """
    asked = {
        seat.order_id: buyer for seat in seats
        if Hold.SUSPECTED_DUPLICATE not in off[seat.shop_id] and (buyer := buyer_key(seat.contact.buyer))
    }  # fmt: skip
    if not asked or not hours:
        return {}
    originals = _originals(seats, sorted(set(asked.values())), context)
    found: dict[int, Details] = {}
    for seat in seats:
        if seat.order_id in asked:
            original = _first_within(originals, seat, asked[seat.order_id], timedelta(hours=hours))
            if original:
                found[seat.order_id] = {"other": original[0], "code": original[1]}
    return found


Originals = dict[tuple[int, str, int], list[tuple[datetime, int, str]]]


def _originals(seats: Sequence[Seat], buyers: Sequence[str], context: Inside) -> Originals:
    """Return the orders of some buyers by shop, buyer and SKU, first placed first."""
    run = context.run
    rows = run.lock(OrderContact, "buyer", buyers, ["order_id", "buyer"], order=("order_id",), lock=False)
    names: dict[int, str] = dict(rows)
    here = {seat.order_id for seat in seats}
    others = sorted(set(names) - here)
    rows = run.lock(
        Order, "id", others, ["id", "shop_id", "external_id", "placed_at", "state"], lock=False
    ) if others else []  # fmt: skip
    known = {row[0]: row for row in rows if row[4] not in NO_DUPLICATE}
    parts = run.lock(OrderPart, "order_id", list(known), ["order_id", "sku_id"], lock=False) if known else []
    found: Originals = {}
    for order, sku in parts:
        _, shop, external_id, placed_at, _ = known[order]
        found.setdefault((shop, buyer_key(names[order]), sku), []).append((placed_at, order, external_id))
    for seat in seats:
        for sku in seat.skus if seat.counts else ():
            key = (seat.shop_id, buyer_key(seat.contact.buyer), sku)
            found.setdefault(key, []).append((seat.placed_at, seat.order_id, seat.external_id))
    for held in found.values():
        held.sort()
    return found


def _first_within(originals: Originals, seat: Seat, buyer: str, span: timedelta) -> tuple[int, str] | None:
    for sku in seat.skus:
        held = originals.get((seat.shop_id, buyer, sku), [])
        for placed_at, order, external_id in held[bisect_left(held, (seat.placed_at - span,)) :]:
            if placed_at > seat.placed_at + span:
                break
            if order < seat.order_id:
                return order, external_id
    return None


def _blocked(seats: Sequence[Seat], off: Mapping[int, Collection[str]], context: Inside) -> dict[int, Details]:
    """Return by order the entry of the blocklist that names its buyer, its number, or a piece of its address."""
    rows = context.run.lock(BlockEntry, "state", ["listed"], ["id", "kind", "value"], lock=False)
    if not rows:
        return {}
    listed = {(kind, value): key for key, kind, value in rows}
    fragments = [(value, key) for key, kind, value in rows if kind == BlockKind.ADDRESS]
    found: dict[int, Details] = {}
    for seat in seats:
        entry = None if Hold.BLOCKLISTED in off[seat.shop_id] else _entry_naming(seat.contact, listed, fragments)
        if entry:
            found[seat.order_id] = {"entry": entry[0], "by": entry[1]}
    return found


def _entry_naming(
    contact: ContactIn, listed: Mapping[tuple[str, str], int], fragments: Sequence[tuple[str, int]]
) -> tuple[int, str] | None:
    named = [(str(BlockKind.BUYER), buyer_key(contact.buyer))]
    if contact.kind == Receiver.PLAIN:
        number = blocked_form("phone", contact.phone)
        named += [(str(BlockKind.PHONE), one) for one in (number, number.partition("-")[0])]
    for kind, value in named:
        if value and (entry := listed.get((kind, blocked_form(kind, value)))):
            return entry, kind
    if not fragments or contact.kind != Receiver.PLAIN:
        return None
    place = blocked_form("address", f"{contact.province}{contact.city}{contact.district}{contact.address}")
    return next(((entry, str(BlockKind.ADDRESS)) for value, entry in fragments if value in place), None)


# Orders that are here already


def judge_known(ids: Sequence[int], context: Inside, *, anew: Collection[str] = ()) -> Judgement:
    """Judge locked orders of any shops again by what is kept of them.

    Takes: anew, rules whose facts have changed, so that what a person let go counts no longer. What a person let go
    stays let go while the details are the same.
    """
    if not ids:
        return Judgement([], set())
    run = context.run
    holds = run.lock(OrderHold, "order_id", list(ids), ["order_id", "code", "details", "state"])
    still_open = {(order, code) for order, code, _, state in holds if state == HoldState.OPEN}
    let_go = {
        (order, code, details) for order, code, details, state in holds
        if state == HoldState.RELEASED and code not in anew
    }  # fmt: skip
    states, found = _judged_again(ids, context)
    arisen = [
        Reason(order, code, details, states[order]) for order, code, details in found
        if (order, code) not in still_open and (order, code, details) not in let_go
    ]  # fmt: skip
    stands = {(order, code) for order, code, _ in found}
    return Judgement(arisen, {pair for pair in still_open - stands if pair[1] in JUDGED_AGAIN})


def _judged_again(ids: Sequence[int], context: Inside) -> tuple[dict[int, str], list[Finding]]:
    """Return the states of orders, and what speaks against them now: (order, code, details)."""
    run = context.run
    rows = [dict(zip(OF_ORDER, row, strict=True)) for row in run.lock(Order, "id", list(ids), OF_ORDER, lock=False)]
    contacts = {
        row[0]: ContactIn(*row[1:])
        for row in run.lock(OrderContact, "order_id", list(ids), ["order_id", *OF_CONTACT], lock=False)
    }
    prices = run.lock(OrderLine, "order_id", list(ids), ["order_id", "unit_price_fen"], lock=False)
    priced = {order for order, price in prices if price}
    skus = _by_order(run.lock(OrderPart, "order_id", list(ids), ["order_id", "sku_id"], lock=False))
    off = rules_off([row["shop_id"] for row in rows], context)
    terms = terms_at(ValidityTerms, context.as_of)
    seats = [
        Seat(row["id"], row["shop_id"], row["external_id"], row["placed_at"], contacts[row["id"]],
             skus.get(row["id"], ()), row["state"] not in NO_DUPLICATE)
        for row in rows
    ]  # fmt: skip
    duplicates = _duplicates(seats, off, terms.duplicate_hours, context)
    blocked = _blocked(seats, off, context)
    used = {shop: used_rules(codes, again=True) for shop, codes in off.items()}
    found: list[Finding] = []
    for row in rows:
        key = row["id"]
        judged = Judged(
            contacts[key], row["total_fen"], row["platform_discount_fen"], row["stated_fen"], key in priced,
            row["origin"], row["marks"].split(","), row["refund"], None, None, duplicates.get(key), blocked.get(key),
        )  # fmt: skip
        found += [(key, code, details) for code, details in findings(judged, used[row["shop_id"]], terms)]
    return {row["id"]: row["state"] for row in rows}, found


@step("orders.judge_again", clause="2.1.3.1")
def judge_again(batch: Sequence[int], *, context: Inside) -> Answer:
    """Judge orders that nobody confirmed by the rules as they are now.

    Clause: 2.1.3.1. Gives: "held", "freed" or "unchanged". Rejects: unknown_order, wrong_state.
    Writes: holds opened and closed, orders held or received again. What a person let go stays let go.
    """
    states: dict[int, str] = dict(context.run.lock(Order, "id", list(batch), ["id", "state"]))
    ready: dict[int, int] = {}
    rejected = []
    first = {key: index for index, key in reversed(list(enumerate(batch)))}
    for index, key in enumerate(batch):
        if key not in states:
            rejected.append(Rejected(index, Refusal.UNKNOWN))
        elif states[key] not in JUDGED_STATES or first[key] != index:
            rejected.append(Rejected(index, Refusal.WRONG_STATE, {"state": states[key]}))
        else:
            ready[index] = key
    held, freed = carry_out(judge_known(list(ready.values()), context), context)
    said = {**dict.fromkeys(freed, "freed"), **dict.fromkeys(held, "held")}
    return answer([Accepted(index, said.get(key, "unchanged")) for index, key in ready.items()], rejected)


def carry_out(judgement: Judgement, context: Inside) -> tuple[list[int], list[int]]:
    """Write what judging came to. Gives: the orders that wait for a new reason, and those that go on."""
    hold_orders(judgement.arisen, context=context)
    freed = lift_holds(judgement.gone, context=context)
    return [reason.order_id for reason in judgement.arisen], freed
