"""What steps write comes back as it was given, whatever the text, on both engines, in the same few statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import MONDAY_MORNING

from zhanggui.catalog.models import Sku
from zhanggui.journal.records import Plus
from zhanggui.journal.writing import OpenRun
from zhanggui.kernel import sql
from zhanggui.obligations.models import Obligation

HARD = ["", "NULL", "null", '"', "'", "\\", '\\"', "\\\\", "{", "}", "{a,b}", ",", ";--", "%s", "?", "$1", ":x", "\n",
        "\r\n", "\t", " x ", "é", "e\u0301", "茶", "🍵👨‍👩‍👧", "\u200b", "\u2028", "\ufeff", "::text[]"]  # fmt: skip
STORABLE = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
TEXTS = st.sampled_from(HARD) | st.text(STORABLE, max_size=16)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NUMBERS = st.integers(0, 2**63 - 1)
SKU_COLUMNS = ("name", "unit", "price_fen", "stocked")
CLOCK_COLUMNS = ("started_at", "warn_at", "external_due_at", "allowed_seconds", "assignee")


def columns_of(
    kinds: dict[str, st.SearchStrategy[Any]],
) -> st.SearchStrategy[tuple[int, dict[str, Any], dict[str, Any]]]:
    """A number of rows, and twice the columns for them: to be inserted, then to be given by an update."""
    return st.integers(1, 5).flatmap(
        lambda n: st.tuples(
            st.just(n), *(
                st.fixed_dictionaries({
                    name: kind | st.lists(kind, min_size=n, max_size=n) for name, kind in kinds.items()
                }) for _ in range(2)
            )
        )
    )  # fmt: skip


SKUS = columns_of({
    "name": TEXTS, "unit": TEXTS, "price_fen": st.none() | NUMBERS, "stocked": st.booleans(),
})  # fmt: skip
CLOCKS = columns_of({
    "started_at": MOMENTS, "warn_at": st.none() | MOMENTS, "external_due_at": st.none() | MOMENTS,
    "allowed_seconds": NUMBERS, "assignee": TEXTS,
})  # fmt: skip


@contextmanager
def a_run() -> Iterator[OpenRun]:
    """An open run whose writes are taken back at the end."""
    with transaction.atomic():
        yield OpenRun()
        transaction.set_rollback(True)


def as_rows(n_rows: int, columns: dict[str, Any], names: tuple[str, ...]) -> list[tuple[Any, ...]]:
    spread = [columns[name] if isinstance(columns[name], list) else [columns[name]] * n_rows for name in names]
    return list(zip(*spread, strict=True))


@pytest.mark.django_db
@given(SKUS)
def test_texts_flags_and_numbers_come_back_as_they_were_given(case: tuple[int, dict[str, Any], dict[str, Any]]) -> None:
    n_rows, born, later = case
    with a_run() as run:
        ids = run.ids(n_rows)
        kept = Sku.objects.filter(id__in=ids).order_by("id").values_list(*SKU_COLUMNS)
        run.insert(Sku, born | {"id": ids, "code": [f"S{key}" for key in ids], "specification": "", "barcode": ""})
        assert list(kept.all()) == as_rows(n_rows, born, SKU_COLUMNS)
        run.update(Sku, ids, later)
        assert list(kept.all()) == as_rows(n_rows, later, SKU_COLUMNS)
        assert run.statements == 3


@pytest.mark.django_db
@given(CLOCKS)
def test_moments_and_missing_moments_come_back_as_they_were_given(
    case: tuple[int, dict[str, Any], dict[str, Any]],
) -> None:
    n_rows, born, later = case
    fixed = {
        "clause": "1.2", "subject_kind": "test", "cycle": 1, "department": "sales", "time_basis": "elapsed",
        "warned": 0, "terms_version": 0, "calendar_version": 0, "due_at": MONDAY_MORNING, "most_at": MONDAY_MORNING,
        "state": "open",
    }  # fmt: skip
    with a_run() as run:
        ids = run.ids(n_rows)
        kept = Obligation.objects.filter(id__in=ids).order_by("id").values_list(*CLOCK_COLUMNS)
        run.insert(Obligation, fixed | born | {"id": ids, "subject_id": ids})
        assert list(kept.all()) == as_rows(n_rows, born, CLOCK_COLUMNS)
        run.update(Obligation, ids, later)
        assert list(kept.all()) == as_rows(n_rows, later, CLOCK_COLUMNS)
        assert run.lock(Obligation, "id", ids, CLOCK_COLUMNS) == as_rows(n_rows, later, CLOCK_COLUMNS)


@pytest.mark.django_db
@given(
    st.lists(st.tuples(st.integers(0, 2**40), st.integers(-(2**40), 2**40)), min_size=1, max_size=5), st.integers(-9, 9)
)
def test_plus_adds_one_value_for_all_or_one_for_each(rows: list[tuple[int, int]], all_alike: int) -> None:
    with a_run() as run:
        ids = run.ids(len(rows))
        prices = [base + 2**41 for base, _ in rows]
        run.insert(Sku, {"id": ids, "code": [f"S{key}" for key in ids], "name": "x", "specification": "", "unit": "",
                         "barcode": "", "price_fen": prices, "stocked": True})  # fmt: skip
        run.update(Sku, ids, {"price_fen": Plus([more for _, more in rows])})
        run.update(Sku, ids, {"price_fen": Plus(all_alike), "stocked": False})
        kept = Sku.objects.filter(id__in=ids).order_by("id").values_list("price_fen", "stocked")
        assert list(kept) == [(base + 2**41 + more + all_alike, False) for base, more in rows]


@pytest.mark.django_db
def test_updates_meet_their_own_rows_whatever_the_order_of_the_ids() -> None:
    with a_run() as run:
        ids = run.ids(3)
        run.insert(Sku, {"id": ids, "code": [f"S{key}" for key in ids], "name": "x", "specification": "", "unit": "",
                         "barcode": "", "price_fen": None, "stocked": True})  # fmt: skip
        run.update(Sku, ids[::-1], {"name": ["c", "b", "a"]})
        assert list(Sku.objects.order_by("id").values_list("name", flat=True)) == ["a", "b", "c"]


@pytest.mark.django_db
def test_an_update_of_a_row_that_is_not_there_is_a_broken_invariant() -> None:
    with pytest.raises(AssertionError, match="0 of 1 rows changed"), a_run() as run:
        run.update(Sku, [123], {"name": "x"})


@pytest.mark.django_db
@given(st.lists(TEXTS, min_size=1, max_size=6))
def test_rows_are_found_by_any_text(texts: list[str]) -> None:
    codes = sorted({text or "x" for text in texts})
    with a_run() as run:
        ids = run.ids(len(codes))
        run.insert(Sku, {"id": ids, "code": codes, "name": "x", "specification": "", "unit": "", "barcode": "",
                         "price_fen": None, "stocked": True})  # fmt: skip
        assert run.lock(Sku, "code", codes, ["code", "id"]) == list(zip(codes, ids, strict=True))
        assert run.lock(Sku, "code", codes[:1], ["id"], equal={"name": "x"}) == [(ids[0],)]
        assert run.lock(Sku, "code", ["not there"], ["id"]) == []


@pytest.mark.postgres
@pytest.mark.django_db
@given(st.lists(st.none() | TEXTS, max_size=6))
def test_an_array_of_texts_is_what_postgresql_reads(texts: list[str | None]) -> None:
    assert read("text", texts) == texts


@pytest.mark.postgres
@pytest.mark.django_db
@given(
    st.sampled_from(
        [("bigint", st.integers(-(2**63), 2**63 - 1)), ("boolean", st.booleans()), ("timestamptz", MOMENTS)]
    ),
    st.data(),
)
def test_an_array_of_anything_else_is_too(kind: tuple[str, st.SearchStrategy[Any]], data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | kind[1], max_size=6))
    assert read(kind[0], values) == values


def read(kind: str, values: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [sql.array("postgresql", values)])
        return cursor.fetchone()[0]


def test_one_parameter_carries_any_number_of_values() -> None:
    assert sql.array("postgresql", [1, 2]) == "{1,2}"
    assert sql.array("postgresql", []) == "{}"
    assert sql.array("postgresql", [None, "NULL", 'a"\\']) == '{NULL,"NULL","a\\"\\\\"}'
    assert sql.array("sqlite", ["é", 1]) == '["\\u00e9", 1]'
