"""The invoicing tool of the office: wishes go to it as a workbook, numbers come back from it in a table.

Both name an order by its number on the channel. The workbook has Chinese headers whatever the reader's language, since
tools read them. `申请号` is our own number of a wish; where a file keeps it, it settles every doubt.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from django.conf import settings

from zhanggui.connectors.spreadsheets.cells import parse_datetime, parse_external_id, parse_name
from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import Cell, CellRefused, FileRefused, LimitExceeded, Row, Table
from zhanggui.connectors.spreadsheets.writing import write_table
from zhanggui.journal.records import Context
from zhanggui.kernel.text import half_width
from zhanggui.sales.invoices.queries import batches_to_export, candidates, to_issue
from zhanggui.sales.invoices.records import Candidate, ForTool, Issue, Item, Kind, Refusal
from zhanggui.sales.invoices.rules import number_of
from zhanggui.sales.invoices.steps import issue_invoices
from zhanggui.sales.invoices.wishes import UNCHANGED

HEADER = (
    "订单号", "发票抬头", "税号", "类型", "项目名称", "规格", "数量", "单价", "金额", "税率", "邮箱", "备注",
    "购方地址", "购方电话", "开户行", "银行账号", "原发票号码", "申请号",
)  # fmt: skip
KIND_WORDS = {str(Kind.NORMAL): "普通发票", str(Kind.SPECIAL): "专用发票"}
NAMES: Mapping[str, tuple[str, ...]] = {
    "order": ("订单号", "订单编号", "平台订单号", "ordernumber", "orderno", "order"),
    "wish": ("申请号", "申请编号", "requestnumber"),
    "code": ("发票代码", "invoicecode"),
    "number": ("发票号码", "数电票号码", "数电发票号码", "全电发票号码", "发票号", "invoicenumber", "invoiceno"),
    "day": ("开票日期", "开票时间", "invoicedate", "issuedon", "date"),
    "link": ("pdf链接", "pdf地址", "发票链接", "版式文件", "下载地址", "下载链接", "pdf", "link", "url"),
}
ERRORS = ("原因 / reason", "原行号 / row")
ROWS_MAX = 50_000
AT_ONCE = 5_000
NOT_FOUND = "wish_not_found"
AMBIGUOUS = "wish_ambiguous"
_DROPPED = re.compile(r"[\s_*:()\[\]【】-]|(?<=[)）]).*$")


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One row of the tool's file: its place in the file, its cells, and what they say."""

    place: int
    cells: Row
    order: str
    wish: int
    number: str
    day: date | None
    link: str


@dataclass(frozen=True, slots=True)
class NumbersFile:
    """A file of numbers that was read whole."""

    header: tuple[str, ...]
    rows: tuple[NumberRow, ...]


@dataclass(slots=True)
class Taken:
    """What a file of numbers came to: how many are new, how many were known, and (row, code) of the others."""

    header: tuple[str, ...]
    issued: int = 0
    unchanged: int = 0
    refused: list[tuple[NumberRow, str]] = field(default_factory=list)


