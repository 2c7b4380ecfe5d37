"""Invoices in the browser: corrected, exported, numbered by hand and from a file, sent, taken back."""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook
from tests.pages.conftest import MOMENT, Hire
from tests.pages.shop import PRODUCTS, order_in

from zhanggui.catalog.steps import take_in_skus
from zhanggui.connectors.invoicing import HEADER
from zhanggui.connectors.spreadsheets.writing import write_table
from zhanggui.journal.models import Run
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.processes.intake import bring_in_orders
from zhanggui.sales.invoices.models import Invoice, InvoiceBuyer, InvoiceNumber
from zhanggui.sales.orders.intake import open_shops
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import InvoiceWish, ShopKey

COMPANY = InvoiceWish("杭州小雨贸易有限公司", "91330100MA0000000C", "normal", "li@example.com")
PERSON = InvoiceWish("沈雨晴", email="rain@example.com")
NUMBERS = ("24332000000000000001", "24332000000000000002", "24332000000000000003")


def want(wish: InvoiceWish | None, *numbers: str, title: str = "保温杯 500ml", refund: str = "") -> list[Invoice]:
    """Bring in orders of 59.90 that want such an invoice; return the invoices."""
    context = Context(SYSTEM, MOMENT)
    take_in_skus(PRODUCTS, context=context)
    shop = int(open_shops([ShopKey("taobao", "main", "CNY", "Asia/Shanghai")], context=context).accepted[0].result)
    orders = [order_in(shop, number, MOMENT) for number in numbers]
    named = [replace(one, lines=tuple(replace(line, title=title) for line in one.lines)) for one in orders]
    given = bring_in_orders([replace(one, invoice=wish, refund=refund) for one in named], context=context)
    assert not given.rejected
    return list(Invoice.objects.filter(order__external_id__in=numbers).order_by("id"))


def text_of(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def sheet(answer: Any) -> list[tuple[Any, ...]]:
    """The rows of a workbook that was sent."""
    assert answer["Content-Disposition"].startswith("attachment")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return list(book.active.iter_rows(values_only=True))


def bring_numbers(client: Client, header: Sequence[str], *rows: Sequence[object]) -> str:
    """Bring a file of the invoicing tool; return the page that follows."""
    lines = [",".join(str(cell) for cell in row) for row in (header, *rows)]
    file = SimpleUploadedFile("票.csv", "\n".join(lines).encode("gb18030"))
    return text_of(client.post("/invoices/numbers/", {"file": file}, follow=True))


TOOL = ("订单编号", "发票代码", "发票号码", "开票日期", "PDF链接")


def test_the_queue_shows_what_is_wrong_and_masks_people(owner: Client) -> None:
    want(replace(PERSON, email="nobody"), "A-1")
    want(replace(COMPANY, tax_no="91330100MA0000000D"), "A-2")
    text = text_of(owner.get("/invoices/"))
    assert "这不是有效的税号" in text
    assert "这不是邮箱地址" in text
    assert "沈**" in text
    assert "沈雨晴" not in text
    assert "91****000D" in text
    assert ">2</span>" in text


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", {"A-1", "A-2", "B-1"}),
        ("q=A-", {"A-1", "A-2"}),
        ("q=杭州小雨", {"A-1", "A-2"}),
        ("kind=special", {"B-1"}),
        ("from=2026-11-24&to=2026-11-24", {"A-1", "A-2", "B-1"}),
        ("from=2026-11-25", set()),
        ("q=zzz", set()),
    ],
)
def test_the_filter_stands_in_the_address_and_the_export_follows_it(
    question: str, found: set[str], owner: Client
) -> None:
    want(COMPANY, "A-1", "A-2")
    (special,) = want(replace(PERSON, kind="special"), "B-1")
    buyer = InvoiceBuyer.objects.filter(id=special.id)
    buyer.update(title="另一家公司")
    Invoice.objects.filter(id=special.id).update(state="ready", findings="")
    text = text_of(owner.get(f"/invoices/?tab=ready&{question}"))
    assert {name for name in ("A-1", "A-2", "B-1") if f">{name}<" in text} == found
    answer = owner.post(f"/invoices/export/?tab=ready&{question}")
    assert (answer.status_code == 200) is bool(found)
    if found:
        assert {row[0] for row in sheet(answer)[1:]} == found
    assert Invoice.objects.filter(state="exported").count() == len(found)


