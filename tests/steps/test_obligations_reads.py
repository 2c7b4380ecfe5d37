"""What is due soonest, page by page, and how a clause's clocks stand in a period."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import MONDAY_MORNING
from tests.factories.clocks import CLAUSE, KIND, US, close, of, opened, pause, sweep, withdraw

from zhanggui.obligations.queries import all_due, clause_figures, due_soonest
from zhanggui.obligations.records import ClauseFigure, Opening

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DUE = MONDAY_MORNING + HOUR


def subjects(**asked: object) -> list[int]:
    return [line.subject_id for line in due_soonest(**asked)]  # type: ignore[arg-type]


def test_running_clocks_come_earliest_first_and_ended_ones_not_at_all() -> None:
    opened([1, 2, 3, 4, 5], seconds=[300, 100, 200, 50, 60])
    close([4], MONDAY_MORNING)
    withdraw([5], MONDAY_MORNING)
    pause([3], MONDAY_MORNING)
    sweep(MONDAY_MORNING + timedelta(seconds=110))
    assert [(line.subject_id, line.state) for line in due_soonest()] == [(2, "breached"), (3, "paused"), (1, "open")]


def test_pages_follow_each_other_without_gap_or_repeat_even_where_all_are_due_at_once() -> None:
    opened(range(1, 8))
    opened(range(8, 11), seconds=60)
    seen: list[int] = []
    after = None
    while page := due_soonest(limit=3, after=after):
        seen += [line.subject_id for line in page]
        after = (page[-1].due_at, page[-1].id)
    assert seen == [8, 9, 10, 1, 2, 3, 4, 5, 6, 7]


def test_a_page_is_one_statement_at_any_depth() -> None:
    opened(range(1, 100))
    last = due_soonest(limit=50)[-1]
    with CaptureQueriesContext(connection) as queries:
        assert len(due_soonest(limit=50, after=(last.due_at, last.id))) == 49
    assert len(queries) == 1


def test_the_whole_list_is_read_in_parts_and_ends() -> None:
    opened(range(1, 8))
    opened([8], clause="2.1.3.1")
    with CaptureQueriesContext(connection) as queries:
        assert [line.subject_id for line in all_due(CLAUSE, size=3)] == [1, 2, 3, 4, 5, 6, 7]
    assert len(queries) == 4
    assert len(list(all_due())) == 8


def test_clauses_and_departments_are_told_apart() -> None:
    opened([1])
    opened(openings=[Opening("2.1.3.1", KIND, "sales", [2], MONDAY_MORNING, 60, 0)])
    assert subjects(clause=CLAUSE) == [1]
    assert subjects(department="sales") == [2]
    assert subjects(clause=CLAUSE, department="sales") == []


def test_the_platforms_own_limit_leads_where_it_is_earlier() -> None:
    early, late = DUE - HOUR / 2, DUE + HOUR
    opened(
        openings=[
            Opening(CLAUSE, KIND, "sales", [1, 2, 3], MONDAY_MORNING, 3600, 0, external_due_at=[early, late, None])
        ]
    )
    assert [line.leads_at for line in due_soonest()] == [early, DUE, DUE]


def test_a_figure_counts_met_missed_and_running() -> None:
    opened(range(1, 8))
    close([1], DUE)
    close([2], DUE + US)
    withdraw([3], DUE)
    withdraw([4], DUE + US)
    pause([5], DUE - US)
    assert clause_figures([CLAUSE], as_of=DUE) == {CLAUSE: ClauseFigure(CLAUSE, 1, 2, 3)}
    assert clause_figures([CLAUSE], as_of=DUE + US) == {CLAUSE: ClauseFigure(CLAUSE, 1, 4, 1)}
    sweep(DUE + HOUR)
    swept = clause_figures([CLAUSE], as_of=DUE + HOUR)[CLAUSE]
    assert (swept.in_time, swept.missed, swept.running, swept.judged) == (1, 4, 1, 5)


def test_figures_of_many_clauses_take_as_many_statements_as_of_one() -> None:
    opened([1])
    opened([1], clause="2.1.3.1")
    for clauses in ([CLAUSE], [CLAUSE, "2.1.3.1", "2.2.2.3"]):
        with CaptureQueriesContext(connection) as queries:
            assert len(clause_figures(clauses, as_of=DUE)) == len(clauses)
        assert len(queries) == 2


def test_a_period_is_half_open_and_asks_when_the_clock_began() -> None:
    opened([1, 2, 3], started_at=[MONDAY_MORNING - US, MONDAY_MORNING, MONDAY_MORNING + HOUR])
    close([1, 2, 3], MONDAY_MORNING)
    judged = [
        clause_figures([CLAUSE], begins, ends, as_of=DUE)[CLAUSE].judged
        for begins, ends in (
            (MONDAY_MORNING, MONDAY_MORNING + HOUR), (MONDAY_MORNING, None), (None, MONDAY_MORNING),
            (MONDAY_MORNING + HOUR + US, None), (None, None),
        )
    ]  # fmt: skip
    assert judged == [1, 2, 1, 0, 3]


def test_clauses_without_clocks_have_an_empty_figure() -> None:
    opened([1])
    assert clause_figures([CLAUSE, "2.1.3.1"], as_of=DUE)["2.1.3.1"] == ClauseFigure("2.1.3.1", 0, 0, 0)
    assert of(1).state == "open"
