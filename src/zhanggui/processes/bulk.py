"""One act on many orders: on those chosen, or on all that match a question, a batch per run."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from zhanggui.journal.records import Context
from zhanggui.kernel.batch import Answer
from zhanggui.processes.orders import cancel_orders, release_orders, reserve_orders, ship_orders
from zhanggui.processes.through import STAGES, own_dispatches
from zhanggui.sales.orders.finding import OrderFilter, id_batches
from zhanggui.sales.orders.holds import keep_content, resolve_holds
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import Turn
from zhanggui.sales.orders.steps import confirm_orders
from zhanggui.sales.orders.turns import set_priority

BULK_JOB = "orders.bulk"
AT_ONCE = 500
ACTS = ("confirm", "resolve", "reserve", "release", "ship", "process", "priority", "cancel")
NEEDS_REASON = ("ship", "process", "cancel")
"""What cannot be undone asks why when it is done to all that match."""


@dataclass(slots=True)
class BulkCount:
    """How many orders an act took, and how many stayed for which reason."""

    accepted: int = 0
    stayed: Counter[str] = field(default_factory=Counter)

    def add(self, answer: Answer) -> None:
        """Add the answer for a batch."""
        self.accepted += len(answer.accepted)
        self.stayed.update(answer.codes)


def _ship(ids: Sequence[int], *, context: Context) -> Answer:
    return ship_orders(own_dispatches(ids), context=context)


STEPS: dict[str, Callable[..., Answer]] = {
    "confirm": confirm_orders,
    "resolve": resolve_holds,
    "keep": keep_content,
    "reserve": reserve_orders,
    "release": release_orders,
    "ship": _ship,
    "cancel": cancel_orders,
}


def act_on(ids: Sequence[int], act: str, *, context: Context, priority: int = 0) -> BulkCount:
    """Carry an act out on some orders. Takes: priority, for the act of that name.

    Raises: as the steps. The context's key belongs to one run, so `process`, which has several, goes without one.
    """
    count = BulkCount()
    if act == "process":
        return _through(list(ids), replace(context, key=None))
    if act == "priority":
        count.add(set_priority([Turn(key, priority) for key in ids], context=context))
    else:
        count.add(STEPS[act](list(ids), context=context))
    return count


def _through(ids: list[int], context: Context) -> BulkCount:
    """Take some orders as far as they go; each is counted once, as moved if any stage took it."""
    count, moved = BulkCount(), set[int]()
    for stage in STAGES:
        at_stage = list(
            Order.objects.filter(id__in=ids, state=stage.takes.value).order_by("id").values_list("id", flat=True)
        )
        if not at_stage:
            continue
        answer = stage.step(stage.rows(at_stage), context=context)
        moved.update(at_stage[row.index] for row in answer.accepted)
        count.stayed.update(answer.codes)
    count.accepted = len(moved)
    return count


def act_on_all(
    wanted: OrderFilter,
    act: str,
    *,
    context: Context,
    priority: int = 0,
    moment: Callable[[], datetime] | None = None,
    progress: Callable[[int], None] | None = None,
) -> BulkCount:
    """Carry an act out on all orders that match, batch by batch; a kill loses none, and a repeat finds what is left.

    Takes: moment, asked for the moment of each batch; progress, told how many orders were passed.
    """
    total, passed = BulkCount(), 0
    for ids in id_batches(wanted, size=AT_ONCE):
        now = replace(context, as_of=moment(), key=None) if moment else replace(context, key=None)
        part = act_on(ids, act, context=now, priority=priority)
        total.accepted += part.accepted
        total.stayed.update(part.stayed)
        passed += len(ids)
        if progress:
            progress(passed)
    return total
