"""Bringing a file: nothing changes before the check was seen, bad rows come back, the work can be left."""

import json
import re
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.factories.platforms import TAOBAO_LIST, file_of, of_list
from tests.pages.conftest import Hire
from tests.pages.shop import take_orders

from zhanggui.catalog.models import Sku
from zhanggui.connectors.intake.models import IntakeFile, SavedMapping
from zhanggui.connectors.intake.taking_in import SOON_ROWS, commit_intake
from zhanggui.delivery.models import Job
from zhanggui.delivery.records import ParkRequest
from zhanggui.delivery.steps import claim_jobs, park_jobs
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.worker import handlers, runner

PRODUCTS = "商家编码,商品名称,售价\nP-1,保温杯,59.90\nP-2,毛巾,十二\n"
ORDERS = "订单编号,商家编码,商品名称,数量,单价,下单时间\nA-1,P-1,保温杯,1,59.90,2026-03-02 09:00\n"


@pytest.fixture(autouse=True)
def own_folder(settings: Any, tmp_path: Any) -> None:
    """Keep uploaded files of one test away from those of another."""
    settings.HOME = tmp_path


def bring(
    client: Client, text: str, subject: str = "products", *, name: str = "商品.csv", encoding: str = "gbk"
) -> Any:
    given = SimpleUploadedFile(name, text.encode(encoding), content_type="text/csv")
    form = {"file": given, "subject": subject, "channel": "taobao", "shop": "main"}
    return client.post("/imports/upload/", form, follow=True)


