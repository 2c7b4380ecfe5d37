"""Special days: brought in from the notices, changed by the office, each change a version of its own."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories.working import broken_versions

from zhanggui.journal.models import Run, Transition
from zhanggui.journal.records import Context, KeyReused
from zhanggui.kernel.batch import Answer
from zhanggui.kernel.moments import micros_of, moments_of
from zhanggui.obligations.calendars.models import CalendarDay, CalendarVersion
from zhanggui.obligations.calendars.queries import (
    calendar_for,
    current_version,
    missing_years_warning,
    published_days,
    special_days_in,
)
from zhanggui.obligations.calendars.records import CalendarRefused, DayEdit, DayKind, Source, SpecialDay
from zhanggui.obligations.calendars.rules import due_at
from zhanggui.obligations.calendars.steps import edit_calendar_days, seed_calendar_days

pytestmark = pytest.mark.django_db

NEW_YEAR = date(2027, 1, 1)
ANNIVERSARY = DayEdit(date(2026, 6, 1), DayKind.HOLIDAY, "公司成立日", "Company day")
NEW_YEAR_OFF = DayEdit(NEW_YEAR, DayKind.HOLIDAY, "元旦", "New Year's Day", Source.PUBLISHED)


def due_on(version: int | None) -> date:
    """Return the day on which two working hours end that begin at 17:00 on the last day of 2026."""
    start = micros_of([datetime(2026, 12, 31, 9, tzinfo=UTC)])
    (found,) = moments_of(due_at(start, 7200, "working", calendar_for("sales", version)))
    return found.date()


def refusals(answer: Answer) -> list[tuple[int, str]]:
    return [(row.index, row.code) for row in answer.rejected]


def test_the_notices_come_in_as_the_first_version(context: Context) -> None:
    found = seed_calendar_days(published_days(), context=context)
    assert {row.result for row in found.accepted} == {1}
    assert current_version() == 1
    assert special_days_in(1) == published_days()
    assert not broken_versions()


def test_bringing_them_in_again_changes_nothing(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    found = seed_calendar_days(published_days(), context=context)
    assert {row.result for row in found.accepted} == {1}
    assert CalendarDay.objects.count() == len(published_days())


def test_a_corrected_notice_replaces_its_days_only(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    moved = replace(published_days()[-1], name_en="National Day (amended)")
    seed_calendar_days([moved], context=context)
    assert CalendarDay.objects.filter(version_from=2).count() == 1
    assert special_days_in(2)[-1] == moved
    assert special_days_in(1) == published_days()


def test_what_the_office_decided_stands_against_the_notices(context: Context) -> None:
    own = DayEdit(date(2026, 10, 8), DayKind.HOLIDAY, "补休", "Day in lieu")
    edit_calendar_days([own, replace(own, day=date(2026, 10, 7))], context=context)
    seed_calendar_days(published_days(), context=context)
    kept = {special.day: special.source for special in special_days_in(2)}
    assert kept[date(2026, 10, 8)] == kept[date(2026, 10, 7)] == Source.MANUAL


def test_each_edit_makes_a_version_and_older_ones_stay_whole(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    edit_calendar_days([ANNIVERSARY], context=context)
    edit_calendar_days([replace(ANNIVERSARY, name_en="Founding day")], context=context)
    edit_calendar_days([DayEdit(ANNIVERSARY.day, None)], context=context)
    names = [
        [special.name_en for special in special_days_in(number, ANNIVERSARY.day, ANNIVERSARY.day)]
        for number in (1, 2, 3, 4)
    ]
    assert names == [[], ["Company day"], ["Founding day"], []]
    assert not broken_versions()
    assert Transition.objects.filter(kind="calendar_day").count() == 2


def test_a_clock_keeps_its_version_when_its_year_is_published_later(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    assert due_on(None) == NEW_YEAR
    edit_calendar_days([NEW_YEAR_OFF], context=context)
    assert due_on(1) == NEW_YEAR
    assert due_on(None) == due_on(2) == date(2027, 1, 4)
    assert 2027 in calendar_for("sales", 1).provisional_years
    assert 2027 not in calendar_for("sales", 2).provisional_years


def test_before_the_first_version_monday_to_friday_holds(context: Context) -> None:
    assert current_version() == 0
    assert calendar_for("sales").version == 0
    assert due_on(None) == NEW_YEAR


def test_an_unknown_version_is_refused(context: Context) -> None:
    with pytest.raises(CalendarRefused):
        calendar_for("sales", 9)


def test_the_missing_year_is_called_out_until_its_notice_is_entered(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    begins = datetime(2026, 11, 1, 16, tzinfo=UTC)  # midnight of 2 November in Shanghai
    assert missing_years_warning(begins - timedelta(microseconds=1)) == ()
    assert missing_years_warning(begins) == (2027,)
    edit_calendar_days([replace(NEW_YEAR_OFF, source=Source.MANUAL)], context=context)
    assert missing_years_warning(begins) == (2027,)
    edit_calendar_days([NEW_YEAR_OFF], context=context)
    assert missing_years_warning(begins) == ()


def test_bad_rows_are_refused_and_good_ones_go_in(context: Context) -> None:
    batch = [
        ANNIVERSARY,
        replace(ANNIVERSARY, name_en="Again"),
        replace(ANNIVERSARY, day=date(2026, 6, 2), name_zh=" "),
        replace(ANNIVERSARY, day=date(1969, 12, 31)),
        DayEdit(date(2026, 6, 3), None),
    ]
    found = edit_calendar_days(batch, context=context)
    assert refusals(found) == [(1, "same_day_twice"), (2, "name_missing"), (3, "outside_calendar")]
    assert [row.index for row in found.accepted] == [0, 4]
    assert [special.name_en for special in special_days_in(1)] == ["Company day"]


def test_a_batch_that_changes_nothing_makes_no_version(context: Context) -> None:
    edit_calendar_days([ANNIVERSARY], context=context)
    edit_calendar_days([ANNIVERSARY, DayEdit(date(2026, 6, 3), None)], context=context)
    assert current_version() == 1


def test_a_repeat_under_the_same_key_is_answered_from_the_journal(context: Context) -> None:
    keyed = replace(context, key="edit-1")
    first = edit_calendar_days([ANNIVERSARY], context=keyed)
    edit_calendar_days([DayEdit(ANNIVERSARY.day, None)], context=context)
    again = edit_calendar_days([ANNIVERSARY], context=keyed)
    assert again.replayed
    assert again.accepted == first.accepted
    assert current_version() == 2
    with pytest.raises(KeyReused):
        edit_calendar_days([DayEdit(ANNIVERSARY.day, None)], context=keyed)


def test_a_dry_run_answers_and_writes_nothing(context: Context) -> None:
    found = edit_calendar_days([ANNIVERSARY], context=replace(context, dry_run=True))
    assert [row.result for row in found.accepted] == [1]
    assert current_version() == 0
    assert not Run.objects.exists()


def test_fifty_days_cost_as_many_statements_as_one(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)

    def statements(first: date, n_days: int) -> int:
        batch = [replace(ANNIVERSARY, day=first + timedelta(days=at)) for at in range(n_days)]
        with CaptureQueriesContext(connection) as seen:
            edit_calendar_days(batch, context=context)
        return len(seen) + Run.objects.latest("id").statements

    assert statements(date(2040, 1, 1), 50) == statements(date(2041, 1, 1), 1)


def test_a_calendar_is_built_once_per_content(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    assert calendar_for("sales") is calendar_for("sales", 1)
    edit_calendar_days([ANNIVERSARY], context=context)
    assert calendar_for("sales") is not calendar_for("sales", 1)


@pytest.mark.parametrize("planted", [{"name_en": "x"}, {"kind": "workday"}, {"version_to": 2}])
def test_a_changed_row_is_found(context: Context, planted: dict[str, str]) -> None:
    seed_calendar_days(published_days(), context=context)
    edit_calendar_days([ANNIVERSARY], context=context)
    CalendarDay.objects.filter(day=date(2026, 10, 1)).update(**planted)
    assert broken_versions() == ([2] if "version_to" in planted else [1, 2])


def test_a_changed_hash_is_found(context: Context) -> None:
    seed_calendar_days([SpecialDay(NEW_YEAR, DayKind.HOLIDAY, "元旦", "New Year's Day")], context=context)
    CalendarVersion.objects.update(content_hash="0" * 64)
    assert broken_versions() == [1]


def test_the_newest_version_counts_a_make_up_saturday(context: Context) -> None:
    seed_calendar_days(published_days(), context=context)
    friday = micros_of([datetime(2026, 2, 13, 9, tzinfo=UTC)])
    found = due_at(friday, 7200, "working", calendar_for("logistics"))
    assert np.array_equal(found, micros_of([datetime(2026, 2, 14, 2, tzinfo=UTC)]))
