"""Temporary adjustments: announced in time, for one scope, half-open, never overlapping."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from zhanggui.journal.models import Run
from zhanggui.journal.records import Context
from zhanggui.regulation import queries
from zhanggui.regulation.models import ParameterOverlay
from zhanggui.regulation.records import NewOverlay, NewValue, Scopes, Value, term
from zhanggui.regulation.steps import lay_overlays, set_parameter_values

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class ShipTerms:
    """What the tests ask of clause 2.3.2.1."""

    ship_hours: int = term("2.3.2.1")


def overlay(starts_at: datetime, ends_at: datetime, value: Value = 72, kind: str = "all", key: str = "") -> NewOverlay:
    return NewOverlay("2.3.2.1", "ship_hours", value, starts_at, ends_at, kind, key)


def ship_hours(moments: list[datetime], scopes: Scopes = queries.EVERYWHERE) -> list[int]:
    found: list[int] = queries.terms_for(ShipTerms, moments, scopes)["ship_hours"].tolist()
    return found


def test_an_overlay_holds_from_its_start_until_just_before_its_end(as_of: datetime, context: Context) -> None:
    start, end = as_of + 8 * DAY, as_of + 12 * DAY
    given = lay_overlays([overlay(start, end)], context=context)
    moments = [start - SECOND, start, start + SECOND, end - SECOND, end, end + SECOND]
    terms = queries.terms_for(ShipTerms, moments)
    laid = given.accepted[0].result
    assert terms["ship_hours"].tolist() == [48, 72, 72, 72, 48, 48]
    assert terms.version.tolist() == [0, laid, laid, laid, 0, 0]


def test_after_the_overlay_the_dated_value_of_that_moment_holds(as_of: datetime, context: Context) -> None:
    set_parameter_values([NewValue("2.3.2.1", "ship_hours", 36, as_of + 9 * DAY)], context=context)
    lay_overlays([overlay(as_of + 8 * DAY, as_of + 10 * DAY)], context=context)
    assert ship_hours([as_of + (7 + half) * DAY for half in range(4)]) == [48, 72, 72, 36]


@pytest.mark.parametrize(("early", "code"), [(-SECOND, "notice_too_short"), (0 * SECOND, None), (SECOND, None)])
def test_notice_is_24_hours_to_the_second(
    early: timedelta, code: str | None, as_of: datetime, context: Context
) -> None:
    start = as_of + DAY + early
    given = lay_overlays([overlay(start, start + DAY)], context=context)
    assert [one.code for one in given.rejected] == ([code] if code else [])
    assert ParameterOverlay.objects.count() == (0 if code else 1)


def test_the_notice_asked_for_is_a_parameter_itself(as_of: datetime, context: Context) -> None:
    changed = set_parameter_values([NewValue("3.3", "notice_hours", 48, as_of)], context=context)
    start = as_of + 47 * HOUR
    given = lay_overlays([overlay(start, start + DAY)], context=context)
    assert [(one.code, one.details["notice_hours"]) for one in given.rejected] == [("notice_too_short", 48)]
    version = changed.accepted[0].result
    assert Run.objects.get(id=given.run_id).terms == f'{{"3.3": {version}}}'


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"clause": "9.9"}, "unknown_clause"),
        ({"parameter": "hours"}, "unknown_parameter"),
        ({"value": "72"}, "wrong_type"),
        ({"value": 337}, "out_of_bounds"),
        ({"scope_kind": "planet", "scope_key": "x"}, "unknown_scope"),
        ({"scope_kind": "shop"}, "unknown_scope"),
        ({"scope_key": "7"}, "unknown_scope"),
    ],
)
def test_a_wrong_overlay_is_rejected_and_changes_nothing(
    wrong: dict[str, Value], code: str, as_of: datetime, context: Context
) -> None:
    row = replace(overlay(as_of + 2 * DAY, as_of + 3 * DAY), **wrong)  # type: ignore[arg-type]
    assert [one.code for one in lay_overlays([row], context=context).rejected] == [code]
    assert not ParameterOverlay.objects.exists()


@pytest.mark.parametrize("length", [timedelta(0), -SECOND])
def test_an_overlay_ends_after_it_starts(length: timedelta, as_of: datetime, context: Context) -> None:
    start = as_of + 2 * DAY
    given = lay_overlays([overlay(start, start + length)], context=context)
    assert [one.code for one in given.rejected] == ["ends_before_start"]


@pytest.mark.parametrize(
    ("start", "end", "refused"),
    [
        (3, 4, False),  # ends where the other starts
        (3, 5, True),
        (5, 6, True),  # inside
        (3, 9, True),  # around
        (4, 8, True),  # the same
        (7, 9, True),
        (8, 9, False),  # starts where the other ends
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_overlays_of_one_scope_never_overlap(
    start: int, end: int, refused: bool, together: bool, as_of: datetime, context: Context
) -> None:
    laid = overlay(as_of + 4 * DAY, as_of + 8 * DAY)
    other = overlay(as_of + start * DAY, as_of + end * DAY, 60)
    if together:
        given = lay_overlays([laid, other], context=context)
    else:
        lay_overlays([laid], context=context)
        given = lay_overlays([other], context=context)
    assert [one.code for one in given.rejected] == (["overlaps"] if refused else [])
    assert ParameterOverlay.objects.count() == (1 if refused else 2)


def test_the_most_specific_scope_wins(as_of: datetime, context: Context) -> None:
    start, end = as_of + 2 * DAY, as_of + 3 * DAY
    rows = [
        overlay(start, end, 101, "shop", "7"),
        overlay(start, end, 102, "warehouse", "3"),
        overlay(start, end, 103, "channel", "taobao"),
        overlay(start, end, 104, "department", "logistics"),
        overlay(start, end, 105),
    ]
    assert not lay_overlays(rows, context=context).rejected
    scopes = Scopes(
        department=["logistics", "logistics", "logistics", "logistics", "sales"],
        channel=["taobao", "taobao", "taobao", "jd", "jd"],
        warehouse=[3, 3, 4, 4, 4],
        shop=[7, 8, 8, 8, 8],
    )
    assert ship_hours([start] * 5, scopes) == [101, 102, 103, 104, 105]
    assert ship_hours([start] * 2, Scopes(channel="taobao", warehouse=[4, 3])) == [103, 102]
    assert ship_hours([start]) == [105]
    assert ship_hours([end] * 5, scopes) == [48] * 5


def test_a_page_sees_the_overlay_with_its_end_and_the_history(as_of: datetime, context: Context) -> None:
    start, end = as_of + 2 * DAY, as_of + 3 * DAY
    laid = lay_overlays([overlay(start, end)], context=context).accepted[0].result
    (ship, basis) = queries.in_force("2.3.2.1", start)
    assert (ship.parameter.name, ship.value, ship.version, ship.until) == ("ship_hours", 72, laid, end)
    assert (basis.value, basis.version, basis.until) == ("elapsed", 0, None)
    assert [one.until for one in queries.in_force("2.3.2.1", end)] == [None, None]
    lines = queries.history("2.3.2.1")
    assert [(one.parameter, one.value, one.until) for one in lines] == [
        ("ship_hours", 48, None), ("ship_hours", 72, end), ("time_basis", "elapsed", None),
    ]  # fmt: skip


def test_the_database_itself_refuses_what_the_step_would(as_of: datetime) -> None:
    good = {"clause": "2.3.2.1", "parameter": "ship_hours", "value": "72", "run_id": 1}
    bad = [
        {"scope_kind": "all", "starts_at": as_of, "ends_at": as_of},
        {"scope_kind": "all", "scope_key": "x", "starts_at": as_of, "ends_at": as_of + DAY},
        {"scope_kind": "shop", "scope_key": "", "starts_at": as_of, "ends_at": as_of + DAY},
        {"scope_kind": "planet", "scope_key": "x", "starts_at": as_of, "ends_at": as_of + DAY},
    ]
    for at, columns in enumerate(bad):
        with pytest.raises(IntegrityError), transaction.atomic():
            ParameterOverlay.objects.create(id=at + 1, **good, **columns)
    ParameterOverlay.objects.create(id=9, **good, scope_kind="all", starts_at=as_of, ends_at=as_of + DAY)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ParameterOverlay.objects.update(ends_at=as_of + 2 * DAY)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_are_judged_one_after_the_other(as_of: datetime, context: Context) -> None:
    """Both want the same days; without the gate neither would see the other's row."""
    start = Barrier(4)
    rows = [overlay(as_of + (4 + at) * DAY, as_of + 9 * DAY, 60 + at) for at in range(4)]

    def lay(row: NewOverlay) -> int:
        try:
            start.wait(10)
            return len(lay_overlays([row], context=context).accepted)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lay, rows)) == 1
    assert ParameterOverlay.objects.count() == 1


def test_fifty_overlays_take_as_many_statements_as_one(as_of: datetime, context: Context) -> None:
    lay_overlays([overlay(as_of + 2 * DAY, as_of + 3 * DAY)], context=context)
    counts = []
    for n_rows, day in ((1, 10), (50, 20)):
        rows = [overlay(as_of + (day + at) * DAY, as_of + (day + at + 1) * DAY) for at in range(n_rows)]
        with CaptureQueriesContext(connection) as seen:
            given = lay_overlays(rows, context=context)
        assert len(given.accepted) == n_rows
        counts.append((len(seen), Run.objects.get(id=given.run_id).statements))
    assert counts[0] == counts[1]
