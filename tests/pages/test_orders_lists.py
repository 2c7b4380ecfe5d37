"""The order queue as a list: conditions and chips, saved filters, columns, acts on all that match, and the export."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from tests.pages.conftest import MOMENT, Hire
from tests.pages.shop import CUP, stock_shop, take_orders

from zhanggui.delivery.models import Job
from zhanggui.delivery.records import Claim, Priority
from zhanggui.journal.models import Run
from zhanggui.kernel import clock
from zhanggui.people.models import DataExport, SavedFilter, Staff
from zhanggui.portal.views import order_bulk, order_exports
from zhanggui.sales.orders import finding
from zhanggui.sales.orders.finding import OrderFilter, id_batches, newest_id, unpacked
from zhanggui.sales.orders.models import Order, OrderContact
from zhanggui.worker.handlers import HANDLERS, Work


def text_of(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def shown(client: Client, query: str) -> list[str]:
    return re.findall(r">([A-Z]-\d+)</a>", text_of(client.get(f"/orders/?{query}")))


@pytest.fixture
def orders(owner: Client) -> list[int]:
    """Five orders of which each differs from the others in one thing."""
    keys = take_orders([f"A-{n}" for n in range(5)], MOMENT)
    Order.objects.filter(id=keys[0]).update(flag="红", priority=50)
    Order.objects.filter(id=keys[1]).update(marks="locked,risk", presale="balance")
    Order.objects.filter(id=keys[2]).update(payment="cod", platform_due_at=clock.now() + timedelta(hours=3))
    OrderContact.objects.filter(order_id=keys[3]).update(province="广东省", buyer_note="请发顺丰 <b>")
    return keys


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("flag=red", ["A-0"]), ("first=1", ["A-0"]), ("mark=risk", ["A-1"]), ("presale=balance", ["A-1"]),
        ("payment=cod", ["A-2"]), ("within=6", ["A-2"]), ("within=2", []), ("sort=due", ["A-2"]),
        ("province=广东", ["A-3"]), ("noted=1", ["A-3"]), (f"code={CUP}", ["A-4", "A-3", "A-2", "A-1", "A-0"]),
        ("least=59.91", []), ("least=59.90&most=59.90&flag=red", ["A-0"]), ("hold=risk", []), ("short=1", []),
    ],
)  # fmt: skip
def test_each_condition_finds_what_it_names(query: str, found: list[str], orders: list[int], owner: Client) -> None:
    assert shown(owner, f"all=1&{query}") == found


@pytest.mark.parametrize(
    "query",
    ["flag=pink", "payment=gold", "mark=x", "within=x", "within=99999", "least=ten", "most=NaN", "first=2", "hold=x"],
)
def test_a_condition_outside_its_list_is_refused(query: str, owner: Client) -> None:
    assert owner.get(f"/orders/?{query}").status_code == 400


def test_each_chip_takes_its_condition_away_and_leaves_the_others(orders: list[int], owner: Client) -> None:
    text = text_of(owner.get("/orders/?state=received&flag=red&first=1"))
    assert 'href="/orders/?state=received&amp;first=1"' in text
    assert 'href="/orders/?state=received&amp;flag=red"' in text


def test_what_is_stopped_or_stands_short_has_a_tab(orders: list[int], owner: Client) -> None:
    Order.objects.filter(id=orders[1]).update(stopped=True)
    assert shown(owner, "state=stopped") == ["A-1"]
    assert shown(owner, "state=short") == []


def test_a_condition_without_an_index_looks_at_a_window_and_goes_on(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "WINDOW", 4)
    keys = take_orders([f"A-{n}" for n in range(10)], MOMENT)
    Order.objects.filter(id__in=[keys[0], keys[8]]).update(flag="red")
    seen, address = [], "/orders/?all=1&flag=red"
    for _page in range(5):
        text = text_of(owner.get(address))
        seen += re.findall(r">(A-\d+)</a>", text)
        following = re.search(r'rel="next" href="([^"]+)"', text)
        if not following:
            break
        address = "/orders/" + following[1].replace("&amp;", "&")
    assert seen == ["A-8", "A-0"]


def test_a_message_is_shown_in_the_panel_and_on_the_page_and_escaped(orders: list[int], owner: Client) -> None:
    for address in (f"/orders/{orders[3]}/", f"/orders/{orders[3]}/panel/"):
        assert "请发顺丰 &lt;b&gt;" in text_of(owner.get(address))


def test_a_saved_filter_opens_the_queue_and_is_shared(owner: Client, hire: Hire, client: Client) -> None:
    form = {"act": "save", "name": "急单", "query": "state=received&first=1&after=9_9", "opens": "1", "shared": "1"}
    owner.post("/orders/filters/", {**form, "next": "/orders/"})
    kept = SavedFilter.objects.get()
    assert kept.query == "state=received&first=1"
    assert owner.get("/orders/")["Location"] == "/orders/?state=received&first=1"
    assert owner.get("/orders/?all=1").status_code == 200
    other = Client()
    other.force_login(hire("li"))
    assert "急单" in text_of(other.get("/orders/"))
    other.post("/orders/filters/", {"act": "remove", "id": kept.pk})
    assert SavedFilter.objects.count() == 1
    owner.post("/orders/filters/", {"act": "remove", "id": kept.pk})
    assert SavedFilter.objects.count() == 0


def test_columns_are_of_the_person_and_go_back(orders: list[int], owner: Client) -> None:
    owner.post("/orders/columns/", {"column": ["amount", "province"]})
    rows = text_of(owner.get("/orders/")).split("<tbody>")[1]
    assert "广东省" in rows
    assert 'class="left' not in rows
    owner.post("/orders/columns/", {})
    assert "广东省" not in text_of(owner.get("/orders/")).split("<tbody>")[1]
    assert owner.post("/orders/columns/", {"column": ["phone"]}).status_code == 400


def test_all_that_match_are_done_at_once_but_not_what_came_later(orders: list[int], owner: Client) -> None:
    highest = str(newest_id())
    (late,) = take_orders(["B-1"], MOMENT)
    form = {"act": "confirm", "highest": highest, "key": "k"}
    assert "5 个订单已确认" in text_of(owner.post("/orders/all/?state=received", form, follow=True))
    assert Order.objects.get(id=late).state == "received"
    assert "1 个订单" in text_of(owner.get("/orders/all/?state=received"))


@pytest.mark.parametrize("act", ["ship", "process", "cancel"])
def test_what_cannot_be_undone_needs_a_reason(act: str, orders: list[int], owner: Client) -> None:
    owner.post("/orders/all/?state=received", {"act": act, "highest": str(newest_id())})
    assert Order.objects.filter(state="received").count() == 5


def test_many_are_done_by_the_worker_as_long_as_who_asked_may(
    orders: list[int], owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_bulk, "AT_ONCE", 2)
    stock_shop(MOMENT)
    form = {"act": "process", "highest": str(newest_id()), "reason": "收工", "key": "k"}
    owner.post("/orders/all/?state=received&first=1", form)
    assert not Job.objects.exists()
    owner.post("/orders/all/?state=received", form)
    job = Job.objects.get(kind="orders.bulk")
    Staff.objects.update(roles="auditor")
    with pytest.raises(PermissionDenied):
        work(job, monkeypatch)
    Staff.objects.update(roles="sales,logistics")
    work(job, monkeypatch)
    assert set(Order.objects.values_list("state", flat=True)) == {"shipped"}
    assert Run.objects.filter(step="orders.confirm", reason="收工").exists()


def work(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do a job as the worker does."""
    monkeypatch.setattr("zhanggui.worker.handlers._counted", lambda _work, _done: None)
    claim = Claim(job.pk, job.kind, job.key, json.loads(job.payload), "w", Priority.NORMAL, 1, 1, 5, 0, 0)
    HANDLERS[job.kind].run(Work(claim, clock.now(), lambda: False))


