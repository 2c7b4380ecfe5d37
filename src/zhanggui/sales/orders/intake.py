"""Writes by which orders come in: shops opened at their first order, orders taken in once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from zhanggui.catalog.queries import known_skus
from zhanggui.journal.records import Plus
from zhanggui.journal.rules import keyed_digest
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import open_obligations
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_for
from zhanggui.sales.orders.models import Order, OrderContact, OrderHold, OrderLine, Shop
from zhanggui.sales.orders.records import ContactIn, Hold, HoldState, OrderIn, Refusal, ShopKey, State
from zhanggui.sales.orders.rules import ConfirmTerms

HOUR = 3600
CONTACT = ("buyer", "receiver", "phone", "province", "city", "district", "address")
LINE = ("identity", "merchant_code", "title", "quantity", "unit_price_fen", "discount_fen", "amount_fen")
Known = dict[str, tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class _Change:
    """What came in for an unconfirmed order that is known with other content."""

    state: str
    content_hash: str
    open_hold: int | None


@step("orders.open_shops", clause="1.2", limit=100)
def open_shops(batch: Sequence[ShopKey], *, context: Inside) -> Answer:
    """Make shops known at their first order; a known shop is left as it is. Gives: the shop's id."""
    run = context.run
    rows = run.lock(Shop, "code", [shop.code for shop in batch], ["id", "channel", "code"])
    known = {(channel, code): key for key, channel, code in rows}
    new = {(shop.channel, shop.code): shop for shop in batch if (shop.channel, shop.code) not in known}
    ids = run.ids(len(new))
    names = ("channel", "code", "currency", "zone")
    columns: dict[str, object] = {name: [getattr(shop, name) for shop in new.values()] for name in names}
    run.insert(Shop, {"id": ids, "name": columns["code"], **columns})
    known |= dict(zip(new, ids, strict=True))
    return answer([Accepted(index, known[shop.channel, shop.code]) for index, shop in enumerate(batch)], [])


@step("orders.take_in", clause="2.1.3.1")
def take_in_orders(batch: Sequence[OrderIn], *, context: Inside) -> Answer:
    """Take in orders of one shop, each once; the confirming clock starts when the customer placed it.

    Clause: 2.1.3.1.
    Gives: the new order's id; "unchanged"; or "changed" for an unconfirmed order, which then waits on hold. A change
    that an order is or was on hold for is "unchanged": a person sees it, or has decided about it.
    Rejects: changed_in_work and changed_after_end (confirmed, or ended: what came in stays in the file only),
    twice_in_batch (the same number with other content).
    Writes: orders, contacts, lines, holds, clocks. An unknown product holds its order, it never refuses it.
    Cost: twelve statements for any number of orders.
    """
    known = _known_orders(batch, context)
    seen, standing = _changes_seen(batch, known, context)
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    fresh: list[tuple[int, OrderIn]] = []
    changed: dict[int, _Change] = {}
    first: dict[str, int] = {}
    for index, order in enumerate(batch):
        key, content, state = known.get(order.external_id, (0, order.content_hash, ""))
        earlier = first.setdefault(order.external_id, index)
        if not key and earlier == index:
            fresh.append((index, order))
            continue
        same_twice = batch[earlier].content_hash == order.content_hash
        same = content == order.content_hash or (key, order.content_hash) in seen or key in changed
        outcome = _outcome(same, state) if same_twice else Refusal.TWICE_IN_BATCH
        if isinstance(outcome, Refusal):
            rejected.append(Rejected(index, outcome, {"state": state}))
            continue
        accepted.append(Accepted(index, outcome))
        if outcome == "changed":
            changed[key] = _Change(state, order.content_hash, standing.get(key))
    fresh.sort(key=lambda row: row[1].external_id)  # files that cross must not wait for each other in a circle
    ids = _insert(fresh, changed, context)
    accepted += [Accepted(index, key) for key, (index, _) in zip(ids, fresh, strict=True)]
    return answer(accepted, rejected)


def _outcome(same_content: bool, state: str) -> str | Refusal:
    """Return what happens to an order that is here already."""
    if same_content:
        return "unchanged"
    if state in (State.RECEIVED, State.HELD):
        return "changed"
    return Refusal.CHANGED_AFTER_END if state in (State.SHIPPED, State.CANCELLED) else Refusal.CHANGED_IN_WORK


def _known_orders(batch: Sequence[OrderIn], context: Inside) -> Known:
    if not batch:
        return {}
    assert len({order.shop_id for order in batch}) == 1, "one shop per batch"
    rows = context.run.lock(
        Order, "external_id", sorted({order.external_id for order in batch}),
        ["id", "external_id", "content_hash", "state"], equal={"shop_id": batch[0].shop_id},
    )  # fmt: skip
    return {external_id: (key, content, state) for key, external_id, content, state in rows}


def _changes_seen(
    batch: Sequence[OrderIn], known: Known, context: Inside
) -> tuple[set[tuple[int, str]], dict[int, int]]:
    """Return the changes that orders are or were on hold for, (order, content hash), and the open holds by order."""
    here = [(*known[order.external_id], order.content_hash) for order in batch if order.external_id in known]
    differing = sorted({key for key, content, _, incoming in here if content != incoming})
    if not differing:
        return set(), {}
    columns, about = ["id", "order_id", "details", "state"], {"code": str(Hold.CONTENT_CHANGED)}
    rows = context.run.lock(OrderHold, "order_id", differing, columns, equal=about)
    seen = {(order, json.loads(details).get("hash", "")) for _, order, details, _ in rows}
    return seen, {order: key for key, order, _, state in rows if state == HoldState.OPEN}


