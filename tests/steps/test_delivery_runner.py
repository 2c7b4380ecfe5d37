"""One round of the worker: what a handler does decides how its job ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from zhanggui.delivery.models import Job
from zhanggui.delivery.records import JobRequest, JobState
from zhanggui.delivery.steps import claim_jobs, enqueue_jobs, finish_job, save_progress
from zhanggui.journal.records import Context
from zhanggui.kernel import clock
from zhanggui.obligations import steps as obligations
from zhanggui.obligations.records import Swept
from zhanggui.worker import handlers, runner
from zhanggui.worker.handlers import Handler, StoppedEarly, Work

pytestmark = pytest.mark.django_db


@pytest.fixture
def do(monkeypatch: pytest.MonkeyPatch, context: Context) -> Callable[..., Job]:
    """Put one job into the queue, do it by the given function, give it as it is then."""

    def one(run: Callable[[Work], None], *, finishes: bool = False, stopping: bool = False) -> Job:
        monkeypatch.setattr(handlers, "HANDLERS", {"test": Handler(run, finishes=finishes)})
        enqueue_jobs([JobRequest("test", "a")], context=context)
        with clock.frozen(context.as_of):
            assert runner.do_one(context.as_of, stopping=lambda: stopping)
        return Job.objects.get()

    return one


def test_a_handler_that_returns_has_its_job_ended(do: Callable[..., Job]) -> None:
    assert do(lambda work: None).state == JobState.DONE


def test_a_handler_that_finishes_ends_its_job_itself(do: Callable[..., Job]) -> None:
    def run(work: Work) -> None:
        with transaction.atomic():
            finish_job(work.claim, as_of=work.as_of)

    assert do(run, finishes=True).state == JobState.DONE


def test_a_handler_that_fails_is_tried_again(do: Callable[..., Job]) -> None:
    def run(work: Work) -> None:
        raise ValueError("a secret")

    job = do(run)
    assert (job.state, job.attempts) == (JobState.WAITING, 1)
    assert job.last_error.startswith("ValueError at test_delivery_runner.py")
    assert "secret" not in job.last_error


def test_a_handler_asked_to_stop_gives_its_job_back(do: Callable[..., Job]) -> None:
    def run(work: Work) -> None:
        with transaction.atomic():
            save_progress(work.claim, 3, 9)
        if work.stopping():
            raise StoppedEarly

    job = do(run, stopping=True)
    assert (job.state, job.attempts, job.progress_done) == (JobState.WAITING, 0, 3)


def test_a_handler_that_lost_its_lease_leaves_the_job_to_the_other(do: Callable[..., Job], as_of: datetime) -> None:
    def run(work: Work) -> None:
        claim_jobs("other", ["test"], limit=1, lease_seconds=60, as_of=as_of + timedelta(hours=1))

    job = do(run)
    assert (job.state, job.worker, job.attempts) == (JobState.RUNNING, "other", 2)


def test_drain_does_what_is_due_and_no_more(monkeypatch: pytest.MonkeyPatch, context: Context, as_of: datetime) -> None:
    done: list[str] = []
    monkeypatch.setattr(handlers, "HANDLERS", {"test": Handler(lambda work: done.append(work.claim.key))})
    later = as_of + timedelta(seconds=1)
    enqueue_jobs(
        [JobRequest("test", "a"), JobRequest("test", "b"), JobRequest("test", "c", run_at=later)],
        context=context,
    )
    assert (runner.drain(as_of), done) == (2, ["a", "b"])


def test_the_heartbeat_renews_what_is_held_and_drops_what_is_lost(context: Context, as_of: datetime) -> None:
    enqueue_jobs([JobRequest("test", "a")], context=context)
    claim = claim_jobs("anna", ["test"], limit=1, lease_seconds=30, as_of=as_of)[0]
    heartbeat = runner.Heartbeat()
    heartbeat.hold(claim, 30)
    with clock.frozen(as_of + timedelta(seconds=20)):
        heartbeat.beat()
    assert Job.objects.get().lease_until == as_of + timedelta(seconds=50)
    claim_jobs("bert", ["test"], limit=1, lease_seconds=30, as_of=as_of + timedelta(seconds=50))
    with clock.frozen(as_of + timedelta(seconds=55)):
        heartbeat.beat()
        heartbeat.beat()
    assert Job.objects.get().lease_until == as_of + timedelta(seconds=80)


def test_the_clocks_have_a_lane_of_their_own() -> None:
    assert handlers.HANDLERS[handlers.SEAL].lane == handlers.CLOCKS
    assert handlers.HANDLERS[handlers.SEND].lane == handlers.GENERAL


def test_the_sweep_goes_on_until_nothing_is_left(do: Callable[..., Job], monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Swept(handlers.SWEPT_AT_ONCE, 0), Swept(0, handlers.SWEPT_AT_ONCE), Swept(3, 1)]
    monkeypatch.setattr(obligations, "sweep_obligations", lambda **_: found.pop(0))
    assert do(handlers.sweep).state == JobState.DONE
    assert found == []


def test_the_sweep_of_a_company_without_clocks_ends(do: Callable[..., Job]) -> None:
    assert do(handlers.sweep).state == JobState.DONE
