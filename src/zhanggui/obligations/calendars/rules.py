"""Deadlines: when a clock that counts elapsed or working time is due; see docs/algorithms/deadlines.md.

Moments are int64 microseconds since 1970 in UTC. A local time stands for the first moment at which the wall
clock reaches it: one shown twice for its first showing, one skipped for the moment of the change. So days and
shifts part time without gap or overlap.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from zhanggui.kernel.moments import EPOCH, Moments, moment_of, span_us
from zhanggui.obligations.calendars.records import (
    COMPANY,
    EVERY_DAY,
    MONDAY_TO_FRIDAY,
    WARNING_SHARES,
    BadShift,
    Basis,
    Calendar,
    CalendarEnds,
    DayKind,
    NoWorkingHours,
    Pauses,
    PausesBroken,
    Shift,
    ShiftPlan,
    Source,
    SpecialDay,
)

Kinds = npt.NDArray[np.int64]

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
DAY_MINUTES = 1440
HOLIDAY_KIND = 7
WARN_DAYS = 60

STANDARD_HOURS = ShiftPlan(
    COMPANY, (Shift(MONDAY_TO_FRIDAY, 9 * 60, 12 * 60), Shift(MONDAY_TO_FRIDAY, 13 * 60, 18 * 60))
)


def due_at(
    starts_us: Moments,
    amount_seconds: int | Moments,
    basis: Basis | str,
    calendar: Calendar | None = None,
    pauses: Pauses | None = None,
) -> Moments:
    """Return the moment by which each clock must be met: the first at which its unpaused time is used up.

    Takes: starts_us, int64 (clock,); amount_seconds, one for all or int64 (clock,), not negative; calendar,
    needed for working time only.
    Raises: CalendarEnds; PausesBroken.
    Cost: O(clocks · log intervals), and one pass per pause of the most paused clock.
    """
    amount_us = np.asarray(amount_seconds, dtype=np.int64) * SECOND
    return _spent_at(starts_us, amount_us, Basis(basis), calendar, pauses)


def due_and_warnings(
    starts_us: Moments,
    amount_seconds: int | Moments,
    basis: Basis | str,
    calendar: Calendar | None = None,
    pauses: Pauses | None = None,
    shares: tuple[int, ...] = WARNING_SHARES,
) -> tuple[Moments, ...]:
    """Return the due moments, then the moments at which each share (percent) of the time has been used.

    A warning is the due moment of a part of the amount, so both agree about nights, breaks and pauses.
    """
    amount = np.asarray(amount_seconds, dtype=np.int64) * (SECOND // 100)
    kind = Basis(basis)
    return tuple(_spent_at(starts_us, amount * share, kind, calendar, pauses) for share in (100, *shares))


def _spent_at(
    starts_us: Moments, amount_us: Moments, basis: Basis, calendar: Calendar | None, pauses: Pauses | None
) -> Moments:
    """Return when the amounts are used up, by counting on the axis of the time that counts."""
    assert (amount_us >= 0).all(), "a clock runs forwards"
    if basis is Basis.ELAPSED:
        target = starts_us + amount_us
        if pauses is not None:
            target = _moved(target, starts_us, pauses, pauses.from_us, pauses.until_us)
        return target
    assert calendar is not None, "working time needs a calendar"
    worked = _worked_until(starts_us, calendar)
    target = worked + amount_us
    if pauses is not None:
        begun, ended = _worked_until(pauses.from_us, calendar), _worked_until(pauses.until_us, calendar)
        target = _moved(target, starts_us, pauses, begun, ended)
    return np.where(target == worked, starts_us, _moment_of(target, calendar))


def _worked_until(moments_us: Moments, calendar: Calendar) -> Moments:
    """Return the working microseconds from the calendar's first day until each moment."""
    if moments_us.size and (moments_us.min() < calendar.first_us or moments_us.max() > calendar.horizon_us):
        raise CalendarEnds(version=calendar.version)
    place = np.searchsorted(calendar.starts_us, moments_us, side="right") - 1
    unworked = np.maximum(calendar.ends_us[place] - moments_us, 0)
    return np.where(place < 0, 0, calendar.worked_us[place] - unworked)


def _moment_of(worked: Moments, calendar: Calendar) -> Moments:
    """Return the first moment until which so much has been worked; at the end of a shift it is that end."""
    place = np.searchsorted(calendar.worked_us, worked, side="left")
    if place.size and place.max() >= calendar.worked_us.size:
        raise CalendarEnds(version=calendar.version)
    return calendar.ends_us[place] - (calendar.worked_us[place] - worked)


