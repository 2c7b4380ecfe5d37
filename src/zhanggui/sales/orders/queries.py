"""Reads about orders."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import OPEN_STATES, Refund, Standing, State

if TYPE_CHECKING:
    from zhanggui.journal.steps import Inside


TURN, SINCE = '("priority" * -1)', 'COALESCE("paid_at", "placed_at")'
"""The turn of an order as the index `order_by_turn` spells it."""


def batches_in_state(state: State, *, size: int = 5_000) -> Iterator[list[int]]:
    """Give the ids of the orders in a state in their turn, in batches; one statement per batch.

    A larger priority first, then who paid first; an order without that moment counts from when it was placed.

    Orders that stay in the state while the caller works are passed once.
    """
    yield from _batches(Order.objects.filter(state=state), size)


def ready_batches(state: State, before: datetime, since: datetime, *, size: int = 5_000) -> Iterator[list[int]]:
    """Give the orders that go on by themselves from a state, in their turn, in batches.

    Takes: before, until when orders that wait for confirmation came in; since, from when on others came into their
    state: what stays longer waits for a person. Orders that are stopped, or were found short, are left out.
    """
    rows = Order.objects.filter(state=state, stopped=False)
    if state == State.RECEIVED:
        rows = rows.filter(received_at__lte=before)
    elif state == State.CONFIRMED:
        rows = rows.filter(short_at__isnull=True, confirmed_at__gte=since)
    else:
        rows = rows.filter(reserved_at__gte=since)
    yield from _batches(rows, size)


def unconfirmed(shop: int | None = None) -> QuerySet[Order]:
    """Return the orders of a shop, or of all, that nobody confirmed yet and that can be judged again."""
    rows = Order.objects.filter(state__in=(State.RECEIVED, State.UNPAID, State.HELD))
    return rows if shop is None else rows.filter(shop_id=shop)


def unconfirmed_batches(shop: int | None = None, *, size: int = 5_000) -> Iterator[list[int]]:
    """Give the orders that can be judged again by id, in batches; each is passed once."""
    above = 0
    while found := list(unconfirmed(shop).filter(id__gt=above).order_by("id").values_list("id", flat=True)[:size]):
        above = found[-1]
        yield found


def _batches(wanted: QuerySet[Order], size: int) -> Iterator[list[int]]:
    after: tuple[int, object, int] | None = None
    while True:
        rows = wanted.extra(select={"turn": TURN, "since": SINCE}, order_by=["turn", "since", "id"])  # noqa: S610 - constants
        if after:
            rows = rows.extra(where=[f"({TURN}, {SINCE}, id) > (%s, %s, %s)"], params=list(after))  # noqa: S610
        found = list(rows.values_list("turn", "since", "id")[:size])
        if not found:
            return
        after = found[-1]
        yield [key for _, _, key in found]


def numbers_of(ids: Sequence[int]) -> dict[int, str]:
    """Return the order numbers of orders that have one."""
    rows = Order.objects.filter(id__in=ids, order_no__isnull=False).values_list("id", "order_no")
    return {key: str(number) for key, number in rows}


def closed_on_channel(shop_id: int, external_ids: Sequence[str], *, context: "Inside") -> list[int]:
    """Return those of a shop's orders that their channel has closed or paid back and that we still work on.

    What was split off such an order is closed with it, also where the order itself has left already.
    """
    rows = context.run.lock(
        Order, "external_id", sorted(external_ids), ["id", "state", "standing", "refund"], equal={"shop_id": shop_id}
    )
    closed = {
        key: state for key, state, standing, refund in rows if standing == Standing.CLOSED or refund == Refund.DONE
    }
    split = (
        context.run.lock(Order, "parent_id", sorted(closed), ["id", "state"], equal={"origin": "split"})
        if closed
        else []
    )
    return [key for key, state in [*closed.items(), *split] if state in OPEN_STATES]


def external_numbers(ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers that the channels gave orders. Cost: a statement per 5,000 orders."""
    found: dict[int, str] = {}
    for at in range(0, len(ids), 5_000):
        rows = Order.objects.filter(id__in=ids[at : at + 5_000])
        found.update(rows.values_list("id", "external_id"))
    return found


def ids_on_channel(shop_id: int, external_ids: Sequence[str], *, context: "Inside") -> dict[str, int]:
    """Return the ids of a shop's orders by their numbers on the channel."""
    rows = context.run.lock(
        Order, "external_id", sorted(external_ids), ["external_id", "id"], equal={"shop_id": shop_id}, lock=False
    )
    return dict(rows)


def any_orders() -> bool:
    """Tell whether any order has come in yet."""
    return Order.objects.exists()


def open_orders() -> int:
    """Return how many orders have not ended."""
    return Order.objects.filter(state__in=OPEN_STATES).count()


def handed_over(from_at: datetime | None, until_at: datetime | None, as_of: datetime) -> tuple[int, int]:
    """Return (handed over to logistics in time, those that were or should be by now) of the orders of a period.

    Clause: 2.1.3.3. Takes: [from_at, until_at), in which they were confirmed; an empty end is open.
    An order is due at `hand_over_by`, later by the time that it stood short of stock; while it stands short it is not
    due, unless it was before. One that was cancelled before it was due is no case.
    """
    owed, in_time = hand_over_cases(from_at, until_at, as_of)
    counted = owed.aggregate(owed=Count("id"), in_time=Count("id", filter=in_time))
    return counted["in_time"], counted["owed"]


def hand_over_cases(from_at: datetime | None, until_at: datetime | None, as_of: datetime) -> tuple[QuerySet[Order], Q]:
    """Return the orders that `handed_over` counts, and the condition under which one of them was in time."""
    rows = Order.objects.filter(confirmed_at__isnull=False)
    if from_at:
        rows = rows.filter(confirmed_at__gte=from_at)
    if until_at:
        rows = rows.filter(confirmed_at__lt=until_at)
    waited = F("reserved_at") - F("short_at")
    in_time = Q(released_at__lte=F("hand_over_by")) | Q(
        short_at__isnull=False, released_at__lte=F("hand_over_by") + waited
    )
    ran_until = Coalesce(F("cancelled_at"), Value(as_of))
    never_short = Q(short_at__isnull=True, hand_over_by__lt=ran_until)
    short_once = Q(short_at__isnull=False, reserved_at__isnull=False, hand_over_by__lt=ran_until - waited)
    late_already = Q(short_at__gt=F("hand_over_by"))
    owed = Q(released_at__isnull=False) | never_short | short_once | late_already
    return rows.filter(owed), in_time
