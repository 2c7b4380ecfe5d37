"""The schedule: one leader, each slot once, no heap of jobs behind a slow one, a clock that steps."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings

from zhanggui.delivery.models import Job, ScheduleSlot
from zhanggui.delivery.queries import rival_scheduler
from zhanggui.delivery.records import Every, JobState, Priority, ScheduleEntry
from zhanggui.delivery.steps import lead_scheduler, open_slots, tidy_queue, yield_lead
from zhanggui.worker import handlers, scheduler

pytestmark = pytest.mark.django_db
TEN = [ScheduleEntry("sweep", Every(10), Priority.CLOCK)]


def later(as_of: datetime, seconds: float) -> datetime:
    return as_of + timedelta(seconds=seconds)


def end_jobs(now: datetime) -> None:
    Job.objects.exclude(state=JobState.DONE).update(state=JobState.DONE, done_at=now, lease_until=None)


def test_each_slot_makes_one_job(as_of: datetime) -> None:
    for second in range(31):
        scheduler.do_one(later(as_of, second), name="one", schedule=TEN)
        end_jobs(later(as_of, second))
    slots = list(ScheduleSlot.objects.order_by("slot").values_list("slot", flat=True))
    assert slots == [later(as_of, seconds) for seconds in (0, 10, 20)]
    assert Job.objects.count() == 3


def test_two_schedulers_take_a_slot_once_and_the_second_is_named(
    as_of: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    for second in range(0, 61, 5):
        for name in ("one", "two"):
            scheduler.do_one(later(as_of, second), name=name, schedule=TEN)
        end_jobs(later(as_of, second))
    assert Job.objects.count() == ScheduleSlot.objects.count() == 6
    assert rival_scheduler(later(as_of, 50)) == "two"
    assert [record.getMessage() for record in caplog.records].count("a second scheduler, two, waits: one leads") == 1


def test_even_two_leaders_take_a_slot_once(as_of: datetime) -> None:
    counts = [open_slots(TEN, since=as_of, zone=settings.COMPANY_ZONE, as_of=later(as_of, 1)) for _ in range(2)]
    assert counts == [1, 0]


def test_a_dead_leader_is_followed_when_its_lease_ran_out(as_of: datetime) -> None:
    assert lead_scheduler("one", lease_seconds=15, as_of=as_of).is_mine
    assert not lead_scheduler("two", lease_seconds=15, as_of=later(as_of, 14)).is_mine
    assert lead_scheduler("two", lease_seconds=15, as_of=later(as_of, 15)).is_mine
    assert not lead_scheduler("one", lease_seconds=15, as_of=later(as_of, 16)).is_mine


def test_a_leader_that_ends_lets_go_at_once(as_of: datetime) -> None:
    lead_scheduler("one", lease_seconds=15, as_of=as_of)
    yield_lead("one", as_of=later(as_of, 1))
    assert lead_scheduler("two", lease_seconds=15, as_of=later(as_of, 1)).is_mine


def test_a_slow_job_gathers_no_heap_behind_it(as_of: datetime) -> None:
    for second in range(120):
        scheduler.do_one(later(as_of, second), name="one", schedule=TEN)
    assert Job.objects.count() == 1
    end_jobs(later(as_of, 120))
    scheduler.do_one(later(as_of, 120.5), name="one", schedule=TEN)
    assert Job.objects.count() == 2


def test_a_pause_of_three_days_makes_one_job(as_of: datetime) -> None:
    scheduler.do_one(as_of, name="one", schedule=TEN)
    scheduler.do_one(later(as_of, 3 * 86400), name="one", schedule=TEN)
    assert Job.objects.count() == 1


def test_a_clock_that_stepped_forward_and_back_goes_on(as_of: datetime) -> None:
    scheduler.do_one(as_of, name="one", schedule=TEN)
    scheduler.do_one(later(as_of, 7200.5), name="one", schedule=TEN)
    end_jobs(later(as_of, 7200))
    assert scheduler.do_one(later(as_of, 20.5), name="one", schedule=TEN)
    assert Job.objects.exclude(state=JobState.DONE).count() == 1


def test_every_kind_of_the_schedule_has_a_handler() -> None:
    assert {entry.kind for entry in handlers.SCHEDULE} <= set(handlers.HANDLERS)


def test_old_routine_work_is_swept_and_slots_are_not_made_up_again(as_of: datetime) -> None:
    scheduler.do_one(as_of, name="one", schedule=TEN)
    scheduler.do_one(later(as_of, 11), name="one", schedule=TEN)
    end_jobs(as_of)
    assert tidy_queue(as_of=later(as_of, 3 * 86400)) == 1
    assert ScheduleSlot.objects.exists()
    tidy_queue(as_of=later(as_of, 9 * 86400))
    assert not ScheduleSlot.objects.exists()
