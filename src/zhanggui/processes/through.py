"""The whole way through: every open order goes as far as it can, a batch per run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from zhanggui.journal.records import Context
from zhanggui.journal.steps import Step
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.processes.orders import release_orders, reserve_orders, ship_orders
from zhanggui.processes.records import UNTIL, StageCount
from zhanggui.sales.orders.holds import resolve_holds
from zhanggui.sales.orders.queries import batches_in_state, numbers_of
from zhanggui.sales.orders.records import State
from zhanggui.sales.orders.steps import confirm_orders
from zhanggui.sales.orders.turns import near_limit, raise_urgent

OWN_DELIVERY = "own"
Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: its name, the state it takes orders from, its step, and how ids become the step's rows."""

    name: str
    takes: State
    step: Step[object]
    rows: Callable[[Sequence[int]], Sequence[object]] = list


def own_dispatches(ids: Sequence[int]) -> list[Dispatch]:
    """Send with the shop's own delivery; the waybill is the order's number."""
    numbers = numbers_of(ids)
    return [Dispatch(key, OWN_DELIVERY, numbers.get(key, "")) for key in ids]


STAGES = (
    Stage("resolved", State.HELD, resolve_holds),
    Stage("confirmed", State.RECEIVED, confirm_orders),
    Stage("reserved", State.CONFIRMED, reserve_orders),
    Stage("released", State.RESERVED, release_orders),
    Stage("shipped", State.RELEASED, ship_orders, own_dispatches),
)


def let_urgent_go_first(context: Context) -> int:
    """Make orders urgent that are near their channel's limit, and tell how many; without any, nothing is run."""
    raised = 0
    while near := near_limit(context.as_of):
        done = len(raise_urgent(near, context=replace(context, key=None)).accepted)
        raised += done
        if not done:
            break
    return raised


def process_orders(
    context: Context,
    *,
    until: str = "shipped",
    progress: Progress | None = None,
    moment: Callable[[], datetime] | None = None,
) -> dict[str, StageCount]:
    """Take all open orders as far as they can go, stage by stage, and count what happened.

    Takes: until, the last stage (confirmed, reserved, released, shipped); progress, told (stage, orders) per batch;
    moment, asked for the moment of each batch, by default all act at the context's. Where others work at the same
    time it must be the clock: their orders stand on record later than this call began.
    Each batch is a run of the ordinary step, so that a killed process loses nothing and can simply be started again.
    """
    counts: dict[str, StageCount] = {}
    let_urgent_go_first(replace(context, as_of=moment()) if moment else context)
    for stage in STAGES[: UNTIL.index(until) + 2]:
        counts[stage.name] = StageCount()
        for ids in batches_in_state(stage.takes):
            now = replace(context, as_of=moment()) if moment else context
            counts[stage.name].add(stage.step(stage.rows(ids), context=now), stage.takes)
            if progress:
                progress(stage.name, counts[stage.name].accepted)
    return counts
