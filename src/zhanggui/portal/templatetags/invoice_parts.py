"""Filters of the invoice pages."""

from django import template

from zhanggui.portal import wording_invoices

register = template.Library()


@register.filter
def invoice_kind(code: str) -> str:
    """Name the kind of an invoice."""
    return str(wording_invoices.KINDS.get(code, code))


@register.filter
def finding(code: str) -> str:
    """Say what is wrong with a wish."""
    return str(wording_invoices.FINDINGS.get(code, code))


@register.filter
def percent(basis_points: int) -> str:
    """Write basis points as percent: 13 %, 0.5 %."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + " %" if rest else f"{whole} %"
