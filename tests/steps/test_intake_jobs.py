"""A file is committed by the worker: in the name of who began it, left and resumed at will; the file says how far."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.cast import SUN
from tests.factories.intake import bring_file, row, seen, table
from tests.factories.orders import now

from zhanggui.connectors.intake import taking_in
from zhanggui.delivery.models import Alarm, Job
from zhanggui.journal.models import Run
from zhanggui.journal.records import Actor
from zhanggui.kernel import clock
from zhanggui.sales.orders.models import Order
from zhanggui.worker import handlers, runner

pytestmark = pytest.mark.django_db
KINDS = [handlers.COMMIT_JOB]


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A file of five orders, checked, its commit left to the worker, two orders a part."""
    monkeypatch.setattr(taking_in, "PART_ENTRIES", 2)
    intake_id = bring_file(table(*[row(f"N{at}") for at in range(5)]))
    taking_in.check_intake(intake_id, context=now())
    taking_in.begin_commit(intake_id, context=now(), as_job=True)
    with clock.frozen(now().as_of):
        yield intake_id


def test_the_worker_brings_the_file_in_and_says_how_far_it_is(queued: int) -> None:
    assert runner.do_one(now().as_of, kinds=KINDS)
    assert Job.objects.get().state == "done"
    assert (seen(queued).state, seen(queued).position, Order.objects.count()) == ("done", 5, 5)
    actors = set(Run.objects.filter(step="intake.commit_orders").values_list("actor_kind", "actor_id"))
    assert actors == {("staff", SUN.username)}


def test_a_worker_that_must_stop_leaves_after_a_part_and_another_goes_on(queued: int) -> None:
    asked = iter([False, True])
    runner.do_one(now().as_of, kinds=KINDS, stopping=lambda: next(asked))
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("waiting", 0)
    assert (seen(queued).state, seen(queued).position) == ("committing", 2)
    assert runner.do_one(now().as_of, kinds=KINDS)
    assert (Job.objects.get().state, seen(queued).new, Order.objects.count()) == ("done", 5, 5)


def test_how_far_a_commit_is_stands_with_the_file_alone(queued: int) -> None:
    runner.do_one(now().as_of, kinds=KINDS)
    job = Job.objects.get()
    assert (job.progress_done, job.progress_total) == (0, 0)


def test_a_worker_whose_lease_was_lost_commits_no_further_part(queued: int) -> None:
    def taken_over() -> bool:
        Job.objects.update(fence=9)
        return False

    runner.do_one(now().as_of, kinds=KINDS, stopping=taken_over)
    assert (Job.objects.get().state, seen(queued).position) == ("running", 2)


def test_a_file_that_came_in_meanwhile_ends_its_job(queued: int) -> None:
    taking_in.commit_intake(queued, context=now())
    assert runner.do_one(now().as_of, kinds=KINDS)
    assert (Job.objects.get().state, Order.objects.count()) == ("done", 5)


def test_a_check_that_was_laid_aside_is_let_go_when_the_file_is_checked_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    intake_id = bring_file(table(row("N1")))
    with monkeypatch.context() as large:
        large.setattr(taking_in, "SOON_BYTES", 0)
        taking_in.check_soon(intake_id, context=now())
    job = Job.objects.get()
    Job.objects.update(state="parked")
    taking_in.check_soon(intake_id, context=now())
    assert (seen(intake_id).state, seen(intake_id).attempt) == ("checked", 2)
    assert Job.objects.get(id=job.id).state == "waiting"
    with clock.frozen(now().as_of):
        assert runner.do_one(now().as_of, kinds=[job.kind])
    assert (Job.objects.get(id=job.id).state, seen(intake_id).state) == ("done", "checked")


def test_a_job_that_was_laid_aside_goes_on_when_anybody_presses_import_again(
    queued: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> bool:
        raise OSError(28, "no space left on device")

    with monkeypatch.context() as broken_disk:
        broken_disk.setattr(handlers, "commit_intake", full)
        for attempt in range(Job.objects.get().max_attempts):
            runner.do_one(now().as_of + timedelta(days=attempt), kinds=KINDS)
    assert (Job.objects.get().state, Alarm.objects.filter(answered_at=None).count()) == ("parked", 1)
    another = replace(now(), actor=Actor("staff", "he.jing"))
    assert taking_in.begin_commit(queued, context=another, as_job=True) == "committing"
    assert (Job.objects.get().state, Job.objects.get().attempts) == ("waiting", 0)
    assert not Alarm.objects.filter(answered_at=None).exists()
    assert runner.do_one(now().as_of, kinds=KINDS)
    assert (Job.objects.get().state, seen(queued).state, Order.objects.count()) == ("done", "done", 5)
