"""The calendar of working time: a year with holidays and make-up workdays, changing days, the year as a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from zhanggui.connectors.spreadsheets.writing import Kind, write_table
from zhanggui.kernel import clock, ids
from zhanggui.kernel.text import clean_name
from zhanggui.obligations.calendars.queries import missing_years_warning
from zhanggui.obligations.calendars.records import DayEdit, DayKind, Source
from zhanggui.obligations.calendars.steps import edit_calendar_days
from zhanggui.portal import asking, wording
from zhanggui.portal.acting import carried_out, context_of, key_of, may, reason_of
from zhanggui.portal.reading import calendars as reading

DAYS_MAX = 62
FIELDS = ("first", "last", "kind", "name_zh", "name_en", "source")
KINDS = ("holiday", "workday", "ordinary")


@dataclass(frozen=True, slots=True)
class DaysGiven:
    """The form that changes days, as typed, and what is wrong with it: field → words."""

    first: str = ""
    last: str = ""
    kind: str = "holiday"
    name_zh: str = ""
    name_en: str = ""
    source: str = Source.MANUAL.value
    reason: str = ""
    version: int = 0
    wrong: Mapping[str, str] = field(default_factory=dict)


def calendar(request: HttpRequest) -> HttpResponse:
    """Show a year, the hours of each department, and the last changes."""
    year = asking.whole(request, "year") or _today().year
    chosen = asking.day(request, "day")
    return _year_page(request, year, _filled(chosen) if chosen else DaysGiven())


def _filled(day: date) -> DaysGiven:
    """Return the form for a day as it stands now, so that it can be corrected."""
    held = reading.days_of(day.year, day)[day.timetuple().tm_yday - 1]
    kind = held.kind if held.kind in KINDS else "holiday"
    return DaysGiven(day.isoformat(), day.isoformat(), kind, held.name_zh, held.name_en)


def edit_days(request: HttpRequest) -> HttpResponse:
    """Say what a change of days does, and on the second press carry it out."""
    save = request.POST.get("act") == "save"
    given = _given(request)
    edits, wrong = _edits(given)
    year = edits[0].day.year if edits else _today().year
    if wrong:
        return _year_page(request, year, replace(given, wrong=wrong))
    context = context_of(request, key=key_of(request) if save else None, reason=given.reason, dry_run=not save)
    answer = carried_out(request, edit_calendar_days, edits, context)
    if answer is None:
        return _year_page(request, year, given)
    if answer.rejected:
        return _year_page(request, year, replace(given, version=0, wrong={"first": _refusal(answer.rejected[0].code)}))
    if not save:
        return _year_page(request, year, given, edits)
    messages.success(request, _("The calendar is changed. Clocks that run keep the version they began under."))
    return redirect(f"{reverse('calendar')}?year={year}")


def _given(request: HttpRequest) -> DaysGiven:
    first, last, kind, name_zh, name_en, source = (clean_name(request.POST.get(name, ""))[:64] for name in FIELDS)
    return DaysGiven(first, last, kind, name_zh, name_en, source, reason_of(request), asking.posted_version(request))


def _edits(given: DaysGiven) -> tuple[list[DayEdit], dict[str, str]]:
    """Return the days that a form changes, or what is wrong with it."""
    wrong: dict[str, str] = {}
    first, last = asking.posted_day(given.first), asking.posted_day(given.last or given.first)
    if first is None or not reading.FIRST_YEAR <= first.year <= reading.LAST_YEAR:
        wrong["first"] = _("Choose a day between %(a)d and %(b)d.") % {"a": reading.FIRST_YEAR, "b": reading.LAST_YEAR}
    elif last is None or last < first or (last - first).days >= DAYS_MAX:
        wrong["last"] = _("The last day is the first or a later one, at most %(n)d days in all.") % {"n": DAYS_MAX}
    if given.kind not in KINDS or given.source not in set(Source):
        raise BadRequest("unknown kind or source")
    name_zh, name_en = given.name_zh or given.name_en, given.name_en or given.name_zh
    if given.kind != "ordinary" and not name_zh:
        wrong["name_zh"] = _("Give the day a name; it stands in every sum of a due moment.")
    if not given.reason:
        wrong["reason"] = _("Say why; the reason stands in the journal for good.")
    if wrong or first is None or last is None:
        return [], wrong
    kind = None if given.kind == "ordinary" else DayKind(given.kind)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [DayEdit(day, kind, name_zh, name_en, Source(given.source), given.version) for day in days], {}


def _year_page(request: HttpRequest, year: int, given: DaysGiven, edits: list[DayEdit] | None = None) -> HttpResponse:
    if not reading.FIRST_YEAR <= year <= reading.LAST_YEAR:
        raise Http404
    facts: dict[str, object] = {
        "shown": reading.year_of(year, _today()),
        "week": wording.SHORT_DAYS[:7],
        "before": year - 1 if year > reading.FIRST_YEAR else 0,
        "after": year + 1 if year < reading.LAST_YEAR else 0,
        "missing": missing_years_warning(clock.now()),
        "hours": reading.hours(),
        "edits": reading.last_edits(),
        "may_edit": may(request, "calendar.edit"),
        "may_see_runs": may(request, "journal.see"),
        "given": given,
        "change": edits,
        "past": bool(edits and edits[0].day < _today()),
        "affected": reading.affected(edits[0].day) if edits else None,
        "key": ids.token(),
    }
    return render(request, "portal/calendar.html", facts, status=422 if given.wrong else 200)


def export(request: HttpRequest) -> FileResponse:
    """Send a year as a table: every day, what it is, its names and where it comes from."""
    year = asking.whole(request, "year") or _today().year
    wanted = asking.choice(request, "kind", ("csv", "xlsx"), "xlsx")
    if not reading.FIRST_YEAR <= year <= reading.LAST_YEAR:
        raise Http404
    kind: Kind = "csv" if wanted == "csv" else "xlsx"
    header = [_("Day"), _("Weekday"), _("Kind"), _("Name (Chinese)"), _("Name (English)"), _("Set by")]
    rows = [_cells(one) for one in reading.days_of(year, _today())]
    place = NamedTemporaryFile(suffix=f".{kind}")  # noqa: SIM115 - the response closes it
    write_table(place.name, header, rows, kind)
    return FileResponse(place, as_attachment=True, filename=f"{_('working-time')}-{year}.{kind}")


def _cells(one: reading.DayShown) -> tuple[str, ...]:
    weekday, kind = str(wording.WEEKDAYS[one.day.weekday()]), str(wording.DAY_KINDS[one.kind])
    source = (_("the office") if one.manual else _("published notice")) if one.name_zh else ""
    return (one.day.isoformat(), weekday, kind, one.name_zh, one.name_en, source)


def _today() -> date:
    return clock.today(settings.COMPANY_ZONE)


def _refusal(code: str) -> str:
    if code == "changed_meanwhile":
        return reading.overtaken_words()
    return str(wording.REFUSALS.get(code, code))
