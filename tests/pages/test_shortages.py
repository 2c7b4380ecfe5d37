"""Shortages on staff's pages: the list, the offer to many, telling by hand, and what was agreed."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings as SettingsWrapper
from tests.cast import MONDAY_MORNING
from tests.factories.orders import open_company
from tests.factories.shortages import NEXT_MONDAY, cases_of, offered, short_cases, short_orders
from tests.pages.conftest import Hire

from zhanggui.delivery.models import OutboxMessage
from zhanggui.kernel import clock
from zhanggui.sales.orders.models import Order
from zhanggui.sales.shortages.models import ShortageAnswer, ShortageCase, ShortageNotice, ShortageOffer

pytestmark = pytest.mark.django_db
LATER = MONDAY_MORNING + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def _monday() -> object:
    with clock.frozen(LATER):
        yield


def test_the_list_shows_who_is_to_be_told_and_what_is_missing(owner: Client) -> None:
    short_cases(open_company(TEA=1), 2, {"TEA": 3})
    page = owner.get("/shortages/").content.decode()
    assert page.count("待告知顾客") == 2
    assert "<code>TEA</code> TEA <strong>× 4</strong>" in page
    assert "剩 1 小时 30 分" in page
    assert "沈雨" not in page


def test_an_offer_to_many_goes_out_where_a_way_is_set_up(owner: Client, settings: SettingsWrapper) -> None:
    settings.MESSAGE_WAYS = frozenset({"mail"})
    company = open_company(TEA=0)
    by_mail = cases_of(short_orders(company, 2, {"TEA": 1}, email="buyer@example.com"))
    by_hand = short_cases(company, 1, {"TEA": 1}, prefix="H")
    form = {"id": [*by_mail, *by_hand], "promised": "2026-03-09", "substitutes": "", "key": "k"}
    page = owner.post("/shortages/offer/", form | {"next": "/shortages/"}, follow=True).content.decode()
    assert "正在告知 2 位顾客。" in page
    assert "1 位顾客无法从这里联系" in page
    letters = OutboxMessage.objects.filter(kind="mail")
    assert [one.target for one in letters] == ["buyer@example.com"] * 2
    assert "/offer/" in letters[0].payload
    assert ShortageNotice.objects.count() == 2
    assert page.count("发送中") == 2
    again = owner.post("/shortages/offer/", form | {"next": "/shortages/"}, follow=True).content.decode()
    assert "没有重复执行" in again or "已经做过" in again
    assert ShortageOffer.objects.count() == 3


def test_the_case_page_gives_the_text_and_takes_what_was_said(owner: Client) -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 1})
    (token,) = offered([case])
    page = owner.get(f"/shortages/{case}/").content.decode()
    assert f"/offer/{token}/" in page
    assert "没有可用的发送渠道" in page
    answer = owner.post(f"/shortages/{case}/told/", {"channel": "phone", "words": "说周一要"}, follow=True)
    assert "已登记：顾客已获告知。" in answer.content.decode()
    assert ShortageCase.objects.get().state == "told"
    assert "说周一要" in owner.get(f"/shortages/{case}/").content.decode()


def test_what_was_agreed_needs_the_customers_words_and_is_carried_out(owner: Client) -> None:
    (order,) = short_orders(open_company(TEA=0), 1, {"TEA": 1})
    (case,) = cases_of([order])
    owner.post(f"/shortages/{case}/answer/", {"option": "cancel", "words": ""})
    assert not ShortageAnswer.objects.exists()
    owner.post(f"/shortages/{case}/answer/", {"option": "cancel", "words": "不要了"})
    assert Order.objects.get().state == "cancelled"
    page = owner.get(f"/shortages/{case}/").content.decode()
    assert "不要了" in page
    assert "订单已终止" in page


def test_the_agreed_day_shows_in_its_tab(owner: Client) -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 1})
    form = {"option": "wait", "words": "可以等", "promised": NEXT_MONDAY.isoformat()}
    owner.post(f"/shortages/{case}/answer/", form)
    assert "3月9日 星期一" in owner.get("/shortages/?tab=agreed").content.decode()
    assert "3月9日" not in owner.get("/shortages/?tab=promise_due").content.decode()
    with clock.frozen(MONDAY_MORNING + timedelta(days=7)):
        assert "3月9日 星期一" in owner.get("/shortages/?tab=promise_due").content.decode()


def test_who_may_only_look_sees_no_link_and_no_form(client: Client, hire: Hire) -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 1})
    (token,) = offered([case])
    client.force_login(hire("looker", roles=("operations",)))
    page = client.get(f"/shortages/{case}/").content.decode()
    assert token not in page
    assert 'name="words"' not in page


@pytest.mark.parametrize("size", [1, 8])
def test_the_pages_cost_the_same_for_any_number(
    size: int, owner: Client, django_assert_max_num_queries: object
) -> None:
    short_cases(open_company(TEA=0), size, {"TEA": 1})
    owner.get("/shortages/")
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        owner.get("/shortages/")


def test_the_workbench_and_the_order_lead_to_the_negotiation(owner: Client) -> None:
    (order,) = short_orders(open_company(TEA=0), 1, {"TEA": 1})
    (case,) = cases_of([order])
    assert f'href="/shortages/{case}/"' in owner.get("/?clause=2.1.3.2").content.decode()
    assert f'href="/shortages/{case}/"' in owner.get(f"/orders/{order}/").content.decode()
    assert f'href="/shortages/{case}/"' in owner.get("/orders/?state=confirmed").content.decode()
