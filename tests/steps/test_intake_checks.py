"""The check of a large file is a job: in the name of who asked, stopped, called off, overtaken, and tried again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.cast import SUN
from tests.factories.intake import bring_file, codes, let_in, row, seen, table
from tests.factories.orders import now
from tests.factories.steps import contents
from tests.factories.truths import broken

from zhanggui.connectors.intake import parsing, taking_in
from zhanggui.connectors.intake.records import Ask, Begin, Choices
from zhanggui.connectors.intake.steps import begin_checks, cancel_checks
from zhanggui.delivery.models import Alarm, Job
from zhanggui.journal.models import Run
from zhanggui.kernel import clock
from zhanggui.sales.orders.models import Order
from zhanggui.worker import handlers, runner

pytestmark = pytest.mark.django_db
KINDS = [handlers.CHECK_JOB]
ROWS = [row("A1"), row("B1"), row("A1", "CUP"), row("C1", pieces=0), row("D1", at="2026-03-03 09:00:00")]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A file whose check was left to the worker; it tells after every row."""
    monkeypatch.setattr(taking_in, "SOON_ROWS", 0)
    monkeypatch.setattr(taking_in, "TOLD_SECONDS", 0)
    monkeypatch.setattr(parsing, "ROWS_AT_ONCE", 1)
    intake_id = bring_file(table(*ROWS))
    with clock.frozen(now().as_of):
        taking_in.check_soon(intake_id, context=now())
        yield intake_id


def work(**more: object) -> bool:
    return runner.do_one(now().as_of, kinds=KINDS, **more)  # type: ignore[arg-type]


def test_the_worker_finds_what_a_check_at_once_finds(asked: int) -> None:
    assert seen(asked).state == "checking"
    before = contents()
    assert work()
    file = seen(asked)
    assert contents() == before
    assert (file.state, file.attempt, file.new, file.rows_total, file.rows_refused) == ("checked", 1, 3, 5, 1)
    assert codes(asked) == [(5, "quantity_too_small", "quantity")]
    run = Run.objects.get(step="intake.note_checks")
    assert (run.actor_kind, run.actor_id) == ("staff", SUN.username)
    job = Job.objects.get()
    assert (job.state, job.progress_done, job.progress_total) == ("done", 6, 6)
    assert broken() == {}


def test_what_was_chosen_reaches_the_worker() -> None:
    intake_id = bring_file("号;货;名;数;价;时\nA1;TEA;茶;1;9.9;2026-03-01 10:00".encode("gb18030"))
    columns = {"external_id": 0, "sku": 1, "title": 2, "quantity": 3, "unit_price": 4, "placed_at": 5}
    choices = Choices(columns, encoding="gb18030", delimiter=";")
    begin_checks([Ask(intake_id, 0, choices)], context=now())
    assert work()
    assert (seen(intake_id).state, seen(intake_id).new, seen(intake_id).layout) == ("checked", 1, "chosen")


def test_a_refusal_of_the_whole_file_ends_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    intake_id = bring_file(b"a,b\n1,2\n")
    begin_checks([Ask(intake_id, 0)], context=now())
    assert work()
    assert (seen(intake_id).state, seen(intake_id).refusal, Job.objects.get().state) == (
        "refused", "columns_missing", "done"
    )  # fmt: skip


def test_a_worker_that_must_stop_gives_the_check_back(asked: int) -> None:
    assert work(stopping=lambda: True)
    assert (Job.objects.get().state, Job.objects.get().attempts, seen(asked).state) == ("waiting", 0, "checking")
    assert work()
    assert seen(asked).state == "checked"


def test_a_check_in_work_ends_when_it_is_called_off(asked: int) -> None:
    def call_off() -> bool:
        if seen(asked).state == "checking":
            cancel_checks([Begin(asked, 1)], context=now())
        return False

    assert work(stopping=call_off)
    file = seen(asked)
    assert (file.state, file.rows_total, Job.objects.get().state) == ("uploaded", 0, "done")
    assert broken() == {}


def test_a_check_at_once_overtakes_the_one_left_to_the_worker(asked: int) -> None:
    taking_in.check_intake(asked, context=now(), forecast=False)
    assert (seen(asked).state, seen(asked).attempt) == ("checked", 2)
    assert work()
    assert (seen(asked).state, seen(asked).attempt, seen(asked).new) == ("checked", 2, 0)


def test_a_verdict_of_a_check_that_was_called_off_is_not_kept(asked: int) -> None:
    cancel_checks([Begin(asked, 1)], context=now())
    assert taking_in.steps.note_checks([taking_in.Checked(asked, 1, None, refusal="x")], context=now()).rejected
    assert [one.code for one in cancel_checks([Begin(asked, 1), Begin(404, 1)], context=now()).rejected] == [
        "wrong_state", "unknown_file"
    ]  # fmt: skip


def test_a_file_being_checked_does_not_come_in(asked: int) -> None:
    with pytest.raises(taking_in.Overtaken):
        taking_in.begin_commit(asked, context=now())
    assert Order.objects.count() == 0


def test_a_file_being_committed_is_not_left_to_be_checked() -> None:
    intake_id = bring_file(table(row("A1")))
    taking_in.check_intake(intake_id, context=now())
    taking_in.begin_commit(intake_id, context=now())
    assert [one.code for one in begin_checks([Ask(intake_id, 1)], context=now()).rejected] == ["wrong_state"]


def test_a_second_try_judges_by_the_moment_at_which_the_check_was_asked_for(asked: int) -> None:
    assert runner.do_one(now().as_of - timedelta(0), kinds=KINDS, stopping=lambda: True)
    assert runner.do_one(now().as_of + timedelta(days=9), kinds=KINDS)
    later = replace(now(), as_of=now().as_of + timedelta(days=9))
    assert seen(asked).rows_refused == 1
    taking_in.check_intake(asked, context=later, forecast=False)
    assert seen(asked).rows_refused == 1


def test_a_check_laid_aside_is_let_go_on_when_it_is_called_off(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "no space left on device")

    with monkeypatch.context() as broken_disk:
        broken_disk.setattr(handlers, "check_as_asked", full)
        for attempt in range(Job.objects.get().max_attempts):
            runner.do_one(now().as_of + timedelta(days=attempt), kinds=KINDS)
    assert (Job.objects.get().state, Alarm.objects.filter(answered_at=None).count()) == ("parked", 1)
    cancel_checks([Begin(asked, 1)], context=now())
    assert not Alarm.objects.filter(answered_at=None).exists()
    assert work()
    assert (Job.objects.get().state, seen(asked).state) == ("done", "uploaded")


def test_a_file_checked_again_loses_its_earlier_figures() -> None:
    file = let_in(table(row("A1"), row("B1", pieces=0)))
    assert [one.result for one in begin_checks([Ask(file.id, 1)], context=now()).accepted] == [2]
    assert (seen(file.id).rows_total, seen(file.id).rows_refused, seen(file.id).reading) == (0, 0, None)
    assert broken() == {}


def test_many_entries_are_read_but_not_tried(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_in, "FORECAST_ENTRIES", 2)
    assert work()
    assert (seen(asked).state, seen(asked).entries, seen(asked).new) == ("checked", 3, 0)
    taking_in.check_intake(asked, context=now())
    assert (seen(asked).state, seen(asked).entries, seen(asked).new) == ("checked", 3, 0)
    monkeypatch.setattr(taking_in, "FORECAST_ENTRIES", 3)
    taking_in.check_intake(asked, context=now())
    assert seen(asked).new > 0
