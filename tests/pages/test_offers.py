"""The customer's page about a shortage: masked, locked up, in the browser's language, and one answer wins."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from tests.cast import MONDAY_MORNING
from tests.factories.orders import now, open_company, states
from tests.factories.shortages import cases_of, offered, short_orders

from zhanggui.journal.models import Run
from zhanggui.kernel import clock
from zhanggui.portal.views import offers
from zhanggui.processes.orders import cancel_orders
from zhanggui.processes.shortages import attend
from zhanggui.sales.orders.models import Order
from zhanggui.sales.shortages.models import ShortageAnswer, ShortageCase
from zhanggui.sales.shortages.queries import offer_behind

LATER = MONDAY_MORNING + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    cache.clear()
    with clock.frozen(LATER):
        yield


def one_offer(*substitutes: str, **stock: int) -> tuple[int, int, str]:
    """An order of three cups of tea that is short: order, case and the token of its page."""
    company = open_company(**({"TEA": 0} | stock))
    (order,) = short_orders(company, 1, {"TEA": 3})
    (case,) = cases_of([order])
    return order, case, offered([case], *substitutes)[0]


@pytest.mark.django_db
def test_the_page_is_locked_up_and_shows_nothing_personal() -> None:
    _, _, token = one_offer()
    answer = Client().get(f"/offer/{token}/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"].startswith("noindex")
    for hidden in ("沈雨", "13800000001", "文三路", "小雨", "<script"):
        assert hidden not in page
    assert "沈*" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "您希望如何处理？"), ("en-GB,en;q=0.9", "What shall we do?"),
        ("fr-FR,fr;q=0.9,en;q=0.5", "What shall we do?"), ("fr", "您希望如何处理？"), ("", "您希望如何处理？"),
        ("zh-TW", "您希望如何处理？"), ("*;q=0,%%%", "您希望如何处理？"),
    ],
)  # fmt: skip
def test_the_page_speaks_the_browsers_language(asked: str, words: str) -> None:
    _, _, token = one_offer()
    assert words in Client().get(f"/offer/{token}/", headers={"Accept-Language": asked}).content.decode()


@pytest.mark.django_db
def test_a_token_that_nobody_was_given_opens_nothing_and_many_tries_are_slowed(monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, token = one_offer()
    monkeypatch.setattr(offers, "TRIES", 3)
    client = Client()
    answers = [client.get(f"/offer/{token[:-1]}{last}/").status_code for last in "-_A"]
    assert answers == [404, 404, 404]
    slowed = client.get(f"/offer/{token}/")
    assert (slowed.status_code, slowed["Retry-After"]) == (429, "60")


@pytest.mark.django_db
def test_the_choice_is_taken_once_and_the_second_sees_it() -> None:
    _, _, token = one_offer()
    first, second = Client(enforce_csrf_checks=True), Client()
    taken = first.post(f"/offer/{token}/", {"option": "wait", "words": "<b>好</b>"})
    assert (taken.status_code, "等到约定日期" in taken.content.decode()) == (200, True)
    late = second.post(f"/offer/{token}/", {"option": "cancel"})
    assert late.status_code == 409
    assert "此前已有选择" in late.content.decode()
    assert "等到约定日期" in late.content.decode()
    assert second.post(f"/offer/{token}/", {"option": "wait"}).status_code == 200
    answer = ShortageAnswer.objects.get()
    run = Run.objects.get(id=answer.run_id)
    assert (answer.option, answer.words, run.actor_kind) == ("wait", "<b>好</b>", "customer")
    assert token not in run.actor_id


@pytest.mark.django_db
@pytest.mark.parametrize("form", [{}, {"option": "part"}, {"option": "x" * 500}, {"option": "substitute"}])
def test_a_choice_that_was_not_offered_is_refused(form: dict[str, str]) -> None:
    _, _, token = one_offer()
    answer = Client().post(f"/offer/{token}/", form)
    assert answer.status_code == 409
    assert "请选择其中一项" in answer.content.decode()
    assert not ShortageAnswer.objects.exists()


@pytest.mark.django_db
def test_other_goods_are_chosen_among_those_on_offer() -> None:
    order, _, token = one_offer("CUP", "MUG", CUP=9, MUG=9, POT=9)
    client = Client()
    assert client.post(f"/offer/{token}/", {"option": "substitute", "substitute": "POT"}).status_code == 409
    assert client.post(f"/offer/{token}/", {"option": "substitute", "substitute": "MUG"}).status_code == 200
    assert states([order]) == ["reserved"]


@pytest.mark.django_db
def test_after_the_order_is_cancelled_there_is_nothing_to_choose() -> None:
    order, _, token = one_offer()
    cancel_orders([order], context=now(LATER))
    page = Client().get(f"/offer/{token}/").content.decode()
    assert "订单已取消。" in page
    assert "<form" not in page
    assert Client().post(f"/offer/{token}/", {"option": "wait"}).status_code == 409


@pytest.mark.django_db
def test_an_old_page_points_to_the_newer_message_and_expires() -> None:
    _, case, token = one_offer()
    (newer,) = offered([case])
    assert "更新的消息" in Client().get(f"/offer/{token}/").content.decode()
    with clock.frozen(MONDAY_MORNING + timedelta(days=7)):
        page = Client().get(f"/offer/{newer}/").content.decode()
    assert ("页面已失效" in page, "<form" in page) == (True, False)


@pytest.mark.django_db
def test_a_look_at_the_page_costs_few_statements(django_assert_max_num_queries: Any) -> None:
    _, _, token = one_offer("CUP", CUP=5)
    with django_assert_max_num_queries(5):
        assert offer_behind(token)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_customer_answers_on_a_phone(browser: Any, live_server: LiveServer) -> None:
    order, case, token = one_offer("CUP", TEA=1, CUP=5)
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True, is_mobile=True
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda one: complaints.append(one.text) if one.type in ("error", "warning") else None)
    page.goto(f"{live_server.url}/offer/{token}/")
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    boxes = page.locator(".pick-one")
    assert boxes.count() == 4
    assert min(boxes.nth(at).bounding_box()["height"] for at in range(4)) >= 44
    page.get_by_label("先发一部分，其余后发").check()
    page.get_by_role("button", name="提交选择").tap()
    expect(page.get_by_role("status")).to_contain_text("先发一部分")
    assert (ShortageCase.objects.get(id=case).state, states([order])) == ("agreed", ["confirmed"])
    assert Order.objects.get(parent_id=order).state == "reserved"
    assert context.cookies() == []
    assert complaints == []
    page.goto(f"{live_server.url}/offer/{token}/")
    expect(page.get_by_role("status")).to_contain_text("先发一部分")
    assert page.locator("form").count() == 0
    with clock.frozen(MONDAY_MORNING + timedelta(days=8)):
        assert attend(now(MONDAY_MORNING + timedelta(days=8)))["renewed"] == 1
    context.close()
