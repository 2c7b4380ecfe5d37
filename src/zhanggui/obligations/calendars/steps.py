"""Writes of working time. Every change makes a new calendar version; running clocks keep theirs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.conf import settings

from zhanggui.journal.steps import Inside, step
from zhanggui.journal.writing import OpenRun
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.obligations.calendars import queries, rules
from zhanggui.obligations.calendars.models import CalendarDay, CalendarVersion, ShiftPattern
from zhanggui.obligations.calendars.records import DayEdit, Shift, ShiftPlan, Source, SpecialDay

Days = dict[date, SpecialDay]
Plans = dict[str, tuple[Shift, ...]]


@step("calendars.seed_days", clause="1.2", limit=10_000)
def seed_calendar_days(batch: Sequence[SpecialDay], *, context: Inside) -> Answer:
    """Bring in published days; days that the office has changed itself stay as they are.

    Takes: what `queries.published_days` gives, or a later notice. Repeating it changes nothing.
    Gives: the calendar version in which each day stands.
    Rejects: same_day_twice, name_missing, outside_calendar.
    Writes: the days that are new or differ, a calendar version if there are any.
    """
    edits = [DayEdit(row.day, row.kind, row.name_zh, row.name_en, row.source) for row in batch]
    return _change_days(edits, context, keep_manual=True)


@step("calendars.edit_days", clause="1.2", limit=1_000)
def edit_calendar_days(batch: Sequence[DayEdit], *, context: Inside) -> Answer:
    """Set what days are: holiday, make-up workday, or (kind None) an ordinary weekday again.

    A year counts as published once it holds a day of source `published`: enter the yearly notice so.
    Gives: the calendar version in which each day stands.
    Rejects: changed_meanwhile (the calendar is newer than the version seen); same_day_twice, name_missing,
    outside_calendar.
    Writes: the days that differ, a calendar version if there are any.
    """
    return _change_days(batch, context, keep_manual=False)


@step("calendars.set_shifts", clause="1.2", limit=100)
def set_shifts(batch: Sequence[ShiftPlan], *, context: Inside) -> Answer:
    """Replace all shifts of departments.

    Gives: the calendar version in which each plan stands.
    Rejects: changed_meanwhile (the calendar is newer than the version seen); no_working_hours, bad_shift,
    overlapping_shifts, same_department_twice.
    Writes: the shifts of departments whose plan differs, a calendar version if there are any.
    """
    version, days, plans = _load(context.run)
    faults = _plan_faults(batch) | _overtaken(batch, version)
    wanted = {plan.department: plan.shifts for at, plan in enumerate(batch) if at not in faults}
    changed = {name: shifts for name, shifts in wanted.items() if set(plans.get(name, ())) != set(shifts)}
    if changed:
        version += 1
        _write_version(context.run, version, days, plans | changed)
        _replace_shifts(context.run, version, changed)
    return _answer(len(batch), faults, version)


def _change_days(batch: Sequence[DayEdit], context: Inside, *, keep_manual: bool) -> Answer:
    version, days, plans = _load(context.run)
    faults = _day_faults(batch) | _overtaken(batch, version)
    wanted = [edit for at, edit in enumerate(batch) if at not in faults]
    changed = _differing(days, wanted, keep_manual)
    if changed:
        version += 1
        after = {day: special for day, special in (days | changed).items() if special is not None}
        _write_version(context.run, version, after, plans)
        _replace_days(context.run, version, changed)
    return _answer(len(batch), faults, version)


def _load(run: OpenRun) -> tuple[int, Days, Plans]:
    """Return the newest version and what it holds; changes wait for each other at the first version's row."""
    run.lock(CalendarVersion, "number", [1], ("id",))
    version = queries.current_version()
    days = {special.day: special for special in queries.special_days_in(version)}
    return version, days, {plan.department: plan.shifts for plan in queries.shift_plans_in(version)}


def _overtaken(batch: Sequence[DayEdit | ShiftPlan], version: int) -> dict[int, Rejected]:
    """Refuse what was decided over an older version than the newest; 0 says that none was looked at."""
    return {
        at: Rejected(at, "changed_meanwhile", {"version": version})
        for at, row in enumerate(batch)
        if row.seen and row.seen != version
    }


