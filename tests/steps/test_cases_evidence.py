"""Cases of the fault catalogue about what stands in the journal: no change without its entry, busy said as busy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, OperationalError, connection
from tests.factories.company import EVENING, build_company
from tests.factories.orders import bring, now, open_company, states
from tests.factories.steps import contents

from zhanggui.journal.models import Run
from zhanggui.journal.records import Busy, Contradicted
from zhanggui.journal.steps import RETRIES, Inside, step
from zhanggui.kernel.batch import Accepted, Answer, answer
from zhanggui.oversight.verification.queries import verify
from zhanggui.sales.orders.models import OrderContact
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db


class Deadlock(Exception):
    """What the driver reports under Django's own error when the server ended a deadlock."""

    sqlstate = "40P01"


class Unlucky:
    """Meets a deadlock so many times, then goes through."""

    def __init__(self) -> None:
        self.deadlocks = self.tries = 0

    def pass_through(self) -> None:
        self.tries += 1
        if self.tries <= self.deadlocks:
            raise OperationalError from Deadlock()


UNLUCKY = Unlucky()


@step("tests.unlucky", clause="1.2")
def unlucky(batch: Sequence[int], *, context: Inside) -> Answer:
    """Do nothing, unluckily."""
    UNLUCKY.pass_through()
    return answer([Accepted(index, key) for index, key in enumerate(batch)], [])


@pytest.mark.parametrize("deadlocks", range(RETRIES + 2))
def test_A05_a_deadlock_is_tried_again_at_most_three_times_then_said_to_be_busy(deadlocks: int) -> None:
    UNLUCKY.deadlocks, UNLUCKY.tries = deadlocks, 0
    if deadlocks < RETRIES:
        assert len(unlucky([1], context=now()).accepted) == 1
        assert Run.objects.filter(step="tests.unlucky").count() == 1
    else:
        with pytest.raises(Busy):
            unlucky([1], context=now())
        assert not Run.objects.filter(step="tests.unlucky").exists()
    assert UNLUCKY.tries == min(deadlocks + 1, RETRIES)


@contextmanager
def full(table: str) -> Iterator[None]:
    """Let the database refuse every new row of a table, as a full disk would."""
    if connection.vendor == "postgresql":
        take, give = (
            f"ALTER TABLE {table} ADD CONSTRAINT disk_full CHECK (false) NOT VALID",
            f"ALTER TABLE {table} DROP CONSTRAINT disk_full",
        )
    else:
        take, give = (
            f"CREATE TRIGGER disk_full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END",
            "DROP TRIGGER disk_full",
        )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(take)
        try:
            yield
        finally:
            cursor.execute(give)


@pytest.mark.parametrize("table", ["journal_run", "journal_transition", "journal_pendingseal"])
def test_B28_no_entry_in_the_journal_no_change(table: str) -> None:
    ids = bring(open_company(TEA=10), 3, {"TEA": 1})
    before = contents(journal=False)
    with full(table), pytest.raises((DatabaseError, Contradicted)):
        confirm_orders(ids, context=now())
    assert contents(journal=False) == before
    assert not confirm_orders(ids, context=now()).rejected
    assert set(states(ids)) == {"confirmed"}


def test_I05_personal_fields_can_be_erased_and_the_journal_still_verifies() -> None:
    build_company()
    gone = OrderContact.objects.exclude(phone="").update(
        buyer="", receiver="", phone="", province="", city="", district="", address=""
    )
    assert gone > 10
    assert verify(EVENING).clean
