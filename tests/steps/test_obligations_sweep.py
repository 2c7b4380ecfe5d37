"""The sweep turns what is due, once, after its grace, in as many statements for one clock as for thousands."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import MONDAY_MORNING
from tests.factories.clocks import US, close, of, opened, sweep
from tests.factories.orders import now

from zhanggui.cli.bench.history import add_open_clocks
from zhanggui.journal.models import Run, Transition
from zhanggui.kernel import clock
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.steps import GRACE, sweep_obligations

pytestmark = pytest.mark.django_db
DUE = MONDAY_MORNING + timedelta(hours=1)


@pytest.mark.parametrize(("off", "state"), [(0 * US, "open"), (GRACE, "open"), (GRACE + US, "breached")])
def test_a_clock_is_breached_once_its_grace_is_over(off: timedelta, state: str) -> None:
    opened([1])
    sweep(DUE + off)
    assert of(1).state == state


def test_no_run_is_made_while_all_that_is_due_is_within_its_grace() -> None:
    opened([1])
    sweep(MONDAY_MORNING + timedelta(minutes=50))
    runs = Run.objects.count()
    assert sweep(DUE + GRACE).breached == 0
    assert Run.objects.count() == runs


def test_a_fact_in_time_that_arrives_within_the_grace_meets_the_clock() -> None:
    opened([1])
    sweep(DUE + GRACE)
    close([1], DUE)
    assert of(1).state == "met"


def test_a_second_sweep_finds_nothing_and_makes_no_run() -> None:
    opened([1, 2])
    at = DUE + timedelta(minutes=1)
    assert sweep(at).breached == 2
    runs = Run.objects.count()
    assert (sweep(at).breached, sweep(at).warned) == (0, 0)
    assert Run.objects.count() == runs


def test_a_breach_is_on_record_with_its_run() -> None:
    opened([1])
    sweep(DUE + timedelta(minutes=1))
    (move,) = Transition.objects.filter(kind="obligation")
    assert (move.from_state, move.to_state) == ("open", "breached")
    run = Run.objects.get(id=move.run_id)
    assert (run.step, run.clause, run.as_of) == ("obligations.breach", "1.2", DUE + timedelta(minutes=1))


def test_a_limit_takes_the_earliest_due_first() -> None:
    opened([1, 2, 3], seconds=[180, 60, 120])
    assert sweep_obligations(context=now(DUE), limit=2).breached == 2
    assert [of(subject).state for subject in (1, 2, 3)] == ["open", "breached", "breached"]
    assert sweep_obligations(context=now(DUE), limit=2).breached == 1


def statements(at: datetime) -> int:
    last = Run.objects.order_by("-id").values_list("id", flat=True).first() or 0
    with CaptureQueriesContext(connection) as queries:
        sweep(at)
    inside = Run.objects.filter(id__gt=last).values_list("statements", flat=True)
    return len(queries) + sum(inside)


def test_one_clock_and_two_thousand_cost_the_same_statements() -> None:
    half = MONDAY_MORNING + timedelta(minutes=31)
    opened([1])
    few = (statements(half), statements(DUE + timedelta(minutes=1)))
    opened(range(10, 2_010))
    many = (statements(half), statements(DUE + timedelta(minutes=1)))
    assert many == few
    assert Obligation.objects.filter(state="breached").count() == 2_001


def test_five_thousand_are_turned_among_a_hundred_thousand(capsys: pytest.CaptureFixture[str]) -> None:
    add_open_clocks(100_000, due=5_000, due_before=DUE)
    started = clock.monotonic()
    swept = sweep_obligations(context=now(DUE + timedelta(minutes=1)), limit=5_000)
    seconds = clock.monotonic() - started
    assert (swept.breached, Obligation.objects.filter(state="breached").count()) == (5_000, 5_000)
    assert Obligation.objects.filter(state="open").count() == 95_000
    with capsys.disabled():
        print(f"\nsweep of 5,000 among 100,000 on {connection.vendor}: {seconds:.2f} s, ratio to 1 s {1 / seconds:.1f}")