def _day_faults(batch: Sequence[DayEdit]) -> dict[int, Rejected]:
    faults: dict[int, Rejected] = {}
    seen: set[date] = set()
    for at, edit in enumerate(batch):
        if edit.day in seen:
            faults[at] = Rejected(at, "same_day_twice", {"day": edit.day.isoformat()})
        elif not queries.FIRST_DAY <= edit.day <= queries.LAST_DAY:
            faults[at] = Rejected(at, "outside_calendar", {"day": edit.day.isoformat()})
        elif edit.kind is not None and not (edit.name_zh.strip() and edit.name_en.strip()):
            faults[at] = Rejected(at, "name_missing", {"day": edit.day.isoformat()})
        seen.add(edit.day)
    return faults


def _plan_faults(batch: Sequence[ShiftPlan]) -> dict[int, Rejected]:
    faults: dict[int, Rejected] = {}
    seen: set[str] = set()
    for at, plan in enumerate(batch):
        code = "same_department_twice" if plan.department in seen else rules.plan_fault(plan)
        if code is not None:
            faults[at] = Rejected(at, code, {"department": plan.department})
        seen.add(plan.department)
    return faults


def _differing(days: Days, wanted: Iterable[DayEdit], keep_manual: bool) -> dict[date, SpecialDay | None]:
    """Return the days to write, None for those that become ordinary weekdays."""
    changed: dict[date, SpecialDay | None] = {}
    for edit in wanted:
        before = days.get(edit.day)
        after = edit.kind and SpecialDay(edit.day, edit.kind, edit.name_zh, edit.name_en, edit.source)
        kept = keep_manual and before is not None and before.source is Source.MANUAL
        if after != before and not kept:
            changed[edit.day] = after or None
    return changed


def _write_version(run: OpenRun, version: int, days: Mapping[date, SpecialDay], plans: Plans) -> None:
    zone = settings.COMPANY_ZONE.key
    held = [ShiftPlan(department, shifts) for department, shifts in plans.items()]
    content = rules.content_hash(zone, days.values(), held)
    columns = {"id": run.ids(1), "number": version, "zone": zone, "content_hash": content}
    run.insert(CalendarVersion, columns)


def _replace_days(run: OpenRun, version: int, changed: Mapping[date, SpecialDay | None]) -> None:
    current = CalendarDay.objects.filter(version_to__isnull=True, region=queries.REGION, day__in=list(changed))
    ended = list(current.order_by("id").values_list("id", flat=True))
    run.update(CalendarDay, ended, {"version_to": version})
    run.move("calendar_day", ended, "current", "replaced")
    born = [special for _, special in sorted(changed.items()) if special is not None]
    run.insert(
        CalendarDay,
        {
            "id": run.ids(len(born)),
            "region": queries.REGION,
            "day": [special.day.isoformat() for special in born],
            "kind": [special.kind.value for special in born],
            "name_zh": [special.name_zh for special in born],
            "name_en": [special.name_en for special in born],
            "source": [special.source.value for special in born],
            "version_from": version,
            "version_to": None,
        },
    )


def _replace_shifts(run: OpenRun, version: int, changed: Plans) -> None:
    current = ShiftPattern.objects.filter(version_to__isnull=True, department__in=list(changed))
    ended = list(current.order_by("id").values_list("id", flat=True))
    run.update(ShiftPattern, ended, {"version_to": version})
    run.move("shift", ended, "current", "replaced")
    born = [(department, shift) for department, shifts in sorted(changed.items()) for shift in shifts]
    run.insert(
        ShiftPattern,
        {
            "id": run.ids(len(born)),
            "department": [department for department, _ in born],
            "days": [shift.days for _, shift in born],
            "starts_minute": [shift.starts_minute for _, shift in born],
            "ends_minute": [shift.ends_minute for _, shift in born],
            "version_from": version,
            "version_to": None,
        },
    )


def _answer(n_rows: int, faults: Mapping[int, Rejected], version: int) -> Answer:
    accepted = [Accepted(at, version) for at in range(n_rows) if at not in faults]
    return answer(accepted, list(faults.values()))
