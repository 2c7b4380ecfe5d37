"""What goes into and comes out of calendars.

CalendarRefused        a calendar cannot be made or used as asked
├── NoWorkingHours     no shift leaves any working time
├── BadShift           an interval of a shift is not one
└── CalendarEnds       a moment lies outside the days that the calendar covers
PausesBroken           pauses of a clock overlap, run backwards, or begin before it (a broken invariant)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np

from zhanggui.journal.records import StepRefused
from zhanggui.kernel.moments import Moments
from zhanggui.regulation.records import TimeBasis

MONDAY_TO_FRIDAY = 0b0001_1111
MONDAY_TO_SUNDAY = 0b0111_1111
HOLIDAYS = 0b1000_0000
EVERY_DAY = MONDAY_TO_SUNDAY | HOLIDAYS

COMPANY = "all"
WARNING_SHARES = (50, 80)  # percent of a clock's time after which its people are warned


class CalendarRefused(StepRefused):
    """A calendar cannot be made or used as asked."""

    code = "calendar_refused"


class NoWorkingHours(CalendarRefused):
    """The shifts leave no working time at all, so a working clock would never end."""

    code = "no_working_hours"


class BadShift(CalendarRefused):
    """An interval does not begin within its day, does not end after it begins, or holds on no day."""

    code = "bad_shift"


class CalendarEnds(CalendarRefused):
    """A start or a due moment lies outside the days that the calendar covers."""

    code = "calendar_ends"


class PausesBroken(AssertionError):
    """Pauses of one clock overlap, run backwards, or begin before the clock does."""


class DayKind(StrEnum):
    """What the table says about a day."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


class Source(StrEnum):
    """Where a day comes from: the State Council's yearly notice, or a decision of the house."""

    PUBLISHED = "published"
    MANUAL = "manual"


Basis = TimeBasis


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that differs from its weekday: a holiday, or a make-up workday (调休)."""

    day: date
    kind: DayKind
    name_zh: str
    name_en: str
    source: Source = Source.PUBLISHED


@dataclass(frozen=True, slots=True)
class DayEdit:
    """What the office wants a day to be; kind None makes it an ordinary weekday again.

    seen: the calendar version over which it was decided; 0 for any.
    """

    day: date
    kind: DayKind | None
    name_zh: str = ""
    name_en: str = ""
    source: Source = Source.MANUAL
    seen: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Shift:
    """One interval of work on certain kinds of day: minutes of the local day, half-open.

    days: bit 0 Monday … bit 6 Sunday, bit 7 public holidays. ends_minute: up to 1440 (24:00) on the same day,
    beyond it over midnight. A day with breaks has several shifts.
    """

    days: int
    starts_minute: int
    ends_minute: int


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """All shifts of a department (`COMPANY`: of every department without its own); seen: as for a `DayEdit`."""

    department: str
    shifts: tuple[Shift, ...]
    seen: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The working time of a department, ready to be counted.

    starts_us, ends_us: int64 (interval,), UTC microseconds, ascending, half-open, never touching.
    worked_us: int64 (interval,), working microseconds up to the end of each interval.
    first_us, horizon_us: the days covered, half-open. special: the days that differ from their weekday.
    provisional_years: covered years without published days, where Monday to Friday is assumed.
    """

    version: int
    zone: ZoneInfo
    starts_us: Moments
    ends_us: Moments
    worked_us: Moments
    first_us: int
    horizon_us: int
    special: Mapping[date, SpecialDay]
    provisional_years: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Pauses:
    """Stretches in which clocks stood still, column by column, in any order.

    clock: int64 (pause,), index of the clock among the starts.
    from_us, until_us: int64 (pause,), UTC microseconds, half-open.
    """

    clock: Moments
    from_us: Moments
    until_us: Moments

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int]]) -> "Pauses":
        """Return the columns of (clock index, from, until) rows."""
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return cls(table[:, 0], table[:, 1], table[:, 2])


class LineKind(StrEnum):
    """What a line of a derivation says."""

    START = "start"
    ELAPSED = "elapsed"
    WORKING = "working"
    PROVISIONAL = "provisional"
    COUNTED = "counted"
    BETWEEN = "between"
    UNCOUNTED = "uncounted"
    PAUSED = "paused"
    DUE = "due"


SENTENCES: Mapping[LineKind, tuple[str, str]] = {
    LineKind.START: ("开始：{moment}（{zone}）", "Starts: {moment} ({zone})"),
    LineKind.ELAPSED: (
        "时限：{span}，按连续时间计（夜间、周末、节假日均计入）",
        "Allowed: {span} of elapsed time (nights, weekends and holidays count)",
    ),
    LineKind.WORKING: (
        "时限：{span}，按工作时间计（第 {version} 版日历）",
        "Allowed: {span} of working time (calendar version {version})",
    ),
    LineKind.PROVISIONAL: (
        "注意：{year} 年放假安排未公布，暂按周一至周五上班计",
        "Note: the holidays of {year} are not published; Monday to Friday are taken as workdays",
    ),
    LineKind.COUNTED: (
        "{day}{note}：{pieces} 计 {span}，累计 {total}",
        "{day}{note}: {pieces} counts {span}, {total} so far",
    ),
    LineKind.BETWEEN: (
        "{days}：另 {count} 个工作日计 {span}，累计 {total}",
        "{days}: {count} more working days count {span}, {total} so far",
    ),
    LineKind.UNCOUNTED: ("{days}：不计（{note}）", "{days}: not counted ({note})"),
    LineKind.PAUSED: (
        "暂停：{begins} 至 {ends}，其中 {span} 不计",
        "Paused: {begins} to {ends}; {span} of it would have counted",
    ),
    LineKind.DUE: (
        "到期：{moment}（恰在此刻完成仍算按时）",
        "Due: {moment} (an event at this very moment is in time)",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a derivation: its kind, the microseconds it counts, and its sentence in both languages."""

    kind: LineKind
    counted_us: int
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a due moment came about: a sum that a clerk can check by hand."""

    due_us: int
    lines: tuple[Line, ...]

    def text(self, language: str) -> str:
        """Return the lines in Chinese or English."""
        return "\n".join(line.zh if language.startswith("zh") else line.en for line in self.lines)
