"""The checker's slow deadline agrees with the fast one, which it has never seen."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.kernel.moments import micros_of, moments_of
from zhanggui.obligations.calendars import rules as fast
from zhanggui.obligations.calendars.records import DayKind, Pauses, Shift, SpecialDay
from zhanggui.oversight.verification.rules import STANDARD, Hours, due_moment

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
SPECIAL = {date(2026, 2, 14): "workday", **{date(2026, 2, day): "holiday" for day in range(15, 24)}}
NIGHT = ((31, 22 * 60, 30 * 60), (128, 600, 660))
moments = st.integers(0, 100 * 86_400 * 10).map(lambda tenths: FIRST + timedelta(seconds=tenths / 10))
seconds = st.integers(0, 20 * 86_400)
gaps = st.lists(st.tuples(st.integers(0, 5 * 86_400), st.integers(0, 3 * 86_400)), max_size=4)


@pytest.mark.parametrize("intervals", [None, STANDARD, NIGHT], ids=["elapsed", "standard", "night"])
@given(start=moments, allowed=seconds, gaps=gaps)
def test_both_give_the_same_moment(
    intervals: tuple[tuple[int, int, int], ...] | None, start: datetime, allowed: int, gaps: list[tuple[int, int]]
) -> None:
    pauses, at = [], start
    for wait, length in gaps:
        begin = at + timedelta(seconds=wait)
        at = begin + timedelta(seconds=length)
        pauses.append((begin, at))
    hours = Hours(SHANGHAI, intervals, SPECIAL) if intervals else None
    assert due_moment(start, timedelta(seconds=allowed), pauses, hours) == by_the_rule(
        start, allowed, pauses, intervals
    )


def by_the_rule(
    start: datetime,
    allowed: int,
    pauses: list[tuple[datetime, datetime]],
    intervals: tuple[tuple[int, int, int], ...] | None,
) -> datetime:
    """What the product's own rule says."""
    calendar = None
    if intervals:
        days = [SpecialDay(day, DayKind(kind), "日", "day") for day, kind in SPECIAL.items()]
        shifts = [Shift(*interval) for interval in intervals]
        calendar = fast.build_calendar(days, shifts, SHANGHAI, date(2025, 12, 1), date(2027, 12, 31))
    stretches = Pauses.of([(0, *(int(us) for us in micros_of(list(pause)))) for pause in pauses])
    basis = "working" if intervals else "elapsed"
    return moments_of(fast.due_at(micros_of([start]), allowed, basis, calendar, stretches))[0]


def test_no_working_day_ever_is_no_deadline() -> None:
    assert due_moment(FIRST, timedelta(seconds=1), (), Hours(SHANGHAI, (), {})) is None
