"""The hold queue on screen: tabs by reason, claiming, letting go, rejecting, comparing, correcting a receiver."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.pages.conftest import MOMENT, Hire
from tests.pages.shop import CUP, PRODUCTS, order_in

from zhanggui.catalog.steps import take_in_skus
from zhanggui.journal.models import Run
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.models import BlockEntry, Order, OrderContact, OrderHold, Shop
from zhanggui.sales.orders.records import OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash

REASON = "电话确认过"


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def shop(db: None) -> int:
    """A shop with its two products."""
    context = Context(SYSTEM, MOMENT)
    take_in_skus(PRODUCTS, context=context)
    return int(open_shops([ShopKey("taobao", "main", "CNY", "Asia/Shanghai")], context=context).accepted[0].result)


def take(orders: Sequence[OrderIn]) -> list[int]:
    answer = take_in_orders(orders, context=Context(SYSTEM, MOMENT + timedelta(minutes=5)))
    assert not answer.rejected
    return [int(row.result) if str(row.result).isdigit() else 0 for row in answer.accepted]


def talking(shop: int, number: str, buyer: str = "李雷", **contact: Any) -> OrderIn:
    """An order whose buyer left a message."""
    order = order_in(shop, number, MOMENT, CUP, buyer)
    return replace(order, contact=replace(order.contact, **{"buyer_note": "请发顺丰", **contact}))


def act(client: Client, named: str, ids: Sequence[int] = (), query: str = "", **form: Any) -> str:
    given = {"act": named, "id": list(ids), "next": "/orders/holds/", **form}
    return text_of(client.post(f"/orders/holds/act/{query}", given, follow=True))


def states() -> list[str]:
    return list(Order.objects.order_by("id").values_list("state", flat=True))


def test_the_queue_says_why_orders_wait_and_both_limits(owner: Client, shop: int) -> None:
    take([
        replace(talking(shop, "A-1"), platform_due_at=MOMENT + timedelta(hours=2)),
        talking(shop, "A-2", "韩梅", phone="12"), order_in(shop, "A-3", MOMENT, CUP, "王五"),
    ])  # fmt: skip
    text = text_of(owner.get("/orders/holds/"))
    assert ("A-1" in text, "A-2" in text, "A-3" in text) == (True, True, False)
    assert text.count("买家有留言") >= 2
    assert "电话号码不合理" in text
    assert "平台时限" in text
    assert '<span class="tag tag-warn">为准</span>' in text
    assert "李*" in text
    assert "李雷" not in text
    only = text_of(owner.get("/orders/holds/?reason=phone_implausible"))
    assert ("A-1" in only, "A-2" in only) == (False, True)


def test_one_statement_more_or_less_does_not_depend_on_the_rows(owner: Client, shop: int) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            owner.get("/orders/holds/")
        return len(queries)

    take([talking(shop, "A-0", "甲")])
    one = asked()
    take([talking(shop, f"B-{n}", f"乙{n}") for n in range(30)])
    assert asked() == one


def test_an_order_is_taken_given_and_found_under_mine(owner: Client, hire: Hire, shop: int) -> None:
    one, two = take([talking(shop, "A-1", "甲"), talking(shop, "A-2", "乙")])
    other = hire("chen")
    assert "1 个订单已认领" in act(owner, "claim", [one])
    assert "1 个订单已转交" in act(owner, "assign", [two], person=str(other.pk))
    mine = text_of(owner.get("/orders/holds/?whose=mine"))
    assert ("A-1" in mine, "A-2" in mine) == (True, False)
    assert "A-" not in text_of(owner.get("/orders/holds/?whose=nobody")).split("<tbody>")[-1]
    assert "1 个订单已转交" in act(owner, "assign", [two], person="")
    assert "A-2" in text_of(owner.get("/orders/holds/?whose=nobody"))
    assert owner.post("/orders/holds/act/", {"act": "assign", "id": one, "person": "999"}).status_code == 400


def test_chosen_orders_are_let_go_with_the_reason_of_who_did(owner: Client, shop: int) -> None:
    ids = take([talking(shop, "A-1", "甲"), talking(shop, "A-2", "乙", phone="12"), talking(shop, "A-3", "丙")])
    assert "请写明原因" in act(owner, "release", ids[:2])
    assert states() == ["held"] * 3
    text = act(owner, "release", ids[:2], "?reason=buyer_message", reason=REASON)
    assert "1 个订单已放行" in text
    assert "1 个订单仍因其他原因等待" in text
    assert states() == ["received", "held", "held"]
    run = Run.objects.latest("id")
    assert (run.step, run.reason) == ("orders.release_holds", REASON)


def test_all_that_match_are_rejected_and_nothing_else(owner: Client, shop: int) -> None:
    ids = take([talking(shop, f"A-{n}", f"甲{n}") for n in range(3)] + [order_in(shop, "B", MOMENT, "WHAT", "丁")])
    assert "3 个订单已拒单" in act(owner, "reject", query="?reason=buyer_message", whole="1", reason=REASON)
    assert states() == ["cancelled"] * 3 + ["held"]
    assert "没有勾选订单" in act(owner, "reject", query="?reason=buyer_message", whole="1", reason=REASON)
    assert "商品资料中没有" in act(owner, "release", ids[3:], reason=REASON)


def test_two_orders_are_compared_side_by_side_and_both_are_kept(owner: Client, shop: int) -> None:
    first, second = take([order_in(shop, "A-1", MOMENT, CUP, "李雷"), order_in(shop, "A-2", MOMENT, CUP, "李雷")])
    text = text_of(owner.get(f"/orders/holds/{second}/"))
    assert "两单都保留" in text
    assert text.count(CUP) == 2
    assert f'href="/orders/{first}/"' in text
    assert "138****5678" in text
    assert "13812345678" not in text
    assert "1 个订单已放行" in act(owner, "release", [second], "?reason=suspected_duplicate", reason=REASON)
    assert states() == ["received"] * 2
    assert "没有需要处理的问题" in text_of(owner.get(f"/orders/holds/{second}/"))


def test_both_versions_of_a_changed_order_stand_side_by_side(owner: Client, shop: int) -> None:
    order = order_in(shop, "A-1", MOMENT, CUP, "李雷")
    (key,) = take([order])
    lines = (replace(order.lines[0], quantity=7, title="保温杯 大号"),)
    content = content_hash("A-1", MOMENT, lines, (0, 0))
    take([replace(order, lines=lines, content_hash=content, contact=replace(order.contact, address="别处 2 号"))])
    text = text_of(owner.get(f"/orders/holds/{key}/"))
    assert "保温杯 500ml" in text
    assert "保温杯 大号" in text
    assert "收货人已变更" in text
    assert "1 个订单按首次导入的内容保留" in act(owner, "keep", [key], reason=REASON)


def test_every_reason_is_explained_on_its_page(owner: Client, shop: int) -> None:
    order = replace(talking(shop, "A-1", receiver="", seller_note="加急"), stated_fen=1)
    (key,) = take([order])
    text = text_of(owner.get(f"/orders/holds/{key}/"))
    for words in ("请发顺丰", "¥0.01", "¥59.90", "缺少：姓名"):
        assert words in text
    assert "加急" not in text


def test_a_receiver_is_corrected_before_and_locked_after_the_hand_over(owner: Client, shop: int) -> None:
    (key,) = take(
        [replace(order_in(shop, "A-1", MOMENT), contact=talking(shop, "x", phone="12", buyer_note="").contact)]
    )
    assert 'value="12"' in text_of(owner.get(f"/orders/{key}/receiver/"))
    form = {"receiver": "李雷", "phone": "13900000001", "province": "浙江省", "city": "杭州市", "district": "",
            "address": "新路 9 号", "reason": ""}  # fmt: skip
    answer = owner.post(f"/orders/{key}/receiver/set/", form)
    assert answer.status_code == 422
    assert "请写明原因" in text_of(answer)
    form["reason"] = REASON
    assert "收货人已更正" in text_of(owner.post(f"/orders/{key}/receiver/set/", form, follow=True))
    assert (OrderContact.objects.get().phone, states()) == ("13900000001", ["received"])
    assert Run.objects.latest("id").reason == REASON
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orders_order SET state = 'shipped'")
    assert "收货人已锁定" in text_of(owner.get(f"/orders/{key}/receiver/"))
    late = text_of(owner.post(f"/orders/{key}/receiver/set/", {**form, "phone": "13900000002"}, follow=True))
    assert "物流已接手" in late
    assert OrderContact.objects.get().phone == "13900000001"


def test_who_may_not_decide_sees_who_may(client: Client, hire: Hire, shop: int) -> None:
    client.force_login(hire(roles=("logistics",)))
    (key,) = take([talking(shop, "A-1")])
    text = text_of(client.get("/orders/holds/"))
    assert "A-1" in text
    assert 'value="release"' not in text
    assert "管理层 · 销售" in text
    assert client.post("/orders/holds/act/", {"act": "release", "id": key}).status_code == 403
    assert client.get(f"/orders/{key}/receiver/").status_code == 403


# Rules and the blocklist


def test_the_rules_page_counts_what_each_rule_caught(owner: Client, shop: int) -> None:
    ids = take([talking(shop, f"A-{n}", f"甲{n}") for n in range(3)])
    act(owner, "release", ids[:1], reason=REASON)
    text = text_of(owner.get(f"/orders/rules/?shop={shop}&days=365"))
    assert f'href="/orders/holds/?reason=buyer_message&amp;shop={shop}"' in text
    row = text.split('value="buyer_message"')[1].split("</tr>")[0]
    assert [cell.split(">")[1] for cell in row.split('class="num"')[1:3]] == ["3</td", "1</td"]
    assert "/clauses/2.1.3.1/values/duplicate_hours/" in text


def test_a_rule_is_turned_off_for_one_shop_with_its_history(owner: Client, shop: int) -> None:
    take([talking(shop, "A-1")])
    text = text_of(owner.get(f"/orders/rules/?shop={shop}"))
    on = [part.split('"')[0] for part in text.split('name="on" value="')[1:] if " checked" in part.split(">")[0]]
    assert "buyer_message" in on
    assert "seller_note" not in on
    on.remove("buyer_message")
    form = {"shop": shop, "on": on, "reason": "本店留言都是客套话"}
    assert "请写明原因" in text_of(owner.post("/orders/rules/set/", {**form, "reason": ""}, follow=True))
    text = text_of(owner.post("/orders/rules/set/", form, follow=True))
    assert "1 条规则已更改" in text
    assert "1 个订单现在继续处理" in text
    assert "本店留言都是客套话" in text
    assert states() == ["received"]
    assert Shop.objects.get().rules_off == "buyer_message,seller_note"
    assert owner.post("/orders/rules/set/", {"shop": shop, "on": ["unknown_sku"], "reason": "x"}).status_code == 400


def test_the_blocklist_is_pasted_searched_and_taken_off(owner: Client, shop: int) -> None:
    (key,) = take([order_in(shop, "A-1", MOMENT, CUP, "李雷")])
    form = {"act": "add", "kind": "phone", "list": "买家，李雷，拒收\n138 1234 0000\n\naddress,ab", "reason": REASON}
    text = text_of(owner.post("/orders/blocklist/set/", form, follow=True))
    assert "已添加 2 条" in text
    assert "1 条未被接受" in text
    assert "1 个订单现在等待处理" in text
    assert "李*" in text
    assert "138****0000" in text
    assert "李雷" not in text
    assert states() == ["held"]
    assert "138****0000" in text_of(owner.get("/orders/blocklist/?q=+86138-1234-0000"))
    assert "不在名单上" in text_of(owner.get("/orders/blocklist/?q=someone"))
    entry = BlockEntry.objects.get(kind="buyer")
    assert "拒收" in text_of(owner.get(f"/orders/holds/{key}/"))
    text = text_of(
        owner.post("/orders/blocklist/set/", {"act": "remove", "id": [entry.id], "reason": REASON}, follow=True)
    )
    assert "已移除 1 条" in text
    assert states() == ["received"]
    assert OrderHold.objects.get().state == "closed"


@pytest.mark.parametrize(
    "address",
    ["/orders/holds/?reason=nothing", "/orders/holds/?shop=9", "/orders/holds/?whose=x", "/orders/rules/?days=2"],
)
def test_questions_that_nobody_can_answer_are_bad(owner: Client, address: str) -> None:
    assert owner.get(address).status_code == 400
