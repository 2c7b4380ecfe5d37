"""Reads of working time. A calendar is built once per process, department and content."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar.constants as notices
from django.conf import settings
from django.db.models import Q, QuerySet

from zhanggui.obligations.calendars import rules
from zhanggui.obligations.calendars.models import CalendarDay, CalendarVersion, ShiftPattern
from zhanggui.obligations.calendars.records import (
    COMPANY,
    Calendar,
    CalendarRefused,
    DayKind,
    Shift,
    ShiftPlan,
    Source,
    SpecialDay,
)

REGION = "CN"
FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(2069, 12, 31)
FIRST_NOTICE = min(notices.holidays)
"""The first day that any notice names; a year before it has nothing to show."""
DAY_COLUMNS = ("day", "kind", "name_zh", "name_en", "source")
SHIFT_COLUMNS = ("days", "starts_minute", "ends_minute")


def current_version() -> int:
    """Return the number of the calendar version that new clocks begin under; 0 before the first."""
    return CalendarVersion.objects.order_by("-number").values_list("number", flat=True).first() or 0


def calendar_for(department: str, version: int | None = None) -> Calendar:
    """Return the working time of a department in a version, by default the newest.

    Before the first version, and in one without shifts, the standard hours hold from Monday to Friday.
    Raises: CalendarRefused for a version that does not exist.
    Cost: one statement; two more and some 30 ms when this process meets the content for the first time.
    """
    versions = CalendarVersion.objects.order_by("-number").values_list("number", "zone", "content_hash")
    found = (versions if version is None else versions.filter(number=version)).first()
    if found is None and version:
        raise CalendarRefused(version=version)
    number, zone, content_hash = found or (0, settings.COMPANY_ZONE.key, "")
    return _calendar(department, number, zone, content_hash)


@lru_cache(maxsize=64)
def _calendar(department: str, version: int, zone: str, content_hash: str) -> Calendar:
    shifts = shifts_in(version, department) or rules.STANDARD_HOURS.shifts
    days = special_days_in(version)
    return rules.build_calendar(days, shifts, ZoneInfo(zone), FIRST_DAY, LAST_DAY, version=version)


def special_days_in(version: int, first: date | None = None, last: date | None = None) -> list[SpecialDay]:
    """Return the special days of a version in order, all or those of a stretch (both ends included)."""
    rows = CalendarDay.objects.filter(_holds(version), region=REGION)
    if first is not None:
        rows = rows.filter(day__gte=first)
    if last is not None:
        rows = rows.filter(day__lte=last)
    return [
        SpecialDay(day, DayKind(kind), zh, en, Source(source))
        for day, kind, zh, en, source in rows.order_by("day").values_list(*DAY_COLUMNS)
    ]


def shifts_in(version: int, department: str) -> tuple[Shift, ...]:
    """Return the shifts that hold for a department in a version: its own, else those of the company."""
    plans = {plan.department: plan.shifts for plan in shift_plans_in(version, (department, COMPANY))}
    return plans.get(department) or plans.get(COMPANY) or ()


def shift_plans_in(version: int, departments: tuple[str, ...] = ()) -> list[ShiftPlan]:
    """Return the shifts of a version by department, all or the named ones."""
    rows: QuerySet[ShiftPattern] = ShiftPattern.objects.filter(_holds(version))
    if departments:
        rows = rows.filter(department__in=departments)
    plans: dict[str, list[Shift]] = {}
    for department, *interval in rows.order_by("department", "id").values_list("department", *SHIFT_COLUMNS):
        plans.setdefault(department, []).append(Shift(*interval))
    return [ShiftPlan(department, tuple(shifts)) for department, shifts in plans.items()]


def _holds(version: int) -> Q:
    return Q(version_from__lte=version) & (Q(version_to__isnull=True) | Q(version_to__gt=version))


def missing_years_warning(as_of: datetime) -> tuple[int, ...]:
    """Return the years that need their notice entered: this one, and the next from 60 days before it."""
    today = as_of.astimezone(settings.COMPANY_ZONE).date()
    entered = CalendarDay.objects.filter(version_to__isnull=True, region=REGION, source=Source.PUBLISHED)
    years = frozenset(day.year for day in entered.dates("day", "year"))
    return rules.missing_years(today, years)


def published_days() -> list[SpecialDay]:
    """Return the holidays and make-up workdays (调休) of the State Council's notices, as packaged."""
    off = [SpecialDay(day, DayKind.HOLIDAY, _chinese(name), name) for day, name in notices.holidays.items()]
    on = [
        SpecialDay(day, DayKind.WORKDAY, f"{_chinese(name)}调休上班", f"make-up workday for {name}")
        for day, name in notices.workdays.items()
    ]
    return sorted(off + on, key=lambda special: special.day)


@lru_cache(maxsize=32)
def _chinese(name: str) -> str:
    return str(notices.Holiday(name).chinese)
