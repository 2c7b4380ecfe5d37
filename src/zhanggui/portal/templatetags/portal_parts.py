"""Tags and filters of the portal's templates."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from lucide import _render_icon as svg_of

from zhanggui.connectors.channels import CHANNELS
from zhanggui.connectors.intake.messages import layout_label
from zhanggui.kernel.money import format_money
from zhanggui.obligations.calendars.records import DayEdit, Line, Shift
from zhanggui.portal import hold_words, wording
from zhanggui.portal.reading.calendars import DayShown
from zhanggui.portal.reading.imports import FieldShown
from zhanggui.portal.reading.paging import Count
from zhanggui.portal.reading.parameters import bounds_of
from zhanggui.regulation.records import UNITS, InForce, Parameter, Text

register = template.Library()

GLYPHS = {"late": "clock-alert", "warn": "timer", "paused": "circle-pause", "done": "check", "calm": "clock"}


@lru_cache(maxsize=256)
def _icon(name: str, size: int) -> SafeString:
    svg = svg_of(name, size, aria_hidden="true", focusable="false", **{"class": "icon"})
    return mark_safe(svg)  # noqa: S308 - drawn from the package by a name that our own template gives


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """Draw an icon that says nothing to a screen reader; the words beside it do."""
    return _icon(str(name), size)


@register.simple_tag
def state_tag(kind: str, state: str) -> SafeString:
    """Show a state as a coloured tag with its words."""
    label = wording.label_of(kind, state)
    return format_html('<span class="tag tag-{}">{}</span>', label.tone, label.words)


@register.simple_tag
def state_words(kind: str, state: str) -> str:
    """Name a state without its tag."""
    return str(wording.label_of(kind, state).words)


@register.simple_tag
def kind_words(kind: str) -> str:
    """Name what a state belongs to."""
    return str(wording.SUBJECTS.get(kind, kind))


@register.simple_tag
def time_left(
    due_at: datetime | None,
    as_of: datetime,
    state: str = "open",
    warn_at: datetime | None = None,
    closed_at: datetime | None = None,
) -> SafeString:
    """Show how much time is left, in words, with the exact moment behind it."""
    if due_at is None:
        return format_html('<span class="left left-none">{}</span>', _("no clock"))
    left = wording.time_left(due_at, as_of, state=state, warn_at=warn_at, closed_at=closed_at)
    return format_html(
        '<span class="left left-{}" title="{}">{}{}</span>',
        left.mood, _("due %(moment)s") % {"moment": exact(due_at)}, _icon(GLYPHS[left.mood], 14), left.words,
    )  # fmt: skip


@register.filter
def moment(value: datetime | None) -> str:
    """Write a moment in the company's zone, to the minute: 11-22 14:03."""
    return value.astimezone(settings.COMPANY_ZONE).strftime("%m-%d %H:%M") if value else "–"


@register.filter
def exact(value: datetime | None) -> str:
    """Write a moment in the company's zone in full: 2026-11-22 14:03:09."""
    return value.astimezone(settings.COMPANY_ZONE).strftime("%Y-%m-%d %H:%M:%S") if value else "–"


@register.filter
def minute(value: datetime | None) -> str:
    """Write a moment in the company's zone, with its year, to the minute; seconds only where it has some."""
    if value is None:
        return "–"
    local = value.astimezone(settings.COMPANY_ZONE)
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


@register.filter
def money(minor: int | None, currency: str = "CNY") -> str:
    """Write an amount of minor units."""
    return "–" if minor is None else format_money(minor, currency)


@register.filter
def number(value: int | None) -> str:
    """Write a whole number with separators."""
    return "–" if value is None else f"{value:,}"


@register.simple_tag
def share(numerator: int, denominator: int) -> str:
    """Write a share in percent."""
    return wording.share(numerator, denominator)


@register.filter
def department(code: str) -> str:
    """Name a department."""
    return str(wording.DEPARTMENTS.get(code, code))


@register.filter
def hold(code: str) -> str:
    """Say why an order waits."""
    return str(wording.HOLDS.get(code, code))


@register.filter
def hold_about(code: str) -> str:
    """Say what a rule of validity looks at."""
    return str(hold_words.SAID[code].about) if code in hold_words.SAID else ""


@register.filter
def hold_todo(code: str) -> str:
    """Say what a person does about a reason to wait."""
    return str(hold_words.SAID[code].todo) if code in hold_words.SAID else ""


