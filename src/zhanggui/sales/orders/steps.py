"""Writes of orders. Lock order: orders by id, then everything that is reached through them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from zhanggui.catalog.queries import known_skus
from zhanggui.journal.records import Plus
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import close_obligations, open_obligations, withdraw_obligations
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_for
from zhanggui.sales.orders.models import Order, OrderHold, OrderLine
from zhanggui.sales.orders.records import Hold, HoldState, Refusal, State
from zhanggui.sales.orders.rules import HandOverTerms, ShipTerms, order_number

HOUR = 3600
STANDING = {"state": HoldState.OPEN.value}
SINCE = {
    State.RECEIVED: "received_at",
    State.HELD: "received_at",
    State.CONFIRMED: "confirmed_at",
    State.RESERVED: "reserved_at",
    State.RELEASED: "released_at",
}


def lock_orders(
    batch: Sequence[int], states: Sequence[State], *, context: Inside
) -> tuple[dict[int, tuple[int, str]], list[Rejected]]:
    """Lock orders by id, and refuse those that are in none of the states.

    Gives: (id, state) of each order that may go on, by its index in the batch; and the refusals.
    Rejects: unknown_order; on_hold, wrong_state with the state it is in; later_on_record where the order came into its
    state after `as_of`, since time on record never runs backwards. The second of a doubled id is wrong_state.
    """
    since = tuple(dict.fromkeys(SINCE[state] for state in states))
    rows = context.run.lock(Order, "id", list(batch), ["id", "state", *since])
    found: dict[int, tuple[Any, ...]] = {row[0]: row for row in rows}
    ready: dict[int, tuple[int, str]] = {}
    rejected = []
    for index, key in enumerate(batch):
        row = found.get(key)
        state = row[1] if row else ""
        if row is None:
            rejected.append(Rejected(index, Refusal.UNKNOWN))
        elif state not in states or not row[2:]:
            code = Refusal.ON_HOLD if state == State.HELD else Refusal.WRONG_STATE
            rejected.append(Rejected(index, code, {"state": state}))
        elif context.as_of < row[2 + since.index(SINCE[State(state)])]:
            rejected.append(Rejected(index, Refusal.LATER_ON_RECORD, {"state": state}))
        else:
            found[key] = row[:2]
            ready[index] = (key, state)
    return ready, rejected


def move_orders(
    ids: Sequence[int], from_state: State, to_state: State, values: Mapping[str, object], *, context: Inside
) -> None:
    """Move locked orders to their next state: row, version and transition together."""
    context.run.update(Order, ids, {"state": str(to_state), "version": Plus(1), **values})
    context.run.move("order", ids, str(from_state), str(to_state))


@step("orders.confirm", clause="2.1.3.1")
def confirm_orders(batch: Sequence[int], *, context: Inside) -> Answer:
    """Confirm orders that nothing speaks against; the shipping clock starts.

    Clause: 2.1.3.1. Rejects: unknown_order, on_hold, wrong_state.
    Writes: orders confirmed, confirm clocks closed, ship clocks (2.3.2.1) opened; by when they go to logistics.
    Cost: twelve statements for any number of orders.
    """
    ready, rejected = lock_orders(batch, (State.RECEIVED,), context=context)
    ids = [row[0] for row in ready.values()]
    if ids:
        values = {"confirmed_at": context.as_of, "hand_over_by": _hand_over_by(context)}
        move_orders(ids, State.RECEIVED, State.CONFIRMED, values, context=context)
        close_obligations("2.1.3.1", "order", ids, context=context)
        open_obligations([_ship_clock(ids, context)], context=context)
    return answer([Accepted(index, row[0]) for index, row in ready.items()], rejected)


def _ship_clock(ids: list[int], context: Inside) -> Opening:
    terms = terms_for(ShipTerms, [context.as_of])
    version, now = int(terms.version[0]), terms.row(0)
    context.run.terms["2.3.2.1"] = version
    owner = str(clause_of("2.3.2.1").owner)
    return Opening("2.3.2.1", "order", owner, ids, context.as_of, now.ship_hours * HOUR, version, now.time_basis)


def _hand_over_by(context: Inside) -> datetime:
    """Return by when orders confirmed now must be with logistics (2.1.3.3), under the rule in force now."""
    terms = terms_for(HandOverTerms, [context.as_of])
    context.run.terms["2.1.3.3"] = int(terms.version[0])
    return context.as_of + timedelta(minutes=terms.row(0).sync_minutes)


def mark_reserved(ids: Sequence[int], *, context: Inside) -> None:
    """Note that all stock of locked, confirmed orders is reserved (2.1.3.2)."""
    move_orders(ids, State.CONFIRMED, State.RESERVED, {"reserved_at": context.as_of}, context=context)


def mark_short(ids: Sequence[int], *, context: Inside) -> None:
    """Note on locked, confirmed orders that stock does not suffice, once each (2.1.3.2); from now on they wait for it.

    Writes: the moment, and one transition per order that was not short before.
    """
    run = context.run
    rows = run.lock(Order, "id", ids, ["id", "short_at"], lock=False) if ids else []
    fresh = [key for key, short_at in rows if short_at is None]
    run.update(Order, fresh, {"short_at": context.as_of})
    run.move("shortage", fresh, "none", "short")


def mark_released(ids: Sequence[int], *, context: Inside) -> list[str]:
    """Give locked, reserved orders their number as they go to logistics (2.1.3.3). Gives: the numbers."""
    day = context.as_of.astimezone(settings.COMPANY_ZONE).date()
    numbers = [order_number(key, day) for key in ids]
    values = {"released_at": context.as_of, "order_no": numbers}
    move_orders(ids, State.RESERVED, State.RELEASED, values, context=context)
    return numbers


def mark_shipped(ids: Sequence[int], *, context: Inside) -> None:
    """Note that all units of locked, released orders have left; the shipping clock (2.3.2.1) ends.

    Writes: orders, their lines, clocks.
    """
    move_orders(ids, State.RELEASED, State.SHIPPED, {"shipped_at": context.as_of}, context=context)
    context.run.copy(OrderLine, "order_id", ids, {"shipped": "quantity"})
    close_obligations("2.3.2.1", "order", ids, context=context)


def mark_cancelled(orders: Sequence[tuple[int, str]], *, context: Inside) -> None:
    """Note that locked orders are cancelled; lines, holds and clocks end with them.

    Takes: (order id, the state it is in).
    """
    run = context.run
    ids = [key for key, _ in orders]
    run.update(Order, ids, {"state": str(State.CANCELLED), "version": Plus(1), "cancelled_at": context.as_of})
    run.move("order", ids, [state for _, state in orders], str(State.CANCELLED))
    run.copy(OrderLine, "order_id", ids, {"cancelled": "quantity"})
    holds = [row[0] for row in run.lock(OrderHold, "order_id", ids, ["id"], equal=STANDING)]
    _close_holds(holds, context)
    withdraw_obligations("order", ids, context=context)


def lines_of(ids: Sequence[int], columns: Sequence[str], *, context: Inside) -> list[tuple[Any, ...]]:
    """Return lines of locked orders: (order id, *columns), by order and line."""
    names = ["order_id", *columns]
    return context.run.lock(OrderLine, "order_id", ids, names, order=("order_id", "id"), lock=False)


@step("orders.resolve_holds", clause="2.1.3.1")
def resolve_holds(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let held orders go on whose unknown merchant codes have become known products.

    Clause: 2.1.3.1. Rejects: unknown_order, wrong_state, on_hold (a reason still stands).
    Writes: lines' SKUs, holds closed, orders received again.
    """
    run = context.run
    held, rejected = lock_orders(batch, (State.HELD,), context=context)
    by_order = {row[0]: index for index, row in held.items()}
    lines = [
        row for row in lines_of(list(by_order), ["id", "merchant_code", "sku_id"], context=context) if row[3] is None
    ]
    known = known_skus([code for _, _, code, _ in lines])
    found = [(line, known[code][0]) for _, line, code, _ in lines if code in known]
    run.update(OrderLine, [line for line, _ in found], {"sku_id": [sku for _, sku in found]})
    still = {order for order, _, code, _ in lines if code not in known}
    return _end_holds(by_order, rejected, lambda order, code: code == Hold.UNKNOWN_SKU and order not in still, context)


