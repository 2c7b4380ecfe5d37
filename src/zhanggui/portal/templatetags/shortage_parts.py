"""Filters of the pages about shortages."""

from datetime import date

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhanggui.portal import wording, wording_shortages

register = template.Library()


@register.filter
def option_words(code: str) -> str:
    """Name what a customer may choose."""
    return str(wording_shortages.OPTIONS.get(code, code))


@register.filter
def outcome_words(code: str) -> str:
    """Say how a negotiation ended."""
    return str(wording_shortages.OUTCOMES.get(code, code))


@register.filter
def told_by(code: str) -> str:
    """Name a way of telling."""
    return str(wording_shortages.CHANNELS.get(code, code))


@register.filter
def day(value: date | None) -> str:
    """Write a day with its weekday: 2026-03-09 Monday."""
    if value is None:
        return "–"
    named = str(wording.WEEKDAYS[value.weekday()])
    if (get_language() or "").startswith("zh"):
        return _("%(month)d-%(day)d") % {"month": value.month, "day": value.day} + f" {named}"
    return f"{value:%Y-%m-%d} {named}"
