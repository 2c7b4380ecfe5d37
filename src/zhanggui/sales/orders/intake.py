"""Writes by which orders come in: shops opened at their first order, orders taken in once, progress followed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.conf import settings

from zhanggui.journal.records import Plus
from zhanggui.journal.rules import keyed_digest
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import open_obligations, resume_obligations
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_for
from zhanggui.sales.orders.holds import Reason, hold_orders, lift_holds
from zhanggui.sales.orders.judging import judge, judge_known, rules_off
from zhanggui.sales.orders.models import Order, OrderContact, OrderHold, OrderLine, Shop
from zhanggui.sales.orders.parts import explode_lines, insert_parts
from zhanggui.sales.orders.records import (
    OPEN_STATES,
    ContactIn,
    Hold,
    OrderIn,
    Origin,
    Payment,
    Presale,
    Receiver,
    Refund,
    Refusal,
    ShopKey,
    Standing,
    State,
)
from zhanggui.sales.orders.rules import ConfirmTerms
from zhanggui.sales.orders.steps import SINCE
from zhanggui.sales.orders.turns import priorities_for
from zhanggui.sales.orders.validity import OFF_AT_FIRST, news_of_progress

HOUR = 3600
CONTACT = (
    "buyer", "receiver", "phone", "province", "city", "district", "address", "country", "kind", "merge_key",
    "email", "buyer_note",
)  # fmt: skip
LINE = ("identity", "merchant_code", "title", "quantity", "unit_price_fen", "discount_fen", "amount_fen")
BORN = (
    "external_id", "content_hash", "placed_at", "goods_fen", "freight_fen", "discount_fen", "platform_discount_fen",
    "stated_fen", "origin", "parent_id",
)  # fmt: skip
PROGRESS = ("payment", "paid_at", "presale", "standing", "refund", "flag", "marks", "platform_due_at", "status_word")
_of_contact = attrgetter(*CONTACT)
AWAITING_PAYMENT = "payment"


@dataclass(frozen=True, slots=True)
class _Known:
    """An order that is here already, as it stands."""

    id: int
    content_hash: str
    state: str
    progress: tuple[Any, ...]
    contact_id: int = 0
    seller_note: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether our work on it is over."""
        return self.state in (State.SHIPPED, State.CANCELLED, State.HISTORY)


@dataclass(slots=True)
class _Verdicts:
    """What becomes of the orders of a batch; indexes are places in the batch."""

    fresh: list[int] = field(default_factory=list)
    changed: dict[int, int] = field(default_factory=dict)
    followed: dict[int, int] = field(default_factory=dict)
    noted: list[int] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


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
    off = [",".join(sorted({*shop.rules_off} | OFF_AT_FIRST)) for shop in new.values()]
    run.insert(Shop, {"id": ids, "name": columns["code"], "rules_off": off, **columns})
    known |= dict(zip(new, ids, strict=True))
    return answer([Accepted(index, known[shop.channel, shop.code]) for index, shop in enumerate(batch)], [])


@step("orders.take_in", clause="2.1.3.1")
def take_in_orders(batch: Sequence[OrderIn], *, context: Inside) -> Answer:
    """Take in orders of one shop, each once, and follow what their channel says of those that are here.

    Clause: 2.1.3.1; the confirming clock starts when the customer placed the order and stands still until it is paid.
    Gives: the new order's id; "unchanged"; or "changed": other content for an order that nobody confirmed, which then
    waits on hold, or other progress. A change that an order is or was on hold for is "unchanged": a person sees it, or
    has decided about it. Our own progress never goes back; where the channel contradicts it, the order is stopped.
    Rejects: changed_in_work and changed_after_end (confirmed, or ended: what came in stays in the file only),
    twice_in_batch (the same number with other content), details_missing (no lines, and not known).
    Writes: orders, contacts, lines, parts, holds, clocks. What speaks against an order holds it, never refuses it.
    An order that its channel has closed is not cancelled here, since stock is touched: see `processes.intake`.
    Cost: the same number of statements for any number of orders.
    """
    known = _known_orders(batch, context)
    verdicts = _decide(batch, known, _changes_seen(batch, known, context))
    born = _insert([batch[index] for index in verdicts.fresh], context)
    changes = _changes_held(batch, verdicts.changed, known, context)
    _note([(known[batch[index].external_id], batch[index].contact.seller_note) for index in verdicts.noted], context)
    news = _follow([(batch[index], known[batch[index].external_id]) for index in verdicts.followed], context)
    hold_orders(born.reasons + changes + news.reasons, context=context)
    lift_holds(news.gone, context=context)  # after what holds them now, so that no order goes on in between
    _go_on_paid(news.paid, context)
    accepted = verdicts.accepted + [Accepted(index, key) for index, key in zip(verdicts.fresh, born.ids, strict=True)]
    return answer(accepted, verdicts.rejected)


