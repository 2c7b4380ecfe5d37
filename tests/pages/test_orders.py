"""The order queue and the order page: what they show, and that buttons carry out exactly one step."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from tests.pages.conftest import MOMENT, Hire
from tests.pages.shop import CUP, TOWEL, stock_shop, take_orders
from tests.pages.test_paging import plan_of

from zhanggui.catalog.queries import known_skus
from zhanggui.journal.models import Run, Transition
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.logistics.inventory.models import Warehouse
from zhanggui.logistics.inventory.records import Receipt
from zhanggui.logistics.inventory.steps import receive_stock
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.records import Assignment
from zhanggui.obligations.steps import assign_clocks, sweep_obligations
from zhanggui.people.models import Staff
from zhanggui.portal import wording
from zhanggui.portal.reading import order_queue as reading
from zhanggui.sales.orders import finding
from zhanggui.sales.orders.models import Order, OrderContact


def text_of(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def move(client: Client, act: str, ids: list[int], **more: str) -> Any:
    return client.post("/orders/move/", {"act": act, "id": ids, "next": "/orders/", **more}, follow=True)


def test_an_empty_queue_says_what_to_do_next(owner: Client) -> None:
    assert "还没有订单" in text_of(owner.get("/orders/"))


def test_the_queue_shows_order_state_amount_and_time_left(owner: Client) -> None:
    take_orders(["A-1"], MOMENT)
    with clock.frozen(MOMENT + timedelta(hours=23, minutes=30)):
        text = text_of(owner.get("/orders/"))
    assert "A-1" in text
    assert "¥59.90" in text
    assert "待确认" in text
    assert "剩 30 分钟" in text


def test_an_overdue_order_says_by_how_much(owner: Client) -> None:
    take_orders(["A-1"], MOMENT)
    with clock.frozen(MOMENT + timedelta(hours=26)):
        assert "超时 2 小时" in text_of(owner.get("/orders/"))


def test_personal_data_are_masked(owner: Client) -> None:
    (key,) = take_orders(["A-1"], MOMENT)
    for address in ("/orders/", f"/orders/{key}/", f"/orders/{key}/panel/"):
        text = text_of(owner.get(address))
        assert "王小明" not in text
        assert "13812345678" not in text
        assert "幸福路" not in text
    assert "138****5678" in text_of(owner.get(f"/orders/{key}/"))


def test_each_page_of_the_queue_follows_on_the_one_before(owner: Client) -> None:
    take_orders([f"A-{n:03d}" for n in range(120)], MOMENT)
    seen: list[str] = []
    address = "/orders/?state=received"
    while address:
        text = text_of(owner.get(address))
        seen += re.findall(r">(A-\d{3})<", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        address = "/orders/" + following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"A-{n:03d}" for n in range(120)]


def test_totals_cover_all_that_match_and_keep_currencies_apart(owner: Client) -> None:
    take_orders([f"A-{n}" for n in range(60)], MOMENT)
    take_orders(["B-1", "B-2"], MOMENT, currency="GBP")
    text = text_of(owner.get("/orders/"))
    assert "¥3,594.00" in text
    assert "£119.80" in text
    assert "符合条件共 62 单" in text


@pytest.mark.parametrize("words", ["A-7", "王"])
def test_search_finds_by_number_and_by_buyer(words: str, owner: Client) -> None:
    take_orders(["A-7"], MOMENT)
    assert ">A-7<" in text_of(owner.get("/orders/", {"q": words}))


def test_a_search_that_finds_too_many_keeps_the_newest_and_says_so(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "FOUND", 5)
    keys = take_orders([f"A-{n}" for n in range(8)], MOMENT)
    text = text_of(owner.get("/orders/", {"q": "A-"}))
    assert sorted(re.findall(r">(A-\d)<", text)) == ["A-3", "A-4", "A-5", "A-6", "A-7"]
    assert "符合条件的最新 5 单" in text
    Order.objects.filter(id__in=keys[3:]).update(placed_at=MOMENT - timedelta(days=9))
    text = text_of(owner.get("/orders/", {"q": "A-", "from": "2026-11-20"}))
    assert sorted(re.findall(r">(A-\d)<", text)) == ["A-0", "A-1", "A-2"]
    assert "符合条件共 3 单" in text


def test_totals_come_as_one_row_and_past_the_cap_are_of_the_page(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CAP", 70)
    take_orders([f"A-{n}" for n in range(70)], MOMENT)
    assert "¥4,193.00" in text_of(owner.get("/orders/"))
    take_orders(["B-1"], MOMENT)
    text = text_of(owner.get("/orders/"))
    assert "70+" in text
    assert "¥2,995.00" in text


@pytest.mark.parametrize("state", ["", "received"])
def test_a_buyer_is_searched_over_an_index(state: str, owner: Client) -> None:
    take_orders(["A-1"], MOMENT)
    assert ">A-1<" not in text_of(owner.get("/orders/", {"q": "王", "state": "held"}))
    with CaptureQueriesContext(connection) as queries:
        assert ">A-1<" in text_of(owner.get("/orders/", {"q": "王", "state": state}))
    (search,) = [one["sql"] for one in queries if '"buyer" >=' in one["sql"]]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {search}")
            assert "contact_buyer" in str(cursor.fetchall())
    else:
        assert "contact_buyer" in plan_of(OrderContact.objects.filter(buyer__gte="王", buyer__lt="王\uffff"))


def test_facts_name_moments_and_a_reservation_its_state(owner: Client) -> None:
    (key,) = take_orders(["A-1"], MOMENT)
    text = text_of(owner.get(f"/orders/{key}/"))
    assert "<dt>锁定时间</dt>" in text
    assert "<dt>发货时间</dt>" in text
    with translation.override("zh-hans"):
        assert wording.label_of("reservation", "open").words == "已锁定"
        assert wording.steps_words("delivery.park") == "任务暂停待处理"
        assert wording.steps_words("intake.note_checks") == "文件核对"


def test_search_that_finds_nothing_says_how_to_go_on(owner: Client) -> None:
    take_orders(["A-7"], MOMENT)
    assert "没有符合条件的订单" in text_of(owner.get("/orders/", {"q": "%' OR 1=1 --"}))


def test_days_are_of_the_company_and_include_both_ends(owner: Client) -> None:
    take_orders(["EVE"], MOMENT.replace(hour=15, minute=59))
    take_orders(["DAY"], MOMENT.replace(hour=16, minute=0))
    text = text_of(owner.get("/orders/", {"from": "2026-11-25", "to": "2026-11-25"}))
    assert ">DAY<" in text
    assert ">EVE<" not in text


@pytest.mark.parametrize(
    "query", ["state=odd", "shop=x", "shop=99", "from=2026-13-01", "after=x", "sort=price", "shop=١"]
)
def test_a_question_outside_its_list_is_refused(query: str, owner: Client) -> None:
    assert owner.get(f"/orders/?{query}").status_code == 400


def test_an_htmx_request_gets_the_rows_only(owner: Client) -> None:
    take_orders(["A-1"], MOMENT)
    part = text_of(owner.get("/orders/", headers={"HX-Request": "true", "HX-Target": "list"}))
    assert "A-1" in part
    assert "<html" not in part
    whole = {"HX-Request": "true", "HX-Target": "list", "HX-History-Restore-Request": "true"}
    assert "<html" in text_of(owner.get("/orders/", headers=whole))


def test_the_queue_costs_the_same_for_two_and_for_fifty_rows(owner: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            owner.get("/orders/")
        return len(queries)

    take_orders(["A-1", "A-2"], MOMENT)
    few = statements()
    take_orders([f"B-{n}" for n in range(80)], MOMENT)
    assert statements() == few


def test_confirming_moves_the_chosen_orders_in_one_run(owner: Client) -> None:
    keys = take_orders(["A-1", "A-2", "A-3"], MOMENT)
    text = text_of(move(owner, "confirm", keys[:2]))
    assert "2 个订单已确认" in text
    assert Order.objects.filter(state="confirmed").count() == 2
    run = Run.objects.get(step="orders.confirm")
    assert (run.actor_kind, run.accepted) == ("staff", 2)


def test_the_same_form_sent_twice_counts_once(owner: Client) -> None:
    keys = take_orders(["A-1"], MOMENT)
    move(owner, "confirm", keys, key="k1")
    assert "没有重复执行" in text_of(move(owner, "confirm", keys, key="k1"))
    assert Run.objects.filter(step="orders.confirm", outcome="done").count() == 1


def test_the_same_form_with_another_selection_is_refused(owner: Client) -> None:
    one, two = take_orders(["A-1", "A-2"], MOMENT)
    move(owner, "confirm", [one], key="k1")
    assert "用其他内容提交过" in text_of(move(owner, "confirm", [two], key="k1"))
    assert Order.objects.get(id=two).state == "received"


def test_an_order_that_cannot_move_says_why(owner: Client) -> None:
    keys = take_orders(["A-1"], MOMENT, code="NEVER-HEARD-OF")
    assert "异常原因尚未解除" in text_of(move(owner, "confirm", keys))


def test_short_stock_is_named_as_the_reason(owner: Client) -> None:
    stock_shop(MOMENT, pieces=1)
    keys = take_orders(["A-1", "A-2"], MOMENT, code=TOWEL)
    move(owner, "confirm", keys)
    text = text_of(move(owner, "reserve", keys))
    assert "1 个订单已锁定库存" in text
    assert "库存不足" in text


@pytest.mark.parametrize(
    "form", [{"act": "erase", "id": ["1"]}, {"act": "confirm", "id": ["x"]}, {"act": "confirm", "id": ["٣"]}]
)
def test_an_unknown_act_or_id_is_refused(form: dict[str, Any], owner: Client) -> None:
    assert owner.post("/orders/move/", form).status_code == 400


def test_no_selection_says_so(owner: Client) -> None:
    assert "没有勾选订单" in text_of(move(owner, "confirm", []))


def test_cancelling_keeps_the_reason_on_the_run(owner: Client) -> None:
    (key,) = take_orders(["A-1"], MOMENT)
    assert "1 个订单已取消" in text_of(move(owner, "cancel", [key], reason="买家要求"))
    assert Order.objects.get(id=key).state == "cancelled"
    assert Run.objects.get(step="processes.cancel_orders").reason == "买家要求"
    assert "买家要求" in text_of(owner.get(f"/orders/{key}/"))


def test_staff_who_may_only_look_get_no_buttons(client: Client, hire: Hire) -> None:
    (key,) = take_orders(["A-1"], MOMENT)
    client.force_login(hire("chen", roles=("service",)))
    text = text_of(client.get("/orders/?state=received")) + text_of(client.get(f"/orders/{key}/"))
    for act in ("confirm", "cancel", "priority"):
        assert f'name="act" value="{act}"' not in text
    assert client.post("/orders/move/", {"act": "confirm", "id": [key]}).status_code == 403


def test_the_way_from_an_order_to_its_run_and_its_clause(owner: Client) -> None:
    stock_shop(MOMENT)
    (key,) = take_orders(["A-1"], MOMENT)
    move(owner, "confirm", [key])
    page = text_of(owner.get(f"/orders/{key}/"))
    run_id = Run.objects.get(step="orders.confirm").id
    assert f'href="/journal/{run_id}/"' in page
    assert "按时完成" in page or "超时完成" in page
    run = text_of(owner.get(f"/journal/{run_id}/"))
    assert 'href="/clauses/2.1.3.1/"' in run
    assert ">A-1<" in run
    clause = text_of(owner.get("/clauses/2.1.3.1/"))
    assert ">A-1<" in clause
    assert "24" in clause


def test_an_order_that_is_not_there_is_not_found(owner: Client) -> None:
    for address in ("/orders/404/", "/orders/404/panel/", "/journal/404/", "/clauses/9.9/"):
        assert owner.get(address).status_code == 404


def test_text_from_outside_is_shown_as_text(owner: Client) -> None:
    (key,) = take_orders(["<script>alert(1)</script>"], MOMENT, code="<img src=x onerror=alert(1)>")
    for address in ("/", "/orders/", f"/orders/{key}/", f"/orders/{key}/panel/"):
        text = text_of(owner.get(address))
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_a_clock_shows_the_sum_behind_its_due_moment(owner: Client) -> None:
    take_orders(["A-1"], MOMENT)
    clock_id = Obligation.objects.get().id
    text = text_of(owner.get(f"/clocks/{clock_id}/panel/"))
    assert "24 小时" in text
    assert "2026-11-25" in text
    assert owner.get("/clocks/404/panel/").status_code == 404


def test_a_run_sums_up_what_it_moved(owner: Client) -> None:
    keys = take_orders([f"A-{n}" for n in range(60)], MOMENT)
    move(owner, "confirm", keys)
    text = text_of(owner.get(f"/journal/{Run.objects.get(step='orders.confirm').id}/"))
    assert "<strong>60</strong>" in text
    assert re.findall(r'rel="next" href="([^"]+)"', text)[0].startswith("?after=")


def test_the_timeline_tells_shortage_person_warning_pause_and_what_logistics_did(owner: Client) -> None:
    stock_shop(MOMENT, pieces=0)
    (key,) = take_orders(["A-1"], MOMENT)
    sweep_obligations(context=Context(SYSTEM, MOMENT + timedelta(hours=13)))
    me = Staff.objects.get()
    owner.post("/clocks/assign/", {"person": me.pk, "id": [Obligation.objects.get().id]})
    with clock.frozen(MOMENT + timedelta(hours=14)):
        move(owner, "confirm", [key])
        move(owner, "reserve", [key])
        context = Context(SYSTEM, clock.now())
        skus = known_skus([CUP])
        receive_stock([Receipt(skus[CUP][0], Warehouse.objects.get().id, 5, "receipt", "late")], context=context)
        for act in ("reserve", "release", "ship"):
            move(owner, act, [key])
        text = text_of(owner.get(f"/orders/{key}/"))
    timeline = text[text.index('class="timeline"') :]
    for kind in Transition.objects.values_list("kind", flat=True).distinct():
        assert f'<span class="quiet">{wording.SUBJECTS[kind]}</span>' in timeline, kind
    told = set(Transition.objects.values_list("kind", flat=True))
    assert told >= {"order", "shortage", "assignee", "warning", "obligation", "request", "reservation"}
    assert f"{me.display_name}</span>" in timeline


def test_an_order_page_costs_the_same_whatever_happened_to_it(owner: Client) -> None:
    stock_shop(MOMENT)
    keys = take_orders(["A-1"], MOMENT)
    clocks = list(Obligation.objects.values_list("id", flat=True))
    costs = []
    for name in ("one", "two", "three"):
        other = Staff.objects.create(username=name, display_name=name, joined_at=MOMENT)
        assign_clocks([Assignment(clocks[0], other.pk)], context=Context(SYSTEM, MOMENT))
        with CaptureQueriesContext(connection) as queries:
            owner.get(f"/orders/{keys[0]}/")
        costs.append(len(queries))
    assert costs[0] == costs[1] == costs[2]
