"""A step costs the same few statements for one row, for fifty and for two thousand. (A key costs one look-up more.)"""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests.factories.orders import now
from tests.factories.steps import CASES, prepared

from zhanggui.journal.models import Run
from zhanggui.journal.steps import STEPS, Step
from zhanggui.journal.writing import OpenRun

APPS = (
    "catalog.", "inventory.", "fulfilment.", "orders.", "invoices.", "shortages.", "processes.", "obligations.assign",
)  # fmt: skip
TRANSACTION = ("SAVEPOINT", "RELEASE SAVEPOINT")

pytestmark = pytest.mark.django_db


@pytest.fixture(name="opened")
def remember_runs(monkeypatch: pytest.MonkeyPatch) -> list[OpenRun]:
    """Every run that is opened from now on."""
    opened: list[OpenRun] = []
    birth = OpenRun.__init__

    def open_run(self: OpenRun) -> None:
        birth(self)
        opened.append(self)

    monkeypatch.setattr(OpenRun, "__init__", open_run)
    return opened


def statements(step: Step[Any], rows: list[Any], opened: list[OpenRun]) -> int:
    """Carry a step out and count its statements: those of the run's own hands and those of the ORM."""
    opened.clear()
    with CaptureQueriesContext(connection) as queries:
        given = step(rows, context=now())
    assert not given.rejected
    assert len(opened) == 1
    by_orm = [query for query in queries.captured_queries if not query["sql"].startswith(TRANSACTION)]
    return opened[0].statements + len(by_orm)


def counted(name: str, n_rows: int, opened: list[OpenRun]) -> int:
    """Count the statements of a step for so many rows in a company of its own, then take everything back."""
    with transaction.atomic():
        step, rows = prepared(name, n_rows)
        number = statements(step, rows, opened)
        transaction.set_rollback(True)
    return number


@pytest.mark.parametrize("name", CASES)
def test_any_number_of_rows_costs_the_same_statements(name: str, opened: list[OpenRun]) -> None:
    sizes = (1, 50, CASES[name].most)
    numbers = {size: counted(name, size, opened) for size in sizes}
    assert len(set(numbers.values())) == 1, numbers
    assert numbers[1] < CASES[name].below, numbers


def test_the_run_records_what_it_cost(opened: list[OpenRun]) -> None:
    step, rows = prepared("orders.confirm", 3)
    number = statements(step, rows, opened)
    recorded = Run.objects.latest("id").statements
    assert number - 4 <= recorded <= number + 4


def test_every_step_of_the_path_is_counted() -> None:
    assert {name for name in STEPS if name.startswith(APPS)} == set(CASES)


def test_a_step_that_asks_once_per_row_is_noticed(opened: list[OpenRun], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = OpenRun.update

    def one_by_one(self: OpenRun, model: Any, ids: list[int], values: dict[str, Any]) -> None:
        for at, key in enumerate(ids):
            whole(self, model, [key], {name: v[at] if isinstance(v, list) else v for name, v in values.items()})

    monkeypatch.setattr(OpenRun, "update", one_by_one)
    assert counted("orders.confirm", 2, opened) < counted("orders.confirm", 50, opened)
