"""Workbooks: what they are, what they hide, and how large they may be."""

import contextlib
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import psutil
import pytest
import xlsxwriter

from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import FileRefused, LimitExceeded, Limits, Row

CONTENT = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK = (
    f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{RELATIONS}">'
    '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'
)
BOOK_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
ROOT_RELATIONS = BOOK_RELATIONS.replace("worksheets/sheet1.xml", "xl/workbook.xml").replace(
    "/worksheet", "/officeDocument"
)
OPEN = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = "</sheetData></worksheet>"
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>'


def package(sheet: str, *, extra: dict[str, str] | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook of one sheet, made part by part, so that it may lie."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("[Content_Types].xml", CONTENT)
        archive.writestr("_rels/.rels", ROOT_RELATIONS)
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", BOOK_RELATIONS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, text in (extra or {}).items():
            archive.writestr(name, text)
    return out.getvalue()


def workbook(fill: Callable[[Any, Any], None]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    fill(book, book.add_worksheet("订单"))
    book.close()
    return out.getvalue()


def filled(*rows: Sequence[object]) -> bytes:
    """A workbook of one sheet with these rows, texts as texts."""

    def fill(_: Any, sheet: Any) -> None:
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                (sheet.write_string if isinstance(cell, str) else sheet.write)(number, column, cell)

    return workbook(fill)


def rows_of(content: bytes) -> list[tuple[int, Row]]:
    return list(open_table(content).rows)


def refusal(content: bytes | Path, limits: Limits | None = None) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        list(open_table(content, limits=limits or Limits()).rows)
    assert not psutil.Process().children()
    return refused.value


# --- what is read


def test_a_workbook_is_read_with_its_types_and_row_numbers(tmp_path: Path) -> None:
    moment = datetime(2026, 2, 3, 8, 5)  # noqa: DTZ001 - a sheet holds wall time

    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(2, 0, ["订单号", "数量", "时间", "日", "款"])
        sheet.write_row(4, 0, ["A1", 3])
        sheet.write_datetime(4, 2, moment, book.add_format({"num_format": "yyyy-mm-dd hh:mm"}))
        sheet.write_datetime(4, 3, date(2026, 2, 3), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write(4, 4, 2.55)
        sheet.write_row(6, 0, ["A2", 1])

    path = tmp_path / "orders.csv"
    path.write_bytes(workbook(fill))
    table = open_table(path)
    assert (table.kind, table.typed, table.sheet, table.warnings) == ("xlsx", True, "订单", ())
    assert table.header == ("订单号", "数量", "时间", "日", "款")
    assert list(table.rows) == [(5, ["A1", 3, moment, date(2026, 2, 3), 2.55]), (7, ["A2", 1, "", "", ""])]


def test_D15_a_text_that_begins_like_a_formula_stays_text() -> None:
    assert rows_of(filled(["a"], ["=1+1"])) == [(2, ["=1+1"])]


def test_D21_hidden_sheets_are_left_out_and_said() -> None:
    def fill(book: Any, sheet: Any) -> None:
        hidden = book.add_worksheet("旧")
        hidden.write_row(0, 0, ["x", "y"])
        hidden.hide()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_row(1, 0, ["1", "2"])
        sheet.write_row(2, 0, ["3", "4"])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column(1, 1, 8, None, {"hidden": True})

    table = open_table(workbook(fill))
    assert table.header == ("a", "b")
    assert set(table.warnings) == {"hidden_sheets", "hidden_rows", "hidden_columns"}


def test_D21_several_filled_sheets_ask_and_a_person_may_choose() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["a", "b"])
        book.add_worksheet("第二").write_row(0, 0, ["c", "d"])
        book.add_worksheet("空")

    content = workbook(fill)
    refused = refusal(content)
    assert (refused.code, refused.details) == ("several_sheets", {"sheets": "订单、第二"})
    assert open_table(content, sheet="第二").header == ("c", "d")
    with pytest.raises(FileRefused, match="sheet_missing"):
        open_table(content, sheet="第三")


def test_D08_a_workbook_without_rows_is_named() -> None:
    assert refusal(workbook(lambda *_: None)).code == "no_rows"


def test_reading_can_be_left_and_no_child_remains() -> None:
    content = filled(*[["a", "b"]] * 5_000)
    with open_table(content) as table:
        next(table.rows)
        assert psutil.Process().children()
    assert not psutil.Process().children()
    with open_table(content) as table:
        assert table.header == ("a", "b")
    assert not psutil.Process().children()
    assert open_table(content).header == ("a", "b")
    assert not psutil.Process().children()


# --- larger than life


def test_D16_a_far_cell_is_refused_at_once() -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    refused = refusal(package(OPEN + HEAD + far + CLOSE))
    assert isinstance(refused, LimitExceeded)
    assert refused.code in ("too_many_columns", "too_many_rows")


@pytest.mark.parametrize("cell", ["A1048576", "XFD1", "IW2", "ALL999999", "A9999999"])
def test_D16_far_in_one_direction_is_refused_as_well(cell: str) -> None:
    row = "".join(sign for sign in cell if sign.isdigit())
    content = package(OPEN + HEAD + f'<row r="{row}"><c r="{cell}"><v>1</v></c></row>' + CLOSE)
    assert isinstance(refusal(content), LimitExceeded)


def test_D17_a_sheet_of_50_mb_in_151_kb_is_refused_before_unzipping() -> None:
    row = '<row><c t="inlineStr"><is><t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</t></is></c></row>'
    content = package(OPEN + row * 700_000 + CLOSE)
    assert len(content) < 300_000
    assert refusal(content).code == "packed_too_tightly"


def test_D17_ten_thousand_entries_are_refused() -> None:
    content = package(OPEN + HEAD + CLOSE, extra={f"xl/media/{number}.xml": "" for number in range(10_000)})
    assert refusal(content).code == "zip_entries"


def test_D17_declared_size_beyond_the_limit_is_refused() -> None:
    content = package(OPEN + HEAD + CLOSE + " " * 900_000)
    assert refusal(content, Limits(unzipped_bytes=500_000)).code == "unzipped_too_large"


def test_D17_a_declared_size_that_lies_is_refused() -> None:
    sheet = OPEN + HEAD + '<row><c t="inlineStr"><is><t>aaaaaaaaaaaaaaaaaaaaaaaa</t></is></c></row>' * 200_000 + CLOSE
    content = package(sheet)
    real, told = len(sheet.encode()).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert content.count(real) == 2
    assert refusal(content.replace(real, told)).code in ("workbook_broken", "workbook_too_heavy")


def test_D17_more_memory_than_the_child_may_have_is_refused() -> None:
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c><c r="GR{0}"><v>1</v></c></row>'
    content = package(OPEN + HEAD + "".join(row.format(number) for number in range(2, 60_000)) + CLOSE)
    limits = Limits(child_memory_bytes=200 * 1024 * 1024)
    assert refusal(content, limits).code == "workbook_too_heavy"


def test_D17_more_time_than_the_child_may_have_is_refused() -> None:
    row = '<row r="{0}"><c r="A{0}"><v>1</v></c></row>'
    content = package(OPEN + HEAD + "".join(row.format(number) for number in range(2, 900_000)) + CLOSE)
    limits = Limits(child_cpu_seconds=60, child_wall_seconds=0, zip_ratio=1000)
    assert refusal(content, limits).code == "workbook_too_heavy"


@pytest.mark.parametrize(
    "evil",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_D18_entities_are_refused(evil: str) -> None:
    assert refusal(package(evil + OPEN + HEAD + CLOSE)).code == "workbook_entities"


def test_D23_a_styles_bomb_stays_within_the_limits() -> None:
    fonts = "".join(f'<font><sz val="{size % 400}"/></font>' for size in range(65_000))
    styles = f'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts>{fonts}</fonts></styleSheet>'
    content = package(OPEN + HEAD + CLOSE, extra={"xl/styles.xml": styles})
    assert open_table(content).header == ("a", "b")
    assert not psutil.Process().children()


def test_rows_columns_and_cells_beyond_the_limits_are_refused() -> None:
    content = filled(*[["a", "b", "c"]] * 5)
    assert refusal(content, Limits(rows=3)).details == {"row": 5, "limit": 3}
    assert refusal(content, Limits(columns=2)).code == "too_many_columns"
    long = filled(["a"], ["x" * 32_001])
    refused = refusal(long)
    assert (refused.code, refused.details["row"]) == ("cell_too_long", 2)


# --- what it really is


def plain() -> bytes:
    return filled(["a", "b"])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_D20_a_truncated_workbook_is_named(share: float) -> None:
    content = plain()
    assert refusal(content[: int(len(content) * share)]).code == "workbook_broken"


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin"), "workbook_macros"),
        (zipped("[Content_Types].xml", "xl/workbook.bin"), "workbook_binary"),
        (zipped("mimetype", "content.xml"), "workbook_opendocument"),
        (zipped("word/document.xml"), "zip_holds_no_workbook"),
        (zipped(), "zip_holds_no_workbook"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "workbook_broken"),
        (b"PK\x03\x04" + b"\x00" * 3000, "workbook_broken"),
    ],
)
def test_D20_what_is_no_plain_workbook_is_named(content: bytes, code: str) -> None:
    assert refusal(content).code == code


def test_D20_a_password_on_the_zip_is_named() -> None:
    content = bytearray(plain())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := content.find(mark, at + 1)) >= 0:
            content[at + place] |= 1
    assert refusal(bytes(content)).code == "workbook_password"