def test_a_question_survives_its_job(orders: list[int]) -> None:
    wanted = OrderFilter(state="received", flag="red", from_at=MOMENT, highest=orders[-1])
    assert unpacked(wanted.packed()) == wanted
    assert list(id_batches(OrderFilter(state="received"), size=2)) == [orders[0:2], orders[2:4], orders[4:5]]


def exported(client: Client, query: str = "all=1", **form: str) -> list[list[Any]]:
    answer = client.post(f"/orders/export/?{query}", form)
    assert answer["Content-Type"].endswith("sheet"), answer.status_code
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))  # type: ignore[attr-defined]
    return [[cell.value for cell in row] for row in book.active.rows]


def test_an_export_is_masked_noted_and_signed(orders: list[int], owner: Client) -> None:
    OrderContact.objects.filter(order_id=orders[0]).update(buyer_note="=1+1")
    rows = exported(owner, "all=1&first=1")
    flat = [str(cell) for row in rows for cell in row if cell is not None]
    assert "A-0" in flat
    assert "A-1" not in flat
    assert not any("王小明" in cell or "13812345678" in cell or "幸福路" in cell for cell in flat)
    assert "=1+1" in flat
    assert "Wang" in str(rows[-1][0])
    note = DataExport.objects.get()
    assert (note.rows, note.plain, note.question) == (1, False, "first=1")
    assert Run.objects.filter(step="people.export_data", outcome="done").count() == 1


def test_unmasked_data_need_the_right_and_a_reason(orders: list[int], owner: Client, hire: Hire) -> None:
    owner.post("/orders/export/?all=1", {"plain": "1"})
    assert not DataExport.objects.exists()
    rows = exported(owner, plain="1", reason="快递理赔")
    assert any("13812345678" in str(cell) for row in rows for cell in row)
    assert Run.objects.filter(step="people.export_data", reason="快递理赔").count() == 1
    other = Client()
    other.force_login(hire("li", roles=("sales",)))
    assert other.get(f"/orders/export/{DataExport.objects.get().pk}/").status_code == 404
    other.post("/orders/export/?all=1", {"plain": "1", "reason": "x"})
    assert DataExport.objects.count() == 1


def test_a_large_export_is_written_by_the_worker(
    orders: list[int], owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_exports, "AT_ONCE", 2)
    owner.post("/orders/export/?all=1", {"key": "k"})
    job = Job.objects.get(kind="orders.export")
    work(job, monkeypatch)
    assert owner.get(f"/orders/export/{DataExport.objects.get().pk}/").status_code == 200