def words(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def brought() -> IntakeFile:
    return IntakeFile.objects.get()


def test_a_file_is_checked_and_nothing_is_changed_yet(owner: Client) -> None:
    text = words(bring(owner, PRODUCTS))
    assert "已核对" in text
    assert "导入 1 条" in text
    assert Sku.objects.count() == 0


def test_each_refused_row_says_where_why_and_what_to_do(owner: Client) -> None:
    text = words(bring(owner, PRODUCTS))
    assert "不是金额。" in text
    assert "请改正单元格后重新导入该行。" in text
    assert re.search(r'<th scope="row"[^>]*>3</th>', text)
    assert "售价" in text


def test_refused_rows_come_back_as_a_file_to_correct(owner: Client) -> None:
    bring(owner, PRODUCTS)
    answer = owner.get(f"/imports/{brought().id}/errors/")
    lines = b"".join(answer).decode("utf-8-sig").splitlines()
    assert lines[0] == "商家编码,商品名称,售价,原因,处理办法,原文件行"
    assert lines[1].startswith("P-2,毛巾,十二,不是金额。")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_import_is_left_to_a_job_and_shows_its_progress(owner: Client) -> None:
    bring(owner, PRODUCTS)
    key = brought().id
    text = words(owner.post(f"/imports/{key}/commit/", {"attempt": "1"}, follow=True))
    assert Job.objects.filter(kind="intake.commit").count() == 1
    assert "<progress" in text
    assert 'hx-trigger="every 2s"' in text
    commit_intake(key, context=Context(SYSTEM, clock.now()))
    part = words(owner.get(f"/imports/{key}/", headers={"HX-Request": "true", "HX-Target": "stage"}))
    assert "<html" not in part
    assert "every 2s" not in part
    assert "导入已完成" in part
    assert list(Sku.objects.values_list("code", flat=True)) == ["P-1"]


def test_an_import_that_was_laid_aside_says_so_and_goes_on_when_let(owner: Client) -> None:
    bring(owner, PRODUCTS)
    address = f"/imports/{brought().id}/"
    owner.post(f"{address}commit/", {"attempt": "1"})
    (claim,) = claim_jobs("w", ["intake.commit"], limit=1, lease_seconds=60, as_of=clock.now())
    assert "<progress" in words(owner.get(address))
    park_jobs([ParkRequest(claim.job_id, claim.fence, "job_failed")], context=Context(SYSTEM, clock.now()))
    Job.objects.update(last_error="OSError: <no space>")
    text = words(owner.get(address))
    assert "导入暂停在第 0 条（共 1 条）" in text
    assert "请先排除原因" in text
    assert "OSError: &lt;no space&gt;" in text
    assert "every 2s" not in text
    assert "<progress" not in text
    assert "继续导入" in text
    again = words(owner.post(f"{address}commit/", {"attempt": "1"}, follow=True))
    assert "<progress" in again
    assert Job.objects.get().state == "waiting"


def bring_many(client: Client, rows: int = SOON_ROWS + 1) -> tuple[str, str]:
    """Bring a file of products that is too large to be checked at once; give its address and its page."""
    text = words(bring(client, "商家编码,商品名称\n" + "".join(f"P-{n},毛巾 {n}\n" for n in range(rows))))
    return f"/imports/{brought().id}/", text


def check_waiting() -> None:
    assert runner.do_one(clock.now(), kinds=[handlers.CHECK_JOB])


def test_a_large_file_is_checked_by_the_worker_and_its_page_comes_to_the_preview(owner: Client) -> None:
    address, text = bring_many(owner)
    assert "核对中" in text
    assert 'hx-trigger="every 2s"' in text
    assert f'<noscript><a class="button button-small" href="{address}">' in text
    assert "导入 " not in text
    check_waiting()
    part = words(owner.get(address, headers={"HX-Request": "true", "HX-Target": "stage"}))
    assert "every 2s" not in part
    assert "导入 2,001 条" in part
    assert Sku.objects.count() == 0


def test_a_file_of_the_most_rows_that_are_checked_at_once_is_checked_at_once(owner: Client) -> None:
    _, text = bring_many(owner, SOON_ROWS)
    assert "导入 2,000 条" in text
    assert Job.objects.count() == 0


def test_a_file_of_many_bytes_is_left_to_the_worker_however_few_its_rows(owner: Client) -> None:
    assert "核对中" in words(bring(owner, "商家编码,商品名称\n" + f"P-1,{'长' * 30_000}\n" * 20))


def test_a_check_can_be_called_off_and_asked_for_again(owner: Client) -> None:
    address, _ = bring_many(owner)
    text = words(owner.post(f"{address}check/", {"do": "cancel"}, follow=True))
    assert "核对已取消" in text
    assert "开始核对" in text
    check_waiting()
    assert brought().state == "uploaded"
    owner.post(f"{address}check/", {"do": "cancel"}, follow=True)
    assert "核对中" in words(owner.post(f"{address}check/", follow=True))
    check_waiting()
    assert brought().state == "checked"


def test_a_file_that_is_not_checked_shows_no_figures_in_the_list(owner: Client) -> None:
    bring_many(owner)
    figures = re.findall(r'<td class="num" data-label="[^"]+">([^<]*)</td>', words(owner.get("/imports/")))
    assert figures == ["–"] * 5
    check_waiting()
    figures = re.findall(r'<td class="num" data-label="[^"]+">([^<]*)</td>', words(owner.get("/imports/")))
    assert figures == ["2,001", "2,001", "0", "0", "0"]


def test_how_far_a_check_is_stands_on_its_page(owner: Client) -> None:
    address, _ = bring_many(owner)
    claim_jobs("w", ["intake.check"], limit=1, lease_seconds=60, as_of=clock.now())
    Job.objects.update(progress_done=750, progress_total=2_000)
    text = words(owner.get(address))
    assert "37 %" in text
    assert '<progress value="37" max="100"' in text


def test_a_worker_that_is_down_is_said(owner: Client) -> None:
    address, text = bring_many(owner)
    assert "等待后台处理" in text
    assert "后台进程似乎没有运行" not in text
    Job.objects.update(run_at=clock.now() - timedelta(seconds=16))
    assert "后台进程似乎没有运行" in words(owner.get(address))
    claim_jobs("w", ["intake.check"], limit=1, lease_seconds=60, as_of=clock.now())
    assert "后台进程似乎没有运行" not in words(owner.get(address))
    Job.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert "处理此文件的后台进程没有响应" in words(owner.get(address))


def test_a_file_behind_another_says_so(owner: Client) -> None:
    bring_many(owner)
    claim_jobs("w", ["intake.check"], limit=1, lease_seconds=60, as_of=clock.now())
    other = IntakeFile.objects.count()
    bring(owner, "商家编码,商品名称\n" + "".join(f"Q-{n},杯 {n}\n" for n in range(SOON_ROWS + 1)))
    newest = IntakeFile.objects.order_by("-id")[0]
    assert (other, IntakeFile.objects.count()) == (1, 2)
    assert "随后轮到此文件" in words(owner.get(f"/imports/{newest.id}/"))


def test_a_check_that_was_laid_aside_says_so_and_goes_on_when_let(owner: Client) -> None:
    address, _ = bring_many(owner)
    (claim,) = claim_jobs("w", ["intake.check"], limit=1, lease_seconds=60, as_of=clock.now())
    park_jobs([ParkRequest(claim.job_id, claim.fence, "job_failed")], context=Context(SYSTEM, clock.now()))
    text = words(owner.get(address))
    assert "核对已暂停，等待人工处理。" in text
    assert "every 2s" not in text
    assert "核对中" in words(owner.post(f"{address}check/", {"do": "resume"}, follow=True))
    check_waiting()
    assert brought().state == "checked"


def test_what_is_odd_about_a_workbook_stands_on_its_page(owner: Client) -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "date_1904": True})
    sheet = book.add_worksheet("商品")
    for number, row in enumerate((("商家编码", "商品名称"), ("P-1", "保温杯"), ("P-2", "毛巾"))):
        sheet.write_row(number, 0, row)
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_column(1, 1, None, None, {"hidden": True})
    book.add_worksheet("旧").hide()
    book.close()
    given = SimpleUploadedFile("商品.xlsx", out.getvalue())
    text = words(owner.post("/imports/upload/", {"file": given, "subject": "products"}, follow=True))
    for part in ("隐藏的行也已读取", "隐藏的列也已读取", "隐藏的工作表", "1904"):
        assert part in text, part
    assert "隐藏" not in words(bring(owner, PRODUCTS))


