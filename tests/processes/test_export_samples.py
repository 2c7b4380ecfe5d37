"""The export samples of the platforms come in as their stated expectations say."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.factories.intake import GUESSING
from tests.factories.orders import now

from zhanggui.connectors.intake import taking_in
from zhanggui.connectors.intake.queries import intake
from zhanggui.connectors.intake.records import IntakeView
from zhanggui.sales.orders.models import Order, OrderLine

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "protocols" / "export-samples.json"
AT = datetime(2026, 11, 4, 1, tzinfo=UTC)

pytestmark = [
    pytest.mark.data,
    pytest.mark.django_db,
    pytest.mark.skipif(
        not SAMPLES.is_file(), reason="the shared export samples are not on this machine: none of them was imported"
    ),
]


def sample(key: str) -> dict[str, Any]:
    return next(one for one in json.loads(SAMPLES.read_text())["samples"] if one["id"] == key)


def let_in(key: str, channel: str) -> IntakeView:
    one, context = sample(key), now(AT)
    content = base64.b64decode(one["content_base64"])
    intake_id = taking_in.take_file([content], "orders", one["file_name"], channel=channel, shop="", context=context)
    taking_in.check_intake(intake_id, context=context, choices=GUESSING)
    taking_in.begin_commit(intake_id, context=context)
    taking_in.commit_intake(intake_id, context=context)
    file = intake(intake_id)
    assert file
    assert (file.layout, file.rows_refused) == (one["layout"], 0)
    return file


def expected(key: str) -> dict[str, dict[str, Any]]:
    return {row["order"]: row for row in sample(key)["expected"]["orders"]}


def pieces() -> dict[str, int]:
    counts: dict[str, int] = {}
    for number, quantity in OrderLine.objects.values_list("order__external_id", "quantity"):
        counts[number] = counts.get(number, 0) + quantity
    return counts


@pytest.mark.parametrize("detail_first", [False, True])
def test_taobao_list_and_detail_are_joined(detail_first: bool) -> None:
    keys = (
        ["taobao-order-detail", "taobao-order-list"] if detail_first else ["taobao-order-list", "taobao-order-detail"]
    )
    first, second = (let_in(key, "taobao") for key in keys)
    assert (first.waiting, first.new, second.new, second.waiting) == (2, 0, 2, 0)
    stated = expected("taobao-order-list")
    assert {one.external_id: one.stated_fen for one in Order.objects.all()} == {
        number: row["buyer_pays_fen"] for number, row in stated.items()
    }
    assert pieces() == {number: row["units"] for number, row in stated.items()}
    joined = sample("taobao-order-detail")["expected"]["joined"][0]
    codes = OrderLine.objects.filter(order__external_id=joined["order"]).values_list("merchant_code", flat=True)
    assert sorted(codes) == sorted(joined["skus"])
    states = dict(Order.objects.values_list("external_id", "standing"))
    assert {states[number]: row["status"] for number, row in stated.items()} == {
        "open": "to be shipped",
        "done": "shipped",
    }
    for one in Order.objects.all():
        assert one.goods_fen + one.freight_fen == one.stated_fen


def test_jd_amounts_are_counted_once() -> None:
    file = let_in("jd-order", "jd")
    stated = expected("jd-order")
    assert {one.external_id: one.stated_fen for one in Order.objects.all()} == {
        number: row["payable_fen"] for number, row in stated.items()
    }
    assert pieces() == {number: row["units"] for number, row in stated.items()}
    assert file.amount_fen == sample("jd-order")["expected"]["total_payable_fen"]


@pytest.mark.parametrize(
    ("key", "channel", "amount"), [("pdd-order", "pinduoduo", "paid_fen"), ("douyin-order", "douyin", "payable_fen")]
)
def test_pinduoduo_and_douyin(key: str, channel: str, amount: str) -> None:
    let_in(key, channel)
    stated = expected(key)
    for one in Order.objects.all():
        row = stated[one.external_id]
        assert (one.stated_fen, one.refund == "done") == (row[amount], row.get("refunded", False))
        assert one.total_fen - one.platform_discount_fen == row[amount]
    assert pieces() == {number: row["units"] for number, row in stated.items()}


def test_shopify_orders_of_several_rows() -> None:
    let_in("shopify-orders", "shopify")
    first, second = (Order.objects.get(external_id=number) for number in ("#1001", "#1002"))
    stated = expected("shopify-orders")
    assert (first.total_fen, pieces()["#1001"]) == (30800, stated["#1001"]["units"])
    assert first.orderline_set.count() == stated["#1001"]["lines"]
    assert first.placed_at == datetime.fromisoformat(stated["#1001"]["created"])
    assert (second.standing, second.refund, second.state) == ("closed", "done", "history")
    gross = sum(quantity * price for quantity, price in OrderLine.objects.values_list("quantity", "unit_price_fen"))
    assert gross == 37700
