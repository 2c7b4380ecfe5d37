"""Departments are the same everywhere: who may be staff, who owns a clause, and how a page names them."""

from zhanggui.people.rules import DEPARTMENTS
from zhanggui.portal import wording
from zhanggui.regulation.records import Department


def test_a_clause_belongs_to_a_department_of_the_company_or_to_every_one() -> None:
    assert tuple(one.value for one in Department) == (*DEPARTMENTS, "every")


def test_each_department_has_its_words() -> None:
    assert {*DEPARTMENTS, "every"} <= set(wording.DEPARTMENTS)
