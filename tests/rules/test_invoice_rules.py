"""What an invoice needs: tax numbers, titles, mail, numbers; and rows that come to the fen."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.sales.invoices.records import Content, Paid, Sale, State
from zhanggui.sales.invoices.rules import (
    ALPHABET,
    FREIGHT,
    cleaned,
    findings,
    is_day_of_issue,
    is_link,
    is_person,
    is_tax_number,
    is_unified_code,
    items_of,
    merged,
    next_state,
    number_of,
)

COMPANY = Content("杭州小雨贸易有限公司", "91330100MA0000000C")
SPECIAL = Content(COMPANY.title, COMPANY.tax_no, "special", "", "文三路 1 号", "0571-88880001", "工商银行", "6222")


@pytest.mark.parametrize(
    ("code", "valid"),
    [
        ("91330100MA0000000C", True),
        ("91310115MA0000001Y", True),
        ("91440300MA0000002P", True),
        ("92110105MA00000035", True),
        ("91330100MA0000000D", False),
        ("91330100MA000000OC", False),
        ("91330100ma0000000c", False),
        ("91330100MA0000000", False),
        ("330100000000000", False),
    ],
)
def test_a_unified_code_is_known_by_its_form_and_check_sign(code: str, valid: bool) -> None:
    assert is_unified_code(code) is valid


@given(st.sampled_from(ALPHABET), st.integers(0, 16))
def test_one_wrong_sign_of_a_unified_code_is_noticed(sign: str, at: int) -> None:
    code = "91330100MA0000000C"
    typed = code[:at] + sign + code[at + 1 :]
    assert is_unified_code(typed) is (typed == code)


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("330100123456789", True),
        ("33010012345678X", True),
        ("33010619900101123X01", True),
        ("33010012345678", False),
        ("1234567890123456", False),
    ],
)
def test_older_tax_numbers_have_15_or_20_signs(text: str, valid: bool) -> None:
    assert is_tax_number(text) is valid


@pytest.mark.parametrize(
    ("title", "person"),
    [
        ("个人", True),
        ("个人（张三）", True),
        ("沈雨", True),
        ("刘园园", True),
        ("阿依古丽·买买提", True),
        ("华为公司", False),
        ("清华大学", False),
        ("招商银行", False),
        ("小雨书店", False),
        ("杭州小雨贸易有限公司", False),
        ("个人信息科技有限公司", False),
        ("", False),
        ("Acme Ltd", False),
    ],
)
def test_a_person_needs_no_tax_number(title: str, person: bool) -> None:
    assert is_person(title) is person
    missing = "tax_no_missing" in findings(Content(title), 100, "CNY")
    assert missing is (bool(title) and not person)


@pytest.mark.parametrize(
    ("content", "amount", "currency", "found"),
    [
        (COMPANY, 100, "CNY", ()),
        (SPECIAL, 100, "CNY", ()),
        (Content("个人", email="li@example.com"), 100, "CNY", ()),
        (Content(), 100, "CNY", ("title_missing",)),
        (Content("某公司", "12345"), 100, "CNY", ("tax_no_invalid",)),
        (Content("个人", kind="special"), 100, "CNY",
         ("tax_no_missing", "special_for_person", "address_missing", "bank_missing")),
        (Content(COMPANY.title, COMPANY.tax_no, "special", address="x", bank="y"), 1, "CNY",
         ("address_missing", "bank_missing")),
        (Content("个人", email="li@example"), 100, "CNY", ("email_implausible",)),
        (Content("个人", email="li@example.com;x@y.cn"), 100, "CNY", ("email_implausible",)),
        (COMPANY, 100, "GBP", ("not_cny",)),
        (COMPANY, 0, "CNY", ("nothing_paid",)),
    ],
)  # fmt: skip
def test_findings_name_what_is_missing(content: Content, amount: int, currency: str, found: tuple[str, ...]) -> None:
    assert findings(content, amount, currency) == found


def test_what_was_typed_is_cleaned() -> None:
    typed = Content(" 个人\u3000", "９1330100 ma0000000c", "???", "Ｌi@example.com ", account="6222 0000 1111")
    assert cleaned(typed) == Content("个人", "91330100MA0000000C", "normal", "Li@example.com", account="622200001111")


def test_the_channels_word_keeps_what_it_does_not_speak_of() -> None:
    assert merged(SPECIAL, Content("新抬头", kind="")) == Content("新抬头", *SPECIAL.texts[1:])


@pytest.mark.parametrize("sale", Sale)
@pytest.mark.parametrize("before", State)
def test_what_the_tool_has_or_what_is_over_never_moves_by_itself(before: State, sale: Sale) -> None:
    after = next_state(before, sale, ("title_missing",))
    if before in (State.WAITING, State.TO_CORRECT, State.READY):
        expected = {Sale.COUNTS: State.TO_CORRECT, Sale.WAITS: State.WAITING, Sale.ENDED: State.CANCELLED}[sale]
        assert after == expected
    else:
        assert after == before


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("24332000000012345678", "24332000000012345678"),
        (" 2433 2000 0000 1234 5678", "24332000000012345678"),
        ("033002000111-12345678", "03300200011112345678"),
        ("3300161130 12345678", "330016113012345678"),
        ("12345678", None),
        ("2433200000001234567X", None),
        ("", None),
    ],
)
def test_a_number_has_20_digits_or_code_and_number(text: str, number: str | None) -> None:
    assert number_of(text) == number


def test_the_day_of_issue_is_no_later_than_today() -> None:
    today = date(2026, 3, 2)
    assert [is_day_of_issue(date(2026, 3, day), today) for day in (1, 2, 3)] == [True, True, False]
    assert not is_day_of_issue(date(1999, 12, 31), today)


@pytest.mark.parametrize(
    ("link", "good"),
    [("https://a.example/x.pdf", True), ("javascript:alert(1)", False), ("https://a.example/<b>", False)],
)
def test_a_link_is_an_ordinary_address(link: str, good: bool) -> None:
    assert is_link(link) is good


def test_discount_is_shared_and_freight_is_a_row_of_its_own() -> None:
    lines = [("茶", "TEA", 2, 3000), ("杯", "CUP", 1, 1000), ("赠品", "GIFT", 1, 0)]
    rows = items_of(lines, Paid(4000, 1000, 500, 0), red=False)
    assert [(row.name, row.quantity, row.amount_fen) for row in rows] == [
        ("茶", 2, 2700), ("杯", 1, 900), (FREIGHT, 1, 900),
    ]  # fmt: skip
    red = items_of(lines, Paid(4000, 1000, 500, 0), red=True)
    assert [(row.quantity, row.amount_fen) for row in red] == [(-2, -2700), (-1, -900), (-1, -900)]


amounts = st.integers(0, 10**7)


@given(st.lists(amounts, min_size=1, max_size=20), amounts, amounts, amounts)
def test_the_rows_come_to_what_was_paid(goods: list[int], freight: int, discount: int, platform: int) -> None:
    paid = Paid(sum(goods), freight, discount, platform)
    for red in (False, True):
        rows = items_of([("x", "", 1, one) for one in goods], paid, red=red)
        assert sum(row.amount_fen for row in rows) == (-1 if red else 1) * paid.amount_fen
        assert all(row.amount_fen * row.quantity > 0 for row in rows)
