"""Writes of orders. Lock order: orders by id, then everything that is reached through them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from zhanggui.journal.records import Plus
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import close_obligations, open_obligations, withdraw_obligations
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_for
from zhanggui.sales.orders.holds import end_holds_of
from zhanggui.sales.orders.models import Order, OrderPart
from zhanggui.sales.orders.records import Refusal, State
from zhanggui.sales.orders.rules import HandOverTerms, ShipTerms, order_number

HOUR = 3600
SINCE = {
    State.RECEIVED: "received_at",
    State.UNPAID: "received_at",
    State.HELD: "received_at",
    State.CONFIRMED: "confirmed_at",
    State.RESERVED: "reserved_at",
    State.RELEASED: "released_at",
}

REFUSED_IN = {str(State.HELD): Refusal.ON_HOLD, str(State.UNPAID): Refusal.UNPAID}


def lock_orders(
    batch: Sequence[int], states: Sequence[State], *, context: Inside, stopped: bool = False
) -> tuple[dict[int, tuple[int, str]], list[Rejected]]:
    """Lock orders by id, and refuse those that are in none of the states, or stopped unless asked for.

    Gives: (id, state) of each order that may go on, by its index in the batch; and the refusals.
    Rejects: unknown_order; on_hold, unpaid, wrong_state with the state it is in; later_on_record where the order came
    into its state after `as_of`, since time on record never runs backwards. The second of a doubled id is wrong_state.
    """
    rows = locked_rows(batch, states, context=context)
    return may_go_on(batch, rows, states, context=context, stopped=stopped)


def locked_rows(batch: Sequence[int], states: Sequence[State], *, context: Inside) -> list[tuple[Any, ...]]:
    """Lock orders and return what `may_go_on` asks of them: id, state, stopped, lead of the parcel, moments."""
    return context.run.lock(Order, "id", list(batch), ["id", "state", "stopped", "ship_with_id", *_since(states)])


def _since(states: Sequence[State]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(SINCE[state] for state in states))


def may_go_on(
    batch: Sequence[int], rows: Sequence[tuple[Any, ...]], states: Sequence[State], *, context: Inside, stopped: bool
) -> tuple[dict[int, tuple[int, str]], list[Rejected]]:
    """Judge locked orders by the rows that `locked_rows` gave. Gives and rejects: as `lock_orders`."""
    since = _since(states)
    found: dict[int, tuple[Any, ...]] = {row[0]: row for row in rows}
    ready: dict[int, tuple[int, str]] = {}
    rejected = []
    for index, key in enumerate(batch):
        row = found.get(key)
        state = row[1] if row else ""
        if row is None:
            rejected.append(Rejected(index, Refusal.UNKNOWN))
        elif state not in states or not row[4:]:
            rejected.append(Rejected(index, REFUSED_IN.get(state, Refusal.WRONG_STATE), {"state": state}))
        elif row[2] and not stopped:
            rejected.append(Rejected(index, Refusal.ON_HOLD, {"state": state}))
        elif context.as_of < row[4 + since.index(SINCE[State(state)])]:
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


def number_of(order_id: int, *, context: Inside) -> str:
    """Return the number under which logistics will know an order that is handed over now."""
    return order_number(order_id, context.as_of.astimezone(settings.COMPANY_ZONE).date())


def mark_released(ids: Sequence[int], *, context: Inside) -> None:
    """Give locked, reserved orders their number as they go to logistics (2.1.3.3)."""
    numbers = [number_of(key, context=context) for key in ids]
    values = {"released_at": context.as_of, "order_no": numbers}
    move_orders(ids, State.RESERVED, State.RELEASED, values, context=context)


def mark_shipped(ids: Sequence[int], *, context: Inside) -> None:
    """Note that all units of locked, released orders have left; the shipping clock (2.3.2.1) ends.

    Writes: orders, their lines, clocks.
    """
    move_orders(ids, State.RELEASED, State.SHIPPED, {"shipped_at": context.as_of}, context=context)
    context.run.copy(OrderPart, "order_id", ids, {"shipped": "wanted"})
    close_obligations("2.3.2.1", "order", ids, context=context)


def mark_cancelled(orders: Sequence[tuple[int, str]], *, context: Inside) -> None:
    """Note that locked orders are cancelled; lines, holds and clocks end with them.

    Takes: (order id, the state it is in).
    """
    run = context.run
    ids = [key for key, _ in orders]
    values = {"state": str(State.CANCELLED), "version": Plus(1), "cancelled_at": context.as_of, "stopped": False}
    run.update(Order, ids, values)
    run.move("order", ids, [state for _, state in orders], str(State.CANCELLED))
    run.copy(OrderPart, "order_id", ids, {"cancelled": "wanted"})
    end_holds_of(ids, context=context)
    withdraw_obligations("order", ids, context=context)
