"""Jobs: asked for once, claimed in order, held by a lease, ended by their holder, parked with an alarm."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from zhanggui.delivery.models import Alarm, Job
from zhanggui.delivery.queries import job_progress, queue_figures
from zhanggui.delivery.records import Claim, JobRequest, JobState, LeaseLost, ParkRequest, Priority
from zhanggui.delivery.steps import (
    claim_jobs,
    enqueue_jobs,
    fail_job,
    finish_job,
    give_back,
    park_jobs,
    release_jobs,
    renew_lease,
    save_progress,
)
from zhanggui.journal.models import Run
from zhanggui.journal.records import Context

pytestmark = pytest.mark.django_db
LEASE = 30


def ask(context: Context, *keys: str, **fields: object) -> None:
    batch = [JobRequest("count", key, **fields) for key in keys]  # type: ignore[arg-type]
    assert not enqueue_jobs(batch, context=context).rejected


def claim(as_of: datetime, worker: str = "anna", limit: int = 1, kinds: Sequence[str] = ("count",)) -> list[Claim]:
    return claim_jobs(worker, kinds, limit=limit, lease_seconds=LEASE, as_of=as_of)


def finish(held: Claim, as_of: datetime) -> None:
    with transaction.atomic():
        finish_job(held, as_of=as_of)


def test_a_job_is_asked_for_in_a_run(context: Context) -> None:
    given = enqueue_jobs([JobRequest("count", "a", {"file": 7})], context=context)
    job = Job.objects.get()
    assert (job.id, job.state, job.created_run_id) == (given.accepted[0].result, "waiting", given.run_id)
    assert Run.objects.get().step == "delivery.enqueue"


def test_asking_again_gives_the_same_job(context: Context) -> None:
    first = enqueue_jobs([JobRequest("count", "a"), JobRequest("count", "a")], context=context)
    again = enqueue_jobs([JobRequest("count", "a")], context=context)
    assert {row.result for row in (*first.accepted, *again.accepted)} == {Job.objects.get().id}


def test_the_same_key_with_other_input_is_refused_and_changes_nothing(context: Context) -> None:
    ask(context, "a", payload={"file": 7})
    given = enqueue_jobs([JobRequest("count", "a", {"file": 8}), JobRequest("count", "b")], context=context)
    assert [(row.index, row.code) for row in given.rejected] == [(0, "key_reused")]
    assert dict(Job.objects.values_list("key", "payload")) == {"a": '{"file":7}', "b": "{}"}


def test_a_dry_run_asks_for_nothing(context: Context) -> None:
    assert enqueue_jobs([JobRequest("count", "a")], context=replace(context, dry_run=True)).accepted
    assert not Job.objects.exists()


def test_fifty_jobs_cost_as_many_statements_as_one(context: Context) -> None:
    counts = []
    for size in (1, 50):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            enqueue_jobs([JobRequest("count", f"{size}-{n}") for n in range(size)], context=context)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_claims_go_by_priority_then_moment_then_id(context: Context, as_of: datetime) -> None:
    ask(context, "bulk", priority=Priority.BULK)
    ask(context, "late", run_at=as_of + timedelta(seconds=5))
    ask(context, "early", "early too", run_at=as_of - timedelta(hours=1))
    ask(context, "clock", priority=Priority.CLOCK)
    now = as_of + timedelta(seconds=5)
    got = [
        claim(now)[0].key,
        *(held.key for held in claim(now, limit=2)),
        *(held.key for held in claim(now, limit=9)),
    ]
    assert got == ["clock", "early", "early too", "late", "bulk"]


@pytest.mark.parametrize(("seconds", "count"), [(-1, 0), (0, 1), (1, 1)])
def test_a_job_is_due_at_its_moment(context: Context, as_of: datetime, seconds: int, count: int) -> None:
    ask(context, "a", run_at=as_of)
    assert len(claim(as_of + timedelta(seconds=seconds))) == count


def test_only_kinds_the_worker_knows_are_claimed(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    assert claim(as_of, kinds=("other", "another")) == []


@pytest.mark.parametrize(("seconds", "count"), [(LEASE - 1, 0), (LEASE, 1), (LEASE + 1, 1)])
def test_a_job_whose_lease_ran_out_is_claimed_again(
    context: Context, as_of: datetime, seconds: int, count: int
) -> None:
    ask(context, "a")
    first = claim(as_of)[0]
    again = claim(as_of + timedelta(seconds=seconds), "bert")
    assert [(held.worker, held.fence, held.attempt) for held in again] == [("bert", first.fence + 1, 2)][:count]


def test_a_renewed_lease_keeps_the_job(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    held = claim(as_of)[0]
    assert renew_lease(held, lease_seconds=LEASE, as_of=as_of + timedelta(seconds=20))
    assert claim(as_of + timedelta(seconds=49), "bert") == []
    assert claim(as_of + timedelta(seconds=50), "bert")
    assert not renew_lease(held, lease_seconds=LEASE, as_of=as_of + timedelta(seconds=51))


def test_the_holder_ends_its_job_once(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    held = claim(as_of)[0]
    finish(held, as_of)
    assert Job.objects.get().state == JobState.DONE
    with pytest.raises(LeaseLost):
        finish(held, as_of)


def test_a_late_end_is_refused_even_for_a_worker_of_the_same_name(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    first = claim(as_of)[0]
    second = claim(as_of + timedelta(seconds=LEASE))[0]
    with pytest.raises(LeaseLost):
        finish(first, as_of)
    with pytest.raises(LeaseLost), transaction.atomic():
        save_progress(first, 1, 2)
    assert fail_job(first, ValueError(), as_of=as_of) is None
    assert not give_back(first, as_of=as_of)
    finish(second, as_of)


def test_a_lost_lease_takes_its_effect_along(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    first = claim(as_of)[0]
    claim(as_of + timedelta(seconds=LEASE), "bert")

    def effect() -> None:
        with transaction.atomic():
            enqueue_jobs([JobRequest("effect", "of anna")], context=context)
            finish_job(first, as_of=as_of)

    with pytest.raises(LeaseLost):
        effect()
    assert not Job.objects.filter(kind="effect").exists()


def test_a_failure_waits_and_tries_again(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    assert fail_job(claim(as_of)[0], ValueError("phone 13800138000"), as_of=as_of) == JobState.WAITING
    job = Job.objects.get()
    assert timedelta(seconds=2.5) <= job.run_at - as_of < timedelta(seconds=7.5)
    assert job.last_error == "ValueError"
    assert claim(as_of + timedelta(seconds=2)) == []
    assert claim(as_of + timedelta(seconds=8))[0].attempt == 2


def test_the_fifth_failure_parks_the_job_with_an_alarm(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    now = as_of
    for _ in range(5):
        now += timedelta(hours=1)
        state = fail_job(claim(now)[0], ValueError(), as_of=now)
    alarm = Alarm.objects.get()
    assert (state, alarm.code, alarm.answered_at) == (JobState.PARKED, "attempts_used_up", None)
    assert Run.objects.get(id=alarm.run_id).step == "delivery.park"
    assert claim(now + timedelta(days=9)) == []


def test_a_job_that_kills_its_worker_is_parked_and_the_queue_goes_on(context: Context, as_of: datetime) -> None:
    ask(context, "poison", run_at=as_of - timedelta(hours=1))
    ask(context, "good")
    now = as_of
    for _ in range(5):
        assert [held.key for held in claim(now)] == ["poison"]
        now += timedelta(seconds=LEASE)
        Job.objects.filter(key="good").update(run_at=now - timedelta(seconds=1))
    assert [held.key for held in claim(now)] == ["good"]
    assert (Alarm.objects.get().code, queue_figures(now).open_alarms) == ("worker_died", 1)


def test_parking_under_an_old_fence_is_refused_and_changes_nothing(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    first = claim(as_of)[0]
    second = claim(as_of + timedelta(seconds=LEASE), "bert")[0]
    given = park_jobs([ParkRequest(first.job_id, first.fence, "worker_died")], context=context)
    assert [row.code for row in given.rejected] == ["not_held"]
    assert not Alarm.objects.exists()
    finish(second, as_of)


def test_a_released_job_gets_all_its_attempts_again(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    held = claim(as_of)[0]
    fail_job(held, ValueError(), as_of=as_of, permanent="not_possible")
    assert not release_jobs([held.job_id, 999], context=context).accepted[1:]
    assert Alarm.objects.get().answered_at == as_of
    assert claim(as_of)[0].attempt == 1


def test_a_job_given_back_costs_no_attempt_and_keeps_its_progress(context: Context, as_of: datetime) -> None:
    ask(context, "a")
    held = claim(as_of)[0]
    with transaction.atomic():
        save_progress(held, 3_000, 9_000)
    assert give_back(held, as_of=as_of)
    again = claim(as_of)[0]
    assert (again.attempt, again.progress_done, again.progress_total) == (1, 3_000, 9_000)
    progress = job_progress("count", "a")
    assert progress is not None
    assert progress["progress_done"] == 3_000


@pytest.mark.parametrize(
    "change",
    [{"attempts": 6}, {"state": "lost"}, {"state": "running", "lease_until": None}, {"progress_done": -1}],
)
def test_the_database_refuses_a_broken_job(context: Context, change: dict[str, object]) -> None:
    ask(context, "a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.update(**change)