def write_for_tool(path: str | os.PathLike[str], ids: Sequence[int], rate_bp: int) -> int:
    """Write wishes as the workbook that the invoicing tool reads, a row per item; return how many rows.

    Takes: rate_bp, the rate of tax in basis points. Raises: TableTooLong; OSError. Cost: memory for a batch of wishes.
    """
    rate = f"{Decimal(rate_bp) / 100:f}".rstrip("0").rstrip(".") if rate_bp % 100 else str(rate_bp // 100)
    return write_table(path, HEADER, _rows(ids, f"{rate}%"), "xlsx")


def _rows(ids: Sequence[int], rate: str) -> Iterator[Sequence[object]]:
    for wishes in batches_to_export(ids):
        for wish in wishes:
            for item in wish.items:
                yield _cells(wish, item, rate)


def _cells(wish: ForTool, item: Item, rate: str) -> Sequence[object]:
    """Return a row; the price has as many decimals as it takes for quantity times price to be the amount."""
    amount = Decimal(item.amount_fen) / 100
    price = (amount / item.quantity).quantize(Decimal("1e-10")).normalize()
    to = wish.content
    remark = f"红冲 {wish.original_number}" if wish.original_number else ""
    return (
        wish.order_number, to.title, to.tax_no, KIND_WORDS[to.kind], item.name, item.spec, item.quantity, price, amount,
        rate, to.email, remark, to.address, to.phone, to.bank, to.account, wish.original_number, str(wish.id),
    )  # fmt: skip


def read_numbers(source: str | os.PathLike[str] | bytes, filename: str) -> NumbersFile:
    """Read the tool's file.

    Raises: FileRefused, also with `columns_missing` where order, number or date have no column.
    """
    with open_table(source, filename) as table:
        columns = _columns(table.header)
        missing = [name for name in ("number", "day") if name not in columns]
        if not {"order", "wish"} & columns.keys():
            missing.insert(0, "order")
        if missing:
            raise FileRefused("columns_missing", fields=",".join(NAMES[name][0] for name in missing))
        rows: list[NumberRow] = []
        for place, cells in table.rows:
            if len(rows) == ROWS_MAX:
                raise LimitExceeded("too_many_rows", limit_rows=ROWS_MAX)
            rows.append(_row(place, cells, columns, table))
    return NumbersFile(table.header, tuple(rows))


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Return the column of each field; the strongest of its names wins."""
    plain = [_DROPPED.sub("", half_width(name).lower()) for name in header]
    return {
        name: plain.index(found)
        for name, known in NAMES.items()
        if (found := next((one for one in known if one in plain), None)) is not None
    }


def _row(place: int, cells: Row, columns: Mapping[str, int], table: Table) -> NumberRow:
    def cell(name: str) -> Cell:
        at = columns.get(name)
        return cells[at] if at is not None and at < len(cells) else None

    def text(name: str) -> str:
        try:
            return parse_external_id(cell(name), typed=table.typed)
        except CellRefused:
            return ""

    wish = text("wish")
    return NumberRow(
        place, cells, text("order"), int(wish) if wish.isascii() and wish.isdigit() and len(wish) < 19 else 0,
        _number(text("code"), text("number")), _day(cell("day")), _link(cell("link")),
    )  # fmt: skip


def _number(code: str, number: str) -> str:
    """Return code and number as one; digital invoices have no code, and some tools repeat the number there."""
    return number if len(number) > 8 or code == number else code + number


def _day(cell: Cell) -> date | None:
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return cell
    try:
        return parse_datetime(cell, settings.COMPANY_ZONE).astimezone(settings.COMPANY_ZONE).date()
    except CellRefused:
        return None


def _link(cell: Cell) -> str:
    try:
        return parse_name(cell, required=False, limit=490)
    except CellRefused:
        return "?"


def take_numbers(read: NumbersFile, *, context: Context) -> Taken:
    """Note the numbers of a file on the wishes that they belong to; a file brought again changes nothing.

    Rows that say the same of one wish count once, as files with a row per item do. Each batch is a run of its own.
    """
    taken = Taken(read.header)
    said: set[tuple[object, ...]] = set()
    for at in range(0, len(read.rows), AT_ONCE):
        part = []
        for row in read.rows[at : at + AT_ONCE]:
            words = (row.order, row.wish, row.number, row.day)
            if words not in said:
                part.append(row)
            said.add(words)
        _take(part, taken, context)
    return taken


def _take(rows: Sequence[NumberRow], taken: Taken, context: Context) -> None:
    issues: list[tuple[NumberRow, Issue]] = []
    known = candidates(sorted({row.order for row in rows if row.order}), sorted({row.wish for row in rows if row.wish}))
    by_id = {one.id: one for one in known}
    by_order: dict[str, list[Candidate]] = {}
    for one in known:
        by_order.setdefault(one.order_number, []).append(one)
    for row in rows:
        found = matched(row, by_id, by_order)
        if isinstance(found, str):
            taken.refused.append((row, found))
        else:
            issues.append((row, found))
    given = issue_invoices([issue for _, issue in issues], context=context) if issues else None
    for done in given.accepted if given else ():
        if done.result == UNCHANGED:
            taken.unchanged += 1
        else:
            taken.issued += 1
    taken.refused += [(issues[one.index][0], one.code) for one in (given.rejected if given else ())]
    taken.refused.sort(key=lambda pair: pair[0].place)


def matched(row: NumberRow, by_id: Mapping[int, Candidate], by_order: Mapping[str, Sequence[Candidate]]) -> Issue | str:
    """Return what a row says of one wish, or the code of why it belongs to none."""
    number = number_of(row.number)
    if number is None:
        return str(Refusal.NUMBER_INVALID)
    if row.day is None:
        return str(Refusal.DATE_INVALID)
    found: Sequence[Candidate] = by_order.get(row.order, ())
    if row.wish:
        found = [one for key, one in by_id.items() if key == row.wish and row.order in ("", one.order_number)]
    same = [one for one in found if one.number == number]
    waiting = same or [one for one in found if to_issue(one)]
    if not found:
        return NOT_FOUND
    if not waiting:
        return str(Refusal.WRONG_STATE)
    return AMBIGUOUS if len(waiting) > 1 else Issue(waiting[0].id, number, row.day, row.link)


def write_refused(path: str | os.PathLike[str], taken: Taken, words: Callable[[str], str]) -> int:
    """Write the rows that belong to no wish, with the reason and their place, to be corrected and brought again."""
    width = len(taken.header)
    rows = ([*row.cells[:width], words(code), row.place] for row, code in taken.refused)
    return write_table(path, [*taken.header, *ERRORS], cast(Iterator[Sequence[object]], rows), "xlsx")
