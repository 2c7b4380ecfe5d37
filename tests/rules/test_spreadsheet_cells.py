# ruff: noqa: DTZ001 - sheets hold wall times
"""One cell to one value, case by case; ids in the names are those of docs/cases.md."""

import contextlib
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.connectors.spreadsheets.cells import (
    QUANTITY_MAX,
    is_open,
    parse_code,
    parse_datetime,
    parse_external_id,
    parse_money_minor,
    parse_name,
    parse_quantity,
    parse_yes_no,
)
from zhanggui.connectors.spreadsheets.records import Cell, CellRefused
from zhanggui.kernel.money import MONEY_LIMIT, format_amount

SHANGHAI = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 2, 3, 0, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "says_nothing"),
    [
        (None, True),
        ("", True),
        (" ", True),
        ("-", True),
        (" - ", True),
        ("--", False),
        ("0", False),
        (0, False),
        (False, False),
    ],
)
def test_an_open_cell_is_empty_or_a_lone_hyphen(cell: Cell, says_nothing: bool) -> None:
    assert is_open(cell) == says_nothing


# --- order numbers


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("536365", "536365"),
        ("C536379", "C536379"),
        (" 536365\u3000", "536365"),
        ("\t5069830286478316001", "5069830286478316001"),
        ("'536365", "536365"),
        ('="0012"', "0012"),
        ('="123456789012345000"', "123456789012345000"),
        ("\t123456789012345000", "123456789012345000"),
        ("１２３４５", "12345"),
        ("12\u200b345\ufeff", "12345"),
        ("260301-123456789012345", "260301-123456789012345"),
        ("#1001", "#1001"),
        (536365.0, "536365"),
        (536365, "536365"),
        (999_999_999_999_999.0, "999999999999999"),
        ("1234567890123450", "1234567890123450"),
        ("15E05", "15E05"),
    ],
)
def test_D09_order_numbers_come_in_as_they_are(cell: Cell, value: str) -> None:
    assert parse_external_id(cell) == value


@pytest.mark.parametrize(
    "cell",
    [
        "1.23457E+17", "5.11384E+18", "5e+18", "'1.23457E+17", "123456789012345000", "5069830286478310000",
        "１２３４５６７８９０１２３４５０００",
    ],
)  # fmt: skip
def test_D09_order_number_with_lost_digits_is_refused(cell: str) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_external_id(cell)
    assert refused.value.code == "digits_lost"


def test_sixteen_digits_may_end_in_a_zero_seventeen_may_not_lose_two() -> None:
    assert parse_external_id("1234567890123450") == "1234567890123450"
    assert parse_external_id("12345678901234501") == "12345678901234501"
    with pytest.raises(CellRefused) as refused:
        parse_external_id("12345678901234500")
    assert refused.value.code == "digits_lost"


@pytest.mark.parametrize("cell", [1e15, 1.23456789012345e17, 2.0**53, 10**18 + 1, -1e17])
def test_D22_order_number_of_sixteen_digits_in_a_numeric_cell_is_refused(cell: Cell) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_external_id(cell, typed=True)
    assert refused.value.code == "digits_lost"


def test_D22_a_text_cell_of_a_workbook_kept_its_digits() -> None:
    assert parse_external_id("123456789012345000", typed=True) == "123456789012345000"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "empty"), (None, "empty"), (" \t\u200b", "empty"), ("#N/A", "formula_error"), ("1\x002", "nul"),
        ("\ud800", "lone_surrogate"), ("x" * 65, "id_too_long"), ("7" * 65, "id_too_long"),
        (1.5, "id_not_text"), (-3.0, "id_not_text"), (True, "id_not_text"),
        (datetime(2026, 3, 1), "id_not_text"), (float("nan"), "id_not_text"),
    ],
)  # fmt: skip
def test_D04_D21_what_is_no_identifier_is_refused_by_code(cell: Cell, code: str) -> None:
    for parser in (parse_external_id, parse_code):
        with pytest.raises(CellRefused) as refused:
            parser(cell)
        assert refused.value.code == code


