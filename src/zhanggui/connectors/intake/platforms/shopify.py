"""Shopify: one row per line; what belongs to the order stands on its first row only."""

from collections.abc import Mapping
from dataclasses import replace

from zhanggui.connectors.intake.platforms.shapes import Amounts, Layout, columns, names
from zhanggui.connectors.intake.words import CLOSED, COD, DONE, OPEN, REFUNDED, UNPAID, Told

_FINANCIAL: Mapping[str, Told] = {
    "": Told(),
    "paid": Told(),
    "partially_refunded": Told(),
    "pending": Told(payment=UNPAID),
    "authorized": Told(payment=UNPAID),
    "partially_paid": Told(payment=UNPAID),
    "unpaid": Told(payment=UNPAID),
    "refunded": Told(refund=REFUNDED),
    "voided": Told(CLOSED, UNPAID),
    "expired": Told(CLOSED, UNPAID),
}
_FULFILLMENT = {"": OPEN, "unfulfilled": OPEN, "partial": OPEN, "on_hold": OPEN, "scheduled": OPEN, "open": OPEN,
                "pending": OPEN, "fulfilled": DONE, "restocked": CLOSED}  # fmt: skip


def _says(cells: Mapping[str, str]) -> Told | None:
    """Return what payment, fulfilment and cancellation say together."""
    told = _FINANCIAL.get(cells.get("status", "").casefold())
    standing = _FULFILLMENT.get(cells.get("fulfillment", "").casefold())
    if told is None or standing is None:
        return None
    if cells.get("cancelled_at"):
        standing = CLOSED
    on_delivery = told.payment == UNPAID and "cash on delivery" in cells.get("pay_method", "").casefold()
    payment = COD if on_delivery else told.payment
    return replace(told, standing=CLOSED if told.standing == CLOSED else standing, payment=payment)


def _without_tax(amounts: Amounts) -> Amounts:
    """Return the amounts without a tax that was added on top of prices: it belongs to no line."""
    total, taxes = amounts.get("total"), amounts.get("taxes", 0)
    if total is None or "goods" not in amounts:
        return amounts
    on_top = taxes and total == amounts["goods"] + amounts.get("freight", 0) + taxes
    return {**amounts, "total": total - taxes} if on_top else amounts


ORDERS = Layout(
    "shopify_orders_79",
    columns(
        external_id="Name",
        email="Email",
        status="Financial Status",
        paid_at="Paid at",
        fulfillment="Fulfillment Status",
        currency="Currency",
        goods="Subtotal",
        freight="Shipping",
        taxes="Taxes",
        total="Total",
        order_discount="Discount Amount",
        placed_at="Created at",
        quantity="Lineitem quantity",
        title="Lineitem name",
        unit_price="Lineitem price",
        sku="Lineitem sku",
        line_discount="Lineitem discount",
        buyer="Email|Billing Name",
        receiver="Shipping Name",
        address="Shipping Street|Shipping Address1",
        city="Shipping City",
        province="Shipping Province Name|Shipping Province",
        country="Shipping Country",
        phone="Shipping Phone|Phone",
        buyer_note="Notes",
        cancelled_at="Cancelled at|Canceled at",
        pay_method="Payment Method",
        odd="Risk Level",
    ),
    frozenset({"external_id", "quantity", "title", "unit_price", "placed_at", "status"}),
    names(
        "Fulfilled at|Accepts Marketing|Discount Code|Shipping Method|Lineitem compare at price|"
        "Lineitem compare-at price|Lineitem requires shipping|Lineitem taxable|Lineitem fulfillment status|"
        "Billing Street|Billing Address1|Billing Address2|Billing Company|Billing City|Billing Zip|Billing Province|"
        "Billing Country|Billing Phone|Shipping Address2|Shipping Company|Shipping Zip|Note Attributes|"
        "Payment Reference|Refunded Amount|Vendor|Outstanding Balance|Employee|Location|Device ID|Id|Tags|Source|"
        "Tax 1 Name|Tax 1 Value|Tax 2 Name|Tax 2 Value|Tax 3 Name|Tax 3 Value|Tax 4 Name|Tax 4 Value|Tax 5 Name|"
        "Tax 5 Value|Phone|Receipt Number|Duties|Billing Province Name|Payment ID|Payment Terms Name|"
        "Next Payment Due At|Payment References"
    ),
    bearers=((("order_discount",), ()),),
    goods="goods",
    stated=("total",),
    adjust=_without_tax,
    says=_says,
    channels=("shopify",),
    money=frozenset({"goods", "freight", "taxes", "total", "order_discount"}),
)
