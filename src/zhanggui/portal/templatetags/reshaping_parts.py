"""What the order page offers to do with an order: split, send again, take out of a parcel, give a turn."""

from typing import Any

from django import template

from zhanggui.portal.acting import may
from zhanggui.portal.reading.reshaping import acts_on
from zhanggui.sales.orders.models import Order

register = template.Library()


@register.simple_tag(takes_context=True)
def acts_of(context: dict[str, Any], order: Order) -> dict[str, bool]:
    """Tell what this request's person may do with an order besides moving it on."""
    return acts_on(order) if may(context["request"], "orders.process") else {}
