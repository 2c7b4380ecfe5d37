"""Tags and filters of the order queue and the order page."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from zhanggui.portal import wording_orders as words
from zhanggui.portal.templatetags.portal_parts import icon
from zhanggui.sales.orders.finding import COLOURS

register = template.Library()


@register.filter
def order_words(code: str, table: str) -> str:
    """Say a code of an order by one of the tables of `wording_orders`; what stands in none is shown as it is."""
    return str(getattr(words, table).get(code, code))


@register.filter
def priority_words(value: int) -> str:
    """Say how urgent an order is."""
    return words.priority(value)


@register.filter
def hours_words(value: int) -> str:
    """Say some hours."""
    return words.hours(int(value))


@register.simple_tag
def flag_tag(flag: str) -> SafeString:
    """Show a channel's flag in its colour, with its name for whoever does not see it; an unknown one by its word."""
    if not flag:
        return format_html("")
    colour = COLOURS.get(flag)
    if colour is None:
        return format_html('<span class="tag">{}</span>', flag)
    name = words.FLAGS[colour]
    return format_html(
        '<span class="flag flag-{}" title="{}">{}<span class="sr">{}</span></span>',
        colour,
        name,
        icon("flag", 14),
        name,
    )
