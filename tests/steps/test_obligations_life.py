"""A clock opens with its sum, closes by the moment of its fact, and keeps its verdict."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.clocks import CLAUSE, KIND, US, close, of, opened, sweep, withdraw
from tests.factories.orders import now

from zhanggui.journal.models import Transition
from zhanggui.journal.records import Contradicted
from zhanggui.obligations.calendars.queries import current_version, published_days
from zhanggui.obligations.calendars.records import MONDAY_TO_FRIDAY, DayEdit, DayKind, Shift, ShiftPlan
from zhanggui.obligations.calendars.rules import STANDARD_HOURS
from zhanggui.obligations.calendars.steps import edit_calendar_days, seed_calendar_days, set_shifts
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.queries import derivation
from zhanggui.obligations.records import Opening

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


@pytest.fixture
def calendar() -> int:
    """Published holidays, nine to twelve and one to six, Monday to Friday; give the version."""
    seed_calendar_days(published_days(), context=now())
    set_shifts([STANDARD_HOURS], context=now())
    return current_version()


def test_an_elapsed_clock_is_due_after_its_time_and_warns_at_half_and_four_fifths() -> None:
    opened([1], seconds=24 * 3600)
    clock = of(1)
    assert (clock.state, clock.warned, clock.closed_at, clock.late_us) == ("open", 0, None, None)
    assert clock.due_at == MONDAY_MORNING + DAY
    assert clock.warn_at == MONDAY_MORNING + DAY / 2
    assert clock.most_at == MONDAY_MORNING + DAY * 0.8
    assert clock.calendar_version == 0


def test_clocks_of_several_clauses_with_values_of_their_own_open_together() -> None:
    later = MONDAY_MORNING + HOUR
    opened(
        openings=[
            Opening(CLAUSE, KIND, "sales", [1, 2], [MONDAY_MORNING, later], [60, 120], [3, 4]),
            Opening("2.1.3.1", KIND, "sales", [], MONDAY_MORNING, 60, 1),
            Opening("2.3.2.3", KIND, "logistics", [1], later, 3600, 7, external_due_at=[later]),
        ]
    )
    rows = Obligation.objects.order_by("clause", "subject_id")
    assert [(r.clause, r.subject_id, r.department, r.due_at, r.terms_version, r.external_due_at) for r in rows] == [
        (CLAUSE, 1, "sales", MONDAY_MORNING + 60 * timedelta(seconds=1), 3, None),
        (CLAUSE, 2, "sales", later + 120 * timedelta(seconds=1), 4, None),
        ("2.3.2.3", 1, "logistics", later + HOUR, 7, later),
    ]


def test_nothing_to_open_writes_nothing() -> None:
    opened([])
    opened(openings=[])
    assert not Obligation.objects.exists()


def test_a_second_clock_for_the_same_cycle_is_refused_and_a_new_cycle_is_not() -> None:
    opened([1])
    with pytest.raises(Contradicted, match=r"clock_once|obligation\.cycle"):
        opened([1])
    opened([1], cycle=2)
    assert Obligation.objects.count() == 2


def test_a_working_clock_counts_over_the_night_and_spring_festival(calendar: int) -> None:
    opened([1], seconds=4 * 3600, started_at=at("2026-02-14T16:00"), time_basis="working")
    clock = of(1)
    assert clock.due_at == at("2026-02-24T11:00")
    assert clock.warn_at == at("2026-02-14T18:00")
    assert clock.calendar_version == calendar


def test_a_running_clock_keeps_the_calendar_it_began_under(calendar: int) -> None:
    opened([1], seconds=16 * 3600, time_basis="working")
    due_before = of(1).due_at
    assert due_before == at("2026-03-03T18:00")
    edit_calendar_days([DayEdit(date(2026, 3, 3), DayKind.HOLIDAY, "停电", "power cut")], context=now())
    set_shifts([ShiftPlan("logistics", (Shift(MONDAY_TO_FRIDAY, 9 * 60, 10 * 60),))], context=now())
    opened([2], seconds=16 * 3600, time_basis="working")
    assert (of(1).due_at, of(1).calendar_version) == (due_before, calendar)
    assert of(2).calendar_version == current_version() > calendar
    assert of(2).due_at > due_before + 7 * DAY
    assert derivation(of(1).id).lines[-1].en.startswith("Due: Tue 2026-03-03 18:00")


@pytest.mark.parametrize(
    ("off", "state", "late_us"),
    [(-US, "met", None), (0 * US, "met", None), (US, "late", 1), (3 * DAY, "late", 3 * 86_400_000_000)],
)
@pytest.mark.parametrize("swept", [False, True])
def test_the_moment_of_the_fact_decides_swept_or_not(
    off: timedelta, state: str, late_us: int | None, swept: bool
) -> None:
    opened([1])
    if swept:
        sweep(of(1).due_at + 10 * DAY)
    close([1], of(1).due_at + off)
    clock = of(1)
    assert (clock.state, clock.late_us, clock.closed_at) == (state, late_us, clock.due_at + off)


def test_late_stays_late_and_met_stays_met_whatever_comes_after() -> None:
    opened([1, 2, 3])
    due = of(1).due_at
    close([1], due + US)
    close([2], due)
    withdraw([3], due)
    before = list(Obligation.objects.order_by("id").values())
    close([1, 2, 3], due - HOUR)
    withdraw([1, 2, 3], due - HOUR)
    sweep(due + DAY)
    assert list(Obligation.objects.order_by("id").values()) == before


def test_closing_leaves_other_subjects_kinds_and_clauses_alone() -> None:
    opened([1, 2])
    opened(openings=[Opening("2.1.3.1", KIND, "sales", [1], MONDAY_MORNING, 60, 0)])
    opened(openings=[Opening(CLAUSE, "other", "sales", [1], MONDAY_MORNING, 60, 0)])
    close([1, 99], MONDAY_MORNING)
    assert Obligation.objects.filter(state="open").count() == 3
    assert of(1).state == "met"


@pytest.mark.parametrize(("off", "state"), [(-US, "withdrawn"), (0 * US, "withdrawn"), (US, "late")])
def test_a_withdrawn_clock_counts_as_late_if_it_was_due_before(off: timedelta, state: str) -> None:
    opened([1])
    withdraw([1], of(1).due_at + off)
    assert of(1).state == state
    assert (of(1).late_us is None) == (state == "withdrawn")


def test_a_withdrawal_ends_the_clocks_of_every_clause_of_the_subject() -> None:
    opened([1])
    opened(openings=[Opening("2.1.3.1", KIND, "sales", [1], MONDAY_MORNING, 7200, 0)])
    withdraw([1], MONDAY_MORNING)
    assert set(Obligation.objects.values_list("state", flat=True)) == {"withdrawn"}


def test_a_working_and_an_elapsed_clock_close_alike(calendar: int) -> None:
    opened([1], seconds=3600, started_at=at("2026-02-14T17:30"), time_basis="working")
    assert of(1).due_at == at("2026-02-24T09:30")
    close([1], at("2026-02-24T09:30"))
    assert of(1).state == "met"


def test_every_change_leaves_one_transition() -> None:
    opened([1, 2])
    due = of(1).due_at
    sweep(due + timedelta(minutes=1))
    close([1], due + HOUR)
    withdraw([2], due + HOUR)
    moves = Transition.objects.filter(kind="obligation").order_by("id").values_list("from_state", "to_state")
    assert list(moves) == [("open", "breached")] * 2 + [("breached", "late")] * 2
