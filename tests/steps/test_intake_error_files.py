"""Bad rows come back as a file with their reasons; corrected and imported again they come in, once."""

import csv
import io
from pathlib import Path

import pytest
from django.utils import translation
from tests.factories.intake import bring_file, let_in, row, seen, table
from tests.factories.orders import now

from zhanggui.connectors.intake import taking_in
from zhanggui.connectors.intake.error_files import write_errors
from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.writing import write_table
from zhanggui.sales.orders.models import Order

pytestmark = pytest.mark.django_db


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_a_hundred_bad_rows_among_ten_thousand_come_back_corrected_without_doubles(tmp_path: Path) -> None:
    rows = [row(f"N{at:05}", pieces=0 if at % 100 == 0 else 1) for at in range(10_000)]
    first = let_in(table(*rows))
    assert (first.new, first.rows_refused) == (9_900, 100)
    errors = tmp_path / "errors.csv"
    assert write_errors(first.id, errors) == 100
    header, *bad = rows_of(errors)
    corrected = table(*[[*cells[:3], 1, *cells[4:]] for cells in bad], header=header)
    second = let_in(corrected)
    assert (second.new, second.rows_refused, Order.objects.count()) == (100, 0, 10_000)
    assert let_in(corrected).unchanged == 100
    assert let_in(table(*rows)).unchanged == 9_900


def test_the_original_columns_are_followed_by_reason_remedy_and_row(tmp_path: Path) -> None:
    file = let_in(table(row("A1"), row("=B1", pieces=0), row("A1", "CUP", "x")))
    write_errors(file.id, tmp_path / "e.csv")
    header, *bad = rows_of(tmp_path / "e.csv")
    assert header[-3:] == ["原因", "处理办法", "原文件行"]
    assert [(cells[0], cells[3], cells[-1]) for cells in bad] == [
        ("A1", "1", "2"),
        ("'=B1", "0", "3"),
        ("A1", "x", "4"),
    ]
    assert all(cells[-3] and cells[-2] for cells in bad)


def test_an_error_file_speaks_english_to_who_reads_english(tmp_path: Path) -> None:
    file = let_in(table(row("A1", pieces=0)))
    with translation.override("en"):
        write_errors(file.id, tmp_path / "e.csv")
    header, bad = rows_of(tmp_path / "e.csv")
    assert header[-3:] == ["Reason", "What to do", "Row in file"]
    assert bad[-3] == "The quantity is smaller than 1."


def test_an_order_brought_back_whole_comes_in_whole(tmp_path: Path) -> None:
    first = let_in(table(row("A1"), row("A1", "CUP", 0)))
    write_errors(first.id, tmp_path / "e.csv")
    header, good, bad = rows_of(tmp_path / "e.csv")
    bad[3] = "2"
    second = let_in(table(good, bad, header=header))
    assert (second.new, second.lines, second.rows_refused) == (1, 2, 0)


def test_an_error_file_refused_again_has_its_added_columns_once(tmp_path: Path) -> None:
    first = let_in(table(row("A1", pieces=0)))
    write_errors(first.id, tmp_path / "1.csv")
    again = let_in((tmp_path / "1.csv").read_bytes())
    write_errors(again.id, tmp_path / "2.csv")
    assert rows_of(tmp_path / "2.csv")[0] == rows_of(tmp_path / "1.csv")[0]


def test_a_workbook_comes_back_as_a_workbook(tmp_path: Path) -> None:
    header = ["订单编号", "商家编码", "数量", "单价", "下单时间"]
    rows = [["12345678901234567", "TEA", 1, 19.9, "2026-03-01 10:00"], ["A2", "TEA", 1.5, 19.9, "2026-03-01 10:00"]]
    write_table(tmp_path / "in.xlsx", header, rows, "xlsx")
    file = let_in((tmp_path / "in.xlsx").read_bytes())
    assert (file.new, file.rows_refused, file.amount_fen) == (1, 1, 1990)
    assert Order.objects.get().external_id == "12345678901234567"
    write_errors(file.id, tmp_path / "e.xlsx")
    with open_table(tmp_path / "e.xlsx") as back:
        assert back.header == (*header, "原因", "处理办法", "原文件行")
        assert [(cells[0], cells[2]) for _, cells in back.rows] == [("A2", 1.5)]


def test_a_mapping_that_a_person_chose_serves_the_error_file_too(tmp_path: Path) -> None:
    header = ("数量", "编号A", "单价", "下单时间", "收货人", "编号B")
    content = table([0, "TEA", "1", "2026-03-01", "沈雨", "A1"], header=header)
    intake_id = bring_file(content)
    chosen = {"external_id": 5, "sku": 1, "quantity": 0, "unit_price": 2, "placed_at": 3}
    taking_in.check_intake(intake_id, context=now(), choices=taking_in.Choices(columns=chosen))
    taking_in.begin_commit(intake_id, context=now())
    write_errors(intake_id, tmp_path / "e.csv")
    head, bad = rows_of(tmp_path / "e.csv")
    second = let_in(table(["3", *bad[1:]], header=head))
    assert (second.layout, second.new) == ("chosen", 1)
    assert seen(intake_id).state == "done"