def test_a_channel_that_nobody_registered_is_named_as_new(owner: Client) -> None:
    bring(owner, ORDERS, "orders")
    file = brought()
    kept = {**json.loads(file.reading), "warnings": ["channel_new", "odd_thing"]}
    IntakeFile.objects.filter(id=file.id).update(reading=json.dumps(kept))
    text = words(owner.get(f"/imports/{file.id}/"))
    assert "该渠道首次出现" in text
    assert "odd_thing" in text


def test_pressing_import_twice_starts_one_job(owner: Client) -> None:
    bring(owner, PRODUCTS)
    for _ in range(2):
        owner.post(f"/imports/{brought().id}/commit/", {"attempt": "1"})
    assert Job.objects.filter(kind="intake.commit").count() == 1


def test_a_check_that_was_overtaken_is_not_committed(owner: Client) -> None:
    bring(owner, PRODUCTS)
    key = brought().id
    owner.post(f"/imports/{key}/check/", {"column-sku": "0", "column-name": "1"})
    text = words(owner.post(f"/imports/{key}/commit/", {"attempt": "1"}, follow=True))
    assert "其他人已核对此文件" in text
    assert Job.objects.count() == 0


def test_the_same_file_again_is_the_same_file(owner: Client) -> None:
    bring(owner, PRODUCTS)
    owner.post(f"/imports/{brought().id}/commit/", {"attempt": "1"})
    assert "此文件之前已上传过" in words(bring(owner, PRODUCTS))
    assert IntakeFile.objects.count() == 1


