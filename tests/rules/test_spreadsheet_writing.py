"""What is written is what is read back, and no spreadsheet program takes it for a formula."""

import csv
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhanggui.connectors.spreadsheets.cells import (
    parse_datetime,
    parse_external_id,
    parse_money_minor,
    parse_quantity,
)
from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import CellRefused
from zhanggui.connectors.spreadsheets.writing import Kind, write_table
from zhanggui.kernel import clock

DANGEROUS = [
    "=1+1", "=HYPERLINK(\"http://x\")", "+1", "+8613800000000", "-1+2", "-cmd|' /C calc'!A0", "@SUM(1)",
    "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠A", "'=1", "''=1", "=cmd|' /C calc'!A0", "-", "=", "+",
    "@", "=\"a\"\"b\"", "-2+3+cmd|' /C calc'!A0", "=IMPORTXML(\"x\",\"y\")", "@a", "=A1,=B1", "=1\r\n=2",
    "+1;=1", "-1;2", "'+1",
]  # fmt: skip
ORDINARY = [
    "白色挂件",
    "it's",
    "a=b",
    "007",
    "5069830286478316001",
    "  两边  ",
    "𠮷",
    "😀",
    "_x000D_",
    "http://a.b/c",
    "1e3",
    "x" * 32_000,
]


def read_back(path: Path, kind: Kind, header: list[str], rows: list[list[str]]) -> list[list[object]]:
    write_table(path, header, rows, kind)
    return [list(cells) for _, cells in open_table(path).rows]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_D15_H19_dangerous_and_ordinary_texts_come_back_as_they_were(tmp_path: Path, kind: Kind) -> None:
    rows = [["k", text, "z"] for text in DANGEROUS + ORDINARY]
    assert read_back(tmp_path / "out", kind, ["键", "文", "末"], rows) == rows


def test_D15_T42_no_csv_cell_begins_like_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_table(path, ["=a", "b"], [[text, "x"] for text in DANGEROUS], "csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert len(cells) == 2 * (len(DANGEROUS) + 1)
    assert not [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n＝＋－＠")]


def test_D15_T42_every_xlsx_cell_is_typed_as_text(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_table(path, ["=a", "b"], [[text, "x"] for text in DANGEROUS], "xlsx")
    sheet = openpyxl.load_workbook(path).active
    assert [cell.data_type for row in sheet.iter_rows() for cell in row] == ["s"] * 2 * (len(DANGEROUS) + 1)
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_plain_negative_numbers_stay_numbers(tmp_path: Path) -> None:
    write_table(tmp_path / "out.csv", ["a", "b"], [[-3, "-12.50"]], "csv")
    assert (tmp_path / "out.csv").read_bytes().endswith(b"a,b\r\n-3,-12.50\r\n")
    write_table(tmp_path / "out.xlsx", ["a", "b", "c"], [[-3, Decimal("-12.50"), "x"]], "xlsx")
    assert next(open_table(tmp_path / "out.xlsx").rows) == (2, [-3.0, -12.5, "x"])


def test_csv_opens_in_excel_with_chinese(tmp_path: Path) -> None:
    write_table(tmp_path / "out.csv", ["订单号"], [["甲"]], "csv")
    assert (tmp_path / "out.csv").read_bytes() == "\ufeff订单号\r\n甲\r\n".encode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_other_values_are_written_readably(tmp_path: Path, kind: Kind) -> None:
    row = [None, True, date(2026, 2, 3), datetime(2026, 2, 3, 8, 5, tzinfo=UTC), 10**18 + 1, "末"]
    assert write_table(tmp_path / "out", ["a", "b", "c", "d", "e", "f"], [row], kind) == 1
    ((_, cells),) = open_table(tmp_path / "out").rows
    yes = "TRUE" if kind == "csv" else True
    assert cells == ["", yes, "2026-02-03", "2026-02-03 08:05:00+00:00", "1000000000000000001", "末"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_D14_cells_of_a_workbook_mean_the_same_after_the_error_file(tmp_path: Path, kind: Kind) -> None:
    moment = datetime(2026, 2, 3, 8, 5)  # noqa: DTZ001 - a sheet holds wall time
    write_table(
        tmp_path / "out",
        ["单号", "数量", "单价", "时间", "长号"],
        [[536365.0, 6.0, 2.55, moment, 1.2e17]],
        kind,
    )
    ((_, (number, quantity, price, placed, long)),) = open_table(tmp_path / "out").rows
    assert parse_external_id(number) == "536365"
    assert parse_quantity(quantity) == 6
    assert parse_money_minor(price) == 255
    assert parse_datetime(placed, UTC) == moment.replace(tzinfo=UTC)
    with pytest.raises(CellRefused, match="digits_lost"):
        parse_external_id(long, typed=kind == "xlsx")


def test_a_sheet_says_the_clocks_time_and_nothing_of_its_own(tmp_path: Path) -> None:
    with clock.frozen(datetime(2026, 3, 2, 1, 0, tzinfo=UTC)):
        for name in ("a", "b"):
            write_table(tmp_path / name, ["k"], [["v"]], "xlsx")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert b"2026-03-02T01:00:00Z" in archive.read("docProps/core.xml")


def test_a_text_that_a_sheet_cannot_hold_shows_that_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "out.xlsx"
    write_table(path, ["a"], [["x" * 40_000]], "xlsx")
    assert str(openpyxl.load_workbook(path).active["A2"].value) == "x" * 32_766 + "…"


signs = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
texts = st.text(signs, max_size=10) | st.text(st.sampled_from("'=+-@\t\r\n＝\",;1 "), max_size=6)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(rows=st.lists(st.tuples(texts, texts), min_size=1, max_size=30))
def test_D15_whatever_is_written_is_read_back(tmp_path: Path, kind: Kind, rows: list[tuple[str, str]]) -> None:
    kept = [["k", *row, "z"] for row in rows]
    assert read_back(tmp_path / "out", kind, ["键", "甲", "乙", "末"], kept) == kept
