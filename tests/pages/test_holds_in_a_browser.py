"""Holding, claiming and releasing as a person does it: with a browser, by mouse and keys."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from tests.pages.conftest import MOMENT, Hire
from tests.pages.shop import CUP, PRODUCTS, order_in
from tests.pages.test_holds import take, talking
from tests.pages.test_in_a_browser import open_page

from zhanggui.catalog.steps import take_in_skus
from zhanggui.journal.models import Run
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.sales.orders.intake import open_shops
from zhanggui.sales.orders.models import Order, OrderHold
from zhanggui.sales.orders.records import ShopKey

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_shop() -> int:
    context = Context(SYSTEM, MOMENT)
    take_in_skus(PRODUCTS, context=context)
    return int(open_shops([ShopKey("taobao", "main", "CNY", "Asia/Shanghai")], context=context).accepted[0].result)


def test_an_order_is_held_claimed_compared_and_released(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    staff, shop = hire(), open_shop()
    take([order_in(shop, "A-1", MOMENT, CUP, "李雷"), order_in(shop, "A-2", MOMENT, CUP, "李雷")])
    page = open_page(browser, live_server, staff)
    page.goto(live_server.url + "/orders/")
    page.get_by_role("link", name="异常待处理", exact=True).first.click()
    page.get_by_role("checkbox", name="勾选 A-2").check()
    page.get_by_role("button", name="认领").click()
    expect(page.get_by_text("1 个订单已认领")).to_be_visible()
    assert OrderHold.objects.get().assignee == str(staff.pk)
    page.get_by_role("link", name="A-2").click()
    expect(page.get_by_role("link", name="A-1")).to_be_visible()
    page.get_by_label("原因").fill("两笔都要，电话确认过")
    page.get_by_role("button", name="两单都保留").click()
    expect(page.get_by_text("1 个订单已放行")).to_be_visible()
    assert set(Order.objects.values_list("state", flat=True)) == {"received"}
    assert Run.objects.latest("id").reason == "两笔都要，电话确认过"
    assert page.complaints == []


@pytest.mark.parametrize(("size", "scheme", "language"), [("desk", "dark", "zh-hans"), ("phone", "light", "en")])
def test_no_page_of_holds_and_rules_has_an_accessibility_finding(
    size: str, scheme: str, language: str, browser: Any, live_server: LiveServer, hire: Hire
) -> None:
    staff, shop = hire(), open_shop()
    key, _, twin = take([talking(shop, "A-1"), order_in(shop, "A-2", MOMENT), order_in(shop, "A-3", MOMENT)])
    page = open_page(browser, live_server, staff, size=size, scheme=scheme, language=language)
    for address in (
        "/orders/holds/", "/orders/holds/?reason=buyer_message", "/orders/holds/?reason=risk", f"/orders/holds/{key}/",
        f"/orders/holds/{twin}/", f"/orders/{key}/receiver/", "/orders/rules/", f"/orders/rules/?shop={shop}",
        "/orders/blocklist/",
    ):  # fmt: skip
        page.complaints.clear()
        page.goto(live_server.url + address)
        findings = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
        assert (address, findings, page.complaints) == (address, [], [])
        wide = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert wide, address
