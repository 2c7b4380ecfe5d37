"""Working time as pages show it: a year day by day, the hours of each department, and who changed them last."""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from zhanggui.journal.models import Run
from zhanggui.obligations.calendars.queries import (
    FIRST_NOTICE,
    LAST_DAY,
    current_version,
    shift_plans_in,
    special_days_in,
)
from zhanggui.obligations.calendars.records import COMPANY, Basis, Shift, SpecialDay
from zhanggui.obligations.calendars.rules import STANDARD_HOURS, published_years
from zhanggui.obligations.models import Obligation
from zhanggui.people.rules import DEPARTMENTS
from zhanggui.portal.reading.clocks import IS_RUNNING
from zhanggui.portal.reading.paging import Count, count_up_to
from zhanggui.portal.reading.runs import RunRow, timeline

STEPS = ("calendars.edit_days", "calendars.seed_days", "calendars.set_shifts")
DAY_KINDS = ("holiday", "workday", "weekend", "plain")
FIRST_YEAR, LAST_YEAR = FIRST_NOTICE.year, LAST_DAY.year


@dataclass(frozen=True, slots=True)
class DayShown:
    """One day: its kind (holiday, workday: a make-up workday, weekend, plain), its names, and whether we set it."""

    day: date
    kind: str
    name_zh: str = ""
    name_en: str = ""
    manual: bool = False
    today: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring days of one kind and name, first and last included."""

    first: date
    last: date
    day: DayShown


@dataclass(frozen=True, slots=True)
class MonthShown:
    """One month: its first day, weeks from Monday with None outside the month, and what is special in it."""

    first: date
    weeks: tuple[tuple[DayShown | None, ...], ...]
    special: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class YearShown:
    """One year of the calendar in a version; published: its notice has been entered."""

    year: int
    version: int
    published: bool
    months: tuple[MonthShown, ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class HoursShown:
    """The working hours of a department. own: it has hours of its own; else those of the company hold for it."""

    department: str
    shifts: tuple[Shift, ...]
    own: bool


@dataclass(frozen=True, slots=True)
class Affected:
    """Running clocks that count working time: how many, and how many of them reach the days that are to change."""

    running: Count
    reaching: Count


def days_of(year: int, today: date) -> tuple[DayShown, ...]:
    """Return every day of a year in the newest version. Cost: two statements."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    special = {one.day: one for one in special_days_in(current_version(), first, last)}
    return tuple(
        _day(first + timedelta(days=n), special.get(first + timedelta(days=n)), today)
        for n in range((last - first).days + 1)
    )


def _day(day: date, special: SpecialDay | None, today: date) -> DayShown:
    if special is None:
        return DayShown(day, "weekend" if day.weekday() >= 5 else "plain", today=day == today)
    manual = special.source == "manual"
    return DayShown(day, special.kind.value, special.name_zh, special.name_en, manual, day == today)


def year_of(year: int, today: date) -> YearShown:
    """Return a year by months. Cost: three statements."""
    version, days = current_version(), days_of(year, today)
    held = special_days_in(version, date(year, 1, 1), date(year, 12, 31))
    months = tuple(_month([one for one in days if one.day.month == month]) for month in range(1, 13))
    counts = {kind: sum(one.kind == kind for one in days) for kind in DAY_KINDS}
    return YearShown(year, version, year in published_years(held), months, counts)


def _month(days: Sequence[DayShown]) -> MonthShown:
    by_day: dict[int, DayShown] = {one.day.day: one for one in days}
    first = days[0].day
    weeks = calendar.Calendar(firstweekday=0).monthdayscalendar(first.year, first.month)
    shown = tuple(tuple(by_day.get(number) for number in week) for week in weeks)
    return MonthShown(first, shown, _stretches([one for one in days if one.name_zh]))


def _stretches(days: Sequence[DayShown]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for one in days:
        last = found[-1] if found else None
        same = last and (last.day.kind, last.day.name_zh, last.day.manual) == (one.kind, one.name_zh, one.manual)
        if last and same and last.last + timedelta(days=1) == one.day:
            found[-1] = Stretch(last.first, one.day, last.day)
        else:
            found.append(Stretch(one.day, one.day, one))
    return tuple(found)


def hours() -> tuple[HoursShown, ...]:
    """Return the working hours of the company and of each department. Cost: two statements."""
    plans = {plan.department: plan.shifts for plan in shift_plans_in(current_version())}
    company = plans.get(COMPANY) or STANDARD_HOURS.shifts
    rows = [HoursShown(COMPANY, company, True)]
    rows += [HoursShown(name, plans.get(name) or company, name in plans) for name in DEPARTMENTS]
    return tuple(rows)


def affected(first: date | None = None, department: str = "") -> Affected:
    """Count the running clocks that count working time, of one department or all. Cost: two statements."""
    running = Obligation.objects.filter(IS_RUNNING, time_basis=Basis.WORKING.value)
    if department not in ("", COMPANY):
        running = running.filter(department=department)
    reaching = running
    if first is not None:
        midnight = datetime(first.year, first.month, first.day, tzinfo=settings.COMPANY_ZONE)
        reaching = running.filter(due_at__gte=midnight)
    return Affected(count_up_to(running), count_up_to(reaching))


def overtaken_words() -> str:
    """Say who changed the calendar last, to somebody who decided over an older one. Cost: three statements."""
    newest = last_edits(1)
    who = newest[0].actor if newest else ""
    return _("%(who)s changed the calendar meanwhile. Look at what holds now, then press again.") % {"who": who}


def last_edits(size: int = 8) -> list[RunRow]:
    """Return the newest runs that changed working time. Cost: three statements."""
    newest = Run.objects.filter(step__in=STEPS, outcome="done").order_by("-id").values_list("id", flat=True)[:size]
    return timeline([], list(newest))
