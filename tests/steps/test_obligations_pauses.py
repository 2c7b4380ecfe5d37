"""A clock that stands still falls due later by exactly the time it stood still; one that is past due does not stop."""

from datetime import datetime, timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.clocks import US, close, of, opened, pause, resume, sweep, withdraw
from tests.factories.orders import now

from zhanggui.journal.models import Transition
from zhanggui.obligations.calendars.queries import published_days
from zhanggui.obligations.calendars.records import MONDAY_TO_FRIDAY, Shift, ShiftPlan
from zhanggui.obligations.calendars.rules import STANDARD_HOURS
from zhanggui.obligations.calendars.steps import seed_calendar_days, set_shifts
from zhanggui.obligations.models import Obligation, ObligationPause
from zhanggui.obligations.queries import derivation

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def after(**span: float) -> datetime:
    return MONDAY_MORNING + timedelta(**span)


def test_a_pause_moves_due_and_the_warnings_by_its_length() -> None:
    opened([1])
    assert pause([1], after(minutes=10)) == [1]
    assert (of(1).state, of(1).due_at) == ("paused", after(minutes=60))
    assert resume([1], after(minutes=25)) == [1]
    clock = of(1)
    assert (clock.state, clock.due_at) == ("open", after(minutes=75))
    assert (clock.warn_at, clock.most_at) == (after(minutes=45), after(minutes=63))


def test_two_pauses_add_up() -> None:
    opened([1])
    for begins, ends in ((10, 20), (30, 35)):
        pause([1], after(minutes=begins))
        resume([1], after(minutes=ends))
    assert of(1).due_at == after(minutes=75)
    assert ObligationPause.objects.filter(until_at__isnull=False).count() == 2


def test_only_working_time_of_a_pause_counts_for_a_working_clock() -> None:
    seed_calendar_days(published_days(), context=now())
    set_shifts([STANDARD_HOURS], context=now())
    opened([1], seconds=16 * 3600, time_basis="working")  # Monday 09:00, due Tuesday 18:00
    pause([1], after(hours=2))  # 11:00
    resume([1], after(hours=5))  # 14:00, with the break of twelve to one in between
    assert of(1).due_at == after(days=2, hours=2)
    pause([1], after(hours=9))  # 18:00
    resume([1], after(hours=24))  # the night counts nothing
    assert of(1).due_at == after(days=2, hours=2)


def test_a_resumed_clock_is_reckoned_with_the_calendar_it_began_under() -> None:
    seed_calendar_days(published_days(), context=now())
    set_shifts([STANDARD_HOURS], context=now())
    opened([1], seconds=16 * 3600, time_basis="working")
    version = of(1).calendar_version
    pause([1], after(hours=1))
    set_shifts([ShiftPlan("logistics", (Shift(MONDAY_TO_FRIDAY, 9 * 60, 10 * 60),))], context=now())
    resume([1], after(hours=2))
    assert (of(1).due_at, of(1).calendar_version) == (after(days=2, hours=1), version)


def test_a_paused_clock_neither_falls_due_nor_warns() -> None:
    opened([1])
    pause([1], after(minutes=10))
    swept = sweep(after(days=9))
    assert (swept.breached, swept.warned, of(1).state) == (0, 0, "paused")


def test_a_clock_that_stood_still_to_its_last_microsecond_has_that_one_left() -> None:
    opened([1])
    pause([1], after(hours=1) - US)
    resume([1], after(days=3))
    assert of(1).due_at == after(days=3) + US


def test_a_clock_that_is_due_or_breached_is_not_stopped() -> None:
    opened([1, 2])
    before = list(Obligation.objects.order_by("id").values())
    assert pause([1], after(hours=1)) == []
    assert list(Obligation.objects.order_by("id").values()) == before
    sweep(after(hours=2))
    breached = list(Obligation.objects.order_by("id").values())
    assert pause([1, 2], after(hours=2)) == []
    assert pause([1, 2], after(minutes=5)) == []
    assert resume([1, 2], after(hours=3)) == []
    assert list(Obligation.objects.order_by("id").values()) == breached
    assert not ObligationPause.objects.exists()


