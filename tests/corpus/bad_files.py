"""Bad files, made by seed, each with the verdict that it must get: a code for the whole file, or for one of its rows.

Nothing here is a real file: headers are those of the platforms, cells are invented.
"""

import gzip
import io
import random
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import xlsxwriter
from tests.factories.platforms import (
    DOUYIN,
    JD,
    PDD,
    SHOPIFY,
    TAOBAO_DETAIL,
    TAOBAO_LIST,
    TAOBAO_SUB_ORDERS,
    Cells,
    file_of,
    of_detail,
    of_douyin,
    of_jd,
    of_list,
    of_pdd,
    of_shopify,
)

NUMBER = "3012345678901234567"
FILE, ROW = "file", "row"


@dataclass(frozen=True, slots=True)
class BadFile:
    """One bad file. where: whether the whole file or a row of it is refused with the code."""

    name: str
    content: bytes
    where: str
    code: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A layout with a row that is good, and which of its columns holds what."""

    header: Sequence[str]
    good: Cells
    number: str
    amount: str
    pieces: str = ""
    moment: str = ""
    needed: str = ""


SHAPES: Mapping[str, Shape] = {
    "taobao_list": Shape(TAOBAO_LIST, of_list(NUMBER, "10.00"), "订单编号", "买家应付货款", "", "订单创建时间",
    "总金额"),
    "taobao_detail": Shape(
        TAOBAO_DETAIL, of_detail(NUMBER, "TEA", 1, "10.00"), "订单编号", "价格", "购买数量", "", "标题"
    ),
    "taobao_sub_orders": Shape(
        TAOBAO_SUB_ORDERS,
        {"子订单编号": NUMBER, "主订单编号": NUMBER, "标题": "茶", "价格": "10.00", "购买数量": 1,
        "订单状态": "交易成功",
         "订单创建时间": "2026-03-01 09:00:00"},
        "主订单编号", "价格", "购买数量", "订单创建时间", "购买数量",
    ),
    "jd": Shape(JD, of_jd("298765432101", "TEA", 1, "10.00", "10.00"), "订单号", "京东价", "订购数量", "下单时间",
    "京东价"),
    "pinduoduo": Shape(
        PDD, of_pdd("261102-123456789012345", "10.00", 1, "10.00"), "订单号", "商品总价(元)", "商品数量(件)",
        "订单成交时间",
        "用户实付金额(元)",
    ),
    "douyin": Shape(
        DOUYIN, of_douyin("4812345678901234567", "48123", "TEA", 1, "10.00", "10.00"), "主订单编号", "商品单价",
        "商品数量",
        "订单提交时间", "商品数量",
    ),
    "shopify": Shape(
        SHOPIFY, of_shopify("#1001", "茶", 1, "10.00", **{"Financial Status": "paid"}), "Name", "Lineitem price",
        "Lineitem quantity", "Created at", "Lineitem price",
    ),
}  # fmt: skip


def bad_files(seed: int = 1) -> Iterator[BadFile]:
    """Give every bad file of the corpus; the same seed gives the same files."""
    dice = random.Random(seed)
    for name, shape in SHAPES.items():
        yield from _bad_rows(name, shape, dice)
        yield from _bad_wholes(name, shape, dice)
    yield from _no_tables(dice)


def _bad_rows(name: str, shape: Shape, dice: random.Random) -> Iterator[BadFile]:
    """Give files of which one row must be refused."""
    changes: list[tuple[str, str, object, str]] = [
        ("number_scientific", shape.number, f"{dice.uniform(1, 9):.5f}E+18", "digits_lost"),
        ("number_zeros", shape.number, f"{dice.randrange(10**14, 10**15)}0000", "digits_lost"),
        ("number_open", shape.number, "", "empty"),
        ("number_long", shape.number, "9" * dice.randrange(65, 90), "id_too_long"),
        ("number_error", shape.number, "#N/A", "formula_error"),
        ("amount_words", shape.amount, "十元整", "amount_unclear"),
        ("amount_decimals", shape.amount, "10.999", "price_decimals"),
        ("amount_negative", shape.amount, "-3.00", "amount_negative"),
        ("amount_huge", shape.amount, "99999999999999", "amount_too_large"),
    ]
    if shape.pieces:
        changes += [
            ("pieces_none", shape.pieces, "0", "quantity_too_small"),
            ("pieces_half", shape.pieces, "1.5", "quantity_not_whole"),
            ("pieces_huge", shape.pieces, "9" * 12, "quantity_too_large"),
            ("pieces_open", shape.pieces, "", "empty"),
        ]
    if shape.moment:
        changes += [
            ("moment_words", shape.moment, "昨天下午", "date_unclear"),
            ("moment_turned", shape.moment, "13/12/2026", "date_unclear"),
            ("moment_never", shape.moment, "2026-02-30 10:00:00", "date_impossible"),
            ("moment_ahead", shape.moment, "2090-01-01 10:00:00", "placed_in_future"),
            ("moment_old", shape.moment, "1995-01-01 10:00:00", "placed_too_early"),
        ]
    for what, column, cell, code in changes:
        yield BadFile(f"{name}.{what}", file_of(shape.header, {**shape.good, column: cell}), ROW, code)
    wide = file_of(shape.header, shape.good).rstrip(b"\r\n") + b",,,,beyond\r\n"
    yield BadFile(f"{name}.row_too_wide", wide, ROW, "row_too_wide")


def _bad_wholes(name: str, shape: Shape, dice: random.Random) -> Iterator[BadFile]:
    """Give files that must be refused as a whole."""
    good = file_of(shape.header, shape.good)
    yield BadFile(f"{name}.header_only", file_of(shape.header), FILE, "no_rows")
    yield BadFile(f"{name}.nul", good[:-4] + b"\x00" + good[-4:], FILE, "nul")
    yield BadFile(f"{name}.quote_open", good + b'"never closed,1\r\n', FILE, "quote_open")
    yield BadFile(f"{name}.gzip_cut", gzip.compress(good, mtime=0)[: -dice.randrange(9, 20)], FILE, "gzip_broken")
    yield BadFile(
        f"{name}.gzip_twice", gzip.compress(gzip.compress(good, mtime=0), mtime=0), FILE, "gzip_holds_no_text"
    )
    half = good[: len(good) - dice.randrange(1, 3)] + "茶".encode()[:2]
    yield BadFile(f"{name}.cut_in_a_character", half, FILE, "encoding_unreadable")
    surrogate = good.rstrip(b"\r\n") + b"\xed\xa0\x80\r\n"
    yield BadFile(f"{name}.half_of_a_pair", "茶\r\n".encode() + surrogate, FILE, "lone_surrogate")
    yield BadFile(f"{name}.web_page", b"<html><body><table>" + good + b"</table>", FILE, "html_page")
    lacking = [column for column in shape.header if column.strip() != shape.needed]
    yield BadFile(f"{name}.needed_column_gone", file_of(lacking, shape.good), FILE, "columns_missing")


def _no_tables(dice: random.Random) -> Iterator[BadFile]:
    """Give what is no table, or a workbook that must not be read."""
    noise = dice.randbytes(600)
    yield BadFile("empty", b"", FILE, "file_empty")
    yield BadFile("pdf", b"%PDF-1.7\n" + noise, FILE, "not_a_table")
    yield BadFile("png", b"\x89PNG\r\n\x1a\n" + noise, FILE, "not_a_table")
    yield BadFile("jpeg", b"\xff\xd8\xff\xe0" + noise, FILE, "not_a_table")
    yield BadFile("rar", b"Rar!\x1a\x07" + noise, FILE, "not_a_table")
    yield BadFile("parquet", b"PAR1" + noise, FILE, "not_a_table")
    yield BadFile("zip_of_text", _zip({"orders.csv": b"a,b\n1,2\n"}), FILE, "zip_holds_no_workbook")
    yield BadFile("zip_cut", _workbook()[:300], FILE, "workbook_broken")
    yield BadFile("workbook_with_macros", _zip({**_parts(), "xl/vbaProject.bin": b"x"}), FILE, "workbook_macros")
    yield BadFile("workbook_binary", _zip({"xl/workbook.bin": b"x"}), FILE, "workbook_binary")
    document = {"mimetype": b"application/vnd.oasis", "content.xml": b"<a/>"}
    yield BadFile("open_document", _zip(document), FILE, "workbook_opendocument")
    entities = _parts()
    entities["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "b">]>' + entities["xl/workbook.xml"]
    yield BadFile("workbook_with_entities", _zip(entities), FILE, "workbook_entities")
    yield BadFile("workbook_of_zeros", _zip({**_parts(), "xl/zeros.xml": bytes(3_000_000)}), FILE, "packed_too_tightly")
    yield BadFile("workbook_of_many_parts", _zip({f"p{at}.xml": b"" for at in range(2_001)}), FILE, "zip_entries")
    far = _parts()
    sheet = "xl/worksheets/sheet1.xml"
    far[sheet] = far[sheet].replace(b"<sheetData>", b'<sheetData><row r="9999999"><c r="A9999999"/></row>')
    yield BadFile("workbook_with_a_far_cell", _zip(far), FILE, "too_many_rows")
    yield BadFile("old_workbook_cut", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + noise, FILE, "workbook_broken")
    yield BadFile("one_column", b"order\nA1\nA2\n", FILE, "single_column")
    yield BadFile("many_columns", b",".join(b"c%d" % at for at in range(300)) + b"\n1,2\n", FILE, "too_many_columns")
    lines = "订单号,标题\n1,茶\n".encode() + "2,杯\n".encode("gb18030") * 3
    yield BadFile("two_encodings", lines, FILE, "encoding_unreadable")


def _workbook() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": datetime(2026, 3, 2, tzinfo=UTC)})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["订单编号", "商家编码"])
    sheet.write_row(1, 0, ["A1", "TEA"])
    book.close()
    return out.getvalue()


def _parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(_workbook())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zip(parts: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
