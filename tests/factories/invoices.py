"""Orders whose buyers want an invoice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from tests.factories.orders import Company, now, order_in, orders_in, results

from zhanggui.processes.intake import bring_in_orders
from zhanggui.sales.invoices.models import Invoice
from zhanggui.sales.invoices.records import Issue
from zhanggui.sales.invoices.steps import export_invoices, issue_invoices
from zhanggui.sales.orders.records import InvoiceWish, OrderIn

TITLE, TAX_NO = "杭州小雨贸易有限公司", "91330100MA0000000C"
COMPANY = InvoiceWish(TITLE, TAX_NO, "normal", "li@example.com")
DAY = date(2026, 3, 2)


def wanting(order: OrderIn, wish: InvoiceWish | None = COMPANY, **changes: object) -> OrderIn:
    """The same order, with a wish."""
    return replace(order, invoice=wish, **changes)  # type: ignore[arg-type]


def one_wanting(company: Company, name: str = "W1", wish: InvoiceWish | None = COMPANY) -> OrderIn:
    """An order of 59.70 that wants an invoice."""
    return wanting(order_in(company, name, {"TEA": 2, "CUP": 1}), wish)


def wished(company: Company, n: int, prefix: str = "W") -> list[int]:
    """Bring in n orders with wishes that are ready; give the wishes' ids."""
    orders = [wanting(order) for order in orders_in(company, n, {"TEA": 2, "CUP": 1}, prefix)]
    ids = results(bring_in_orders(orders, context=now()))
    return list(Invoice.objects.filter(order_id__in=ids).order_by("id").values_list("id", flat=True))


def number(key: int) -> str:
    """A digital invoice's number of its own for each wish."""
    return f"2433{key:016d}"


def issues(ids: Sequence[int]) -> list[Issue]:
    """A number for each wish."""
    return [Issue(key, number(key), DAY) for key in ids]


def issued(company: Company, n: int, prefix: str = "W") -> list[int]:
    """Bring in n orders whose invoices are issued; give the invoices' ids."""
    ids = results(export_invoices(wished(company, n, prefix), context=now()))
    return results(issue_invoices(issues(ids), context=now()))
