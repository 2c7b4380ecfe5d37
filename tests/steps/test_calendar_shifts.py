"""Shifts: a department's own, else the company's, else the standard hours."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from tests.factories.working import broken_versions

from zhanggui.journal.records import Context
from zhanggui.kernel.moments import micros_of, moments_of
from zhanggui.obligations.calendars.models import ShiftPattern
from zhanggui.obligations.calendars.queries import (
    calendar_for,
    current_version,
    published_days,
    shift_plans_in,
    shifts_in,
)
from zhanggui.obligations.calendars.records import COMPANY, EVERY_DAY, MONDAY_TO_FRIDAY, Shift, ShiftPlan
from zhanggui.obligations.calendars.rules import STANDARD_HOURS, due_at
from zhanggui.obligations.calendars.steps import seed_calendar_days, set_shifts

pytestmark = pytest.mark.django_db

ALWAYS = ShiftPlan("service", (Shift(EVERY_DAY, 0, 1440),))
SHORT = ShiftPlan(COMPANY, (Shift(MONDAY_TO_FRIDAY, 600, 960),))


def two_hours_from_friday_1730(department: str, version: int | None = None) -> str:
    start = micros_of([datetime(2026, 3, 6, 9, 30, tzinfo=UTC)])
    (found,) = moments_of(due_at(start, 7200, "working", calendar_for(department, version)))
    return found.strftime("%m-%d %H:%M")


def test_a_department_works_its_own_shifts_the_others_the_companys(context: Context) -> None:
    assert two_hours_from_friday_1730("sales") == "03-09 02:30"
    set_shifts([ALWAYS, SHORT], context=context)
    assert two_hours_from_friday_1730("service") == "03-06 11:30"
    assert two_hours_from_friday_1730("sales") == "03-09 04:00"


def test_older_versions_keep_their_shifts(context: Context) -> None:
    set_shifts([STANDARD_HOURS], context=context)
    set_shifts([ALWAYS], context=context)
    set_shifts([replace(ALWAYS, shifts=SHORT.shifts)], context=context)
    found = [two_hours_from_friday_1730("service", version) for version in (1, 2, 3)]
    assert found == ["03-09 02:30", "03-06 11:30", "03-09 04:00"]
    assert shifts_in(2, "service") == ALWAYS.shifts
    assert not broken_versions()


def test_days_and_shifts_share_one_line_of_versions(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    set_shifts([ALWAYS], context=context)
    assert current_version() == 2
    assert len(calendar_for("service").special) == len(published_days())


def test_no_working_hours_at_all_are_refused_and_nothing_changes(context: Context) -> None:
    set_shifts([ALWAYS], context=context)
    batch = [
        replace(ALWAYS, shifts=()),
        ShiftPlan("sales", (Shift(MONDAY_TO_FRIDAY, 540, 540),)),
        ShiftPlan("logistics", (Shift(1, 540, 720), Shift(3, 700, 800))),
        ShiftPlan("logistics", SHORT.shifts),
    ]
    found = set_shifts(batch, context=context)
    assert [(row.index, row.code) for row in found.rejected] == [
        (0, "no_working_hours"),
        (1, "bad_shift"),
        (2, "overlapping_shifts"),
        (3, "same_department_twice"),
    ]
    assert current_version() == 1
    assert shift_plans_in(1) == [ALWAYS]


def test_the_same_shifts_again_make_no_version(context: Context) -> None:
    set_shifts([STANDARD_HOURS], context=context)
    set_shifts([replace(STANDARD_HOURS, shifts=STANDARD_HOURS.shifts[::-1])], context=context)
    assert current_version() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"days": 0},
        {"days": 256},
        {"starts_minute": -1},
        {"starts_minute": 1440, "ends_minute": 1500},
        {"ends_minute": 540},
        {"ends_minute": 2881},
        {"version_to": 1},
    ],
)
def test_the_table_itself_refuses_what_is_no_shift(values: dict[str, int]) -> None:
    row = {
        "id": 1, "run_id": 1, "department": "sales", "days": 31, "starts_minute": 540, "ends_minute": 1080,
        "version_from": 1, "version_to": None,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        ShiftPattern.objects.create(**row | values)