@pytest.mark.parametrize("bad", ["tab=odd", "kind=odd", "shop=99", "from=yesterday", "after=x"])
def test_an_odd_question_is_refused(bad: str, owner: Client) -> None:
    assert owner.get(f"/invoices/?{bad}").status_code == 400


def test_the_workbook_has_the_columns_of_an_office_and_no_formula(owner: Client) -> None:
    want(replace(COMPANY, title="=HYPERLINK(1)公司"), "0012345678901234567", title="+cmd|杯")
    head, row = sheet(owner.post("/invoices/export/?tab=ready"))
    assert head == HEADER
    assert row[:12] == (
        "0012345678901234567", "=HYPERLINK(1)公司", COMPANY.tax_no, "普通发票", "+cmd|杯", "CUP-500", 1, 59.9, 59.9,
        "13%", "li@example.com", None,
    )  # fmt: skip
    again = owner.post("/invoices/export/?tab=ready", follow=True)
    assert "没有可以导出给开票软件的发票" in text_of(again)
    assert len(sheet(owner.post("/invoices/export/?tab=exported"))) == 2


def test_quantity_times_price_is_the_amount(owner: Client) -> None:
    context = Context(SYSTEM, MOMENT)
    want(COMPANY, "A-1")
    order = order_in(Order.objects.get().shop_id, "A-9", MOMENT)
    lines = (replace(order.lines[0], quantity=3, unit_price_fen=1000, discount_fen=100),)
    bring_in_orders([replace(order, lines=lines, content_hash="x", invoice=COMPANY)], context=context)
    (row,) = [row for row in sheet(owner.post("/invoices/export/?tab=ready"))[1:] if row[0] == "A-9"]
    assert (row[6], row[8]) == (3, 29)
    assert round(Decimal(str(row[6])) * Decimal(str(row[7])), 2) == Decimal("29.00")


def test_a_number_is_typed_then_the_invoice_is_sent(owner: Client) -> None:
    (one,) = want(COMPANY, "A-1")
    page = text_of(owner.get(f"/invoices/{one.id}/"))
    assert f'action="/invoices/{one.id}/number/"' in page
    form = {"number": "2433 2000 0000 0000 0001", "day": "2026-11-24", "link": "https://a.example/1.pdf"}
    text = text_of(owner.post(f"/invoices/{one.id}/number/", form, follow=True))
    assert "已登记 1 个发票号码" in text
    assert "https://a.example/1.pdf" in text
    assert InvoiceNumber.objects.values_list("number", "issued_on").get() == (NUMBERS[0], date(2026, 11, 24))
    move = {"act": "send", "id": one.id, "next": "/invoices/?tab=sent"}
    assert "1 张发票已标记为已发送" in text_of(owner.post("/invoices/move/", move, follow=True))
    assert "发送" in text_of(owner.get(f"/invoices/{one.id}/"))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"number": "1", "day": "2026-11-24"}, "发票号码为 20 位数字"),
        ({"number": NUMBERS[0], "day": "2069-01-01"}, "开票日期缺失或晚于今天"),
        ({"number": NUMBERS[0], "day": ""}, "请选择开票日期"),
        ({"number": NUMBERS[0], "day": "2026-11-24", "link": "ftp://x/y"}, "PDF 链接须以"),
    ],
)
def test_a_bad_number_is_refused_with_its_reason(form: dict[str, str], words: str, owner: Client) -> None:
    (one,) = want(COMPANY, "A-1")
    assert words in text_of(owner.post(f"/invoices/{one.id}/number/", form, follow=True))
    assert not InvoiceNumber.objects.exists()