def test_pausing_twice_and_resuming_twice_changes_nothing() -> None:
    opened([1])
    pause([1], after(minutes=10))
    assert pause([1], after(minutes=15)) == []
    resume([1], after(minutes=20))
    assert resume([1], after(minutes=30)) == []
    assert of(1).due_at == after(minutes=70)


def test_unknown_subjects_and_ended_clocks_are_left_out() -> None:
    opened([1, 2])
    close([2], after(minutes=1))
    assert pause([1, 2, 99], after(minutes=10)) == [1]
    assert resume([1, 2, 99], after(minutes=20)) == [1]


@pytest.mark.parametrize("off", [-US, 0 * US, US])
def test_an_answer_to_a_paused_clock_ends_its_pause_and_counts_it(off: timedelta) -> None:
    opened([1])
    pause([1], after(minutes=10))
    close([1], after(days=5) + off)
    clock = of(1)
    assert (clock.state, clock.due_at) == ("met", after(days=5, minutes=50) + off)
    assert ObligationPause.objects.get().until_at == after(days=5) + off


def test_a_paused_clock_can_be_withdrawn() -> None:
    opened([1])
    pause([1], after(minutes=10))
    withdraw([1], after(days=1))
    assert (of(1).state, ObligationPause.objects.get().until_at) == ("withdrawn", after(days=1))


def test_each_warning_comes_once_and_at_its_share() -> None:
    opened([1])
    for at, warned, share in (
        (after(minutes=30), 0, 0), (after(minutes=30) + US, 1, 50), (after(minutes=48), 0, 50),
        (after(minutes=48) + US, 1, 80), (after(minutes=59), 0, 80),
    ):  # fmt: skip
        assert (sweep(at).warned, of(1).warned) == (warned, share), at
    assert of(1).warn_at is None
    moves = Transition.objects.filter(kind="warning").order_by("id").values_list("from_state", "to_state")
    assert list(moves) == [("0", "50"), ("50", "80")]


def test_a_late_look_gives_only_the_stronger_warning() -> None:
    opened([1])
    assert sweep(after(minutes=50)).warned == 1
    assert of(1).warned == 80
    assert sweep(after(minutes=55)).warned == 0


def test_after_a_pause_the_warning_left_comes_once_at_its_new_moment() -> None:
    opened([1])
    sweep(after(minutes=31))
    pause([1], after(minutes=40))
    resume([1], after(minutes=100))
    assert (of(1).warned, of(1).warn_at) == (50, after(minutes=108))
    assert sweep(after(minutes=108)).warned == 0
    assert sweep(after(minutes=108) + US).warned == 1
    pause([1], after(minutes=110))
    resume([1], after(minutes=120))
    assert (of(1).warned, of(1).warn_at) == (80, None)
    assert sweep(after(minutes=129)).warned == 0


def test_the_derivation_tells_the_pauses_and_ends_at_the_due_moment() -> None:
    opened([1])
    pause([1], after(minutes=10))
    resume([1], after(minutes=25))
    found = derivation(of(1).id)
    assert found.due_us == int(of(1).due_at.timestamp()) * 1_000_000
    assert [str(line.kind) for line in found.lines].count("paused") == 1
    assert "10:15" in found.lines[-1].en
    assert "10:15" in found.lines[-1].zh


def test_the_counted_lines_of_a_working_derivation_add_up_to_the_time_allowed() -> None:
    seed_calendar_days(published_days(), context=now())
    set_shifts([STANDARD_HOURS], context=now())
    opened([1], seconds=20 * 3600, time_basis="working")
    pause([1], after(hours=1))
    resume([1], after(hours=3))
    found = derivation(of(1).id)
    counted = sum(line.counted_us for line in found.lines if line.kind in ("counted", "between"))
    assert counted == 20 * 3600 * 1_000_000
    assert found.due_us == int(of(1).due_at.timestamp() * 1_000_000)