def _insert(fresh: list[tuple[int, OrderIn]], changed: dict[int, _Change], context: Inside) -> list[int]:
    """Write new orders with all that belongs to them, and holds on changed ones; return the new orders' ids."""
    run = context.run
    orders = [order for _, order in fresh]
    n_lines = sum(len(order.lines) for order in orders)
    ids = run.ids(2 * len(orders) + n_lines)
    order_ids, contact_ids, line_ids = ids[: len(orders)], ids[len(orders) : 2 * len(orders)], ids[2 * len(orders) :]
    lines = [(key, line) for key, order in zip(order_ids, orders, strict=True) for line in order.lines]
    skus = known_skus(list({line.merchant_code for _, line in lines})) if lines else {}
    unknown: dict[int, str] = {}
    for key, line in lines:
        if line.merchant_code not in skus:
            unknown.setdefault(key, line.merchant_code)
    _insert_orders(order_ids, orders, set(unknown), context)
    run.insert(OrderContact, _contact_columns(contact_ids, order_ids, orders), stamped=False)
    run.insert(OrderLine, {
        "id": line_ids, "order_id": [key for key, _ in lines],
        "sku_id": [skus.get(line.merchant_code, (None, False))[0] for _, line in lines],
        **{name: [getattr(line, name) for _, line in lines] for name in LINE}, "shipped": 0, "cancelled": 0,
    })  # fmt: skip
    _hold(unknown, changed, context)
    open_obligations(_confirm_clocks(order_ids, orders, context), context=context)
    return order_ids


def _insert_orders(ids: list[int], orders: list[OrderIn], held: set[int], context: Inside) -> None:
    context.run.insert(Order, {
        "id": ids, "shop_id": orders[0].shop_id if orders else 0,
        "external_id": [order.external_id for order in orders],
        "content_hash": [order.content_hash for order in orders],
        "contact_digest": [contact_digest(order.contact) for order in orders],
        "placed_at": [order.placed_at for order in orders], "received_at": context.as_of,
        "goods_fen": [order.goods_fen for order in orders],
        "freight_fen": [order.freight_fen for order in orders],
        "discount_fen": [order.discount_fen for order in orders],
        "total_fen": [order.goods_fen + order.freight_fen - order.discount_fen for order in orders],
        "state": [str(State.HELD if key in held else State.RECEIVED) for key in ids],
        "version": [int(key in held) for key in ids],
    })  # fmt: skip
    context.run.move("order", sorted(held), str(State.RECEIVED), str(State.HELD))


def _contact_columns(ids: list[int], order_ids: list[int], orders: list[OrderIn]) -> dict[str, object]:
    columns: dict[str, object] = {name: [getattr(order.contact, name) for order in orders] for name in CONTACT}
    return {"id": ids, "order_id": order_ids, **columns}


def _hold(unknown: dict[int, str], changed: dict[int, _Change], context: Inside) -> None:
    """Write the reasons for waiting, and move received orders that changed to hold.

    A newer change takes the place of the one that an order waits for already.
    """
    run = context.run
    replaced = sorted(change.open_hold for change in changed.values() if change.open_hold)
    run.update(OrderHold, replaced, {"state": HoldState.CLOSED.value})
    run.move("hold", replaced, HoldState.OPEN.value, HoldState.CLOSED.value)
    reasons = [
        (key, str(Hold.UNKNOWN_SKU), json.dumps({"code": code}, ensure_ascii=False)) for key, code in unknown.items()
    ]
    reasons += [
        (key, str(Hold.CONTENT_CHANGED), json.dumps({"hash": change.content_hash})) for key, change in changed.items()
    ]
    run.insert(OrderHold, {
        "id": run.ids(len(reasons)), "order_id": [row[0] for row in reasons], "code": [row[1] for row in reasons],
        "details": [row[2] for row in reasons], "state": HoldState.OPEN.value,
    })  # fmt: skip
    moving = [key for key, change in changed.items() if change.state == State.RECEIVED]
    run.update(Order, moving, {"state": str(State.HELD), "version": Plus(1)})
    run.move("order", moving, str(State.RECEIVED), str(State.HELD))


def _confirm_clocks(ids: list[int], orders: list[OrderIn], context: Inside) -> list[Opening]:
    """Return the confirm clocks, grouped by how the rule in force at placing counted time.

    The run names the newest version of the rule that one of its clocks began under; each clock keeps its own.
    """
    if not orders:
        return []
    placed = [order.placed_at for order in orders]
    terms = terms_for(ConfirmTerms, placed)
    hours, versions, bases = terms["confirm_hours"].tolist(), terms.version.tolist(), terms["time_basis"].tolist()
    context.run.terms["2.1.3.1"] = max(versions)
    owner, openings = str(clause_of("2.1.3.1").owner), []
    for basis in sorted(set(bases)):
        at = [index for index, kind in enumerate(bases) if kind == basis]
        openings.append(Opening(
            "2.1.3.1", "order", owner, [ids[i] for i in at], [placed[i] for i in at], [hours[i] * HOUR for i in at],
            [versions[i] for i in at], basis,
        ))  # fmt: skip
    return openings


def contact_digest(contact: ContactIn) -> str:
    """Return the keyed digest under which an order's personal fields enter the journal."""
    return keyed_digest(settings.CHAIN_KEY, *(getattr(contact, name) for name in CONTACT))
