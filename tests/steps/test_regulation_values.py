"""The company dates new values: within bounds, never into the past, once per moment."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from zhanggui.journal.models import Run
from zhanggui.journal.records import Context, KeyReused
from zhanggui.regulation import queries
from zhanggui.regulation.models import ParameterVersion
from zhanggui.regulation.records import NewValue, Value, term
from zhanggui.regulation.steps import set_parameter_values

SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class ConfirmTerms:
    """What the tests ask of clause 2.1.3.1."""

    confirm_hours: int = term("2.1.3.1")
    time_basis: str = term("2.1.3.1")


def change(at: datetime, value: Value = 12, clause: str = "2.1.3.1", name: str = "confirm_hours") -> NewValue:
    return NewValue(clause, name, value, at)


def test_a_new_value_holds_from_its_moment_on_and_not_a_second_earlier(as_of: datetime, context: Context) -> None:
    begins = as_of + timedelta(days=1)
    given = set_parameter_values([change(begins)], context=context)
    version = given.accepted[0].result
    terms = queries.terms_for(ConfirmTerms, [begins - SECOND, begins, begins + SECOND])
    assert terms["confirm_hours"].tolist() == [24, 12, 12]
    assert terms.version.tolist() == [0, version, version]
    assert terms.row(1) == ConfirmTerms(12, "elapsed")


def test_the_way_of_counting_is_dated_too(as_of: datetime, context: Context) -> None:
    assert not set_parameter_values([change(as_of, "working", name="time_basis")], context=context).rejected
    assert queries.terms_at(ConfirmTerms, as_of - SECOND).time_basis == "elapsed"
    assert queries.terms_at(ConfirmTerms, as_of).time_basis == "working"


@pytest.mark.parametrize(
    ("row", "code", "details"),
    [
        (lambda at: change(at, clause="9.9"), "unknown_clause", {"clause": "9.9"}),
        (lambda at: change(at, name="hours"), "unknown_parameter",
         {"clause": "2.1.3.1", "parameter": "hours"}),
        (lambda at: change(at, "12"), "wrong_type", {"value": "12", "bounds": "1–168"}),
        (lambda at: change(at, True), "wrong_type", {"value": "True", "bounds": "1–168"}),
        (lambda at: change(at, 0), "out_of_bounds", {"value": "0", "bounds": "1–168"}),
        (lambda at: change(at, 169), "out_of_bounds", {"value": "169", "bounds": "1–168"}),
        (lambda at: change(at, "hourly", name="time_basis"), "out_of_bounds",
         {"value": "hourly", "bounds": "elapsed | working"}),
        (lambda at: change(at - SECOND), "in_the_past",
         {"valid_from": "2026-03-02T00:59:59+00:00", "as_of": "2026-03-02T01:00:00+00:00"}),
    ],
)  # fmt: skip
def test_a_wrong_row_is_rejected_with_its_code_and_changes_nothing(
    row: object, code: str, details: dict[str, str], as_of: datetime, context: Context
) -> None:
    given = set_parameter_values([row(as_of)], context=context)  # type: ignore[operator]
    assert [(one.index, one.code, dict(one.details)) for one in given.rejected] == [(0, code, details)]
    assert not ParameterVersion.objects.exists()


def test_the_bounds_themselves_are_accepted(as_of: datetime, context: Context) -> None:
    rows = [change(as_of, 1), change(as_of + SECOND, 168)]
    assert len(set_parameter_values(rows, context=context).accepted) == 2


def test_one_moment_has_one_value(as_of: datetime, context: Context) -> None:
    given = set_parameter_values([change(as_of, 12), change(as_of, 13)], context=context)
    assert [one.code for one in given.rejected] == ["already_dated"]
    again = set_parameter_values([change(as_of, 14), change(as_of + SECOND, 15)], context=context)
    assert [(one.index, one.code) for one in again.rejected] == [(0, "already_dated")]
    assert queries.terms_at(ConfirmTerms, as_of).confirm_hours == 12


def test_good_rows_pass_beside_bad_ones(as_of: datetime, context: Context) -> None:
    given = set_parameter_values([change(as_of, 0), change(as_of, 12)], context=context)
    assert [one.index for one in given.accepted] == [1]
    run = Run.objects.get(id=given.run_id)
    assert (run.clause, run.accepted, run.rejected, run.codes) == ("1.3", 1, 1, '{"out_of_bounds": 1}')
    assert ParameterVersion.objects.get().run_id == given.run_id


def test_a_repeated_call_gives_the_first_answer(as_of: datetime, context: Context) -> None:
    keyed = replace(context, key="change-1")
    first = set_parameter_values([change(as_of)], context=keyed)
    again = set_parameter_values([change(as_of)], context=keyed)
    assert again.replayed
    assert again.accepted == first.accepted
    assert ParameterVersion.objects.count() == 1
    with pytest.raises(KeyReused):
        set_parameter_values([change(as_of, 13)], context=keyed)


def test_a_dry_run_answers_and_writes_nothing(as_of: datetime, context: Context) -> None:
    given = set_parameter_values([change(as_of)], context=replace(context, dry_run=True))
    assert len(given.accepted) == 1
    assert not ParameterVersion.objects.exists()
    assert not Run.objects.exists()


def test_a_dated_value_cannot_be_changed_or_removed(as_of: datetime, context: Context) -> None:
    set_parameter_values([change(as_of)], context=context)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ParameterVersion.objects.update(value="13")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ParameterVersion.objects.all().delete()


def test_fifty_rows_take_as_many_statements_as_one(as_of: datetime, context: Context) -> None:
    set_parameter_values([change(as_of, 20)], context=context)
    counts = []
    for n_rows, start in ((1, 100), (50, 200)):
        rows = [change(as_of + timedelta(minutes=start + at)) for at in range(n_rows)]
        with CaptureQueriesContext(
            connection,
        ) as seen:
            given = set_parameter_values(rows, context=context)
        assert len(given.accepted) == n_rows
        counts.append((len(seen), Run.objects.get(id=given.run_id).statements))
    assert counts[0] == counts[1]