@register.filter
def missing_words(names: list[str]) -> str:
    """Name what a receiver lacks."""
    return " · ".join(str(hold_words.MISSING.get(name, name)) for name in names)


@register.filter
def block_kind(code: str) -> str:
    """Name what an entry of the blocklist names."""
    return str(hold_words.BLOCK_KINDS.get(code, code))


@register.filter
def refusal(code: str) -> str:
    """Say why a row was refused."""
    return str(wording.REFUSALS.get(code, code))


@register.filter
def value_words(value: int | str) -> str:
    """Say the value of a parameter; a choice without words is shown as it is."""
    return str(wording.VALUES.get(str(value), value))


@register.filter
def label_in(name: str, known: tuple[InForce, ...]) -> str:
    """Return the label of a parameter among those of its clause."""
    return next((spoken(one.parameter.label) for one in known if one.parameter.name == name), name)


@register.filter
def unit_in(name: str, known: tuple[InForce, ...]) -> str:
    """Return the unit of a parameter among those of its clause."""
    return next((unit(one.parameter.unit) for one in known if one.parameter.name == name), "")


@register.filter
def unit(code: str) -> str:
    """Name a unit of a parameter."""
    return spoken(UNITS[code]) if code in UNITS else code


@register.filter
def subject_words(code: str) -> str:
    """Name what a file holds."""
    return str(wording.FILE_SUBJECTS.get(code, code))


@register.filter
def channel_words(code: str) -> str:
    """Name a channel; one that nobody registered is shown by its code."""
    known = CHANNELS.get(code)
    return _(known.name) if known else code


@register.filter
def layout_words(name: str) -> str:
    """Name the layout by which a file was read."""
    return layout_label(name)


@register.filter
def carrier_words(code: str) -> str:
    """Name a carrier; one that people typed is shown as they did."""
    return str(wording.CARRIERS.get(code, code))


@register.filter
def clause_kind(code: str) -> str:
    """Name the kind of a clause."""
    return str(wording.KINDS.get(code, code))


@register.filter
def step_words(step: str) -> str:
    """Name a step."""
    return str(wording.steps_words(step))


@register.filter
def bounds(parameter: Parameter) -> str:
    """Write what a parameter may be."""
    return bounds_of(parameter)


@register.filter
def scope_words(kind: str) -> str:
    """Name for whom a temporary adjustment holds."""
    return str(wording.SCOPES.get(kind, kind))


@register.filter
def shift_days(days: int) -> str:
    """Name the kinds of day of a shift."""
    return wording.shift_days(days)


@register.filter
def shift_span(shift: Shift) -> str:
    """Write the interval of a shift."""
    return wording.shift_span(shift.starts_minute, shift.ends_minute)


@register.filter
def day_kind(kind: str) -> str:
    """Name what a day is."""
    return str(wording.DAY_KINDS.get(kind, kind))


@register.filter
def month_name(day: date) -> str:
    """Name a month of a year."""
    return _("%(month)s %(year)d") % {"month": date_format(day, "F"), "year": day.year}


@register.filter
def weekday(day: date) -> str:
    """Name the weekday of a day."""
    return str(wording.WEEKDAYS[day.weekday()])


@register.filter
def day_name(day: DayShown | DayEdit) -> str:
    """Return the name of a day in the reader's language."""
    return day.name_zh if (get_language() or "").startswith("zh") else day.name_en


@register.filter
def job_words(kind: str) -> str:
    """Name a kind of job; one without words is shown by its code."""
    return str(wording.JOBS.get(kind, kind))


@register.filter
def alarm_words(code: str) -> str:
    """Say why a job waits for a person, and what to do."""
    return str(wording.ALARMS.get(code, code or "–"))


@register.filter
def roles_words(right: str) -> str:
    """Name the roles that give a right."""
    return wording.roles_of(right)


@register.filter
def spoken(text: Text | Line | FieldShown) -> str:
    """Return the words in the reader's language."""
    return text.zh if (get_language() or "").startswith("zh") else text.en


@register.filter
def up_to(count: Count) -> str:
    """Write a count; a capped one says that there are more."""
    return f"{count.rows:,}+" if count.capped else f"{count.rows:,}"


@register.simple_tag(takes_context=True)
def query_with(context: template.Context, **changes: Any) -> str:
    """Return this page's query string with some parameters replaced; an empty value drops one."""
    query = context["request"].GET.copy()
    for key, value in changes.items():
        query.pop(key, None)
        if value not in ("", None):
            query[key] = str(value)
    text = query.urlencode()
    return f"?{text}" if text else "?"
