"""Validity over whole batches: duplicates, the blocklist, rules per shop, judging again, letting go, correcting."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from tests.cast import MONDAY_MORNING
from tests.factories.orders import (
    BUYER,
    PLACED,
    Company,
    bring,
    go_on,
    now,
    open_company,
    order_in,
    refusals,
    results,
    states,
)
from tests.factories.truths import broken, unproven

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.processes.confirming import confirm_by_itself
from zhanggui.processes.intake import bring_in_orders
from zhanggui.processes.orders import cancel_orders, reserve_orders
from zhanggui.sales.orders.corrections import edit_contact
from zhanggui.sales.orders.holds import assign_holds, release_holds
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.judging import judge_again
from zhanggui.sales.orders.models import BlockEntry, Order, OrderContact, OrderHold, Shop, ShopRule
from zhanggui.sales.orders.records import Assign, Blocked, OrderIn, ReceiverEdit, Release, RuleSwitch, ShopKey
from zhanggui.sales.orders.steps import confirm_orders
from zhanggui.sales.orders.switches import edit_blocklist, set_shop_rules

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=1)


def by(company: Company, name: str, buyer: str = "小雨", **changed: Any) -> OrderIn:
    """An order of tea of one buyer."""
    at = changed.pop("at", PLACED)
    lines = changed.pop("lines", {"TEA": 1})
    return order_in(company, name, lines, at, replace(BUYER, buyer=buyer, **changed))


def take(*orders: OrderIn) -> list[int]:
    return results(take_in_orders(list(orders), context=now()))


def holds(*ids: int, state: str = "open") -> list[tuple[int, str]]:
    rows = OrderHold.objects.filter(state=state, **({"order_id__in": ids} if ids else {})).order_by("id")
    return [(ids.index(order) if ids else order, code) for order, code in rows.values_list("order_id", "code")]


@pytest.fixture
def company() -> Company:
    return open_company(TEA=100, CUP=100)


# Suspected duplicates


def test_of_two_orders_in_one_batch_the_later_number_waits(company: Company) -> None:
    ids = take(by(company, "A2"), by(company, "A1"))
    assert states(ids) == ["held", "received"]
    (hold,) = OrderHold.objects.all()
    assert (hold.order_id, hold.code) == (ids[0], "suspected_duplicate")
    assert hold.details == f'{{"other": {ids[1]}, "code": "A1"}}'
    assert broken() == {}


@pytest.mark.parametrize(
    ("second", "suspected"),
    [
        ({}, True),
        ({"at": PLACED - 24 * HOURS}, True),
        ({"at": PLACED + 24 * HOURS}, True),
        ({"at": PLACED - 25 * HOURS}, False),
        ({"buyer": "别人"}, False),
        ({"lines": {"CUP": 1}}, False),
        ({"lines": {"CUP": 1, "TEA": 9}}, True),
    ],
)
def test_a_second_order_is_suspected_by_buyer_product_and_time(
    company: Company, second: dict[str, Any], suspected: bool
) -> None:
    take(by(company, "A1"))
    (key,) = take(by(company, "B1", **second))
    assert holds(key) == ([(0, "suspected_duplicate")] if suspected else [])


@pytest.mark.parametrize("buyer", ["", "小**"])
def test_buyers_that_nobody_can_tell_apart_are_not_compared(company: Company, buyer: str) -> None:
    assert states(take(by(company, "A1", buyer), by(company, "A2", buyer))) == ["received"] * 2


def test_other_shops_cancelled_and_unpaid_orders_are_no_originals(company: Company) -> None:
    gone, unpaid = take(by(company, "A1"), replace(by(company, "A2", "张三"), payment="unpaid"))
    cancel_orders([gone], context=now())
    shop = results(open_shops([ShopKey("tmall", "two", "CNY", "Asia/Shanghai")], context=now()))[0]
    other = results(take_in_orders([replace(by(company, "X"), shop_id=shop)], context=now()))
    again, paid = take(by(company, "A3"), by(company, "A4", "张三"))
    assert states([again, paid, *other]) == ["received"] * 3
    assert states([unpaid]) == ["unpaid"]


def test_an_order_that_was_paid_after_another_came_in_is_compared_then(company: Company) -> None:
    first = replace(by(company, "A1", "张三"), payment="unpaid")
    (unpaid,) = take(first)
    take(by(company, "A0", "李四"), by(company, "A2", "张三"))
    assert take_in_orders([replace(first, payment="paid")], context=now()).accepted[0].result == "changed"
    assert states([unpaid]) == ["received"]
    assert broken() == {}


# Rules per shop


def test_a_rule_is_off_for_one_shop_and_its_orders_go_on(company: Company) -> None:
    one, two = take(by(company, "A1"), by(company, "A2"))
    given = set_shop_rules([RuleSwitch(company.shop, "suspected_duplicate", on=False)], context=now())
    assert [row.result for row in given.accepted] == ["off"]
    assert judge_again([one, two], context=now()).accepted[1].result == "freed"
    assert states([one, two]) == ["received"] * 2
    assert states(take(by(company, "A3"))) == ["received"]
    set_shop_rules([RuleSwitch(company.shop, "suspected_duplicate", on=True)], context=now())
    assert [row.result for row in judge_again([one, two], context=now()).accepted] == ["unchanged", "held"]
    assert [(row.code, row.turned) for row in ShopRule.objects.order_by("id")] == [
        ("suspected_duplicate", "off"), ("suspected_duplicate", "on")
    ]  # fmt: skip
    assert Shop.objects.get(id=company.shop).rules_off == "seller_note"
    assert broken() == {}


def test_rules_that_no_shop_can_do_without_stay_on(company: Company) -> None:
    rows = [RuleSwitch(company.shop, "unknown_sku", on=False), RuleSwitch(0, "risk", on=False)]
    given = set_shop_rules([*rows, RuleSwitch(company.shop, "risk", on=True)], context=now())
    assert refusals(given) == [(0, "unknown_rule"), (1, "unknown_shop")]
    assert [row.result for row in given.accepted] == ["unchanged"]


def test_a_shop_opens_with_the_rules_that_its_channel_uses(company: Company) -> None:
    key = ShopKey("retail-uk", "main", "GBP", "Europe/London", ("phone_implausible", "suspected_duplicate"))
    shop = results(open_shops([key], context=now()))[0]
    rows = [replace(by(company, name, phone="12"), shop_id=shop) for name in ("A1", "A2")]
    assert states(results(take_in_orders(rows, context=now()))) == ["received"] * 2


# The blocklist


@pytest.mark.parametrize(
    ("kind", "value", "caught"),
    [
        ("buyer", "小雨", True),
        ("buyer", "小", False),
        ("phone", "+86 138-0000-0001", True),
        ("phone", "13800000002", False),
        ("address", "西湖区 文三路1号", True),
        ("address", "文三路 2 号", False),
    ],
)
def test_the_blocklist_names_buyers_numbers_and_pieces_of_addresses(
    company: Company, kind: str, value: str, caught: bool
) -> None:
    edit_blocklist([Blocked(kind, value, "拒收三次")], context=now())
    (key,) = take(by(company, "A1"))
    assert holds(key) == ([(0, "blocklisted")] if caught else [])


def test_an_entry_that_is_taken_off_frees_its_orders(company: Company) -> None:
    (key,) = take(by(company, "A1", phone="13800000001-1234"))
    edit_blocklist([Blocked("phone", "13800000001")], context=now())
    assert judge_again([key], context=now()).accepted[0].result == "held"
    given = edit_blocklist([Blocked("phone", "138 0000 0001", on=False)], context=now())
    assert [row.result for row in given.accepted] == ["removed"]
    assert judge_again([key], context=now()).accepted[0].result == "freed"
    assert states([key]) == ["received"]
    assert BlockEntry.objects.get().state == "removed"
    assert broken() == {}


def test_entries_that_say_nothing_are_refused(company: Company) -> None:
    rows = [
        Blocked("planet", "火星"),
        Blocked("address", "杭州"),
        Blocked("buyer", " "),
        Blocked("buyer", "甲", on=False),
    ]
    given = edit_blocklist([*rows, Blocked("buyer", "乙"), Blocked("buyer", "乙")], context=now())
    assert refusals(given) == [
        (0, "unknown_kind"), (1, "fragment_short"), (2, "fragment_short"), (3, "not_listed"), (5, "twice_in_batch")
    ]  # fmt: skip
    assert [row.result for row in edit_blocklist([Blocked("buyer", "乙")], context=now()).accepted] == ["unchanged"]


# Letting go, claiming


def test_what_a_person_let_go_stays_let_go(company: Company) -> None:
    orders = [by(company, "A1", buyer_note="请发顺丰"), replace(by(company, "A2", "张三"), marks=frozenset({"risk"}))]
    ids = take(*orders)
    given = release_holds([Release(key) for key in ids], context=now())
    assert [row.result for row in given.accepted] == ["free"] * 2
    assert states(ids) == ["received"] * 2
    assert {row.result for row in take_in_orders(orders, context=now()).accepted} == {"unchanged"}
    assert {row.result for row in judge_again(ids, context=now()).accepted} == {"unchanged"}
    assert states(ids) == ["received"] * 2
    assert holds(*ids, state="released") == [(0, "buyer_message"), (1, "risk")]
    assert broken() == {}


def test_one_of_two_reasons_let_go_leaves_the_other(company: Company) -> None:
    (key,) = take(by(company, "A1", buyer_note="请发顺丰", phone="12"))
    given = release_holds([Release(key, "buyer_message")], context=now())
    assert [row.result for row in given.accepted] == ["waits"]
    assert (states([key]), holds(key)) == (["held"], [(0, "phone_implausible")])
    given = release_holds([Release(key, "buyer_message"), Release(key, "phone_implausible")], context=now())
    assert refusals(given) == [(0, "not_on_hold")]
    assert states([key]) == ["received"]


def test_what_nobody_knows_cannot_be_let_go(company: Company) -> None:
    (key,) = take(by(company, "A1", lines={"LATER": 1}, buyer_note="急"))
    given = release_holds([Release(key), Release(9)], context=now())
    assert ([row.result for row in given.accepted], refusals(given)) == (["waits"], [(1, "unknown_order")])
    assert refusals(release_holds([Release(key, "unknown_sku")], context=now())) == [(0, "unknown_sku")]
    take_in_skus([SkuIn("LATER", "later")], context=now())
    assert release_holds([Release(key)], context=now()).accepted[0].result == "free"
    assert broken() == {}


def test_a_stopped_order_goes_on_where_it_stood(company: Company) -> None:
    order = by(company, "A1")
    (key,) = take(order)
    confirm_orders([key], context=now())
    take_in_orders([replace(order, refund="asked")], context=now())
    assert refusals(reserve_orders([key], context=now())) == [(0, "on_hold")]
    release_holds([Release(key, "refund_asked")], context=now())
    assert results(reserve_orders([key], context=now())) == [key]
    assert broken() == {}


def test_orders_that_wait_are_taken_given_and_given_back(company: Company) -> None:
    (key, free) = take(by(company, "A1", buyer_note="急"), by(company, "A2", "张三"))
    rows = [Assign(key, "7"), Assign(free, "7"), Assign(key, "8"), Assign(9, "7")]
    given = assign_holds(rows, context=now())
    assert [row.result for row in given.accepted] == ["taken"]
    assert refusals(given) == [(1, "not_on_hold"), (2, "twice_in_batch"), (3, "unknown_order")]
    assert OrderHold.objects.get().assignee == "7"
    for name, said in (("7", "unchanged"), ("8", "taken"), ("", "free")):
        assert assign_holds([Assign(key, name)], context=now()).accepted[0].result == said
    assert broken() == {}


# Corrections


def correction(key: int, phone: str = "13900000002") -> ReceiverEdit:
    return ReceiverEdit(key, "沈雨", phone, "浙江省", "杭州市", "西湖区", "文三路 2 号")


def test_a_corrected_receiver_frees_the_order_and_the_same_file_changes_nothing(company: Company) -> None:
    order = by(company, "A1", phone="12")
    (key,) = take(order)
    before = Order.objects.values_list("contact_digest", flat=True).get()
    assert edit_contact([correction(key)], context=now()).accepted[0].result == "changed"
    contact = OrderContact.objects.get()
    assert (contact.phone, contact.address, contact.buyer) == ("13900000002", "文三路 2 号", "小雨")
    assert states([key]) == ["received"]
    assert Order.objects.values_list("contact_digest", flat=True).get() == before
    assert take_in_orders([order], context=now()).accepted[0].result == "unchanged"
    assert edit_contact([correction(key)], context=now()).accepted[0].result == "unchanged"
    assert broken() == {}


def test_a_correction_that_is_doubtful_holds_again_even_what_was_let_go(company: Company) -> None:
    (key,) = take(by(company, "A1", phone="12"))
    release_holds([Release(key)], context=now())
    assert edit_contact([correction(key, "34")], context=now()).accepted[0].result == "held"
    assert states([key]) == ["held"]


@pytest.mark.parametrize(
    ("state", "fits"),
    [("received", True), ("confirmed", True), ("reserved", True), ("released", False), ("shipped", False)],
)
def test_a_receiver_is_locked_once_logistics_has_the_order(company: Company, state: str, fits: bool) -> None:
    (key,) = bring(company, 1, {"TEA": 1}, state)
    given = edit_contact([correction(key), correction(9)], context=now())
    assert refusals(given) == ([] if fits else [(0, "handed_over")]) + [(1, "unknown_order")]
    assert OrderContact.objects.get().phone == ("13900000002" if fits else BUYER.phone)


@pytest.mark.django_db(transaction=True)
def test_the_checker_makes_every_step_again_and_sees_a_receiver_that_was_tampered_with() -> None:
    company = open_company(TEA=100, CUP=100)
    edit_blocklist([Blocked("buyer", "张三"), Blocked("buyer", "李四")], context=now())
    edit_blocklist([Blocked("buyer", "李四", on=False)], context=now())
    set_shop_rules([RuleSwitch(company.shop, "risk", on=False)], context=now())
    one, two = take(by(company, "A1", "张三"), by(company, "A2", buyer_note="急"))
    assign_holds([Assign(one, "7"), Assign(two, "7")], context=now())
    release_holds([Release(one)], context=now())
    edit_contact([correction(one), correction(two, "12")], context=now())
    judge_again([one, two], context=now())
    assert unproven() == {}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_ordercontact SET phone = '13900000003' WHERE order_id = %s", [one])
    assert set(unproven()) == {"A2"}


# Confirmed by themselves


def test_orders_that_nothing_speaks_against_reach_logistics_by_themselves(company: Company) -> None:
    fine, held, short = take(
        by(company, "A1"), by(company, "A2", "张三", buyer_note="急"), by(company, "A3", "李四", lines={"TEA": 1_000})
    )
    assert confirm_by_itself(now(MONDAY_MORNING + timedelta(minutes=14))) == {}
    late = now(MONDAY_MORNING + timedelta(minutes=15))
    assert confirm_by_itself(late) == {"received": 2, "confirmed": 1, "reserved": 1}
    assert states([fine, held, short]) == ["released", "held", "confirmed"]
    assert confirm_by_itself(late) == {}
    assert broken() == {}


def test_a_released_order_is_as_good_as_any_other(company: Company) -> None:
    (key,) = take(by(company, "A1", buyer_note="急"))
    release_holds([Release(key)], context=now())
    go_on([key], "received", "released")
    assert bring_in_orders([by(company, "A1", buyer_note="急")], context=now()).accepted[0].result == "unchanged"
    assert states([key]) == ["released"]
