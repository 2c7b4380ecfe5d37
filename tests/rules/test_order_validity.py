"""The rules of validity by themselves: what speaks against an order, and what does not."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories.orders import BUYER, PLACED

from zhanggui.sales.orders.receivers import blocked_form, main_number, phone_plausible, says_something
from zhanggui.sales.orders.records import ContactIn, Hold, LineIn, OrderIn
from zhanggui.sales.orders.regions import PROVINCES, contradict
from zhanggui.sales.orders.rules import ValidityTerms
from zhanggui.sales.orders.validity import OFF_AT_FIRST, RULES, as_judged, findings, used_rules

TERMS = ValidityTerms(amount_tolerance_fen=0, duplicate_hours=24)
ORDER = OrderIn(1, "T1", PLACED, (LineIn("L", "TEA", "茶", 2, 1_990),), "hash", BUYER)
FAULTS: dict[str, Any] = {
    "stated too low": ({"stated_fen": 3_979}, Hold.AMOUNTS_DIFFER),
    "stated too high": ({"stated_fen": 3_981}, Hold.AMOUNTS_DIFFER),
    "platform discount not taken off": ({"stated_fen": 3_980, "platform_discount_fen": 100}, Hold.AMOUNTS_DIFFER),
    "no line has a price": ({"lines": (LineIn("L", "TEA", "茶", 2, 0),)}, Hold.ZERO_TOTAL),
    "risk": ({"marks": frozenset({"risk"})}, Hold.RISK),
    "locked": ({"marks": frozenset({"locked"})}, Hold.LOCKED),
    "refund asked": ({"refund": "asked"}, Hold.REFUND_ASKED),
    "status nobody knows": ({"standing": None, "status_word": "飞走了"}, Hold.STATUS_UNKNOWN),
}
RECEIVERS: dict[str, Any] = {
    "no name": ({"receiver": ""}, Hold.RECEIVER_INCOMPLETE),
    "no number": ({"phone": " "}, Hold.RECEIVER_INCOMPLETE),
    "no street": ({"address": ""}, Hold.RECEIVER_INCOMPLETE),
    "no town": ({"province": "", "city": ""}, Hold.RECEIVER_INCOMPLETE),
    "ten digits": ({"phone": "1380000000"}, Hold.PHONE_IMPLAUSIBLE),
    "no such range": ({"phone": "12800000001"}, Hold.PHONE_IMPLAUSIBLE),
    "land line without its town": ({"phone": "88880001"}, Hold.PHONE_IMPLAUSIBLE),
    "city of another province": ({"city": "苏州市"}, Hold.ADDRESS_IMPLAUSIBLE),
    "no such province": ({"province": "浙东省"}, Hold.ADDRESS_IMPLAUSIBLE),
    "a message": ({"buyer_note": "请发顺丰"}, Hold.BUYER_MESSAGE),
}
FINE: dict[str, Any] = {
    "as stated": {"stated_fen": 3_980},
    "stated after the platform's share": {"stated_fen": 3_880, "platform_discount_fen": 100},
    "freight and discount": {"stated_fen": 4_180, "freight_fen": 500, "discount_fen": 300},
    "a gift beside a priced line": {"lines": (LineIn("L", "TEA", "茶", 1, 0), LineIn("M", "TEA", "茶", 1, 1))},
    "sent again at no price": {"lines": (LineIn("L", "TEA", "茶", 2, 0),), "origin": "resend"},
}
FINE_RECEIVERS: dict[str, Any] = {
    "virtual number": {"phone": "18800000001-1234"},
    "virtual number, the other way": {"phone": "18800000001转1234"},
    "land line": {"phone": "0571-88880001"},
    "service number": {"phone": "400-123-4567"},
    "mobile or land line": {"phone": "13800000001/010-12345678"},
    "Hong Kong": {"province": "香港特别行政区", "city": "", "phone": "51234567"},
    "abroad": {"country": "US", "province": "CA", "city": "Irvine", "phone": "+1 949 555 0100"},
    "county town": {"city": "义乌市"},
    "district of a municipality": {"province": "北京市", "city": "朝阳区"},
    "town within the street": {"province": "", "city": "", "address": "浙江省杭州市文三路 1 号"},
    "no message": {"buyer_note": "无"},
    "a dash": {"buyer_note": "-"},
    "only punctuation": {"buyer_note": "。。。"},
    "nothing given": {"phone": "", "province": "", "city": "", "district": "", "address": ""},
    "masked": {"kind": "masked", "phone": "138****0001", "address": "***", "receiver": "沈*"},
    "kept by the platform": {"kind": "held", "phone": "", "address": "", "receiver": ""},
}


def codes(order: OrderIn, off: frozenset[str] = OFF_AT_FIRST, terms: ValidityTerms = TERMS) -> list[str]:
    """The codes of what speaks against an order by itself."""
    return [code for code, _ in findings(as_judged(order, None), used_rules(off), terms)]


def to(**receiver: Any) -> OrderIn:
    """The order under another receiver."""
    return replace(ORDER, contact=replace(BUYER, **receiver))


def test_an_ordinary_order_is_fine() -> None:
    assert codes(ORDER) == []


@pytest.mark.parametrize(("changed", "code"), FAULTS.values(), ids=list(FAULTS))
def test_one_fault_of_an_order_is_one_finding(changed: dict[str, Any], code: str) -> None:
    assert codes(replace(ORDER, **changed)) == [code]


@pytest.mark.parametrize(("changed", "code"), RECEIVERS.values(), ids=list(RECEIVERS))
def test_one_fault_of_a_receiver_is_one_finding(changed: dict[str, Any], code: str) -> None:
    assert codes(to(**changed)) == [code]


@pytest.mark.parametrize("changed", FINE.values(), ids=list(FINE))
def test_what_looks_odd_but_adds_up_is_fine(changed: dict[str, Any]) -> None:
    assert codes(replace(ORDER, **changed)) == []


@pytest.mark.parametrize("changed", FINE_RECEIVERS.values(), ids=list(FINE_RECEIVERS))
def test_receivers_that_can_be_reached_or_that_nobody_may_judge_are_fine(changed: dict[str, Any]) -> None:
    assert codes(to(**changed)) == []


def test_a_difference_within_the_tolerance_is_let_pass() -> None:
    order = replace(ORDER, stated_fen=3_975)
    assert codes(order, terms=replace(TERMS, amount_tolerance_fen=5)) == []
    assert codes(order, terms=replace(TERMS, amount_tolerance_fen=4)) == ["amounts_differ"]


def test_the_seller_s_memo_speaks_only_where_a_shop_wants_it() -> None:
    order = to(seller_note="加急")
    assert codes(order) == []
    assert codes(order, off=frozenset()) == ["seller_note"]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.switchable], ids=lambda rule: str(rule.code))
def test_a_rule_that_is_off_finds_nothing(rule: Any) -> None:
    assert rule not in used_rules(frozenset({rule.code}))
    assert rule in used_rules(frozenset())


def test_every_hold_code_has_its_rule() -> None:
    assert {str(rule.code) for rule in RULES} == {str(code) for code in Hold} - {"stopped"}


PHONES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)


@given(PHONES, st.sampled_from(["", "+86", "0086", "86", "+86 "]), st.sampled_from(["", "-12", "转1234", "#9"]))
def test_a_number_is_the_same_in_every_dress(number: str, country: str, extension: str) -> None:
    dressed = f"{country}{number}{extension}"
    assert main_number(dressed)[0] == number
    assert phone_plausible(dressed)
    assert blocked_form("phone", dressed).partition("-")[0] == number


@given(st.text(max_size=40))
def test_no_text_breaks_a_rule(text: str) -> None:
    contact = ContactIn(text, text, text, text, text, text, text, buyer_note=text, seller_note=text)
    codes(replace(ORDER, contact=contact), off=frozenset())
    assert blocked_form("address", text) == blocked_form("address", blocked_form("address", text))


@given(st.sampled_from(sorted(PROVINCES)), st.sampled_from(["", "省", "市"]), st.data())
def test_a_city_belongs_to_its_own_province_only(province: str, suffix: str, data: st.DataObject) -> None:
    own = data.draw(st.sampled_from(sorted(PROVINCES[province])))
    assert not contradict(province + suffix, own + "市")
    other = data.draw(st.sampled_from(sorted(set(PROVINCES) - {province})))
    foreign = data.draw(st.sampled_from(sorted(PROVINCES[other])))
    assert contradict(province, foreign + "市")


@given(st.text(alphabet="-—。.,，!！?？ /\\_~*", max_size=10))
def test_signs_alone_are_no_message(text: str) -> None:
    assert not says_something(text)
