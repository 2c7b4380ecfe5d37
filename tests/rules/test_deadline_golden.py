"""Deadlines that anybody can check with a paper calendar."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from tests.factories.working import working_us_between

from zhanggui.kernel.moments import micros_of, moments_of
from zhanggui.obligations.calendars.queries import published_days
from zhanggui.obligations.calendars.records import (
    EVERY_DAY,
    MONDAY_TO_FRIDAY,
    MONDAY_TO_SUNDAY,
    Calendar,
    CalendarEnds,
    DayKind,
    NoWorkingHours,
    Shift,
    SpecialDay,
)
from zhanggui.obligations.calendars.rules import (
    STANDARD_HOURS,
    build_calendar,
    due_and_warnings,
    due_at,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
HOUR = 3600
NINE_TO_SIX = (Shift(MONDAY_TO_FRIDAY, 540, 1080),)
ROUND_THE_CLOCK = (Shift(EVERY_DAY, 0, 1440),)


def office(*shifts: Shift, zone: ZoneInfo = SHANGHAI) -> Calendar:
    return build_calendar(published_days(), shifts or STANDARD_HOURS.shifts, zone, date(2004, 1, 1), date(2032, 12, 31))


def due(start: str, hours: float, calendar: Calendar, basis: str = "working") -> str:
    """Return the local due moment of a clock that starts at a local moment."""
    begun = datetime.fromisoformat(start).replace(tzinfo=calendar.zone)
    (moment,) = moments_of(due_at(micros_of([begun]), int(hours * HOUR), basis, calendar))
    return moment.astimezone(calendar.zone).replace(tzinfo=None).isoformat(" ")


@pytest.mark.parametrize(
    ("why", "start", "hours", "expected"),
    [
        ("a plain morning", "2026-03-02 09:00", 2, "2026-03-02 11:00:00"),
        ("over the lunch break", "2026-03-02 11:00", 2, "2026-03-02 14:00:00"),
        ("ends exactly at the break, not after it", "2026-03-02 09:00", 3, "2026-03-02 12:00:00"),
        ("ends exactly at closing time, not next morning", "2026-03-02 10:00", 7, "2026-03-02 18:00:00"),
        ("over the night", "2026-03-02 17:00", 2, "2026-03-03 10:00:00"),
        ("over the weekend", "2026-03-06 17:00", 2, "2026-03-09 10:00:00"),
        ("started in the break", "2026-03-02 12:30", 1, "2026-03-02 14:00:00"),
        ("no time allowed at night is due at once", "2026-03-02 23:00", 0, "2026-03-02 23:00:00"),
        ("Spring Festival 2026: nine days off", "2026-02-14 17:00", 2, "2026-02-24 10:00:00"),
        ("make-up Saturday before Spring Festival", "2026-02-13 17:00", 2, "2026-02-14 10:00:00"),
        ("make-up Saturday after Spring Festival", "2026-02-27 17:00", 2, "2026-02-28 10:00:00"),
        ("the Sunday after it is a Sunday", "2026-02-28 17:00", 2, "2026-03-02 10:00:00"),
        ("make-up Sunday before National Day", "2026-09-19 12:00", 8, "2026-09-20 18:00:00"),
        ("23:59 on the eve of National Day", "2026-09-30 23:59", 1, "2026-10-08 10:00:00"),
        ("17:59 on the eve of National Day", "2026-09-30 17:59", 1, "2026-10-08 09:59:00"),
        ("National Day week, then the make-up Saturday", "2026-09-30 18:00", 24, "2026-10-10 18:00:00"),
        ("eight days off in 2025", "2025-09-30 17:00", 2, "2025-10-09 10:00:00"),
        ("year end", "2025-12-31 17:00", 2, "2026-01-04 10:00:00"),
        ("leap day", "2028-02-28 17:00", 10, "2028-03-01 10:00:00"),
        ("an unpublished year: Monday to Friday", "2027-12-31 17:00", 2, "2028-01-03 10:00:00"),
    ],
)
def test_working_time(why: str, start: str, hours: float, expected: str) -> None:
    assert due(start, hours, office()) == expected, why


@pytest.mark.parametrize(
    ("why", "start", "hours", "expected"),
    [
        ("holidays count", "2026-02-14 17:00", 48, "2026-02-16 17:00:00"),
        ("leap day", "2028-02-28 12:00", 24, "2028-02-29 12:00:00"),
        ("after the leap day", "2028-02-29 12:00", 24, "2028-03-01 12:00:00"),
        ("year end", "2026-12-31 23:59:59.999999", 1, "2027-01-01 00:59:59.999999"),
    ],
)
def test_elapsed_time(why: str, start: str, hours: float, expected: str) -> None:
    assert due(start, hours, office(), "elapsed") == expected, why


def test_elapsed_time_needs_no_calendar() -> None:
    assert due_at(np.array([5]), 1, "elapsed").tolist() == [1_000_005]


@pytest.mark.parametrize(
    ("start", "expected"),
    [("2026-03-07 12:00", "2026-03-08 13:00:00"), ("2026-10-31 12:00", "2026-11-01 11:00:00")],
)
def test_twenty_four_hours_are_twenty_four_hours_over_both_changes_in_new_york(start: str, expected: str) -> None:
    calendar = office(*ROUND_THE_CLOCK, zone=NEW_YORK)
    assert due(start, 24, calendar, "elapsed") == expected
    assert due(start, 24, calendar, "working") == expected


def test_a_night_shift_over_the_change_loses_and_gains_an_hour() -> None:
    night = office(Shift(MONDAY_TO_SUNDAY, 22 * 60, 30 * 60), zone=NEW_YORK)
    assert due("2026-03-07 22:00", 7, night) == "2026-03-08 06:00:00"
    assert due("2026-10-31 22:00", 9, night) == "2026-11-01 06:00:00"
    assert due("2026-06-01 22:00", 8, night) == "2026-06-02 06:00:00"


def test_a_shift_within_the_skipped_hour_does_not_exist_that_day() -> None:
    odd = office(Shift(MONDAY_TO_SUNDAY, 150, 170), zone=NEW_YORK)
    assert due("2026-03-08 00:00", 1 / 3, odd) == "2026-03-09 02:50:00"


def test_a_local_day_that_never_was_has_no_working_time() -> None:
    apia = office(*ROUND_THE_CLOCK, zone=ZoneInfo("Pacific/Apia"))
    assert due("2011-12-29 12:00", 24, apia) == "2011-12-31 12:00:00"


def test_work_until_twenty_four_hundred_loses_no_minute_at_midnight() -> None:
    day_and_night = office(*ROUND_THE_CLOCK)
    assert due("2026-03-02 23:59", 1 / 60, day_and_night) == "2026-03-03 00:00:00"
    assert due("2026-03-02 23:59", 2 / 60, day_and_night) == "2026-03-03 00:01:00"
    assert due("2026-03-02 00:00", 24 * 365, day_and_night) == "2027-03-02 00:00:00"
    late = office(Shift(MONDAY_TO_FRIDAY, 20 * 60, 1440))
    assert due("2026-03-02 20:00", 4, late) == "2026-03-03 00:00:00"
    assert due("2026-03-02 20:00", 4 + 1 / 60, late) == "2026-03-03 20:01:00"


def test_a_shift_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    night = office(Shift(MONDAY_TO_FRIDAY, 22 * 60, 30 * 60))
    assert due("2026-03-06 22:00", 8, night) == "2026-03-07 06:00:00"
    assert due("2026-03-06 23:00", 8, night) == "2026-03-09 23:00:00"
    assert due("2026-09-30 22:00", 9, night) == "2026-10-08 23:00:00"


def test_the_first_day_begins_with_the_end_of_the_night_before() -> None:
    nights = [Shift(MONDAY_TO_SUNDAY, 22 * 60, 30 * 60)]
    calendar = build_calendar([], nights, SHANGHAI, date(2026, 3, 2), date(2026, 3, 8))
    assert due("2026-03-02 00:00", 7, calendar) == "2026-03-02 23:00:00"
    assert calendar.ends_us[-1] == calendar.horizon_us


def test_a_department_may_work_on_holidays_and_weekends() -> None:
    service = office(Shift(MONDAY_TO_SUNDAY, 540, 1320), Shift(EVERY_DAY & ~MONDAY_TO_SUNDAY, 600, 960))
    assert due("2026-10-01 08:00", 7, service) == "2026-10-02 11:00:00"
    assert due("2026-03-07 21:00", 2, service) == "2026-03-08 10:00:00"


def test_a_make_up_workday_follows_the_first_weekday_that_is_worked() -> None:
    short_saturday = office(Shift(MONDAY_TO_FRIDAY, 540, 1080), Shift(1 << 5, 540, 720))
    assert due("2026-02-14 09:00", 9, short_saturday) == "2026-02-14 18:00:00"
    assert due("2026-03-07 09:00", 4, short_saturday) == "2026-03-09 10:00:00"


@pytest.mark.parametrize(("late_us", "into_next_day"), [(-1, 999_999), (0, 1_000_000), (1, 1_000_000)])
def test_one_microsecond_around_closing_time(late_us: int, into_next_day: int) -> None:
    closing, opening = micros_of(
        [datetime(2026, 3, 2, 18, tzinfo=SHANGHAI), datetime(2026, 3, 3, 9, tzinfo=SHANGHAI)]
    ).tolist()
    found = due_at(np.array([closing + late_us]), 1, "working", office(*NINE_TO_SIX))
    assert found.tolist() == [opening + into_next_day]


def test_warnings_fall_by_the_same_sum() -> None:
    start = micros_of([datetime(2026, 2, 14, 16, tzinfo=SHANGHAI)])
    found = [column[0] for column in due_and_warnings(start, 4 * HOUR, "working", office())]
    texts = [moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S") for moment in moments_of(np.array(found))]
    assert texts == ["02-24 11:00:00", "02-14 18:00:00", "02-24 10:12:00"]


def test_shanghai_had_summer_time_from_1986_to_1991() -> None:
    calendar = build_calendar([], NINE_TO_SIX, SHANGHAI, date(1986, 1, 1), date(1992, 12, 31))
    opening = micros_of([datetime(1988, 7, 1, 9, tzinfo=SHANGHAI)])
    assert moments_of(opening)[0].hour == 0  # UTC+9
    assert opening[0] in calendar.starts_us
    assert due("1986-05-02 17:00", 2, calendar) == "1986-05-05 10:00:00"
    around = micros_of([datetime(1986, 5, 3, 12, tzinfo=SHANGHAI), datetime(1986, 5, 4, 12, tzinfo=SHANGHAI)])
    day = build_calendar([], ROUND_THE_CLOCK, SHANGHAI, date(1986, 1, 1), date(1992, 12, 31))
    assert working_us_between(around[:1], around[1:], day).tolist() == [23 * HOUR * 1_000_000]


def test_shanghai_before_1901_ran_on_its_own_sun() -> None:
    calendar = build_calendar([], NINE_TO_SIX, SHANGHAI, date(1899, 1, 1), date(1927, 12, 31))
    noon = micros_of([datetime(1900, 6, 1, 9, tzinfo=SHANGHAI)])
    assert noon[0] in calendar.starts_us
    assert moments_of(noon)[0].isoformat() == "1900-06-01T00:54:17+00:00"
    assert due("1919-06-02 17:00", 2, calendar) == "1919-06-03 10:00:00"


def test_no_working_hours_at_all_are_refused() -> None:
    with pytest.raises(NoWorkingHours):
        build_calendar([], [], SHANGHAI, date(2026, 1, 1), date(2026, 12, 31))
    only_sundays = [Shift(1 << 6, 540, 1080)]
    with pytest.raises(NoWorkingHours):
        build_calendar([], only_sundays, SHANGHAI, date(2026, 3, 2), date(2026, 3, 7))


def test_a_due_moment_beyond_the_calendar_is_refused_not_guessed() -> None:
    calendar = build_calendar([], NINE_TO_SIX, SHANGHAI, date(2026, 1, 1), date(2026, 12, 31))
    begin, end = calendar.first_us, calendar.horizon_us
    for start, hours in ((end - 1, 1), (end + 1, 0), (begin - 1, 1)):
        with pytest.raises(CalendarEnds):
            due_at(np.array([start]), hours * HOUR, "working", calendar)


def test_years_without_a_notice_are_provisional_until_published_days_arrive() -> None:
    assert 2027 in office().provisional_years
    assert 2026 not in office().provisional_years
    own = SpecialDay(date(2027, 1, 1), DayKind.HOLIDAY, "元旦", "New Year's Day")
    later = build_calendar([*published_days(), own], NINE_TO_SIX, SHANGHAI, date(2004, 1, 1), date(2032, 12, 31))
    assert 2027 not in later.provisional_years
    assert due("2026-12-31 17:00", 2, office(*NINE_TO_SIX)) == "2027-01-01 10:00:00"
    assert due("2026-12-31 17:00", 2, later) == "2027-01-04 10:00:00"
