"""What the envelope promises holds for every step of the path: record, replay, key, dry run, limit, no half work."""

import json

import pytest
from tests.cast import SUN
from tests.factories.orders import now
from tests.factories.steps import CASES, contents, prepared
from tests.factories.truths import broken

from zhanggui.journal.models import Run
from zhanggui.journal.records import BatchTooLarge, KeyReused
from zhanggui.journal.steps import STEPS

pytestmark = pytest.mark.django_db
every_step = pytest.mark.parametrize("name", CASES)
HALF_OF_A_PROCESS = ("orders.mark_", "fulfilment.", "inventory.reserve_stock")


def last_run() -> Run:
    return Run.objects.latest("id")


@every_step
def test_accepted_rows_are_answered_in_order_and_recorded(name: str) -> None:
    step, rows = prepared(name, 3)
    given = step(rows, context=now())
    assert not given.rejected
    run = last_run()
    assert (run.id, run.step, run.clause, run.outcome) == (given.run_id, name, STEPS[name].clause, "done")
    assert (run.accepted, run.rejected, run.codes) == (len(given.accepted), 0, "{}")
    assert (run.actor_kind, run.actor_id, run.as_of) == ("staff", SUN.username, now().as_of)
    assert [row.index for row in given.accepted] == list(range(len(given.accepted)))
    assert len(run.digest) == 64


@pytest.mark.parametrize("name", [name for name in CASES if not name.startswith(HALF_OF_A_PROCESS)])
def test_invariants_hold_after_it(name: str) -> None:
    step, rows = prepared(name, 3)
    step(rows, context=now())
    assert broken() == {}


@every_step
def test_a_repeat_under_its_key_gives_the_stored_answer_and_writes_nothing(name: str) -> None:
    step, rows = prepared(name, 3)
    first = step(rows, context=now(key="k"))
    before = contents(journal=True)
    again = step(rows, context=now(key="k"))
    assert again.replayed
    assert not first.replayed
    assert (again.accepted, again.rejected, again.run_id) == (first.accepted, first.rejected, first.run_id)
    assert contents(journal=True) == before


@every_step
def test_a_key_with_other_input_is_refused_and_recorded(name: str) -> None:
    step, rows = prepared(name, 3)
    first = step(rows[:2], context=now(key="k"))
    before = contents()
    with pytest.raises(KeyReused) as refusal:
        step(rows, context=now(key="k"))
    assert refusal.value.details == {"step": name, "key": "k", "run": first.run_id}
    assert contents() == before
    run = last_run()
    assert (run.step, run.outcome, run.key, run.accepted) == (name, "refused", None, 0)
    assert json.loads(run.codes) == {"key_reused": len(rows)}
    assert step(rows[:2], context=now(key="k")).replayed


@every_step
def test_a_dry_run_answers_and_writes_nothing_at_all(name: str) -> None:
    step, rows = prepared(name, 3)
    before = contents(journal=True)
    tried = step(rows, context=now(dry_run=True))
    assert contents(journal=True) == before
    done = step(rows, context=now())
    assert (tried.run_id, tried.rejected) == (0, done.rejected)
    assert [row.index for row in tried.accepted] == [row.index for row in done.accepted]


@every_step
def test_a_batch_above_the_limit_is_refused_and_recorded(name: str) -> None:
    step, rows = prepared(name, 1)
    limit = STEPS[name].limit
    before = contents()
    with pytest.raises(BatchTooLarge) as refusal:
        step(rows[:1] * (limit + 1), context=now(key="k"))
    assert refusal.value.details == {"rows": limit + 1, "limit": limit}
    assert contents() == before
    run = last_run()
    assert (run.step, run.outcome, run.key) == (name, "refused", None)
    assert json.loads(run.codes) == {"batch_too_large": limit + 1}
    assert not step(rows, context=now(key="k")).rejected


@every_step
def test_an_empty_batch_is_answered_with_nothing(name: str) -> None:
    step, _ = prepared(name, 1)
    before = contents()
    given = step([], context=now())
    assert (given.accepted, given.rejected) == ((), ())
    assert contents() == before
