"""Which value is in force: half-open validity, overlays by scope, the same as asking row by row."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.kernel.moments import micros, micros_of
from zhanggui.regulation import rules
from zhanggui.regulation.records import (
    NotYetInForce,
    Parameter,
    ParameterType,
    ParameterValue,
    ScopeKind,
    Text,
    Value,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
SECOND = timedelta(seconds=1)
START_2026 = datetime(2025, 12, 31, 16, tzinfo=UTC)  # midnight of 1 January 2026 in Shanghai


def hours(*values: tuple[date, int]) -> Parameter:
    held = tuple(ParameterValue(since, value) for since, value in values)
    label = Text("时限", "Time")
    return Parameter("2.1.3.1", "confirm_hours", label, ParameterType.INTEGER, "hours", 1, 168, (), held)


TWO_VALUES = hours((date(2000, 1, 1), 24), (date(2026, 1, 1), 12))


@pytest.mark.parametrize(("moment", "value"), [(START_2026 - SECOND, 24), (START_2026, 12), (START_2026 + SECOND, 12)])
def test_a_new_value_holds_from_the_first_moment_of_its_business_day(moment: datetime, value: int) -> None:
    values, versions = rules.resolve(rules.track(TWO_VALUES, SHANGHAI), (), micros_of([moment]), {})
    assert (values.tolist(), versions.tolist()) == ([value], [0])


def test_a_moment_before_the_first_value_is_refused() -> None:
    early = datetime(1999, 12, 31, 15, 59, 59, tzinfo=UTC)
    with pytest.raises(NotYetInForce, match=r"2\.1\.3\.1 confirm_hours .* 1999-12-31T15:59:59"):
        rules.resolve(rules.track(TWO_VALUES, SHANGHAI), (), micros_of([START_2026, early]), {})


def test_a_shipped_value_never_overrules_the_companys_own() -> None:
    own = [(micros(START_2026 - timedelta(days=30)), 36, 7)]
    track = rules.track(TWO_VALUES, SHANGHAI, own)
    assert track.values.tolist() == [24, 36]
    moments = [START_2026 - timedelta(days=31), START_2026 - timedelta(days=30), START_2026 + SECOND]
    values, versions = rules.resolve(track, (), micros_of(moments), {})
    assert values.tolist() == [24, 36, 36]
    assert versions.tolist() == [0, 7, 7]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (1, None), (168, None), (0, "out_of_bounds"), (169, "out_of_bounds"), ("24", "wrong_type"),
        (True, "wrong_type"), (24.0, "wrong_type"), (None, "wrong_type"),
    ],
)  # fmt: skip
def test_a_number_is_judged_by_its_bounds(value: object, fault: str | None) -> None:
    assert rules.value_fault(TWO_VALUES, value) == fault


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("08:00", None), ("20:00", None), ("07:59", "out_of_bounds"), ("20:01", "out_of_bounds"),
        ("8:00", "wrong_type"), ("24:00", "wrong_type"), ("10:60", "wrong_type"), (10, "wrong_type"),
    ],
)  # fmt: skip
def test_a_time_of_day_is_judged_by_its_bounds(value: object, fault: str | None) -> None:
    label = Text("时刻", "Time")
    due = Parameter("2.2.1.1", "due_time", label, ParameterType.TIME, "time", "08:00", "20:00", (), ())
    assert rules.value_fault(due, value) == fault


@pytest.mark.parametrize(("value", "fault"), [("mad", None), ("MAD", "out_of_bounds"), (1, "wrong_type")])
def test_a_choice_is_one_of_its_words(value: object, fault: str | None) -> None:
    words = ("mad", "iqr")
    rule = Parameter("2.1.1.2a", "rule", Text("法", "Rule"), ParameterType.CHOICE, "", None, None, words, ())
    assert rules.value_fault(rule, value) == fault


@pytest.mark.parametrize(
    ("kind", "key", "fault"),
    [("all", "", False), ("shop", "7", False), ("all", "7", True), ("shop", "", True), ("planet", "x", True)],
)
def test_a_scope_has_a_known_kind_and_a_key_unless_it_is_all(kind: str, key: str, fault: bool) -> None:
    assert rules.scope_fault(kind, key) is fault


def test_clauses_sort_as_numbers_with_their_letters_after_them() -> None:
    numbers = ["3.1", "2.1.1.10", "2.1.1.2a", "2.10.1", "2.1.1.2", "1.4", "2.1.1.1c", "2.2.1.1", "2"]
    assert sorted(numbers, key=rules.clause_key) == [
        "1.4", "2", "2.1.1.1c", "2.1.1.2", "2.1.1.2a", "2.1.1.10", "2.2.1.1", "2.10.1", "3.1",
    ]  # fmt: skip


# The vectorised answer against asking row by row

KINDS = list(ScopeKind)
edges = st.integers(min_value=0, max_value=40)


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[ScopeKind, str, list[tuple[int, int, int]]]]:
    """Scopes, each with overlays (start, end, value) that do not overlap."""
    found = []
    for kind, key in draw(
        st.sets(st.tuples(st.sampled_from(KINDS), st.sampled_from(["a", "b"])), max_size=6).map(sorted)
    ):
        cuts = sorted(draw(st.sets(edges, max_size=6)))
        pairs = zip(cuts[::2], cuts[1::2], strict=False)
        held = [(start, end, draw(st.integers(1, 168))) for start, end in pairs]
        if held and not (kind is ScopeKind.ALL and key == "b"):
            found.append((kind, "" if kind is ScopeKind.ALL else key, held))
    return found


def by_hand(
    base: list[tuple[int, int]],
    overlays: list[tuple[ScopeKind, str, list[tuple[int, int, int]]]],
    moment: int,
    keys: dict[ScopeKind, str],
) -> Value:
    held: Value = [value for start, value in base if start <= moment][-1]
    for kind in KINDS:
        for over_kind, key, laid in overlays:
            for start, end, value in laid:
                if over_kind is kind and keys.get(kind, "") == key and start <= moment < end:
                    held = value
    return held


@given(
    base=st.dictionaries(edges, st.integers(1, 168), max_size=5),
    overlays=spans(),
    rows=st.lists(st.tuples(edges, st.sampled_from(["a", "b", ""]), st.sampled_from(["a", "c"])), max_size=30),
    channel=st.sampled_from(["a", "b"]),
)
def test_many_moments_at_once_are_the_same_as_one_after_the_other(
    base: dict[int, int],
    overlays: list[tuple[ScopeKind, str, list[tuple[int, int, int]]]],
    rows: list[tuple[int, str, str]],
    channel: str,
) -> None:
    ordered = sorted({**base, 0: 24}.items())
    track = rules.Track(
        "x",
        np.array([start for start, _ in ordered], dtype=np.int64),
        np.array([value for _, value in ordered], dtype=np.int64),
        np.arange(len(ordered), dtype=np.int64),
    )
    laid = [
        rules.Overlays(
            kind, key,
            np.array([start for start, _, _ in held], dtype=np.int64),
            np.array([end for _, end, _ in held], dtype=np.int64),
            np.array([value for _, _, value in held], dtype=np.int64),
            np.array([-1 - at for at in range(len(held))], dtype=np.int64),
        )
        for kind, key, held in overlays
    ]  # fmt: skip
    moments = np.array([moment for moment, _, _ in rows], dtype=np.int64)
    shops = np.array([shop for _, shop, _ in rows], dtype=object)
    warehouses = np.array([warehouse for _, _, warehouse in rows], dtype=object)
    keys = {ScopeKind.SHOP: shops, ScopeKind.WAREHOUSE: warehouses, ScopeKind.CHANNEL: channel}
    values, versions = rules.resolve(track, laid, moments, keys)
    expected = [
        by_hand(
            ordered, overlays, moment,
            {ScopeKind.SHOP: shop, ScopeKind.WAREHOUSE: warehouse, ScopeKind.CHANNEL: channel},
        )
        for moment, shop, warehouse in rows
    ]  # fmt: skip
    assert values.tolist() == expected
    assert len(versions) == len(rows)
