"""Terms of many moments: two statements, quick, and the same as asking one by one."""

import random
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from zhanggui.journal.records import Context
from zhanggui.regulation import queries
from zhanggui.regulation.models import ParameterOverlay, ParameterVersion
from zhanggui.regulation.records import (
    NewOverlay,
    NewValue,
    RegulationError,
    ScopeKind,
    Scopes,
    UnknownClause,
    UnknownParameter,
    term,
)
from zhanggui.regulation.steps import lay_overlays, set_parameter_values

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PathTerms:
    """The limits of the whole path of an order."""

    confirm_hours: int = term("2.1.3.1")
    shortage_notice_hours: int = term("2.1.3.2", "notice_hours")
    sync_minutes: int = term("2.1.3.3")
    ship_hours: int = term("2.3.2.1")
    time_basis: str = term("2.3.2.1")


@dataclass(frozen=True, slots=True)
class WrongClause:
    hours: int = term("9.9")


@dataclass(frozen=True, slots=True)
class WrongName:
    hours: int = term("2.1.3.1")


@dataclass(frozen=True, slots=True)
class WrongType:
    confirm_hours: str = term("2.1.3.1")


@dataclass(frozen=True, slots=True)
class Undeclared:
    confirm_hours: int


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (WrongClause, UnknownClause), (WrongName, UnknownParameter), (WrongType, RegulationError),
        (Undeclared, RegulationError),
    ],
)  # fmt: skip
def test_a_terms_class_that_fits_no_clause_says_so(kind: type, error: type[Exception], as_of: datetime) -> None:
    with pytest.raises(error):
        queries.terms_for(kind, [as_of])


def test_the_shipped_terms_fill_a_typed_record(as_of: datetime) -> None:
    assert queries.terms_at(PathTerms, as_of) == PathTerms(24, 2, 15, 48, "elapsed")
    assert type(queries.terms_at(PathTerms, as_of).confirm_hours) is int


def test_no_moments_give_empty_columns() -> None:
    terms = queries.terms_for(PathTerms, [])
    assert {name: len(terms[name]) for name in terms.values} == dict.fromkeys(PathTerms.__slots__, 0)
    assert terms.version.tolist() == []


def _decide_at_random(seed: int, as_of: datetime, context: Context) -> None:
    pick = random.Random(seed)
    names = [("2.1.3.1", "confirm_hours"), ("2.3.2.1", "ship_hours"), ("2.1.3.2", "notice_hours")]
    values = [
        NewValue(*pick.choice(names), pick.randint(1, 48), as_of + pick.randint(0, 2_000) * HOUR) for _ in range(60)
    ]
    overlays = []
    for _ in range(200):
        kind = pick.choice(list(ScopeKind))
        start = as_of + pick.randint(24, 2_000) * HOUR
        overlays.append(NewOverlay(
            *pick.choice(names), pick.randint(1, 48), start, start + pick.randint(1, 300) * HOUR,
            kind, "" if kind is ScopeKind.ALL else pick.choice("abc"),
        ))  # fmt: skip
    assert set_parameter_values(values, context=context).accepted
    assert lay_overlays(overlays, context=context).accepted


def _by_hand(field: str, moment: datetime, keys: dict[ScopeKind, str]) -> tuple[Any, int]:
    """Ask the tables for one field and one moment, the slow way."""
    declared = PathTerms.__dataclass_fields__[field].metadata
    name = declared["parameter"] or field
    where = {"clause": declared["clause"], "parameter": name}
    for kind in reversed(list(ScopeKind)):
        over = ParameterOverlay.objects.filter(
            **where, scope_kind=kind, scope_key=keys.get(kind, ""), starts_at__lte=moment, ends_at__gt=moment
        ).first()
        if over and (kind is ScopeKind.ALL or kind in keys):
            return int(over.value), over.id
    own = ParameterVersion.objects.filter(**where, valid_from__lte=moment).order_by("-valid_from").first()
    if own:
        return int(own.value), own.id
    parameter = queries.clause(declared["clause"]).parameter(name)
    day = moment.astimezone(settings.COMPANY_ZONE).date()
    return [held.value for held in parameter.values if held.since <= day][-1], 0


@pytest.mark.parametrize("seed", range(3))
def test_all_at_once_is_the_same_as_one_by_one(seed: int, as_of: datetime, context: Context) -> None:
    _decide_at_random(seed, as_of, context)
    pick = random.Random(1_000 + seed)
    moments = [as_of + pick.randint(-100, 2_400) * HOUR for _ in range(40)]
    shops, warehouses = [pick.choice("abcd") for _ in moments], [pick.choice("abcd") for _ in moments]
    terms = queries.terms_for(PathTerms, moments, Scopes(channel="b", shop=shops, warehouse=warehouses))
    for at, moment in enumerate(moments):
        keys = {ScopeKind.CHANNEL: "b", ScopeKind.SHOP: shops[at], ScopeKind.WAREHOUSE: warehouses[at]}
        for field in PathTerms.__slots__:
            found = (terms[field][at], int(terms.versions[field][at]))
            assert found == _by_hand(field, moment, keys), (field, moment, keys)


def test_ten_thousand_moments_take_the_two_statements_of_one(as_of: datetime, context: Context) -> None:
    _decide_at_random(1, as_of, context)
    for moments in ([as_of], [as_of + at * HOUR for at in range(10_000)]):
        with CaptureQueriesContext(connection) as seen:
            terms = queries.terms_for(PathTerms, moments, Scopes(shop="a"))
        assert len(seen) == 2
        assert len(terms["ship_hours"]) == len(moments)


def test_ten_thousand_moments_are_asked_at_once_and_not_one_by_one(as_of: datetime, context: Context) -> None:
    """Both are timed in this run, so the machine does not decide; measured about 30 where a loop gives 10,000."""
    _decide_at_random(2, as_of, context)
    shops = [str(at % 9) for at in range(10_000)]
    many = [as_of + at * HOUR for at in range(10_000)]
    one = _fastest(lambda: queries.terms_for(PathTerms, [as_of], Scopes(shop="a")))
    assert _fastest(lambda: queries.terms_for(PathTerms, many, Scopes(shop=shops))) < one * len(many) / 10


def _fastest(work: Any) -> float:
    took = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return min(took)
