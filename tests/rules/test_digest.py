"""Different contents never give the same bytes; the same contents always do, however they travel."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.journal import rules
from zhanggui.kernel.digest import canonical_block, digest_of

MOMENT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
KINDS = {
    "flag": st.booleans(),
    "moment": MOMENTS,
    "number": st.integers(-(2**63), 2**63 - 1),
    "text": st.sampled_from(["", "0", "null", "true", '"', "\\", "},{", "[1,2]", "é", "茶", "🍵", "a\nb"]) | st.text(),
}


@st.composite
def tables(draw: st.DrawFn, rows: int | None = None) -> tuple[int, dict[str, list[Any]]]:
    """A few rows of typed columns that may hold NULL."""
    n_rows = rows if rows is not None else draw(st.integers(1, 4))
    names = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, unique=True))
    return n_rows, {name: draw(st.lists(st.none() | KINDS[name], min_size=n_rows, max_size=n_rows)) for name in names}


@given(tables(), tables())
def test_bytes_are_equal_exactly_where_contents_are(one: Any, other: Any) -> None:
    assert (canonical_block("t", *one) == canonical_block("t", *other)) == (one == other)


@given(tables(rows=3), tables(rows=3), st.integers(0, 2))
def test_one_changed_cell_changes_the_bytes(one: Any, other: Any, at: int) -> None:
    (n_rows, columns), (_, values) = one, other
    name = next(iter(columns))
    cell = values.get(name, [None] * 3)[at]
    changed = columns | {name: [cell if place == at else kept for place, kept in enumerate(columns[name])]}
    assert (canonical_block("t", n_rows, columns) == canonical_block("t", n_rows, changed)) == (columns == changed)


@given(st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.none() | KINDS[kind]), st.integers(1, 50))
def test_a_scalar_stands_for_a_column_of_equal_values(value: Any, n_rows: int) -> None:
    assert canonical_block("t", n_rows, {"a": value}) == canonical_block("t", n_rows, {"a": [value] * n_rows})
    assert canonical_block("t", n_rows, {"a": value}) != canonical_block("t", n_rows + 1, {"a": value})


@given(tables())
def test_a_tuple_is_as_good_as_a_list_and_the_order_of_columns_means_nothing(table: Any) -> None:
    n_rows, columns = table
    turned = {name: tuple(columns[name]) for name in reversed(list(columns))}
    assert canonical_block("t", n_rows, turned) == canonical_block("t", n_rows, columns)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": None}, {"a": "null"}),
        ({"a": None}, {"a": ""}),
        ({"a": True}, {"a": "true"}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": ["1", "2"]}, {"a": ["1,2", ""]}),
        ({"a": ["x", "y"]}, {"a": ['x","y', ""]}),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 1, "b": None}),
        ({"a": MOMENT}, {"a": MOMENT + timedelta(microseconds=1)}),
        ({"a": "é"}, {"a": "e\u0301"}),
        ({"a": "🍵"}, {"a": "\\ud83c\\udf75"}),
    ],
)
def test_what_looks_alike_is_told_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert canonical_block("t", 2, one) != canonical_block("t", 2, other)


def test_tables_are_told_apart() -> None:
    assert canonical_block("t", 1, {"a": 1}) != canonical_block("u", 1, {"a": 1})


@given(MOMENTS, st.integers(-14, 14))
def test_a_moment_is_the_same_in_every_zone_and_naive_ones_are_utc(moment: datetime, hours: int) -> None:
    elsewhere = moment.astimezone(timezone(timedelta(hours=hours)))
    expected = canonical_block("t", 1, {"a": moment})
    assert canonical_block("t", 1, {"a": elsewhere}) == expected
    assert canonical_block("t", 1, {"a": moment.replace(tzinfo=None)}) == expected


def test_the_bytes_are_json_that_another_program_can_read() -> None:
    block = canonical_block("line", 2, {"id": [4, 5], "quantity": 1, "at": MOMENT, "day": date(2026, 3, 2)})
    assert json.loads(block) == [
        "line", 2,
        {"at": {"all": "2026-03-02T01:00:00.000000+00:00"}, "day": {"all": "2026-03-02"}, "id": [4, 5],
         "quantity": {"all": 1}},
    ]  # fmt: skip
    assert block.isascii()


@given(st.lists(st.binary()).flatmap(lambda blocks: st.tuples(st.just(blocks), st.permutations(blocks))))
def test_the_order_of_blocks_means_nothing(given_: tuple[Sequence[bytes], Sequence[bytes]]) -> None:
    blocks, turned = given_
    assert digest_of(blocks) == digest_of(turned)


@given(st.lists(st.binary(max_size=3), max_size=4), st.lists(st.binary(max_size=3), max_size=4))
def test_digests_are_equal_exactly_where_the_blocks_are(one: list[bytes], other: list[bytes]) -> None:
    assert (digest_of(one) == digest_of(other)) == (sorted(one) == sorted(other))


def test_the_digest_of_nothing_is_a_digest_and_parts_cannot_be_moved_between_blocks() -> None:
    assert len(digest_of([])) == 64
    assert len({digest_of([b"ab"]), digest_of([b"a", b"b"]), digest_of([b"ab", b""]), digest_of([])}) == 4


def test_the_keyed_formats_stay_as_books_already_hold_them() -> None:
    """Each is HMAC-SHA256 over bytes that are named here; a change would break every chain that exists."""

    def keyed(message: bytes) -> str:
        return hmac.new(b"k", message, hashlib.sha256).hexdigest()

    assert rules.link("a" * 64, b"[1]", "k") == keyed(b"a" * 64 + b"[1]")
    assert rules.fingerprint({"b": "茶", "a": 1}, "k") == keyed(b'{"a":1,"b":"\\u8336"}')
    assert rules.keyed_digest("k", "茶", "b") == keyed(b'["\\u8336", "b"]')