def _moved(target: Moments, starts_us: Moments, pauses: Pauses, begun: Moments, ended: Moments) -> Moments:
    """Return the targets after the pauses: one that begins before the time is used up adds its own length."""
    order = np.lexsort((pauses.until_us, pauses.from_us, pauses.clock))
    clock = pauses.clock[order]
    _check_pauses(starts_us, clock, pauses.from_us[order], pauses.until_us[order])
    begun, length = begun[order], (ended - begun)[order]
    rank = np.arange(clock.size) - np.searchsorted(clock, clock, side="left")
    target = target.copy()
    for turn in range(int(rank.max(initial=-1)) + 1):
        now = rank == turn
        whose = clock[now]
        target[whose] += np.where(begun[now] < target[whose], length[now], 0)
    return target


def _check_pauses(starts_us: Moments, clock: Moments, from_us: Moments, until_us: Moments) -> None:
    if (until_us < from_us).any():
        raise PausesBroken("a pause ends before it begins")
    if (from_us < starts_us[clock]).any():
        raise PausesBroken("a pause begins before its clock")
    if ((clock[1:] == clock[:-1]) & (from_us[1:] < until_us[:-1])).any():
        raise PausesBroken("pauses of one clock overlap")


def build_calendar(
    days: Iterable[SpecialDay],
    shifts: Sequence[Shift],
    zone: ZoneInfo,
    first_day: date,
    last_day: date,
    *,
    version: int = 0,
) -> Calendar:
    """Return the working time of a department over whole local days, first and last included.

    Each day is of one of eight kinds, Monday to Sunday or public holiday; a shift says on which it holds. A
    make-up workday is of the kind of the first of Monday to Friday on which the department works.
    Raises: BadShift; NoWorkingHours when nothing is left.
    """
    for shift in shifts:
        _check_shift(shift)
    special = {day.day: day for day in days}
    before = first_day - timedelta(days=2)  # a shift over midnight may reach two midnights further
    kinds = _kinds(special, shifts, before, (last_day - before).days + 1)
    edges = [_local_edges(kinds, shift) for shift in shifts]
    local = np.concatenate([np.empty((2, 0), dtype=np.int64), *edges], axis=1)
    starts, ends = to_utc(local[0], before, zone), to_utc(local[1], before, zone)
    first, horizon = midnight_us(first_day, zone), midnight_us(last_day + timedelta(days=1), zone)
    starts, ends = _merged(starts.clip(first, horizon), ends.clip(first, horizon))
    if starts.size == 0:
        raise NoWorkingHours(version=version)
    worked = (ends - starts).cumsum()
    for column in (starts, ends, worked):
        column.setflags(write=False)
    years = frozenset(range(first_day.year, last_day.year + 1)) - published_years(special.values())
    return Calendar(version, zone, starts, ends, worked, first, horizon, special, years)


def _check_shift(shift: Shift) -> None:
    begins_today = 0 <= shift.starts_minute < DAY_MINUTES
    ends_later = shift.starts_minute < shift.ends_minute <= 2 * DAY_MINUTES
    if not (begins_today and ends_later and 0 < shift.days <= EVERY_DAY):
        raise BadShift(days=shift.days, starts_minute=shift.starts_minute, ends_minute=shift.ends_minute)


def _kinds(special: Mapping[date, SpecialDay], shifts: Sequence[Shift], first: date, count: int) -> Kinds:
    kinds = (first.weekday() + np.arange(count, dtype=np.int64)) % 7
    worked = [kind for kind in range(5) if any(shift.days >> kind & 1 for shift in shifts)]
    for day in special.values():
        place = (day.day - first).days
        if 0 <= place < count:
            if day.kind is DayKind.HOLIDAY:
                kinds[place] = HOLIDAY_KIND
            elif worked:
                kinds[place] = worked[0]
    return kinds


def _local_edges(kinds: Kinds, shift: Shift) -> Moments:
    """Return the begins and ends of a shift, int64 (2, day), in minutes since the first local midnight."""
    midnights = np.flatnonzero(shift.days >> kinds & 1) * DAY_MINUTES
    return np.stack([midnights + shift.starts_minute, midnights + shift.ends_minute])


def _merged(starts: Moments, ends: Moments) -> tuple[Moments, Moments]:
    """Return the same stretches ascending, without empty ones, those that touch or overlap joined."""
    real = ends > starts
    starts, ends = starts[real], ends[real]
    order = starts.argsort(kind="stable")
    starts, ends = starts[order], np.maximum.accumulate(ends[order])
    apart = starts[1:] > ends[:-1]
    return starts[np.append(True, apart)[: starts.size]], ends[np.append(apart, True)[: ends.size]]


