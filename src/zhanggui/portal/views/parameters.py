"""One parameter of a clause: what holds, what will hold, and setting a value from a day on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from zhanggui.kernel import clock, ids
from zhanggui.portal import asking, wording
from zhanggui.portal.acting import carried_out, context_of, key_of, reason_of
from zhanggui.portal.reading import parameters as reading
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.records import (
    Clause,
    NewValue,
    Parameter,
    ParameterType,
    UnknownClause,
    UnknownParameter,
    Value,
)
from zhanggui.regulation.steps import set_parameter_values


@dataclass(frozen=True, slots=True)
class Given:
    """What the form holds, as typed, and what is wrong with it: field → words."""

    value: str = ""
    day: str = ""
    reason: str = ""
    wrong: Mapping[str, str] | None = None


def parameter(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Show one parameter with the form that sets it."""
    found, one = _parameter(number, name)
    return _page(request, found, one, Given(day=clock.today(settings.COMPANY_ZONE).isoformat()))


def set_value(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """Say what a value will change, and on the second press set it."""
    found, one = _parameter(number, name)
    given, save = _given(request), request.POST.get("act") == "save"
    context = context_of(request, key=key_of(request) if save else None, reason=given.reason, dry_run=not save)
    row, wrong = _row(one, given, context.as_of)
    if row is None:
        return _page(request, found, one, replace(given, wrong=wrong))
    answer = carried_out(
        request, set_parameter_values, [row], context, same=lambda: reading.is_set_already(row, context.key)
    )
    if answer is None:
        return _page(request, found, one, given)
    if answer.rejected:
        refused = answer.rejected[0]
        field = "day" if refused.code in ("in_the_past", "already_dated") else "value"
        return _page(request, found, one, replace(given, wrong={field: _refusal(one, refused.code)}))
    if not save:
        return _page(request, found, one, given, reading.change_of(one, row, context.as_of))
    messages.success(request, _("The value is set. Clocks that run keep the value they began under."))
    return redirect("clause", number=number)


def _given(request: HttpRequest) -> Given:
    form = request.POST
    return Given(form.get("value", "").strip()[:80], form.get("day", "").strip()[:20], reason_of(request))


def _parameter(number: str, name: str) -> tuple[Clause, Parameter]:
    try:
        found = clause_of(number)
        return found, found.parameter(name)
    except (UnknownClause, UnknownParameter) as error:
        raise Http404 from error


def _row(one: Parameter, given: Given, as_of: datetime) -> tuple[NewValue | None, dict[str, str]]:
    """Return the new value that a form asks for, or what is wrong with the form."""
    wrong: dict[str, str] = {}
    today = clock.today(settings.COMPANY_ZONE, as_of)
    value, day = _value(one, given.value), asking.posted_day(given.day)
    if value is None:
        wrong["value"] = _refusal(one, "wrong_type")
    if day is None or day < today:
        wrong["day"] = _("Choose today or a later day; the past of the rules never changes.")
    elif day.year > asking.LAST_YEAR:
        wrong["day"] = _("Choose a day up to the end of %(year)d.") % {"year": asking.LAST_YEAR}
    if not given.reason:
        wrong["reason"] = _("Say why; the reason stands beside the value for good.")
    if wrong or value is None or day is None:
        return None, wrong
    starts = as_of if day == today else datetime.combine(day, time(0), tzinfo=settings.COMPANY_ZONE)
    return NewValue(one.clause, one.name, value, starts), wrong


def _value(one: Parameter, text: str) -> Value | None:
    if one.type is not ParameterType.INTEGER:
        return text or None
    digits = text.replace(",", "").replace("，", "")
    return int(digits) if digits.isdecimal() and len(digits) < 16 else None


def _refusal(one: Parameter, code: str) -> str:
    """Say what is wrong with a value and what would be right."""
    bounds = reading.bounds_of(one)
    known = {
        "wrong_type": _("Write %(what)s.") % {"what": reading.expected(one)},
        "out_of_bounds": _("This lies outside the bounds of the clause: %(bounds)s.") % {"bounds": bounds},
        "in_the_past": _("Choose today or a later day; the past of the rules never changes."),
        "already_dated": _("Another value begins at this very moment. Choose another day, or a later moment today."),
    }
    return str(known.get(code) or wording.REFUSALS.get(code, code))


def _page(
    request: HttpRequest, clause: Clause, one: Parameter, given: Given, change: reading.Change | None = None
) -> HttpResponse:
    as_of = clock.now()
    facts: dict[str, object] = {
        "clause": clause,
        "one": one,
        "held": reading.held(one, as_of),
        "coming": reading.coming(one, as_of),
        "given": given,
        "change": change,
        "bounds": reading.bounds_of(one),
        "today": clock.today(settings.COMPANY_ZONE, as_of).isoformat(),
        "key": ids.token(),
    }
    return render(request, "portal/parameter.html", facts, status=422 if given.wrong else 200)
