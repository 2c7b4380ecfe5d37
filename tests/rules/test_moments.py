"""A moment becomes a number and comes back to the microsecond, in any zone and number."""

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.kernel.moments import EPOCH, FEW, micros, micros_of, moment_of, moments_of, span_us

ODD = datetime(2026, 3, 2, 9, 0, 0, 123_457, tzinfo=timezone(timedelta(hours=8)))


def test_moments_keep_their_microseconds_in_any_zone_and_number() -> None:
    assert micros(EPOCH) == 0
    assert micros(ODD) == 1_772_413_200_123_457
    assert moment_of(micros(ODD)) == ODD
    assert micros_of([ODD] * (FEW + 1)).tolist() == [micros(ODD)] * (FEW + 1)
    assert micros_of([ODD.astimezone(UTC)] * 2).tolist() == [micros(ODD)] * 2
    assert moments_of(np.array([micros(ODD)])) == [ODD]


def test_no_moments_are_an_empty_column() -> None:
    assert micros_of([]).dtype == np.int64
    assert moments_of(micros_of([])) == []


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=FEW, max_size=FEW))
def test_many_at_once_are_the_same_as_one_by_one(moments: list[datetime]) -> None:
    assert micros_of(moments).tolist() == [micros(moment) for moment in moments]
    assert moments_of(micros_of(moments)) == moments


@given(st.timedeltas(), st.integers(-(10**6), 10**6))
def test_a_span_is_exact_and_mirrors_itself(length: timedelta, more: int) -> None:
    assert span_us(length) == length // timedelta(microseconds=1)
    assert span_us(timedelta(microseconds=more)) == more


@pytest.mark.parametrize("n_moments", [1, FEW + 10])
def test_a_naive_moment_is_a_mistake_of_the_caller(n_moments: int) -> None:
    with pytest.raises(TypeError):
        micros_of([datetime(2026, 3, 2)] * n_moments)  # noqa: DTZ001