def test_columns_are_guessed_shown_with_values_and_can_be_corrected(owner: Client) -> None:
    bring(owner, "编码甲,名称乙,商家编码\nX,Y,Z\n", name="odd.csv")
    key = brought().id
    assert "没有找到以下各列" in words(owner.get(f"/imports/{key}/"))
    text = words(owner.get(f"/imports/{key}/columns/"))
    assert "编码甲" in text
    assert 'name="column-name"' in text
    done = words(owner.post(f"/imports/{key}/check/", {"column-sku": "0", "column-name": "1"}, follow=True))
    assert "导入 1 条" in done


def test_a_file_that_is_no_table_says_so_and_how_to_go_on(owner: Client) -> None:
    text = words(bring(owner, "<html><table></table></html>", name="orders.xls", encoding="utf-8"))
    assert "该文件其实是网页。" in text
    assert "选择列和编码" in text


def test_an_empty_file_is_refused_at_the_door(owner: Client) -> None:
    answer = bring(owner, "")
    assert answer.status_code == 422
    assert "请选择一个非空文件" in words(answer)


def test_orders_show_their_amount(owner: Client) -> None:
    assert "¥59.90" in words(bring(owner, ORDERS, "orders"))


@pytest.mark.parametrize(
    ("address", "form"),
    [
        ("check", {"column-sku": "x"}),
        ("check", {"column-sku": "99999"}),
        ("check", {"encoding": "rot13"}),
        ("check", {"delimiter": "|"}),
        ("commit", {"attempt": "-1"}),
    ],
)
def test_choices_outside_their_list_are_refused(address: str, form: dict[str, str], owner: Client) -> None:
    bring(owner, PRODUCTS)
    assert owner.post(f"/imports/{brought().id}/{address}/", form).status_code == 400


def test_an_unknown_subject_or_channel_is_refused(owner: Client) -> None:
    for change in ({"subject": "people"}, {"subject": "orders", "channel": "../x"}):
        form = {"file": SimpleUploadedFile("a.csv", b"a"), "channel": "taobao", **change}
        assert owner.post("/imports/upload/", form).status_code == 400


def test_a_file_that_is_not_there_is_not_found(owner: Client) -> None:
    for address in ("", "columns/", "errors/"):
        assert owner.get(f"/imports/404/{address}").status_code == 404
    assert owner.post("/imports/404/commit/", {"attempt": "1"}).status_code == 404
    assert owner.post("/imports/404/check/", {}).status_code == 404


def test_a_file_name_is_shown_as_text_and_never_splits_a_header(owner: Client) -> None:
    text = words(bring(owner, PRODUCTS, name="<script>alert(1)<_script>\r\nX: 1.csv"))
    assert "<script>alert" not in text
    header = owner.get(f"/imports/{brought().id}/errors/")["Content-Disposition"]
    assert "\n" not in header


def test_staff_who_may_only_look_see_files_but_no_forms(client: Client, hire: Hire, owner: Client) -> None:
    bring(owner, PRODUCTS)
    client.force_login(hire("chen", roles=("operations",)))
    text = words(client.get("/imports/")) + words(client.get(f"/imports/{brought().id}/"))
    assert "商品.csv" in text
    assert 'type="file"' not in text
    assert client.post(f"/imports/{brought().id}/commit/", {"attempt": "1"}).status_code == 403


LIST_NUMBER = "3012345678901234567"


def a_list(client: Client) -> Any:
    text = file_of(TAOBAO_LIST, of_list(LIST_NUMBER, "10.00")).decode()
    return bring(client, text, "orders", name="ExportOrderList.csv", encoding="gb18030")


def let_all_in(client: Client) -> str:
    file = IntakeFile.objects.order_by("-id")[0]
    client.post(f"/imports/{file.id}/commit/", {"attempt": str(file.attempt)})
    commit_intake(file.id, context=Context(SYSTEM, clock.now()))
    return words(client.get(f"/imports/{file.id}/"))


