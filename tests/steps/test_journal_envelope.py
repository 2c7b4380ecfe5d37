"""What stands around every step: retries, who gives up when, and a digest that notices every fixed column."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, OperationalError
from tests.factories.orders import bring, now, open_company, orders_in, states
from tests.factories.steps import contents

from zhanggui.journal import steps as envelope
from zhanggui.journal.models import PendingSeal, Run, Transition
from zhanggui.journal.records import Busy, Context, Contradicted
from zhanggui.journal.steps import Inside
from zhanggui.journal.writing import OpenRun
from zhanggui.processes.orders import reserve_orders
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db
Failing = Callable[[int, Exception], list[int]]


@pytest.fixture(name="failing")
def fail_at_first(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """Let the first so many runs fail as they close, after all their writes; count the attempts."""

    def arm(times: int, error: Exception) -> list[int]:
        attempts: list[int] = []
        whole = OpenRun.flush

        def flush(self: OpenRun) -> str:
            attempts.append(self.id)
            if len(attempts) <= times:
                raise error
            return whole(self)

        monkeypatch.setattr(OpenRun, "flush", flush)
        return attempts

    return arm


def test_a_locked_store_is_tried_three_times_before_a_step_says_busy(failing: Failing) -> None:
    ids = bring(open_company(TEA=0), 2, {"TEA": 1})
    before = contents(journal=True)
    attempts = failing(3, OperationalError("database is locked"))
    with pytest.raises(Busy):
        confirm_orders(ids, context=now(key="k"))
    assert len(attempts) == 3
    assert contents(journal=True) == before


def test_a_store_that_is_free_at_the_third_try_does_it_once(failing: Failing) -> None:
    ids = bring(open_company(TEA=0), 2, {"TEA": 1})
    runs = Run.objects.count()
    attempts = failing(2, OperationalError("database is locked"))
    assert len(confirm_orders(ids, context=now(key="k")).accepted) == 2
    assert len(attempts) == 3
    assert states(ids) == ["confirmed"] * 2
    assert (Run.objects.count(), Transition.objects.filter(kind="order").count()) == (runs + 1, 2)


@pytest.mark.parametrize(
    ("error", "tries"),
    [(OperationalError("disk I/O error"), 1), (AssertionError("broken"), 1)],
)
def test_other_errors_reach_the_caller_and_change_nothing(failing: Failing, error: Exception, tries: int) -> None:
    ids = bring(open_company(TEA=0), 2, {"TEA": 1})
    before = contents(journal=True)
    attempts = failing(9, error)
    with pytest.raises(type(error), match=str(error)):
        confirm_orders(ids, context=now(key="k"))
    assert len(attempts) == tries
    assert contents(journal=True) == before


def test_what_the_database_forbids_is_a_refusal_that_leaves_its_record(failing: Failing) -> None:
    ids = bring(open_company(TEA=0), 2, {"TEA": 1})
    before = contents(journal=False)
    attempts = failing(3, IntegrityError("something else"))
    with pytest.raises(Contradicted, match="something else"):
        confirm_orders(ids, context=now(key="k"))
    assert len(attempts) == 4, "three tries and the record"
    assert contents(journal=False) == before
    last = Run.objects.order_by("-id")[0]
    assert (last.step, last.outcome, last.codes) == ("orders.confirm", "refused", '{"contradicted": 2}')


def test_every_run_waits_for_its_seal() -> None:
    bring(open_company(TEA=0), 2, {"TEA": 1}, "confirmed")
    assert set(PendingSeal.objects.values_list("run_id", flat=True)) == set(Run.objects.values_list("id", flat=True))


def test_a_step_called_inside_joins_the_run() -> None:
    ids = bring(open_company(TEA=9), 1, {"TEA": 1}, "confirmed")
    runs = Run.objects.count()
    run_id = reserve_orders(ids, context=now()).run_id
    assert Run.objects.count() == runs + 1
    moves = Transition.objects.filter(run_id=run_id).values_list("kind", "subject_id", "to_state")
    assert list(moves) == [("order", ids[0], "reserved")]


def test_the_digest_stands_for_what_was_written() -> None:
    company = open_company(TEA=0)
    digests = []
    for lines in ({"TEA": 1}, {"TEA": 2}):
        given = take_in_orders(orders_in(company, 1, lines, f"{lines['TEA']}-"), context=now())
        digests.append(Run.objects.get(id=given.run_id).digest)
    empty = Run.objects.get(id=confirm_orders([], context=now()).run_id).digest
    assert len({*digests, empty}) == 3


def test_a_table_is_written_once_per_run() -> None:
    def twice(batch: object, *, context: Inside) -> None:
        for move in ("a", "b"):
            context.run.move("order", [1], move, "c")
            context.run.flush()

    info = envelope.StepInfo("test.twice", "1.2", 1, __name__, "twice")
    with pytest.raises(AssertionError, match="written twice"):
        envelope._carry_out(info, twice, [], now())  # type: ignore[arg-type]


def test_the_words_of_the_actor_are_kept() -> None:
    ids = bring(open_company(TEA=0), 1, {"TEA": 1})
    context = now()
    given = confirm_orders(ids, context=Context(context.actor, context.as_of, reason="客户来电确认"))
    assert Run.objects.get(id=given.run_id).reason == "客户来电确认"
