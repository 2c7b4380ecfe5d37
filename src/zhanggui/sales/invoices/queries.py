"""Reads about invoices."""

from collections.abc import Iterator, Mapping, Sequence

from zhanggui.sales.invoices.models import Invoice, InvoiceBuyer, InvoiceNumber
from zhanggui.sales.invoices.records import CONTENT, TO_ISSUE, Candidate, Colour, Content, ForTool, Paid, State
from zhanggui.sales.invoices.rules import items_of
from zhanggui.sales.orders.models import Order, OrderLine

AMOUNTS = ("goods_fen", "freight_fen", "discount_fen", "platform_discount_fen")


def batches_to_export(ids: Sequence[int], *, size: int = 1_000) -> Iterator[list[ForTool]]:
    """Give wishes as the invoicing tool gets them, in the order asked for. Cost: five statements per batch."""
    for at in range(0, len(ids), size):
        yield _for_tool(ids[at : at + size])


def _for_tool(ids: Sequence[int]) -> list[ForTool]:
    wanted = {row.id: row for row in Invoice.objects.filter(id__in=ids).select_related("order")}
    buyers = contents_of(ids)
    numbers = numbers_of([row.original_id for row in wanted.values() if row.original_id])
    orders: dict[int, Order] = {row.order_id: row.order for row in wanted.values()}
    lines: dict[int, list[tuple[str, str, int, int]]] = {key: [] for key in orders}
    columns = ("order_id", "title", "merchant_code", "quantity", "amount_fen")
    for order, *line in OrderLine.objects.filter(order_id__in=list(orders)).order_by("id").values_list(*columns):
        lines[order].append((line[0], line[1], line[2], line[3]))
    paid = {key: Paid(*(getattr(order, name) for name in AMOUNTS)) for key, order in orders.items()}
    return [
        ForTool(
            key, orders[one.order_id].external_id, buyers.get(key, Content()),
            items_of(lines[one.order_id], paid[one.order_id], red=one.colour == Colour.RED),
            numbers.get(one.original_id or 0, ""),
        )
        for key in ids if (one := wanted.get(key))
    ]  # fmt: skip


def contents_of(ids: Sequence[int]) -> dict[int, Content]:
    """Return for whom invoices are made out."""
    rows = InvoiceBuyer.objects.filter(id__in=ids).values_list("id", *CONTENT)
    return {key: Content(*texts) for key, *texts in rows}


def numbers_of(ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers of invoices that have one."""
    return dict(InvoiceNumber.objects.filter(invoice_id__in=ids).values_list("invoice_id", "number"))


def candidates(order_numbers: Sequence[str], ids: Sequence[int]) -> list[Candidate]:
    """Return the wishes that numbers of the invoicing tool may belong to: of these orders, or these wishes.

    Cancelled ones are left out: the tool had them never, or was told. Cost: three statements.
    """
    named = Invoice.objects.filter(order__external_id__in=order_numbers).exclude(state=State.CANCELLED)
    asked = Invoice.objects.filter(id__in=ids).exclude(state=State.CANCELLED)
    rows = {row.id: row for found in (named, asked) for row in found.select_related("order").order_by("id")}
    numbers = numbers_of(list(rows))
    return [Candidate(key, row.order.external_id, row.state, numbers.get(key, "")) for key, row in rows.items()]


def to_issue(candidate: Candidate) -> bool:
    """Tell whether a wish still waits for its number."""
    return candidate.state in TO_ISSUE


def amounts_of(ids: Sequence[int]) -> Mapping[int, int]:
    """Return what invoices come to."""
    return dict(Invoice.objects.filter(id__in=ids).values_list("id", "amount_fen"))