def test_a_list_tells_which_file_it_waits_for_everywhere(owner: Client) -> None:
    a_list(owner)
    text = let_all_in(owner)
    assert "等另一份文件" in text
    assert "ExportOrderDetailList" in text
    assert "淘宝/天猫：订单列表" in text
    for place in ("/imports/", "/"):
        assert "在等另一份文件的订单" in words(owner.get(place)), place


def test_the_list_is_silent_when_nothing_waits(owner: Client) -> None:
    assert "在等另一份文件的订单" not in words(owner.get("/imports/"))


def test_every_column_is_shown_with_its_first_values_also_those_not_used(owner: Client) -> None:
    bring(owner, ORDERS.replace("下单时间", "下单时间,颜色").replace("09:00", "09:00,墨绿"), "orders")
    text = words(owner.get(f"/imports/{brought().id}/columns/"))
    assert "墨绿" in text
    assert "未使用" in text


def test_a_check_that_failed_keeps_what_was_chosen(owner: Client) -> None:
    bring(owner, ORDERS, "orders")
    key = brought().id
    owner.post(f"/imports/{key}/check/", {"column-external_id": "0", "column-title": "2", "encoding": "gbk"})
    assert brought().state == "refused"
    text = words(owner.get(f"/imports/{key}/columns/"))
    assert "您的选择已保留" in text
    assert re.search(r'name="column-title">.*?<option value="2" selected>', text, re.DOTALL)
    assert "<option selected>gbk</option>" in text


def test_a_layout_can_be_chosen_instead_of_columns(owner: Client) -> None:
    a_list(owner)
    key = brought().id
    assert 'value="taobao_order_list_38" selected' in words(owner.get(f"/imports/{key}/columns/"))
    owner.post(f"/imports/{key}/check/", {"layout": "jd_order_30"})
    assert brought().refusal == "layout_differs"
    owner.post(f"/imports/{key}/check/", {"layout": "taobao_order_list_38"})
    assert (brought().state, brought().layout) == ("checked", "taobao_order_list_38")
    assert owner.post(f"/imports/{key}/check/", {"layout": "nobody"}).status_code == 400


def test_saved_columns_are_listed_renamed_and_taken_away(owner: Client) -> None:
    bring(owner, ORDERS, "orders")
    let_all_in(owner)
    kept = SavedMapping.objects.get()
    assert "商品.csv" in words(owner.get("/imports/mappings/"))
    assert "门店日报" in words(owner.post(f"/imports/mappings/{kept.id}/", {"name": " 门店日报 "}, follow=True))
    assert "请写名称" in words(owner.post(f"/imports/mappings/{kept.id}/", {"name": " "}, follow=True))
    assert "门店日报" not in words(owner.post(f"/imports/mappings/{kept.id}/", {"do": "remove"}, follow=True))
    kept.refresh_from_db()
    assert kept.gone
    assert "已被他人移除" in words(owner.post(f"/imports/mappings/{kept.id}/", {"name": "又来"}, follow=True))


def test_who_may_only_look_changes_no_saved_columns(client: Client, owner: Client, hire: Hire) -> None:
    bring(owner, ORDERS, "orders")
    let_all_in(owner)
    kept = SavedMapping.objects.get()
    client.force_login(hire("chen", roles=("operations",)))
    assert 'name="do"' not in words(client.get("/imports/mappings/"))
    assert client.post(f"/imports/mappings/{kept.id}/", {"do": "remove"}).status_code == 403


def test_a_channel_in_another_currency_is_offered_where_a_shop_of_it_exists(owner: Client) -> None:
    assert 'value="retail-uk"' not in words(owner.get("/imports/"))
    take_orders(["B-1"], clock.now(), currency="GBP")
    text = words(owner.get("/imports/"))
    assert 'value="retail-uk"' in text
    assert '<option value="main"></option>' in text