@pytest.mark.parametrize("code", ["85123A", "BANK CHARGES", "gift_0001_20", "衣服-红-XL", "00123"])
def test_merchant_codes_keep_case_zeros_and_inner_spaces(code: str) -> None:
    assert parse_code(f" {code} ") == code


# --- quantities


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1", 1), ("007", 7), ("80995", 80_995), ("１２", 12), (" 6 ", 6), ("+3", 3), ("1,200", 1200),
        ("6.0", 6), ("6.00", 6), (6.0, 6), (6, 6), (str(QUANTITY_MAX), QUANTITY_MAX),
    ],
)  # fmt: skip
def test_D10_whole_quantities(cell: Cell, value: int) -> None:
    assert parse_quantity(cell) == value


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("0", "quantity_too_small"), ("-1", "quantity_too_small"), ("-0", "quantity_too_small"),
        ("−5", "quantity_too_small"), ("－5", "quantity_too_small"), (0.0, "quantity_too_small"),
        (-9.0, "quantity_too_small"), ("1.5", "quantity_not_whole"), (1.5, "quantity_not_whole"),
        ("1e3", "quantity_not_whole"), ("NaN", "quantity_not_whole"), ("inf", "quantity_not_whole"),
        (float("nan"), "quantity_not_whole"), (float("inf"), "quantity_not_whole"),
        (True, "quantity_not_whole"), (date(2026, 1, 1), "quantity_not_whole"),
        ("6.000", "quantity_not_whole"), ("1,2", "quantity_not_whole"), ("12,00", "quantity_not_whole"),
        ("五", "quantity_not_whole"), ("²", "quantity_not_whole"), ("٣", "quantity_not_whole"),
        ("0x10", "quantity_not_whole"), ("1_000", "quantity_not_whole"),
        ("99999999999999999999", "quantity_too_large"), (1e300, "quantity_too_large"),
        (str(QUANTITY_MAX + 1), "quantity_too_large"), ("9" * 100, "quantity_not_whole"), ("", "empty"),
        (None, "empty"), ("\u3000", "empty"),
    ],
)  # fmt: skip
def test_D10_other_quantities_are_refused_by_code(cell: Cell, code: str) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_quantity(cell)
    assert refused.value.code == code


def test_D10_a_count_may_be_zero_where_the_door_says_so() -> None:
    assert parse_quantity("0", least=0) == 0


# --- money


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("2.55", 255), ("2.5", 250), ("2", 200), ("2.", 200), ("0", 0), ("0.01", 1), ("¥2.55", 255),
        ("￥ 2.55", 255), ("2.55元", 255), ("CNY 2.55", 255), ("£2.55", 255), ("2.55 €", 255),
        ("US$ 12.99", 1299), ("$1,234.50", 123_450), ("1,234,567", 123_456_700), ("1 234.50", 123_450),
        ("1\u00a0234.50", 123_450), ("1'234.50", 123_450), ("１２．５０", 1250),
        ("￥１，２３４．５０", 123_450), ("-2.55", -255), ("－2.55", -255), ("-¥2.55", -255), ("+3", 300),
        ('="2.55"', 255), (2.55, 255), (2.0, 200), (3, 300), (19.99, 1999), (-7.5, -750), (0.1 + 0.2, 30),
        (19.99 * 3, 5997), (4.35, 435), (1.1, 110), (9999999999.99, MONEY_LIMIT),
    ],
)  # fmt: skip
def test_D11_amounts_with_signs_spaces_and_thousands_marks(cell: Cell, minor: int) -> None:
    assert parse_money_minor(cell) == minor


