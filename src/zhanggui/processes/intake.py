"""Orders coming in, over both wings: taken in once, and cancelled in the same run where their channel closed them."""

from collections.abc import Sequence

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Answer
from zhanggui.processes.orders import cancel_orders
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.queries import closed_on_channel
from zhanggui.sales.orders.records import OrderIn, Refund, Standing


@step("processes.bring_in_orders", clause="2.1.3.1")
def bring_in_orders(batch: Sequence[OrderIn], *, context: Inside) -> Answer:
    """Take in orders of one shop; those that their channel closed or paid back, and that have not left, are cancelled.

    Clause: 2.1.3.1. Gives and rejects: as `orders.take_in`.
    """
    given = take_in_orders(batch, context=context)
    ended = [row for row in batch if row.standing == Standing.CLOSED or row.refund == Refund.DONE]
    if ended:
        closing = closed_on_channel(ended[0].shop_id, [row.external_id for row in ended], context=context)
        if closing:
            cancel_orders(closing, context=context)
    return given
