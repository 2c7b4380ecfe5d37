"""Money: splitting, limits, how amounts are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.kernel.money import (
    MONEY_LIMIT,
    MoneyOutOfRange,
    format_amount,
    format_money,
    in_range,
    line_amount,
    split_by_largest_remainder,
)

amounts = st.integers(-MONEY_LIMIT, MONEY_LIMIT)


def test_F01_ten_yuan_over_three_lines_gives_the_odd_fen_to_the_first() -> None:
    assert split_by_largest_remainder(1000, [1, 1, 1]) == [334, 333, 333]
    assert split_by_largest_remainder(-1000, [1, 1, 1]) == [-334, -333, -333]


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 2, 3], [17, 33, 50]),
        (5, [0, 1, 0], [0, 5, 0]),
        (5, [0, 0], [3, 2]),
        (0, [3, 4], [0, 0]),
        (1, [1, 1], [1, 0]),
        (2, [1, 1, 1], [1, 1, 0]),
        (10, [5, 3, 2], [5, 3, 2]),
    ],
)
def test_F01_units_left_over_go_to_the_largest_remainders(total: int, weights: list[int], parts: list[int]) -> None:
    assert split_by_largest_remainder(total, weights) == parts


@given(amounts, st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_F02_parts_add_up_and_stay_within_one_unit_of_their_share(total: int, weights: list[int]) -> None:
    parts = split_by_largest_remainder(total, weights)
    whole = sum(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        share = (weight, whole) if whole else (1, len(weights))
        assert abs(part * share[1] - total * share[0]) < share[1]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_nothing_to_split_among_is_an_error(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split_by_largest_remainder(1, weights)


def test_F03_ten_thousand_lines_of_one_fen_are_a_hundred_yuan() -> None:
    assert sum(line_amount(1, 1) for _ in range(10_000)) == 10_000
    assert sum(split_by_largest_remainder(10_000, [1] * 10_000)) == 10_000


@pytest.mark.parametrize("discount", [-1, 501])
def test_F04_a_discount_below_zero_or_beyond_the_line_is_refused(discount: int) -> None:
    with pytest.raises(ValueError, match="discount_beyond_line"):
        line_amount(5, 100, discount)


def test_F05_the_limit_itself_is_allowed_and_one_fen_more_is_not() -> None:
    assert in_range(999_999_999_999) == 999_999_999_999
    assert line_amount(1, -MONEY_LIMIT) == -MONEY_LIMIT
    for beyond in (MONEY_LIMIT + 1, -MONEY_LIMIT - 1):
        with pytest.raises(MoneyOutOfRange):
            in_range(beyond)
    with pytest.raises(MoneyOutOfRange):
        line_amount(10**6, 10**6)


@pytest.mark.parametrize(
    ("amount", "currency", "plain", "shown"),
    [
        (0, "CNY", "0.00", "¥0.00"),
        (5, "CNY", "0.05", "¥0.05"),
        (-123_450, "CNY", "-1234.50", "-¥1,234.50"),
        (MONEY_LIMIT, "GBP", "9999999999.99", "£9,999,999,999.99"),
        (1234, "JPY", "1234", "JP¥1,234"),
        (1234, "KWD", "1.234", "KWD 1.234"),
    ],
)
def test_amounts_are_written_by_their_currency(amount: int, currency: str, plain: str, shown: str) -> None:
    assert format_amount(amount, currency) == plain
    assert format_money(amount, currency) == shown