def _known_orders(batch: Sequence[OrderIn], context: Inside) -> dict[str, _Known]:
    if not batch:
        return {}
    assert len({order.shop_id for order in batch}) == 1, "one shop per batch"
    rows = context.run.lock(
        Order, "external_id", sorted({order.external_id for order in batch}),
        ["id", "external_id", "content_hash", "contact_digest", "state", *PROGRESS],
        equal={"shop_id": batch[0].shop_id},
    )  # fmt: skip
    contacts = context.run.lock(
        OrderContact, "order_id", [row[0] for row in rows], ["order_id", "id", "seller_note"], lock=False
    ) if rows else []  # fmt: skip
    notes: dict[int, tuple[int, str]] = {key: (contact, note) for key, contact, note in contacts}
    return {
        external_id: _Known(key, _stands_for(content, contact), state, tuple(progress), *notes.get(key, (0, "")))
        for key, external_id, content, contact, state, *progress in rows
    }


def _stands_for(content_hash: str, contact_digest: str) -> str:
    return f"{content_hash}:{contact_digest}"


def _content(order: OrderIn, known: _Known) -> str:
    """Return what stands for an incoming order; a receiver that came masked, or after the end, says nothing new."""
    contact = contact_digest(order.contact)
    if known.ended or order.contact.kind != Receiver.PLAIN:
        contact = known.content_hash.partition(":")[2]
    return _stands_for(order.content_hash, contact)


def _changes_seen(batch: Sequence[OrderIn], known: Mapping[str, _Known], context: Inside) -> set[tuple[int, str]]:
    """Return the changes that orders are or were on hold for: (order, what stands for the content)."""
    here = [(known[order.external_id], order) for order in batch if order.external_id in known and order.lines]
    differing = sorted({one.id for one, order in here if _content(order, one) != one.content_hash})
    if not differing:
        return set()
    about = {"code": str(Hold.CONTENT_CHANGED)}
    rows = context.run.lock(OrderHold, "order_id", differing, ["order_id", "details"], equal=about)
    return {(order, json.loads(details).get("hash", "")) for order, details in rows}


def _decide(batch: Sequence[OrderIn], known: Mapping[str, _Known], seen: set[tuple[int, str]]) -> _Verdicts:
    """Tell what becomes of each order: new, other content, other progress, or nothing of it."""
    verdicts = _Verdicts()
    first: dict[str, int] = {}
    for index, order in enumerate(batch):
        earlier = first.setdefault(order.external_id, index)
        one = known.get(order.external_id)
        if earlier != index and batch[earlier] != order:
            verdicts.rejected.append(Rejected(index, Refusal.TWICE_IN_BATCH, {"state": one.state if one else ""}))
        elif earlier != index:
            verdicts.accepted.append(Accepted(index, "unchanged"))
        elif one is not None:
            _compare(index, order, one, seen, verdicts)
        elif order.lines:
            verdicts.fresh.append(index)
        else:
            verdicts.rejected.append(Rejected(index, Refusal.DETAILS_MISSING, {"state": ""}))
    verdicts.fresh.sort(key=lambda index: batch[index].external_id)  # files that cross must not wait in a circle
    return verdicts


