"""Orders come in once: new, unchanged, changed; what came in keeps to the fen and waits when something is unclear."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.factories.orders import BUYER, PLACED, PRICE_FEN, bring, go_on, now, open_company, order_in, refusals, states
from tests.factories.steps import contents
from tests.factories.truths import broken

from zhanggui.journal.models import Run
from zhanggui.obligations.models import Obligation
from zhanggui.processes.orders import release_orders, reserve_orders
from zhanggui.sales.orders.holds import keep_content, resolve_holds
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.models import Order, OrderContact, OrderHold, OrderLine, OrderPart, Shop
from zhanggui.sales.orders.records import LineIn, OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db


def test_a_new_order_is_kept_with_its_lines_its_buyer_and_its_clock() -> None:
    company = open_company(TEA=0, CUP=0)
    order = order_in(company, "T1", {"TEA": 2, "CUP": 1})
    (row,) = take_in_orders([order], context=now()).accepted
    kept = Order.objects.get(id=row.result)
    assert (kept.external_id, kept.state, kept.version, kept.placed_at) == ("T1", "received", 0, PLACED)
    assert (kept.goods_fen, kept.total_fen, kept.received_at) == (3 * PRICE_FEN, 3 * PRICE_FEN, now().as_of)
    lines = OrderPart.objects.order_by("id").values_list("line__identity", "sku_id", "quantity", "amount_fen")
    assert list(lines) == [
        ("L0", company.skus["TEA"], 2, 2 * PRICE_FEN), ("L1", company.skus["CUP"], 1, PRICE_FEN)
    ]  # fmt: skip
    contact = OrderContact.objects.get(order_id=kept.id)
    assert (contact.receiver, contact.phone, contact.district) == (BUYER.receiver, BUYER.phone, BUYER.district)
    clock = Obligation.objects.get()
    assert (clock.clause, clock.subject_id, clock.started_at) == ("2.1.3.1", kept.id, PLACED)
    assert clock.due_at == PLACED + timedelta(hours=24)


def test_personal_fields_stay_out_of_the_digest_but_for_their_keyed_digest() -> None:
    company = open_company(TEA=0)
    bring(company, 1, {"TEA": 1})
    fixed = {*Order.fixed_columns, *OrderLine.fixed_columns, *OrderPart.fixed_columns}
    assert "contact_digest" in fixed
    assert not fixed & {"buyer", "receiver", "phone", "province", "city", "district", "address"}
    assert not hasattr(OrderContact, "fixed_columns")


def test_freight_and_discounts_add_up() -> None:
    company = open_company(TEA=0)
    line = LineIn("L", "TEA", "tea", 3, 1_000, 500)
    order = OrderIn(company.shop, "T1", PLACED, (line,), "hash", freight_fen=800, discount_fen=300)
    take_in_orders([order], context=now())
    kept = Order.objects.get()
    assert (kept.goods_fen, kept.freight_fen, kept.discount_fen, kept.total_fen) == (2_500, 800, 300, 3_000)
    assert broken() == {}


def test_the_same_orders_again_change_nothing() -> None:
    company = open_company(TEA=0)
    orders = [order_in(company, name, {"TEA": 1}) for name in ("A", "B")]
    take_in_orders(orders, context=now())
    before = contents()
    given = take_in_orders([*orders, *orders], context=now())
    assert [row.result for row in given.accepted] == ["unchanged"] * 4
    assert contents() == before


def test_the_same_number_of_two_shops_is_two_orders() -> None:
    company = open_company(TEA=0)
    other = int(open_shops([ShopKey("tmall", "b", "CNY", "Asia/Shanghai")], context=now()).accepted[0].result)
    for shop in (company.shop, other):
        take_in_orders([OrderIn(shop, "T1", PLACED, (LineIn("L", "TEA", "t", 1, 100),), "h")], context=now())
    assert Order.objects.filter(external_id="T1").count() == 2


def test_a_shop_is_opened_once() -> None:
    key = ShopKey("taobao", "main", "CNY", "Asia/Shanghai")
    first = open_shops([key, key], context=now())
    again = open_shops([key], context=now())
    assert {row.result for row in (*first.accepted, *again.accepted)} == {Shop.objects.get().id}


@pytest.mark.parametrize("state", ["received", "held"])
def test_a_changed_order_waits_for_a_person(state: str) -> None:
    company = open_company(TEA=0)
    name = "TEA" if state == "received" else "NEW"
    take_in_orders([order_in(company, "T1", {name: 1})], context=now())
    given = take_in_orders([order_in(company, "T1", {name: 2})], context=now())
    assert [row.result for row in given.accepted] == ["changed"]
    order = Order.objects.get()
    assert (order.state, order.version, order.goods_fen) == ("held", 1, PRICE_FEN)
    assert OrderHold.objects.filter(code="content_changed", state="open").count() == 1
    assert broken() == {}


def test_an_order_that_changes_twice_waits_for_one_reason() -> None:
    company = open_company(TEA=0)
    given = [take_in_orders([order_in(company, "T1", {"TEA": pieces})], context=now()) for pieces in (1, 2, 3, 3)]
    assert [answer.accepted[0].result for answer in given[1:]] == ["changed", "changed", "unchanged"]
    assert OrderHold.objects.filter(state="open").count() == 1
    shown = json.loads(OrderHold.objects.get(state="open").details)
    assert shown["hash"].startswith(order_in(company, "T1", {"TEA": 3}).content_hash)
    assert shown["lines"] == [["TEA", "TEA", 3, PRICE_FEN, 0]]
    assert broken() == {}


def test_the_same_change_again_counts_once() -> None:
    company = open_company(TEA=0)
    bring(company, 2, {"TEA": 1})
    changed = [order_in(company, f"O0000{at}", {"TEA": 2}) for at in range(2)]
    first = take_in_orders([*changed, *changed], context=now())
    before = contents()
    again = take_in_orders(changed, context=now())
    assert sorted(str(row.result) for row in first.accepted) == ["changed", "changed", "unchanged", "unchanged"]
    assert [row.result for row in again.accepted] == ["unchanged", "unchanged"]
    assert contents() == before


@pytest.mark.parametrize("then", ["received", "confirmed"])
def test_a_change_that_a_person_decided_about_does_not_hold_its_order_again(then: str) -> None:
    company = open_company(TEA=0)
    ids = bring(company, 1, {"TEA": 1})
    take_in_orders([order_in(company, "O00000", {"TEA": 2})], context=now())
    assert not keep_content(ids, context=now()).rejected
    if then == "confirmed":
        confirm_orders(ids, context=now())
    before = contents()
    given = take_in_orders([order_in(company, "O00000", {"TEA": 2})], context=now())
    assert ([row.result for row in given.accepted], contents(), states(ids)) == (["unchanged"], before, [then])
    another = take_in_orders([order_in(company, "O00000", {"TEA": 3})], context=now())
    assert [row.result for row in another.accepted] == ["changed"]
    assert (states(ids), Order.objects.get().stopped) == (
        (["held"], False) if then == "received" else (["confirmed"], True)
    )
    assert broken() == {}


def test_changed_orders_cost_the_same_statements_whatever_their_number() -> None:
    company = open_company(TEA=0)

    def statements(first: int, count: int, pieces: int) -> int:
        rows = [order_in(company, f"N{at:03}", {"TEA": pieces}) for at in range(first, first + count)]
        take_in_orders(rows, context=now())
        return Run.objects.filter(step="orders.take_in").latest("id").statements

    statements(0, 60, 1)
    assert statements(0, 1, 2) == statements(1, 59, 2)
    assert statements(0, 1, 3) == statements(1, 59, 3)


@pytest.mark.parametrize("state", ["confirmed", "reserved", "released"])
def test_a_change_of_an_order_at_work_stops_it_where_it_stands_until_a_person_decided(state: str) -> None:
    company = open_company(TEA=10)
    ids = bring(company, 1, {"TEA": 1}, state)
    given = take_in_orders([order_in(company, "O00000", {"TEA": 2})], context=now())
    assert [row.result for row in given.accepted] == ["changed"]
    assert (states(ids), Order.objects.get().stopped) == ([state], True)
    onwards = {"confirmed": reserve_orders, "reserved": release_orders}.get(state)
    if onwards:
        assert refusals(onwards(ids, context=now())) == [(0, "on_hold")]
    assert not keep_content(ids, context=now()).rejected
    assert (states(ids), Order.objects.get().stopped) == ([state], False)
    assert broken() == {}


def test_a_change_of_a_shipped_order_is_refused() -> None:
    company = open_company(TEA=10)
    bring(company, 1, {"TEA": 1}, "shipped")
    before = contents()
    given = take_in_orders([order_in(company, "O00000", {"TEA": 2})], context=now())
    assert refusals(given) == [(0, "changed_after_end")]
    assert contents() == before


@pytest.mark.parametrize("state", ["received", "confirmed", "shipped"])
def test_the_shops_newer_memo_and_flag_are_written_and_hold_nothing(state: str) -> None:
    company = open_company(TEA=9)
    order = replace(order_in(company, "T1", {"TEA": 1}), contact=replace(BUYER, seller_note="gift"), flag="1")
    take_in_orders([order], context=now())
    key = Order.objects.get().id
    go_on([key], "received", state)
    for note, flag, result in (("gift card", "1", "changed"), ("gift card", "3", "changed"), ("", "3", "unchanged")):
        newer = replace(order, contact=replace(order.contact, seller_note=note), flag=flag)
        assert [row.result for row in take_in_orders([newer, order_in(company, "T2", {})], context=now()).accepted] == [
            result
        ]
    kept = Order.objects.get(id=key)
    assert (OrderContact.objects.get(order_id=key).seller_note, kept.flag) == ("gift card", "3")
    assert (kept.state, kept.stopped, OrderHold.objects.count(), broken()) == (state, False, 0, {})


def test_one_number_with_two_contents_in_a_batch_is_refused_the_first_stands() -> None:
    company = open_company(TEA=0)
    rows = [order_in(company, "T1", {"TEA": 1}), order_in(company, "T1", {"TEA": 2})]
    assert refusals(take_in_orders(rows, context=now())) == [(1, "twice_in_batch")]
    assert OrderLine.objects.get().quantity == 1


def test_a_file_that_contradicts_itself_changes_nothing_when_it_comes_again() -> None:
    company = open_company(TEA=0)
    rows = [order_in(company, "T1", {"TEA": 1}), order_in(company, "T1", {"TEA": 2})]
    take_in_orders(rows, context=now())
    before = contents()
    assert refusals(take_in_orders(rows, context=now())) == [(1, "twice_in_batch")]
    assert contents() == before


def test_an_unknown_product_holds_its_order_and_no_other() -> None:
    company = open_company(TEA=0)
    rows = [order_in(company, "A", {"TEA": 1, "NEW": 1, "NEWER": 1}), order_in(company, "B", {"TEA": 1})]
    take_in_orders(rows, context=now())
    assert list(Order.objects.order_by("id").values_list("state", "version")) == [("held", 1), ("received", 0)]
    hold = OrderHold.objects.get()
    assert (hold.code, json.loads(hold.details)) == ("unknown_sku", {"code": "NEW"})
    assert broken() == {}


def test_an_order_on_hold_goes_on_when_all_its_products_are_known() -> None:
    company = open_company(TEA=0)
    (row,) = take_in_orders([order_in(company, "A", {"TEA": 1, "NEW": 1, "NEWER": 1})], context=now()).accepted
    key = int(row.result)
    open_company(NEW=0)
    assert refusals(resolve_holds([key], context=now())) == [(0, "on_hold")]
    assert states([key]) == ["held"]
    open_company(NEWER=0)
    assert not resolve_holds([key], context=now()).rejected
    assert states([key]) == ["received"]
    assert OrderPart.objects.count() == OrderLine.objects.count() == 3
    assert not OrderHold.objects.filter(state="open").exists()
    assert broken() == {}


def test_a_changed_order_stays_on_hold_though_its_products_are_known() -> None:
    company = open_company(TEA=0)
    for pieces in (1, 2):
        take_in_orders([order_in(company, "A", {"NEW": pieces})], context=now())
    open_company(NEW=0)
    key = Order.objects.get().id
    assert refusals(resolve_holds([key], context=now())) == [(0, "on_hold")]
    assert list(OrderHold.objects.filter(state="open").values_list("code", flat=True)) == ["content_changed"]
    assert broken() == {}


def test_only_held_orders_can_be_resolved() -> None:
    company = open_company(TEA=0)
    ids = bring(company, 1, {"TEA": 1})
    before = contents()
    assert refusals(resolve_holds([*ids, 999], context=now())) == [(0, "wrong_state"), (1, "unknown_order")]
    assert contents() == before


def test_another_merchant_code_on_a_line_is_another_content() -> None:
    """A channel may swap the article of a line and keep its line number and title: that must not look unchanged."""
    lines = [LineIn("1", code, "same title", 1, 100) for code in ("A-1", "B-2")]
    first, second = (content_hash("E1", PLACED, [line], (0, 0)) for line in lines)
    assert first != second