@pytest.mark.parametrize("cell", ["0.125", "2.550", "¥1,234.567", 0.125, 2.555, "0.001", 1e-07])
def test_D11_F06_a_third_decimal_is_refused_and_not_rounded(cell: Cell) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_money_minor(cell)
    assert refused.value.code in ("price_decimals", "amount_unclear")
    if cell != 1e-07:
        assert refused.value.code == "price_decimals"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("", "empty"), (None, "empty"), ("  ", "empty"), ("¥", "empty"), ("abc", "amount_unclear"),
        ("1e3", "amount_unclear"), ("NaN", "amount_unclear"), (float("nan"), "amount_unclear"),
        (float("inf"), "amount_unclear"), ("12,34", "amount_unclear"), ("1.234,56", "amount_unclear"),
        ("1,00,000", "amount_unclear"), ("1.2万", "amount_unclear"), ("10-20", "amount_unclear"),
        ("(12.00)", "amount_unclear"), ("--1", "amount_unclear"), ("无退款申请", "amount_unclear"),
        ("-", "amount_unclear"), (True, "amount_unclear"), (datetime(2026, 1, 1), "amount_unclear"),
        ("٣.٥", "amount_unclear"), ("1_0", "amount_unclear"), ("1..2", "amount_unclear"),
        (".5", "amount_unclear"),
    ],
)  # fmt: skip
def test_D11_what_is_no_amount_is_refused_by_code(cell: Cell, code: str) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_money_minor(cell)
    assert refused.value.code == code


@pytest.mark.parametrize("sign", ["", "-"])
def test_F05_amounts_are_accepted_to_the_limit_and_refused_beyond(sign: str) -> None:
    assert abs(parse_money_minor(f"{sign}9999999999.99")) == MONEY_LIMIT
    for beyond in ("10000000000.00", "10,000,000,000", "99999999999999999"):
        with pytest.raises(CellRefused) as refused:
            parse_money_minor(sign + beyond)
        assert refused.value.code == "amount_too_large"


@given(st.integers(-MONEY_LIMIT, MONEY_LIMIT), st.sampled_from(["CNY", "JPY", "KWD"]))
def test_F05_every_amount_that_is_written_is_read_back(amount: int, currency: str) -> None:
    decimals = {"CNY": 2, "JPY": 0, "KWD": 3}[currency]
    assert parse_money_minor(format_amount(amount, currency), decimals) == amount


@given(st.integers(-MONEY_LIMIT, MONEY_LIMIT))
def test_F07_a_typed_number_of_a_sheet_is_read_exactly(amount: int) -> None:
    assert parse_money_minor(float(Decimal(amount) / 100)) == amount


# --- moments


@pytest.mark.parametrize(
    "cell",
    [
        "2026-02-03 08:05:00", "2026-02-03 08:05", "2026-02-03T08:05:00", "2026/2/3 8:05",
        "2026/02/03 08:05:00", "2026.2.3 8:05", "2026年2月3日 8:05", "2026年2月3日8时5分",
        "2026年2月3日 8点5分0秒", "２０２６－０２－０３　０８：０５", " 2026-02-03 08:05 ",
        "\t2026-02-03 08:05:00", "2026-02-03 08:05:00.000", "2026-02-03T00:05:00Z",
        "2026-02-03 00:05:00 +0000", "2026-02-03T01:05:00+01:00", '="2026-02-03 08:05"',
        datetime(2026, 2, 3, 8, 5), datetime(2026, 2, 3, 2, 5, tzinfo=timezone(timedelta(hours=2))),
        46056 + 485 / 1440,
    ],
)  # fmt: skip
def test_D12_moments_in_the_forms_met_in_practice(cell: Cell) -> None:
    assert parse_datetime(cell, SHANGHAI) == MORNING