def _compare(index: int, order: OrderIn, known: _Known, seen: set[tuple[int, str]], verdicts: _Verdicts) -> None:
    """Tell what an order that is here already brings: other content, other progress, both, or nothing."""
    content = _content(order, known)
    differs = bool(order.lines) and content != known.content_hash and (known.id, content) not in seen
    if differs and known.ended:
        verdicts.rejected.append(Rejected(index, Refusal.CHANGED_AFTER_END, {"state": known.state}))
        return
    if differs:
        verdicts.changed[index] = known.id
    if _progress(order, known) != known.progress:
        verdicts.followed[index] = known.id
    said = order.contact.seller_note  # empty too where a file has no memos
    noted = said not in ("", known.seller_note) and known.contact_id > 0
    if noted:
        verdicts.noted.append(index)
    news = noted or index in verdicts.changed or index in verdicts.followed
    verdicts.accepted.append(Accepted(index, "changed" if news else "unchanged"))


def _progress(order: OrderIn, known: _Known) -> tuple[Any, ...]:
    """Return what the channel says of a known order's progress; it only ever goes forward."""
    payment, paid_at, presale, standing, refund, _, _, due, _ = known.progress
    paid = order.payment if payment == Payment.UNPAID else payment
    return (
        paid,
        paid_at or order.paid_at,
        max(presale, order.presale, key=list(Presale).index),
        max(standing, order.standing or standing, key=list(Standing).index),
        refund if refund == Refund.DONE else order.refund,
        order.flag,
        _joined(order.marks),
        order.platform_due_at or due,
        order.status_word,
    )


def _joined(marks: frozenset[str]) -> str:
    return ",".join(sorted(marks))


@dataclass(slots=True)
class _Born:
    """What new orders came to: their ids, and why some of them wait."""

    ids: list[int]
    reasons: list[Reason]


def _insert(orders: list[OrderIn], context: Inside) -> _Born:
    """Write new orders with their contacts, lines, parts and clocks."""
    if not orders:
        return _Born([], [])
    run = context.run
    n_lines = sum(len(order.lines) for order in orders)
    ids = run.ids(2 * len(orders) + n_lines, spare=n_lines)  # a part for each line, where none is a bundle
    order_ids, contact_ids, line_ids = ids[: len(orders)], ids[len(orders) : 2 * len(orders)], ids[2 * len(orders) :]
    parts, unknown = explode_lines(orders, order_ids, line_ids)
    states = [_at_birth(order) for order in orders]
    reasons = [
        Reason(order_ids[place], code, details, str(states[place]), fresh=True)
        for place, code, details in judge(orders, order_ids, states, parts, unknown, context)
        if states[place] != State.HISTORY
    ]
    waiting = {reason.order_id for reason in reasons}
    states = [
        State.HELD if state == State.RECEIVED and key in waiting else state
        for key, state in zip(order_ids, states, strict=True)
    ]
    _insert_orders(order_ids, orders, states, context)
    run.insert(OrderContact, {
        "id": contact_ids, "order_id": order_ids,
        **_columns((*CONTACT, "seller_note"), [order.contact for order in orders]),
    }, stamped=False)  # fmt: skip
    lines = [(key, line) for key, order in zip(order_ids, orders, strict=True) for line in order.lines]
    run.insert(OrderLine, {
        "id": line_ids, "order_id": [key for key, _ in lines],
        **_columns(LINE, [line for _, line in lines]),
    })  # fmt: skip
    insert_parts(parts, context=context)
    _open_clocks(order_ids, orders, states, context)
    return _Born(order_ids, reasons)


def _columns(names: tuple[str, ...], rows: Sequence[object]) -> dict[str, object]:
    """Return attributes of rows, column by column."""
    columns = zip(*map(attrgetter(*names), rows), strict=True)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _at_birth(order: OrderIn) -> State:
    """Return where a new order stands, before anything speaks against it."""
    if order.standing in (Standing.DONE, Standing.CLOSED) or order.refund == Refund.DONE:
        return State.HISTORY
    unpaid = order.payment == Payment.UNPAID or order.presale == Presale.DEPOSIT
    return State.UNPAID if unpaid else State.RECEIVED


