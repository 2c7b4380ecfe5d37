"""The derivation of a due moment in words, in Chinese and English."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from zhanggui.obligations.calendars.records import (
    SENTENCES,
    Basis,
    Calendar,
    Derivation,
    Line,
    LineKind,
    Pauses,
)
from zhanggui.obligations.calendars.rules import MINUTE, SECOND, due_at, local_moment, midnight_us

Stretches = list[tuple[int, int]]
Words = tuple[str, str]
Group = tuple[date, date, Stretches, Words]

MOST_LINES = 24
WEEKDAYS = (
    ("周一", "Mon"),
    ("周二", "Tue"),
    ("周三", "Wed"),
    ("周四", "Thu"),
    ("周五", "Fri"),
    ("周六", "Sat"),
    ("周日", "Sun"),
)


def explain(
    start_us: int,
    amount_seconds: int,
    basis: Basis | str,
    calendar: Calendar,
    pauses: Sequence[tuple[int, int]] = (),
) -> Derivation:
    """Return the sum behind one due moment, in words: start, time allowed, what counted and what did not.

    Gives: for working time one line per day (a long clock's middle is one line), whose `counted_us` add up to
    the amount; for elapsed time the pauses, so that start + amount + pauses = due.
    Raises: CalendarEnds; PausesBroken.
    """
    kind = Basis(basis)
    columns = Pauses.of([(0, *pause) for pause in pauses])
    due = int(due_at(np.array([start_us]), amount_seconds, kind, calendar, columns)[0])
    taken = sorted(pause for pause in pauses if pause[0] < due)
    zone, amount = calendar.zone, _span(amount_seconds * SECOND)
    lines = [_line(LineKind.START, moment=_moment(start_us, zone), zone=zone.key)]
    if kind is Basis.ELAPSED:
        lines += [_line(LineKind.ELAPSED, span=amount), *_pause_lines(taken, [(start_us, due)], zone)]
    else:
        worked = _worked(start_us, due, calendar)
        years = range(local_moment(start_us, zone).year, local_moment(due, zone).year + 1)
        missing = [year for year in years if year in calendar.provisional_years]
        lines += [_line(LineKind.WORKING, span=amount, version=str(calendar.version))]
        lines += [_line(LineKind.PROVISIONAL, year=str(year)) for year in missing]
        lines += _pause_lines(taken, worked, zone)
        lines += _day_lines(_groups(start_us, due, _without(worked, taken), calendar), zone)
    return Derivation(due, (*lines, _line(LineKind.DUE, moment=_moment(due, zone))))


def _worked(first: int, last: int, calendar: Calendar) -> Stretches:
    """Return the working stretches between two moments."""
    begin, end = np.searchsorted(calendar.ends_us, [first, last])
    near = slice(begin, end + 1)
    stretches = zip(calendar.starts_us[near].tolist(), calendar.ends_us[near].tolist(), strict=True)
    return _cut(list(stretches), first, last)


def _cut(stretches: Stretches, first: int, last: int) -> Stretches:
    """Return the parts of the stretches that lie between two moments."""
    return [(max(a, first), min(b, last)) for a, b in stretches if max(a, first) < min(b, last)]


def _without(stretches: Stretches, pauses: Stretches) -> Stretches:
    """Return the stretches without the pauses, which are ascending and do not overlap."""
    left = stretches
    for begins, ends in pauses:
        halves = [half for a, b in left for half in ((a, min(b, begins)), (max(a, ends), b))]
        left = [(a, b) for a, b in halves if a < b]
    return left


def _pause_lines(pauses: Stretches, counting: Stretches, zone: ZoneInfo) -> list[Line]:
    lines = []
    for begins, ends in pauses:
        lost = sum(b - a for a, b in _cut(counting, begins, ends))
        moments_of = {"begins": _moment(begins, zone), "ends": _moment(ends, zone)}
        lines.append(_line(LineKind.PAUSED, lost, span=_span(lost), **moments_of))
    return lines


def _groups(start_us: int, due: int, counted: Stretches, calendar: Calendar) -> list[Group]:
    """Return the days of a clock: one by one where time counted, joined where none did for one reason."""
    groups: list[Group] = []
    day, midnight = local_moment(start_us, calendar.zone).date(), start_us
    while midnight < due:
        following = day + timedelta(days=1)
        midnight, begun = midnight_us(following, calendar.zone), midnight
        pieces, note = _cut(counted, begun, midnight), _note(day, calendar)
        if not pieces and groups and not groups[-1][2] and groups[-1][3] == note:
            groups[-1] = (groups[-1][0], day, [], note)
        else:
            groups.append((day, day, pieces, note))
        day = following
    return groups


def _note(day: date, calendar: Calendar) -> Words:
    """Return what is special about a day: its name in the table, or that it is a weekend."""
    if (named := calendar.special.get(day)) is not None:
        return named.name_zh, named.name_en
    return ("周末", "weekend") if day.weekday() >= 5 else ("", "")


def _day_lines(groups: list[Group], zone: ZoneInfo) -> list[Line]:
    head = groups if len(groups) <= MOST_LINES else groups[: MOST_LINES // 2]
    tail = groups[len(head) :][-MOST_LINES // 4 :]
    middle = groups[len(head) : len(groups) - len(tail)]
    lines, total = [], 0
    for first, last, pieces, note in head:
        total += _length(pieces)
        lines.append(_day_line(first, last, pieces, note, total, zone))
    if middle:
        spent = sum(_length(group[2]) for group in middle)
        total += spent
        count = str(sum(bool(group[2]) for group in middle))
        texts = {"days": _days(middle[0][0], middle[-1][1]), "span": _span(spent), "total": _span(total)}
        lines.append(_line(LineKind.BETWEEN, spent, count=count, **texts))
    for first, last, pieces, note in tail:
        total += _length(pieces)
        lines.append(_day_line(first, last, pieces, note, total, zone))
    return lines


def _day_line(first: date, last: date, pieces: Stretches, note: Words, total: int, zone: ZoneInfo) -> Line:
    if not pieces:
        why = note if note[0] else ("无工作时间", "no working time")
        return _line(LineKind.UNCOUNTED, days=_days(first, last), note=why)
    spent = _length(pieces)
    hours = ", ".join(f"{_clock(a, first, zone)}–{_clock(b, first, zone)}" for a, b in pieces)
    named = (f"（{note[0]}）", f" ({note[1]})") if note[0] else note
    texts = {"day": _day(first), "note": named, "span": _span(spent), "total": _span(total)}
    return _line(LineKind.COUNTED, spent, pieces=hours, **texts)


def _length(pieces: Stretches) -> int:
    return sum(b - a for a, b in pieces)


def _line(kind: LineKind, counted_us: int = 0, **words: str | Words) -> Line:
    zh, en = SENTENCES[kind]
    pairs = {name: (word, word) if isinstance(word, str) else word for name, word in words.items()}
    chinese, english = ({name: pair[place] for name, pair in pairs.items()} for place in (0, 1))
    return Line(kind, counted_us, zh.format(**chinese), en.format(**english))


def _day(day: date) -> Words:
    zh, en = WEEKDAYS[day.weekday()]
    return f"{day} {zh}", f"{en} {day}"


def _days(first: date, last: date) -> Words:
    if first == last:
        return _day(first)
    return f"{_day(first)[0]} 至 {_day(last)[0]}", f"{_day(first)[1]} to {_day(last)[1]}"


def _clock(moment_us: int, day: date, zone: ZoneInfo) -> str:
    """Return the time of day; the midnight that ends the day is 24:00."""
    moment = local_moment(moment_us, zone)
    return "24:00" if moment.date() > day else _time(moment)


def _time(moment: datetime) -> str:
    precision = "microseconds" if moment.microsecond else "seconds" if moment.second else "minutes"
    return moment.time().isoformat(precision)


def _moment(moment_us: int, zone: ZoneInfo) -> Words:
    moment = local_moment(moment_us, zone)
    zh, en = _day(moment.date())
    rest = f"{_time(moment)} UTC{moment:%z}"
    return f"{zh} {rest}", f"{en} {rest}"


def _span(microseconds_long: int) -> Words:
    """Return a length of time in hours, minutes and seconds."""
    hours, rest = divmod(microseconds_long, 60 * MINUTE)
    minutes, rest = divmod(rest, MINUTE)
    seconds = f"{rest / SECOND:.6f}".rstrip("0").rstrip(".")
    parts = [(str(hours), "小时", "h"), (str(minutes), "分", "min"), (seconds, "秒", "s")]
    shown = [part for part in parts if part[0] != "0"] or [("0", "分", "min")]
    return " ".join(f"{n} {zh}" for n, zh, _ in shown), " ".join(f"{n} {en}" for n, _, en in shown)
