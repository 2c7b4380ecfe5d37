"""Slots of plans: half-open, once a day whatever the wall clock does, and what is made up after a pause."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.delivery.records import Daily, Every, Priority, ScheduleEntry
from zhanggui.delivery.rules import due_slots, slots_between, wait_before_retry

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
MOMENTS = st.integers(0, 6 * 366 * 24 * 3600).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_period_holds_its_begin_and_not_its_end() -> None:
    found = slots_between(Every(10), at("2026-03-02T01:00:00"), at("2026-03-02T01:00:20"), SHANGHAI)
    assert found == [at("2026-03-02T01:00:00"), at("2026-03-02T01:00:10")]


@pytest.mark.parametrize(("offset_us", "count"), [(-1, 0), (0, 0), (1, 1)])
def test_a_slot_is_due_just_after_its_moment(offset_us: int, count: int) -> None:
    slot = at("2026-03-02T01:00:10")
    end = slot + timedelta(microseconds=offset_us)
    assert len(slots_between(Every(10), slot - timedelta(seconds=9), end, SHANGHAI)) == count


def test_a_daily_slot_stands_at_the_wall_time_of_the_zone() -> None:
    found = slots_between(Daily(2, 30), at("2026-03-01T00:00:00"), at("2026-03-03T00:00:00"), SHANGHAI)
    assert found == [at("2026-03-01T18:30:00"), at("2026-03-02T18:30:00")]


@pytest.mark.parametrize(
    ("begin", "slot"),
    [("2026-03-08T05:00:00", "2026-03-08T07:30:00"), ("2026-11-01T04:00:00", "2026-11-01T05:30:00")],
)
def test_the_days_of_the_time_change_have_one_slot(begin: str, slot: str) -> None:
    plan = Daily(2, 30) if begin.startswith("2026-03") else Daily(1, 30)
    assert slots_between(plan, at(begin), at(begin) + timedelta(hours=23), NEW_YORK) == [at(slot)]


def test_a_year_of_a_zone_with_summer_time_has_one_slot_a_day() -> None:
    begin, end = (datetime(year, 1, 1, tzinfo=NEW_YORK) for year in (2026, 2027))
    slots = []
    while begin < end:
        following = begin + timedelta(days=5)
        slots += slots_between(Daily(2, 15), begin, min(following, end), NEW_YORK)
        begin = following
    assert len(slots) == 365
    assert slots == sorted(set(slots))


@given(MOMENTS, st.integers(0, 5000), st.integers(0, 5000), st.sampled_from([Every(60), Daily(0), Daily(23, 59)]))
def test_two_neighbouring_periods_hold_the_slots_of_the_whole(
    start: datetime, first: int, second: int, plan: Every | Daily
) -> None:
    middle = start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    parts = slots_between(plan, start, middle, SHANGHAI) + slots_between(plan, middle, end, SHANGHAI)
    assert parts[-100:] == slots_between(plan, start, end, SHANGHAI)


def test_after_a_pause_only_the_newest_slot_makes_a_job() -> None:
    entry = ScheduleEntry("sweep", Every(10))
    now = at("2026-03-02T12:00:05")
    assert due_slots(entry, now - timedelta(hours=3), at("2026-01-01T00:00:00"), now, SHANGHAI) == [
        at("2026-03-02T12:00:00")
    ]


def test_a_line_that_counts_every_slot_makes_up_three_missed_days() -> None:
    entry = ScheduleEntry("close_day", Daily(0), every_missed=True)
    newest, now = at("2026-03-01T16:00:00"), at("2026-03-04T17:00:00")
    assert len(due_slots(entry, newest, newest, now, SHANGHAI)) == 3


def test_nothing_older_than_a_week_is_made_up() -> None:
    entry = ScheduleEntry("close_day", Daily(0), every_missed=True)
    now = at("2026-03-31T17:00:00")
    assert len(due_slots(entry, None, at("2026-01-01T00:00:00"), now, SHANGHAI)) == 7


def test_a_slot_that_was_opened_is_not_due_again() -> None:
    slot = at("2026-03-02T12:00:00")
    entry = ScheduleEntry("sweep", Every(10))
    assert due_slots(entry, slot, slot - timedelta(days=1), slot + timedelta(seconds=5), SHANGHAI) == []


@pytest.mark.parametrize(("attempt", "seconds"), [(1, 5), (2, 20), (3, 80), (4, 320), (6, 3600), (30, 3600)])
def test_waits_grow_to_an_hour_and_are_spread(attempt: int, seconds: int) -> None:
    assert wait_before_retry(attempt, 0.5).total_seconds() == seconds
    assert wait_before_retry(attempt, 0.0).total_seconds() == seconds / 2
    assert wait_before_retry(attempt, 0.999).total_seconds() < seconds * 1.5


def test_what_serves_the_clocks_never_waits_long() -> None:
    assert wait_before_retry(4, 0.5, Priority.CLOCK).total_seconds() == 10
