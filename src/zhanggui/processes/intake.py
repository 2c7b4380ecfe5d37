"""Orders coming in, over both wings: taken in once, and cancelled in the same run where their channel closed them."""

from collections.abc import Sequence

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Answer
from zhanggui.processes.orders import end_orders
from zhanggui.sales.invoices.records import Content, Wish
from zhanggui.sales.invoices.wishes import settle_wishes
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.queries import closed_on_channel, ids_on_channel
from zhanggui.sales.orders.records import InvoiceWish, OrderIn, Refund, Standing


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
            end_orders(closing, context=context)
    _settle_invoices(batch, given, context)
    return given


def _settle_invoices(batch: Sequence[OrderIn], given: Answer, context: Inside) -> None:
    """Take in what buyers want on their invoices, and let the invoices of orders that moved follow; none blocks.

    Cost: nothing where no invoice is asked for and no known order changed; else the same for any number of orders.
    """
    moved = {batch[row.index].external_id for row in given.accepted if row.result == "changed"}
    asked = {batch[row.index].external_id: wish for row in given.accepted if (wish := batch[row.index].invoice)}
    if not moved and not asked:
        return
    ids = ids_on_channel(batch[0].shop_id, sorted({*moved, *asked}), context=context)
    wishes = [Wish(ids[number], _content(wish)) for number, wish in asked.items()]
    settle_wishes(wishes, [ids[number] for number in moved], context=context)


def _content(wish: InvoiceWish) -> Content:
    return Content(wish.title, wish.tax_no, wish.kind, wish.email)
