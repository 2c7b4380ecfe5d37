"""What a department may set as its working hours, and when a missing year is called out."""

from datetime import date

import pytest

from zhanggui.obligations.calendars.queries import published_days
from zhanggui.obligations.calendars.records import (
    EVERY_DAY,
    HOLIDAYS,
    MONDAY_TO_FRIDAY,
    MONDAY_TO_SUNDAY,
    DayKind,
    Shift,
    ShiftPlan,
)
from zhanggui.obligations.calendars.rules import STANDARD_HOURS, content_hash, missing_years, plan_fault


@pytest.mark.parametrize(
    ("why", "shifts", "code"),
    [
        ("standard hours", STANDARD_HOURS.shifts, None),
        ("round the clock", (Shift(EVERY_DAY, 0, 1440),), None),
        ("over midnight every day", (Shift(EVERY_DAY, 1320, 1800),), None),
        ("two shifts that touch", (Shift(EVERY_DAY, 0, 720), Shift(EVERY_DAY, 720, 1440)), None),
        ("shorter on holidays", (Shift(MONDAY_TO_SUNDAY, 540, 1080), Shift(HOLIDAYS, 600, 960)), None),
        ("nothing at all", (), "no_working_hours"),
        ("on no day", (Shift(0, 540, 1080),), "bad_shift"),
        ("on an unknown day", (Shift(256, 540, 1080),), "bad_shift"),
        ("ends as it begins", (Shift(MONDAY_TO_FRIDAY, 540, 540),), "bad_shift"),
        ("ends before it begins", (Shift(MONDAY_TO_FRIDAY, 1080, 540),), "bad_shift"),
        ("begins at 24:00", (Shift(MONDAY_TO_FRIDAY, 1440, 1500),), "bad_shift"),
        ("begins before the day", (Shift(MONDAY_TO_FRIDAY, -1, 60),), "bad_shift"),
        ("over a second midnight", (Shift(MONDAY_TO_FRIDAY, 1320, 2881),), "bad_shift"),
        ("two at once", (Shift(MONDAY_TO_FRIDAY, 540, 720), Shift(1, 719, 1080)), "overlapping_shifts"),
        ("the night runs into the morning", (Shift(1, 1320, 1800), Shift(2, 359, 720)), "overlapping_shifts"),
        ("Sunday's night runs into Monday", (Shift(64, 1320, 1800), Shift(1, 0, 60)), "overlapping_shifts"),
        ("two at once on holidays", (Shift(HOLIDAYS, 0, 60), Shift(HOLIDAYS, 59, 90)), "overlapping_shifts"),
    ],
)
def test_plans(why: str, shifts: tuple[Shift, ...], code: str | None) -> None:
    assert plan_fault(ShiftPlan("logistics", shifts)) == code, why


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 1), ()),
        (date(2026, 11, 2), (2027,)),
        (date(2026, 12, 31), (2027,)),
        (date(2027, 1, 1), (2027,)),
        (date(2027, 11, 2), (2027, 2028)),
    ],
)
def test_a_missing_year_is_called_out_sixty_days_before_it_begins(today: date, expected: tuple[int, ...]) -> None:
    assert missing_years(today, frozenset({2025, 2026})) == expected


def test_the_packaged_notices_reach_from_2004_to_2026_with_their_make_up_workdays() -> None:
    days = {special.day: special for special in published_days()}
    assert {day.year for day in days} == set(range(2004, 2027))
    assert days[date(2026, 2, 14)].kind is DayKind.WORKDAY
    assert days[date(2026, 2, 14)].name_zh == "春节调休上班"
    assert days[date(2026, 10, 1)].name_zh == "国庆节"
    assert all(day.weekday() >= 5 for day, special in days.items() if special.kind is DayKind.WORKDAY)


def test_the_hash_of_a_version_depends_on_every_field_but_not_on_order() -> None:
    days, plans = published_days()[:9], [STANDARD_HOURS, ShiftPlan("logistics", (Shift(1, 0, 60),))]
    same = content_hash("Asia/Shanghai", days[::-1], plans[::-1])
    assert content_hash("Asia/Shanghai", days, plans) == same
    assert content_hash("UTC", days, plans) != same
    assert content_hash("Asia/Shanghai", days[1:], plans) != same
    assert content_hash("Asia/Shanghai", days, plans[:1]) != same