def test_D19_an_xlsx_named_xls_or_csv_is_an_xlsx() -> None:
    for name in ("orders.xls", "orders.csv"):
        assert open_table(plain(), name).kind == "xlsx"


def test_a_workbook_written_by_another_program_is_read() -> None:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["订单号", "数量"])
    book.active.append(["A1", 3])
    book.save(out)
    assert rows_of(out.getvalue()) == [(2, ["A1", 3])]


def _damaged(content: bytes, dice: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = dice.choice(sorted(parts))
    part = bytearray(parts[name])
    for _ in range(dice.randrange(1, 6)):
        part[dice.randrange(len(part))] = dice.randrange(256)
    parts[name] = bytes(part)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for other, body in parts.items():
            archive.writestr(other, body)
    return out.getvalue()


@pytest.mark.parametrize("seeds", [range(start, start + 10) for start in (0, 10, 20)], ids=str)
def test_T23_damaged_workbooks_are_read_or_refused_and_nothing_else(seeds: Sequence[int]) -> None:
    content = filled(*[["A1", 2, 3.5]] * 9)
    for seed in seeds:
        with contextlib.suppress(FileRefused):
            rows = list(open_table(_damaged(content, random.Random(seed))).rows)
            assert all(number > 1 and cells for number, cells in rows)