def _insert_orders(ids: list[int], orders: list[OrderIn], states: list[State], context: Inside) -> None:
    turns = priorities_for(orders, context)
    urgent = [(key, str(turn)) for key, turn in zip(ids, turns, strict=True) if turn]
    context.run.move("priority", [key for key, _ in urgent], "0", [turn for _, turn in urgent])
    moved = [(key, str(state)) for key, state in zip(ids, states, strict=True) if state != State.RECEIVED]
    context.run.insert(Order, {
        "id": ids, "shop_id": orders[0].shop_id, "received_at": context.as_of,
        "contact_digest": [contact_digest(order.contact) for order in orders],
        "total_fen": [order.goods_fen + order.freight_fen - order.discount_fen for order in orders],
        **_columns(BORN, orders), **_columns(PROGRESS, orders),
        "standing": [order.standing or str(Standing.OPEN) for order in orders], "priority": turns,
        "marks": [_joined(order.marks) for order in orders],
        "state": [str(state) for state in states],
        "stopped": False,
        "version": [int(state != State.RECEIVED) for state in states],
    })  # fmt: skip
    context.run.move("order", [key for key, _ in moved], str(State.RECEIVED), [state for _, state in moved])


def _changes_held(
    batch: Sequence[OrderIn], changed: Mapping[int, int], known: Mapping[str, _Known], context: Inside
) -> list[Reason]:
    """Return the holds on orders that came in with other content; a newer change takes the place of the one before."""
    if not changed:
        return []
    lift_holds({(key, str(Hold.CONTENT_CHANGED)) for key in changed.values()}, context=context, go_on=False)
    told = [(batch[index], known[batch[index].external_id]) for index in changed]
    return [Reason(one.id, str(Hold.CONTENT_CHANGED), _change_details(order, one), one.state) for order, one in told]


def _change_details(order: OrderIn, known: _Known) -> str:
    """Return what a change says, to be compared by a person: its hash, the lines as they came in now, and whether the
    receiver is another one.
    """
    lines = [
        [line.merchant_code, line.title, line.quantity, line.unit_price_fen, line.discount_fen] for line in order.lines
    ]
    content = _content(order, known)
    receiver = content.partition(":")[2] != known.content_hash.partition(":")[2]
    said = {"hash": content, "lines": lines[:50], "receiver": receiver}
    return json.dumps(said, ensure_ascii=False)


def _note(news: Sequence[tuple[_Known, str]], context: Inside) -> None:
    """Write the shop's newer memos beside the orders that are here; a memo never stops an order."""
    context.run.update(
        OrderContact, [known.contact_id for known, _ in news], {"seller_note": [note for _, note in news]}
    )


@dataclass(frozen=True, slots=True)
class _News:
    """What the channel's word does to known orders: reasons to wait that come and go, and when they were paid."""

    reasons: list[Reason]
    gone: set[tuple[int, str]]
    paid: dict[int, datetime]


def _follow(news: Sequence[tuple[OrderIn, _Known]], context: Inside) -> _News:
    """Write what the channel says now of known orders, and tell what comes of it."""
    if not news:
        return _News([], set(), {})
    run, ids = context.run, [known.id for _, known in news]
    after = [_progress(order, known) for order, known in news]
    run.update(Order, ids, {name: [row[place] for row in after] for place, name in enumerate(PROGRESS)})
    reasons: list[Reason] = []
    gone: set[tuple[int, str]] = set()
    paid: dict[int, datetime] = {}
    off = rules_off([news[0][0].shop_id], context)
    for (order, known), row in zip(news, after, strict=True):
        before, now = (dict(zip(PROGRESS, told, strict=True)) for told in (known.progress, row))
        if known.ended:
            continue
        arisen, ended = news_of_progress(order, before, now, off[order.shop_id])
        reasons += [Reason(known.id, code, "{}", known.state) for code in arisen]
        gone |= {(known.id, code) for code in ended}
        if known.state == State.UNPAID and now["payment"] != Payment.UNPAID and now["presale"] != Presale.DEPOSIT:
            paid[known.id] = now["paid_at"] or context.as_of
    reasons, gone = _with_offshoots(reasons, gone, context)
    reasons += judge_known(list(paid), context).arisen  # while it was unpaid, another order may have come in
    over = [known for (order, known) in news if order.standing == Standing.CLOSED or order.refund == Refund.DONE]
    return _News(reasons + _later_on_record(over, context), gone, paid)