def plan_fault(plan: ShiftPlan) -> str | None:
    """Return the code of what is wrong with a department's shifts, or None.

    Gives: no_working_hours; bad_shift; overlapping_shifts, when two cover the same minute of an ordinary
    week or of a holiday.
    """
    if not plan.shifts:
        return NoWorkingHours.code
    try:
        for shift in plan.shifts:
            _check_shift(shift)
    except BadShift as refusal:
        return refusal.code
    week, holiday = np.zeros(7 * DAY_MINUTES, dtype=np.int8), np.zeros(2 * DAY_MINUTES, dtype=np.int8)
    for shift in plan.shifts:
        for start in _starts_in_week(shift):
            week[np.arange(start, start + shift.ends_minute - shift.starts_minute) % week.size] += 1
        if shift.days >> HOLIDAY_KIND & 1:
            holiday[shift.starts_minute : shift.ends_minute] += 1
    return "overlapping_shifts" if week.max() > 1 or holiday.max() > 1 else None


def _starts_in_week(shift: Shift) -> Iterator[int]:
    return (kind * DAY_MINUTES + shift.starts_minute for kind in range(7) if shift.days >> kind & 1)


def published_years(days: Iterable[SpecialDay]) -> frozenset[int]:
    """Return the years whose notice is in the table."""
    return frozenset(day.day.year for day in days if day.source is Source.PUBLISHED)


def missing_years(today: date, published: frozenset[int]) -> tuple[int, ...]:
    """Return the years without a notice: this one, and the next from 60 days before it begins."""
    ahead = (today + timedelta(days=WARN_DAYS)).year
    return tuple(year for year in range(today.year, ahead + 1) if year not in published)


def content_hash(zone: str, days: Iterable[SpecialDay], plans: Iterable[ShiftPlan]) -> str:
    """Return the SHA-256 that stands for a version's days and shifts, whatever order they come in."""
    day_rows = sorted([day.day.isoformat(), day.kind, day.name_zh, day.name_en, day.source] for day in days)
    shift_rows = sorted([plan.department, *astuple(shift)] for plan in plans for shift in plan.shifts)
    return hashlib.sha256(json.dumps([zone, day_rows, shift_rows]).encode()).hexdigest()


def local_moment(moment_us: int, zone: ZoneInfo) -> datetime:
    """Return a moment as the wall clock of the zone shows it."""
    return moment_of(moment_us).astimezone(zone)


def to_utc(minutes: Moments, first: date, zone: ZoneInfo) -> Moments:
    """Return the first moment at which the wall clock reaches each local minute since the first midnight.

    Days without a change of offset are shifted as a whole; the few others are asked edge by edge.
    """
    if minutes.size == 0:
        return minutes
    day = minutes // DAY_MINUTES
    offsets = _midnight_offsets(zone, first, int(day.max()) + 2)
    local = _wall_us(first) + minutes * MINUTE
    moments_us = local - offsets[day]
    for at in np.flatnonzero(offsets[day] != offsets[day + 1]):
        moments_us[at] = first_reached(int(local[at]), zone)
    return moments_us


def midnight_us(day: date, zone: ZoneInfo) -> int:
    return first_reached(_wall_us(day), zone)


def first_reached(wall_us: int, zone: ZoneInfo) -> int:
    """Return the first moment at which the wall clock shows this local time, or skips it."""
    wall = moment_of(wall_us).replace(tzinfo=zone)
    before, after = _offset_us(wall), _offset_us(wall.replace(fold=1))
    if before >= after:  # plain, or shown twice: the first time
        return wall_us - before
    low, high = wall_us - after, wall_us - before  # skipped: the change lies between
    while high - low > SECOND:
        middle = low + (high - low) // SECOND // 2 * SECOND
        moved = _offset_us(local_moment(middle, zone)) == after
        low, high = (low, middle) if moved else (middle, high)
    return high


@lru_cache(maxsize=16)
def _midnight_offsets(zone: ZoneInfo, first: date, count: int) -> Moments:
    base, one = datetime(first.year, first.month, first.day, tzinfo=zone), timedelta(days=1)
    return np.array([_offset_us(base + one * days) for days in range(count)], dtype=np.int64)


def _offset_us(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return span_us(offset)


def _wall_us(day: date) -> int:
    return (day - EPOCH.date()).days * DAY
