"""A hundred thousand random clocks against a counter that knows nothing but minutes.

The counter writes down for every minute in UTC whether it is worked, by the wall clock, and then counts.
It shares no code with the product.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.factories.working import working_us_between

from zhanggui.obligations.calendars.records import Calendar, DayKind, Pauses, Shift, SpecialDay
from zhanggui.obligations.calendars.rules import build_calendar, due_at

ZONES = ("Asia/Shanghai", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
MINUTE_US = 60_000_000
Minutes = np.ndarray[tuple[int], np.dtype[np.int64]]


class MinuteCounter:
    """Which minutes are worked, and how many so far."""

    def __init__(self, first: date, last: date, shifts: list[Shift], special: dict[date, str], zone: ZoneInfo) -> None:
        begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
        count = ((last - first).days + 1) * 1440
        base = begin - timedelta(days=3)
        every_half_hour = (begin + timedelta(minutes=at) for at in range(0, count, 30))
        walls = (moment.astimezone(zone).replace(tzinfo=UTC) for moment in every_half_hour)
        half_hours = np.array([(wall - base) // timedelta(minutes=1) for wall in walls])
        wall_minutes = (half_hours[:, None] + np.arange(30)).reshape(-1)
        self.base, self.shifts, self.special = base.date(), shifts, special
        worked_walls = self._worked_walls(int(wall_minutes.max()) + 1)
        self.worked = worked_walls[np.maximum.accumulate(wall_minutes)].astype(np.int64)
        self.first_us = int(begin.timestamp()) * 1_000_000
        self.so_far = np.concatenate([[0], np.cumsum(self.worked)])

    def _worked_walls(self, count: int) -> Minutes:
        worked = np.zeros(count + 3 * 1440, dtype=np.int64)
        for number in range(count // 1440 + 1):
            day = self.base + timedelta(days=number)
            for shift in self.shifts:
                if self._holds(shift, day):
                    worked[number * 1440 + shift.starts_minute : number * 1440 + shift.ends_minute] = 1
        return worked

    def _holds(self, shift: Shift, day: date) -> bool:
        kind = day.weekday()
        if self.special.get(day) == "holiday":
            kind = 7
        elif self.special.get(day) == "workday":
            usual = [k for k in range(5) for s in self.shifts if f"{s.days:08b}"[::-1][k] == "1"]
            kind = min(usual, default=kind)
        return f"{shift.days:08b}"[::-1][kind] == "1"

    def due_minute(self, start: int, amount: int, pauses: list[tuple[int, int]]) -> int:
        """Return the first minute at which `amount` worked and unpaused minutes have passed since `start`."""
        free = self.worked[start:].copy()
        for begins, ends in pauses:
            free[begins - start : ends - start] = 0
        return start if amount == 0 else start + int(np.argmax(np.cumsum(free) >= amount)) + 1


def random_case(rng: np.random.Generator, n_days: int) -> tuple[Calendar, MinuteCounter]:
    """Return a random calendar, once as the product builds it and once as minutes."""
    zone = ZoneInfo(str(rng.choice(ZONES)))
    first = date(2015, 1, 1) + timedelta(days=int(rng.integers(0, 5000)))
    last = first + timedelta(days=n_days)
    shifts = []
    for _ in range(int(rng.integers(1, 5))):
        start = int(rng.integers(0, 1440))
        end = 1440 if rng.random() < 0.2 else start + int(rng.integers(1, 1441))
        shifts.append(Shift(int(rng.integers(1, 256)), start, max(end, start + 1)))
    shifts.append(Shift(0b0000_0001, 540, 1080))
    kinds = rng.choice(["holiday", "workday", ""], size=n_days, p=[0.1, 0.1, 0.8])
    special = {first + timedelta(days=at): str(kind) for at, kind in enumerate(kinds) if kind}
    rows = [SpecialDay(day, DayKind(kind), "某日", "some day") for day, kind in special.items()]
    calendar = build_calendar(rows, shifts, zone, first - timedelta(days=3), last + timedelta(days=3))
    return calendar, MinuteCounter(first, last, shifts, special, zone)


@pytest.mark.parametrize("seed", range(10))
def test_eight_thousand_random_working_clocks_agree_with_the_minute_counter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(4):
        calendar, counter = random_case(rng, n_days=60)
        usable = int(np.flatnonzero(counter.worked)[-1])
        starts = rng.integers(0, usable, 2_000)
        left = counter.so_far[-1] - counter.so_far[starts]
        amounts = (rng.random(2_000) ** 2 * left).astype(np.int64) + 1
        expected = np.searchsorted(counter.so_far, counter.so_far[starts] + amounts)
        found = due_at(starts * MINUTE_US + counter.first_us, amounts * 60, "working", calendar)
        assert np.array_equal((found - counter.first_us) / MINUTE_US, expected)
        back = working_us_between(starts * MINUTE_US + counter.first_us, found, calendar)
        assert np.array_equal(back, amounts * MINUTE_US)


def random_pauses(rng: np.random.Generator, start: int, limit: int) -> list[tuple[int, int]]:
    """Return up to four pauses after the start, some of no length, some touching."""
    edges = np.sort(rng.integers(start, limit, 2 * int(rng.integers(0, 5))))
    if edges.size > 3 and rng.random() < 0.3:
        edges[2] = edges[1]
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


@pytest.mark.parametrize("basis", ["working", "elapsed"])
@pytest.mark.parametrize("seed", range(10))
def test_a_thousand_random_paused_clocks_agree_with_the_minute_counter(seed: int, basis: str) -> None:
    rng = np.random.default_rng(1_000 + seed)
    calendar, counter = random_case(rng, n_days=8)
    if basis == "elapsed":
        counter.worked[:] = 1
    usable = int(np.flatnonzero(counter.worked)[-1])
    starts, amounts, expected, rows = [], [], [], []
    for clock in range(1_000):
        start = int(rng.integers(0, usable))
        pauses = random_pauses(rng, start, usable + 1)
        free = counter.worked[start:].sum() - sum(counter.worked[a:b].sum() for a, b in pauses)
        amount = int(rng.random() * free) + (free > 0)
        starts.append(start)
        amounts.append(amount)
        expected.append(counter.due_minute(start, amount, pauses))
        rows += [(clock, a * MINUTE_US + counter.first_us, b * MINUTE_US + counter.first_us) for a, b in pauses]
    begun = np.array(starts) * MINUTE_US + counter.first_us
    shuffled = Pauses.of([rows[at] for at in rng.permutation(len(rows))])
    found = due_at(begun, np.array(amounts) * 60, basis, calendar, shuffled)
    assert ((found - counter.first_us) / MINUTE_US).tolist() == expected


def test_the_counter_notices_a_lost_minute() -> None:
    rng = np.random.default_rng(5)
    calendar, counter = random_case(rng, n_days=8)
    counter.worked[int(np.flatnonzero(counter.worked)[0])] = 0
    counted = np.concatenate([[0], np.cumsum(counter.worked)])[-1]
    whole = working_us_between(
        np.array([counter.first_us]), np.array([counter.first_us + counter.worked.size * MINUTE_US]), calendar
    )
    assert whole[0] == (counted + 1) * MINUTE_US