def _later_on_record(over: Sequence[_Known], context: Inside) -> list[Reason]:
    """Return the holds on orders that their channel ended, and that somebody moved on after this import began.

    They cannot be cancelled as of its moment, since time on record never runs backwards; nor may they go on.
    """
    states = {known.id: known.state for known in over if not known.ended}
    if not states:
        return []
    columns = ["id", *dict.fromkeys(SINCE.values())]
    rows = context.run.lock(Order, "id", list(states), columns, lock=False)
    later = [key for key, *moments in rows if any(moment and moment > context.as_of for moment in moments)]
    return [Reason(key, str(Hold.PLATFORM_CONFLICT), "{}", states[key]) for key in later]


def _with_offshoots(
    reasons: list[Reason], gone: set[tuple[int, str]], context: Inside
) -> tuple[list[Reason], set[tuple[int, str]]]:
    """Let what was split off wait and go on with the order that was paid."""
    ids = sorted({reason.order_id for reason in reasons} | {key for key, _ in gone})
    if not ids:
        return reasons, gone
    rows = context.run.lock(Order, "parent_id", ids, ["parent_id", "id", "state"], equal={"origin": str(Origin.SPLIT)})
    below: dict[int, list[tuple[int, str]]] = {}
    for parent, key, state in rows:
        if state in OPEN_STATES:
            below.setdefault(parent, []).append((key, state))
    more = [
        replace(reason, order_id=key, state=state)
        for reason in reasons
        for key, state in below.get(reason.order_id, ())
    ]
    return reasons + more, gone | {(key, code) for order, code in gone for key, _ in below.get(order, ())}


def _go_on_paid(paid: Mapping[int, datetime], context: Inside) -> None:
    """Let unpaid orders go on that were paid; their clock goes on from the payment."""
    if not paid:
        return
    run = context.run
    rows = run.lock(OrderHold, "order_id", list(paid), ["order_id"], equal={"state": "open"})
    waiting = {row[0] for row in rows}
    states = [str(State.HELD if key in waiting else State.RECEIVED) for key in paid]
    run.update(Order, list(paid), {"state": states, "version": Plus(1)})
    run.move("order", list(paid), str(State.UNPAID), states)
    resume_obligations("2.1.3.1", "order", list(paid), context=context, at=paid)


def _open_clocks(ids: list[int], orders: list[OrderIn], states: list[State], context: Inside) -> None:
    """Open the confirm clocks (2.1.3.1), grouped by how the rule in force at placing counted time.

    A clock stands still from placing until the payment. Orders that their channel has ended have none.
    """
    owed = [place for place, state in enumerate(states) if state != State.HISTORY]
    placed = [orders[place].placed_at for place in owed]
    terms = terms_for(ConfirmTerms, placed)
    hours, versions, bases = terms["confirm_hours"].tolist(), terms.version.tolist(), terms["time_basis"].tolist()
    owner, openings = str(clause_of("2.1.3.1").owner), []
    for basis in sorted(set(bases)):
        at = [index for index, kind in enumerate(bases) if kind == basis]
        openings.append(Opening(
            "2.1.3.1", "order", owner, [ids[owed[i]] for i in at], [placed[i] for i in at],
            [hours[i] * HOUR for i in at], [versions[i] for i in at], basis,
            external_due_at=[orders[owed[i]].platform_due_at for i in at],
            stood=[_stood(orders[owed[i]], states[owed[i]], context.as_of) for i in at], stood_for=AWAITING_PAYMENT,
        ))  # fmt: skip
    if versions:
        context.run.terms["2.1.3.1"] = max(versions)
    open_obligations(openings, context=context)


def _stood(order: OrderIn, state: State, as_of: datetime) -> tuple[datetime, datetime | None] | None:
    """Return the stretch in which an order waited for its payment, open while it still does."""
    if state == State.UNPAID:
        return (order.placed_at, None) if order.placed_at <= as_of else None
    if order.payment == Payment.COD or order.paid_at is None or order.paid_at <= order.placed_at:
        return None
    return order.placed_at, min(order.paid_at, as_of) if order.placed_at < as_of else order.placed_at


def contact_digest(contact: ContactIn) -> str:
    """Return the keyed digest under which an order's personal fields enter the journal."""
    return keyed_digest(settings.CHAIN_KEY, *_of_contact(contact))