def test_numbers_come_back_from_the_tools_file_and_odd_rows_go_back(owner: Client) -> None:
    want(COMPANY, "A-1", "A-2", "A-3")
    rows = (
        ("A-1", "", NUMBERS[0], "2026-11-24 10:00:00", "https://a.example/1.pdf"),
        ("A-1", "", NUMBERS[0], "2026-11-24 10:00:00", "https://a.example/1.pdf"),
        ("A-2", "033002000111", "12345678", "2026/11/24", ""),
        ("A-3", "", NUMBERS[0], "2026-11-24", ""),
        ("NOBODY", "", NUMBERS[2], "2026-11-24", ""),
        ("A-3", "", "12", "2026-11-24", ""),
        ("A-3", "", NUMBERS[2], "someday", ""),
    )
    text = bring_numbers(owner, TOOL, *rows)
    assert "已登记 2 个发票号码" in text
    assert "4 行未采用" in text
    assert dict(InvoiceNumber.objects.values_list("invoice__order__external_id", "number")) == {
        "A-1": NUMBERS[0], "A-2": "03300200011112345678",
    }  # fmt: skip
    head, *back = sheet(owner.get("/invoices/refused/"))
    assert head[:5] == TOOL
    assert [(row[0], row[6]) for row in back] == [("A-3", 5), ("NOBODY", 6), ("A-3", 7), ("A-3", 8)]
    assert "其他发票已使用该号码" in back[0][5]
    assert "没有该订单的开票申请" in back[1][5]
    again = bring_numbers(owner, TOOL, rows[0], ("A-3", "", NUMBERS[2], "2026-11-24", ""))
    assert "已登记 1 个发票号码" in again
    assert "1 张此前已登记" in again
    assert owner.get("/invoices/refused/").status_code == 404


def test_our_own_number_of_a_wish_settles_which_one_is_meant(owner: Client, tmp_path: Path) -> None:
    (one,) = want(COMPANY, "A-1")
    sent = sheet(owner.post("/invoices/export/?tab=ready"))
    at = HEADER.index("申请号")
    assert sent[1][at] == str(one.id)
    header = ["申请号", "发票号码", "开票日期"]
    write_table(tmp_path / "n.xlsx", header, [[str(one.id), NUMBERS[0], date(2026, 11, 24)]], "xlsx")
    file = SimpleUploadedFile("n.xlsx", (tmp_path / "n.xlsx").read_bytes())
    assert "已登记 1 个发票号码" in text_of(owner.post("/invoices/numbers/", {"file": file}, follow=True))


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a,b\n1,2\n", "文件缺少以下列：订单号、发票号码、开票日期"), (b"", "请选择非空文件"), (b"%PDF-1.4", "不是表格")],
)
def test_a_file_that_is_none_is_refused_with_its_remedy(content: bytes, words: str, owner: Client) -> None:
    text = text_of(owner.post("/invoices/numbers/", {"file": SimpleUploadedFile("x.csv", content)}, follow=True))
    assert words in text


def test_a_wish_is_asked_and_corrected_by_hand_from_the_order(owner: Client) -> None:
    want(None, "A-1")
    order = Order.objects.get()
    assert "申请开票" in text_of(owner.get(f"/orders/{order.id}/"))
    form = {"title": "某公司", "tax_no": "1", "kind": "special"}
    text = text_of(owner.post(f"/orders/{order.id}/invoice/", form, follow=True))
    for words in ("这不是有效的税号", "专票须填写购方地址和电话", "专票须填写开户行和账号"):
        assert words in text
    text = text_of(owner.get(f"/orders/{order.id}/invoice/"))
    assert 'value="某公司"' in text
    owner.post(f"/orders/{order.id}/invoice/", {"title": "个人", "kind": "normal"})
    assert Invoice.objects.get().state == "ready"
    assert "待开票" in text_of(owner.get(f"/orders/{order.id}/"))


