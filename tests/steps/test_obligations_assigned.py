"""Clocks are given to members of staff: to whom stands in the journal, and each clock once in a batch."""

from datetime import datetime

import pytest
from tests.factories.clocks import of, opened
from tests.factories.orders import now, refusals

from zhanggui.journal.models import Transition
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.records import Assignment
from zhanggui.obligations.steps import assign_clocks
from zhanggui.oversight.verification.queries import verify
from zhanggui.people.models import Staff

pytestmark = pytest.mark.django_db


def person(name: str, *, is_active: bool = True) -> int:
    """A member of the sales department, whose access may have ended."""
    joined_at: datetime = now().as_of
    row = Staff(username=name, display_name=name.title(), department="sales", roles="sales", joined_at=joined_at)
    row.is_active = is_active
    row.save()
    return int(row.pk)


def moved() -> list[tuple[int, str, str]]:
    """The journal's entries about who has a clock."""
    rows = Transition.objects.filter(kind="assignee").order_by("id")
    return list(rows.values_list("subject_id", "from_state", "to_state"))


def test_the_journal_says_who_had_a_clock_and_who_has_it() -> None:
    opened([1])
    clock, anna, ben = of(1).id, person("anna"), person("ben")
    assign_clocks([Assignment(clock, anna)], context=now())
    assign_clocks([Assignment(clock, ben)], context=now())
    assert moved() == [(clock, "nobody", f"staff:{anna}"), (clock, f"staff:{anna}", f"staff:{ben}")]
    assert of(1).assignee == str(ben)


def test_the_longest_id_of_a_person_fits_the_journal() -> None:
    opened([1])
    anna = person("anna")
    Staff.objects.filter(pk=anna).update(id=10**17)
    assert not assign_clocks([Assignment(of(1).id, 10**17)], context=now()).rejected
    assert all(len(after) <= 24 for _, _, after in moved())


def test_the_same_clock_twice_in_a_batch_goes_to_the_first_who_was_named() -> None:
    opened([1, 2])
    clock, other, anna, ben = of(1).id, of(2).id, person("anna"), person("ben")
    rows = [Assignment(clock, anna), Assignment(clock, ben), Assignment(clock, anna), Assignment(other, ben)]
    given = assign_clocks(rows, context=now())
    assert refusals(given) == [(1, "twice_in_batch"), (2, "twice_in_batch")]
    assert [(row.index, row.result) for row in given.accepted] == [(0, clock), (3, other)]
    assert moved() == [(clock, "nobody", f"staff:{anna}"), (other, "nobody", f"staff:{ben}")]


def test_whoever_cannot_sign_in_any_more_is_given_nothing() -> None:
    opened([1])
    given = assign_clocks([Assignment(of(1).id, person("gone", is_active=False))], context=now())
    assert refusals(given) == [(0, "unknown_staff")]
    assert (of(1).assignee, moved()) == ("", [])


@pytest.mark.parametrize("instead", ["", "999"])
def test_the_checker_finds_a_clock_that_another_has_than_the_journal_says(instead: str) -> None:
    opened([1])
    anna = person("anna")
    assign_clocks([Assignment(of(1).id, anna)], context=now())
    (before,) = verify(now().as_of, only=["A2"]).invariants
    Obligation.objects.update(assignee=instead)
    (after,) = verify(now().as_of, only=["A2"]).invariants
    assert before.violations == 0
    assert [found.text for found in after.findings] == [
        f"state={'staff:999' if instead else 'nobody'} entries=staff:{anna}"
    ]
