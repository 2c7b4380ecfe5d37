"""Two people change the calendar at the same moment: both changes stand, each in a version of its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection
from tests.factories.working import broken_versions

from zhanggui.journal.records import Context
from zhanggui.obligations.calendars.queries import current_version, special_days_in
from zhanggui.obligations.calendars.records import DayEdit, DayKind
from zhanggui.obligations.calendars.steps import edit_calendar_days


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_edits_at_the_same_moment_wait_for_each_other(context: Context) -> None:
    days = [DayEdit(date(2026, 6, number), DayKind.HOLIDAY, "某日", "some day") for number in range(1, 13)]
    edit_calendar_days(days[:1], context=context)
    together = Barrier(4)

    def edit(worker: int) -> None:
        together.wait()
        for day in days[1 + worker :: 4]:
            edit_calendar_days([day], context=context)
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(edit, range(4)))
    assert current_version() == len(days)
    assert [special.day for special in special_days_in(len(days))] == [day.day for day in days]
    assert not broken_versions()