@step("orders.keep_content", clause="2.1.3.1")
def keep_content(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let held orders that changed on their channel go on as they first came in: a person compared and decided so.

    Clause: 2.1.3.1. Rejects: unknown_order, wrong_state, on_hold (another reason still stands).
    Writes: holds closed, orders received again. The person's words are the run's reason.
    """
    held, rejected = lock_orders(batch, (State.HELD,), context=context)
    by_order = {key: index for index, (key, _) in held.items()}
    return _end_holds(by_order, rejected, lambda _, code: code == Hold.CONTENT_CHANGED, context)


def _end_holds(
    by_order: Mapping[int, int], rejected: list[Rejected], ends: Callable[[int, str], bool], context: Inside
) -> Answer:
    """Close the reasons that no longer stand, and let orders without any other go on.

    Takes: by_order, index in the batch per locked, held order; ends, whether (order, code) ends.
    """
    holds = context.run.lock(OrderHold, "order_id", list(by_order), ["id", "order_id", "code"], equal=STANDING)
    closing = {key for key, order, code in holds if ends(order, code)}
    _close_holds(sorted(closing), context)
    waiting = {order for key, order, _ in holds if key not in closing}
    free = [key for key in by_order if key not in waiting]
    move_orders(free, State.HELD, State.RECEIVED, {}, context=context)
    rejected += [Rejected(by_order[key], Refusal.ON_HOLD, {"state": State.HELD.value}) for key in waiting]
    return answer([Accepted(by_order[key], key) for key in free], rejected)


def _close_holds(ids: list[int], context: Inside) -> None:
    context.run.update(OrderHold, ids, {"state": HoldState.CLOSED.value})
    context.run.move("hold", ids, HoldState.OPEN.value, HoldState.CLOSED.value)