@pytest.mark.parametrize("cell", ["2026-02-03", "2026/2/3", "2026年2月3日", date(2026, 2, 3), 46056.0, 46056])
def test_D12_a_day_alone_is_its_first_moment(cell: Cell) -> None:
    assert parse_datetime(cell, SHANGHAI) == datetime(2026, 2, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("2026/2/30", "date_impossible"), ("2026-02-30", "date_impossible"),
        ("2025-02-29", "date_impossible"), ("2026-13-01", "date_impossible"),
        ("2026-02-03 24:00", "date_impossible"), ("2026-02-03 8:60", "date_impossible"),
        ("13/12/2026", "date_unclear"), ("01/02/2026", "date_unclear"), ("45321", "date_unclear"),
        ("2月29日", "date_unclear"), ("20260203", "date_unclear"), ("2026-02", "date_unclear"),
        ("yesterday", "date_unclear"), ("8:05", "date_unclear"), ("2026-W05-2", "date_unclear"),
        ("26-02-03", "date_unclear"), ("2026-02-03 8", "date_unclear"), (True, "date_unclear"),
        (time(8, 5), "date_unclear"), (timedelta(days=1), "date_unclear"), ("", "empty"), (None, "empty"),
        ("\u3000", "empty"), ("0001-01-01", "date_out_of_range"),
        ("0001-01-01 00:00:00", "date_out_of_range"), ("9999-12-31", "date_out_of_range"),
        ("9999-12-31 23:59:59", "date_out_of_range"), (datetime(1900, 1, 1), "date_out_of_range"),
        (1.0, "date_out_of_range"), (1e9, "date_out_of_range"), (-1.0, "date_out_of_range"),
        (float("nan"), "date_out_of_range"), ("1989-12-31", "date_out_of_range"),
        ("2100-01-01", "date_out_of_range"),
    ],
)  # fmt: skip
def test_D12_other_moments_are_refused_by_code(cell: Cell, code: str) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_datetime(cell, SHANGHAI)
    assert refused.value.code == code


@given(st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)).map(lambda moment: moment.replace(microsecond=0)))
def test_D12_the_short_way_and_the_long_way_agree(wall: datetime) -> None:
    short = parse_datetime(str(wall), SHANGHAI)
    slashed = f"{wall.year}/{wall.month}/{wall.day} {wall.hour}:{wall.minute:02}:{wall.second:02}"
    assert parse_datetime(slashed, SHANGHAI) == short == wall.replace(tzinfo=SHANGHAI)


# --- names and yes or no


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (" 白色挂件 ", "白色挂件"),
        (12.0, "12"),
        (0.5, "0.5"),
        (True, "TRUE"),
        ("=1+1", "=1+1"),
        ("x" * 300, "x" * 300),
    ],
)
def test_D31_names_are_kept_up_to_the_limit(cell: Cell, value: str) -> None:
    assert parse_name(cell) == value


@pytest.mark.parametrize(
    ("cell", "code"),
    [("", "empty"), (None, "empty"), ("\u3000 ", "empty"), ("x" * 301, "name_too_long"),
     ("#REF!", "formula_error"), ("a\x00b", "nul"), ("a\udfffb", "lone_surrogate")],
)  # fmt: skip
def test_D04_D31_other_names_are_refused_by_code(cell: Cell, code: str) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_name(cell)
    assert refused.value.code == code


def test_an_optional_name_may_be_empty() -> None:
    assert parse_name(None, required=False) == parse_name(" ", required=False) == ""


@pytest.mark.parametrize(
    ("cell", "value"),
    [("是", True), ("Yes", True), ("１", True), (1.0, True), (True, True), ("TRUE", True),
     ("否", False), ("no", False), ("0", False), (0.0, False), (False, False), ("", True), (None, True)],
)  # fmt: skip
def test_yes_and_no_in_words_and_numbers(cell: Cell, value: bool) -> None:
    assert parse_yes_no(cell) is value


@pytest.mark.parametrize("cell", ["也许", "2", "yesno", 3.0])
def test_maybe_is_refused(cell: Cell) -> None:
    with pytest.raises(CellRefused) as refused:
        parse_yes_no(cell)
    assert refused.value.code == "not_yes_or_no"


# --- whatever comes in


cells = st.one_of(
    st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.dates(), st.times(),
    st.timedeltas(), st.text(st.sampled_from("0123456789.,-+eE¥元年月日:/ '\"=\t１。")),
)  # fmt: skip


@given(cells)
def test_D10_D11_D12_every_cell_has_a_value_or_a_code(cell: Cell) -> None:
    readers = (
        lambda: parse_quantity(cell),
        lambda: parse_money_minor(cell),
        lambda: parse_datetime(cell, SHANGHAI),
        lambda: parse_external_id(cell),
        lambda: parse_name(cell),
        lambda: parse_yes_no(cell),
    )
    for read in readers:
        with contextlib.suppress(CellRefused):
            read()
