"""What holds for every clock, whatever its calendar."""

from datetime import date
from time import perf_counter
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.working import working_us_between

from zhanggui.obligations.calendars.records import Basis, Calendar, Pauses, Shift
from zhanggui.obligations.calendars.rules import (
    STANDARD_HOURS,
    build_calendar,
    due_and_warnings,
    due_at,
)

FIRST, LAST = date(2025, 12, 1), date(2027, 2, 28)
START_FROM, START_TO = 1_767_225_600_000_000, 1_790_000_000_000_000  # 2026-01-01 to 2026-09-21
ZONES = st.sampled_from(["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe"]).map(ZoneInfo)
STARTS = st.integers(START_FROM, START_TO)
AMOUNTS = st.integers(0, 60 * 3600)
BASES = st.sampled_from([Basis.ELAPSED, Basis.WORKING])
SHIFTS = st.builds(
    lambda days, start, length: Shift(days, start, start + length),
    st.integers(1, 127),
    st.integers(0, 1439),
    st.integers(30, 1440),
)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    shifts = [*draw(st.lists(SHIFTS, max_size=3)), STANDARD_HOURS.shifts[0]]
    return build_calendar([], shifts, draw(ZONES), FIRST, LAST)


def one(start: int, seconds: int, basis: Basis, calendar: Calendar, *pauses: tuple[int, int]) -> int:
    rows = Pauses.of([(0, *pause) for pause in pauses])
    return int(due_at(np.array([start]), seconds, basis, calendar, rows)[0])


@given(calendars(), BASES, STARTS, AMOUNTS, st.integers(0, 10**9), AMOUNTS)
def test_later_or_longer_is_never_due_earlier(
    calendar: Calendar, basis: Basis, start: int, amount: int, wait: int, more: int
) -> None:
    assert one(start + wait, amount, basis, calendar) >= one(start, amount, basis, calendar) >= start
    assert one(start, amount + more, basis, calendar) >= one(start, amount, basis, calendar)


@given(calendars(), BASES, STARTS, AMOUNTS, AMOUNTS)
def test_two_amounts_one_after_the_other_are_their_sum(
    calendar: Calendar, basis: Basis, start: int, first: int, second: int
) -> None:
    halfway = one(start, first, basis, calendar)
    assert one(start, first + second, basis, calendar) == one(halfway, second, basis, calendar)


@given(calendars(), STARTS, AMOUNTS)
def test_the_time_until_due_is_the_amount(calendar: Calendar, start: int, amount: int) -> None:
    limit = one(start, amount, Basis.WORKING, calendar)
    assert working_us_between(np.array([start]), np.array([limit]), calendar).tolist() == [amount * 1_000_000]
    if amount:
        just_before = working_us_between(np.array([start]), np.array([limit - 1]), calendar)
        assert just_before.tolist() == [amount * 1_000_000 - 1]


@given(calendars(), BASES, STARTS, st.integers(1, 60 * 3600), st.integers(0, 10**11), st.integers(0, 10**11))
def test_a_pause_moves_due_by_exactly_what_it_took(
    calendar: Calendar, basis: Basis, start: int, amount: int, after: int, length: int
) -> None:
    begins, ends = start + after, start + after + length
    plain, paused = one(start, amount, basis, calendar), one(start, amount, basis, calendar, (begins, ends))
    if begins >= plain:
        assert paused == plain
    elif basis is Basis.ELAPSED:
        assert paused == plain + length
    else:
        edges = np.array([start, begins, ends, paused])
        counted = working_us_between(edges[:-1], edges[1:], calendar)
        assert counted[0] + counted[2] == amount * 1_000_000


@given(calendars(), BASES, STARTS, AMOUNTS)
def test_warnings_come_in_order(calendar: Calendar, basis: Basis, start: int, amount: int) -> None:
    limit, half, most = (int(column[0]) for column in due_and_warnings(np.array([start]), amount, basis, calendar))
    assert start <= half <= most <= limit


@given(calendars(), BASES, st.lists(st.tuples(STARTS, AMOUNTS), max_size=8))
def test_many_clocks_are_counted_like_each_alone(
    calendar: Calendar, basis: Basis, clocks: list[tuple[int, int]]
) -> None:
    starts, amounts = np.array(clocks, dtype=np.int64).reshape(-1, 2).T
    together = due_at(starts, amounts, basis, calendar).tolist()
    assert together == [one(start, amount, basis, calendar) for start, amount in clocks]


@given(calendars())
def test_working_stretches_ascend_and_never_touch(calendar: Calendar) -> None:
    assert (calendar.starts_us < calendar.ends_us).all()
    assert (calendar.starts_us[1:] > calendar.ends_us[:-1]).all()
    assert calendar.worked_us[-1] == (calendar.ends_us - calendar.starts_us).sum()


def test_ten_thousand_clocks_are_counted_at_once_and_not_one_by_one() -> None:
    calendar = build_calendar(
        [], STANDARD_HOURS.shifts, ZoneInfo("Asia/Shanghai"), date(1970, 1, 1), date(2069, 12, 31)
    )
    starts = np.random.default_rng(1).integers(START_FROM, START_TO, 10_000)
    ratio = fastest(starts, calendar) / fastest(starts[:1], calendar)
    assert ratio < len(starts) / 10, "as dear as a loop over the clocks"


def fastest(starts: np.ndarray[tuple[int], np.dtype[np.int64]], calendar: Calendar) -> float:
    """Return the seconds of the fastest of fifty counts, so that a busy machine does not decide."""
    taken = []
    for _ in range(50):
        begun = perf_counter()
        due_at(starts, 48 * 3600, Basis.WORKING, calendar)
        taken.append(perf_counter() - begun)
    return min(taken)
