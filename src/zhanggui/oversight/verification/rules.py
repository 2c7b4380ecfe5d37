"""A second opinion on deadlines: a slow walk over days, written without looking at how the steps count."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Stretch = tuple[datetime, datetime]
Interval = tuple[int, int, int]
NOTHING = timedelta(0)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
STANDARD = ((31, 540, 720), (31, 780, 1080))
LONGEST_DAYS = 40_000


@dataclass(frozen=True, slots=True)
class Hours:
    """A department's working time: intervals of (days, from minute, until minute), and the special days by kind.

    days: bit 0 Monday … bit 6 Sunday, bit 7 holidays. special: day → "holiday" or "workday".
    """

    zone: ZoneInfo
    intervals: Sequence[Interval]
    special: Mapping[date, str]


def due_moment(
    started_at: datetime, allowed: timedelta, pauses: Sequence[Stretch] = (), hours: Hours | None = None
) -> datetime | None:
    """Return the first moment by which the allowed time has been used up; None when no working day ever comes.

    Takes: pauses, stretches that do not count; hours, for working time, else nights and holidays count.
    """
    if allowed <= NOTHING:
        return started_at
    left = allowed
    for begin, end in _counting(started_at, hours):
        for piece_begin, piece_end in _outside(begin, end, sorted(pauses)):
            if left <= piece_end - piece_begin:
                return piece_begin + left
            left -= piece_end - piece_begin
    return None


def _counting(started_at: datetime, hours: Hours | None) -> Iterator[Stretch]:
    """Give the stretches that count, in order, from the start of the clock on."""
    if hours is None:
        yield started_at, datetime.max.replace(tzinfo=UTC)
        return
    behind = started_at
    day = started_at.astimezone(hours.zone).date() - 2 * DAY
    for _ in range(LONGEST_DAYS):
        for begin, end in _worked_on(day, hours):
            begin = max(begin, behind)
            if begin < end:
                yield begin, end
                behind = end
        day += DAY


def _worked_on(day: date, hours: Hours) -> list[Stretch]:
    """Return the intervals that belong to a day, in UTC, by their begin."""
    kind = _kind(day, hours)
    return sorted(
        (_moment(day, first, hours.zone), _moment(day, last, hours.zone))
        for days, first, last in hours.intervals
        if days & (1 << kind)
    )


def _kind(day: date, hours: Hours) -> int:
    special = hours.special.get(day)
    if special == "holiday":
        return 7
    weekdays = [kind for kind in range(5) if any(days & (1 << kind) for days, _, _ in hours.intervals)]
    return weekdays[0] if special == "workday" and weekdays else day.weekday()


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """Return when the wall clock first reaches a minute of a day; a skipped minute is the moment of the change."""
    wall = datetime.combine(day, time()) + minute * MINUTE
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    while _wall(moment - MINUTE, zone) >= wall:
        moment -= MINUTE
    return moment


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _outside(begin: datetime, end: datetime, pauses: Iterable[Stretch]) -> Iterator[Stretch]:
    """Give what is left of a stretch without the pauses, which come in order."""
    for paused_from, paused_until in pauses:
        if paused_from > begin:
            yield begin, min(end, paused_from)
        begin = max(begin, paused_until)
        if begin >= end:
            return
    yield begin, end


def calendar_hash(zone: str, days: Iterable[Sequence[str]], shifts: Iterable[Sequence[str | int]]) -> str:
    """Return what stands for a calendar version's content.

    Takes: days, (day, kind, Chinese name, English name, source); shifts, (department, days, from, until).
    """
    body = [zone, sorted(map(list, days)), sorted(map(list, shifts))]
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()