def test_an_issued_invoice_is_taken_back_with_a_reason(owner: Client) -> None:
    (one,) = want(COMPANY, "A-1")
    owner.post(f"/invoices/{one.id}/number/", {"number": NUMBERS[0], "day": "2026-11-24"})
    text = text_of(owner.post(f"/orders/{one.order_id}/invoice/", {"title": "个人"}, follow=True))
    assert "请先申请红字发票" in text
    form = {"act": "red", "id": one.id, "next": f"/invoices/{one.id}/"}
    assert "请说明红冲原因" in text_of(owner.post("/invoices/move/", form, follow=True))
    owner.post("/invoices/move/", form | {"reason": "抬头写错"})
    red = Invoice.objects.get(colour="red")
    assert Run.objects.latest("id").reason == "抬头写错"
    (row,) = sheet(owner.post("/invoices/export/?tab=red"))[1:]
    assert (row[6], row[8], row[11], row[16]) == (-1, -59.9, f"红冲 {NUMBERS[0]}", NUMBERS[0])
    assert "已登记 1 个发票号码" in bring_numbers(owner, TOOL, ("A-1", "", NUMBERS[1], "2026-11-24", ""))
    assert dict(Invoice.objects.values_list("id", "state")) == {one.id: "reversed", red.id: "issued"}
    assert f"/invoices/{one.id}/" in text_of(owner.get(f"/invoices/{red.id}/"))


def test_who_may_only_look_sees_no_act_and_no_plain_text(client: Client, hire: Hire) -> None:
    (one,) = want(PERSON, "A-1")
    client.force_login(hire("chen", roles=("service",)))
    for address in ("/invoices/?tab=ready", f"/invoices/{one.id}/", f"/orders/{one.order_id}/"):
        text = text_of(client.get(address))
        assert "沈雨晴" not in text
        assert "rain@" not in text
        assert 'action="/invoices/' not in text
    for address in ("/invoices/export/", "/invoices/move/", "/invoices/numbers/", f"/orders/{one.order_id}/invoice/"):
        assert client.post(address).status_code == 403


def test_finance_works_on_invoices_and_not_on_orders(client: Client, hire: Hire) -> None:
    (one,) = want(PERSON, "A-1")
    client.force_login(hire("zhang", roles=("finance",), department="management"))
    assert "导出全部" in text_of(client.get("/invoices/?tab=ready"))
    assert client.post("/orders/move/", {"act": "confirm", "id": one.order_id}).status_code == 403
    form = {"act": "cancel", "id": one.id, "next": "/invoices/"}
    assert "1 个申请已放弃" in text_of(client.post("/invoices/move/", form, follow=True))


def test_a_wish_without_selection_or_of_an_odd_act(owner: Client) -> None:
    assert "未选择发票" in text_of(owner.post("/invoices/move/", {"act": "cancel", "next": "/invoices/"}, follow=True))
    assert owner.post("/invoices/move/", {"act": "odd", "id": 1}).status_code == 400
    assert owner.get("/invoices/9/").status_code == 404
    assert owner.get("/orders/9/invoice/").status_code == 404


def test_pages_follow_by_key(owner: Client) -> None:
    found = want(COMPANY, *(f"P-{n:03}" for n in range(60)))
    first = text_of(owner.get("/invoices/?tab=ready"))
    assert f"after={found[49].id}" in first
    assert ">P-049<" in first
    second = text_of(owner.get(f"/invoices/?tab=ready&after={found[49].id}"))
    assert ">P-050<" in second
    assert ">P-049<" not in second


@pytest.mark.parametrize("n", [1, 40])
def test_the_queue_takes_the_same_statements_for_one_and_for_forty(
    n: int, owner: Client, django_assert_max_num_queries: Any
) -> None:
    want(COMPANY, *(f"Q-{at}" for at in range(n)))
    with django_assert_max_num_queries(28):
        owner.get("/invoices/?tab=ready")
