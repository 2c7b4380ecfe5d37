"""Reads about orders."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, F, Q

from zhanggui.journal.records import Inside
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import OPEN_STATES, Refund, Standing, State


def batches_in_state(state: State, *, size: int = 5_000) -> Iterator[list[int]]:
    """Give the ids of the orders in a state, first placed first, in batches; one statement per batch.

    Orders that stay in the state while the caller works are passed once.
    """
    after: tuple[datetime, int] | None = None
    while True:
        rows = Order.objects.filter(state=state).order_by("placed_at", "id")
        if after:
            place = [connection.ops.adapt_datetimefield_value(after[0]), after[1]]
            rows = rows.extra(where=["(placed_at, id) > (%s, %s)"], params=place)
        found = list(rows.values_list("placed_at", "id")[:size])
        if not found:
            return
        after = found[-1]
        yield [key for _, key in found]


def numbers_of(ids: Sequence[int]) -> dict[int, str]:
    """Return the order numbers of orders that have one."""
    rows = Order.objects.filter(id__in=ids, order_no__isnull=False).values_list("id", "order_no")
    return {key: str(number) for key, number in rows}


def closed_on_channel(shop_id: int, external_ids: Sequence[str], *, context: Inside) -> list[int]:
    """Return those of a shop's orders that their channel has closed or paid back and that we still work on."""
    rows = context.run.lock(
        Order, "external_id", sorted(external_ids), ["id", "state", "standing", "refund"], equal={"shop_id": shop_id}
    )
    return [
        key for key, state, standing, refund in rows
        if state in OPEN_STATES and (standing == Standing.CLOSED or refund == Refund.DONE)
    ]  # fmt: skip


def any_orders() -> bool:
    """Tell whether any order has come in yet."""
    return Order.objects.exists()


def open_orders() -> int:
    """Return how many orders have not ended."""
    return Order.objects.filter(state__in=OPEN_STATES).count()


def handed_over(
    within: timedelta, from_at: datetime | None, until_at: datetime | None, as_of: datetime
) -> tuple[int, int]:
    """Return (handed over to logistics in time, those that were or should be by now) of confirmed orders.

    Clause: 2.1.3.3. Counts from the moment at which nothing but the hand-over was left: the reservation. An order
    that waits for stock does not count until then.
    """
    rows = Order.objects.filter(reserved_at__isnull=False)
    if from_at:
        rows = rows.filter(confirmed_at__gte=from_at)
    if until_at:
        rows = rows.filter(confirmed_at__lt=until_at)
    in_time = Q(released_at__lte=F("reserved_at") + within)
    owed = Q(released_at__isnull=False) | (Q(state=State.RESERVED) & Q(reserved_at__lt=as_of - within))
    counted = rows.aggregate(owed=Count("id", filter=owed), in_time=Count("id", filter=in_time))
    return counted["in_time"], counted["owed"]
