"""Writes tables that people open in a spreadsheet program: error files and exports.

Texts stay texts. In xlsx their cells are typed and formatted as text; in CSV what looks like a formula gets
an apostrophe, which reading takes away again. Identifiers must be given as `str`; a whole number with more
digits than a sheet keeps is written as text by itself.
"""

import csv
import os
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import xlsxwriter

from zhanggui.kernel import clock
from zhanggui.kernel.text import safe_cell

Kind = Literal["csv", "xlsx"]

XLSX_ROWS_MAX = 1_048_576
XLSX_CHARS_MAX = 32_767
_SHEET_DIGITS_MAX = 10**15


class TableTooLong(ValueError):
    """More rows than a sheet holds; write CSV instead."""


def write_table(
    path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[object]], kind: Kind = "csv"
) -> int:
    """Write a table; return its number of rows without the header.

    Takes: rows, cells as read or str, int, Decimal, bool, date, datetime or None; CSV is UTF-8 with a byte
    order mark, so that Excel reads Chinese, and with CR LF.
    Raises: TableTooLong for xlsx; OSError.
    Cost: one row in memory, in both kinds.
    """
    if kind == "xlsx":
        return _write_xlsx(path, header, rows)
    with Path(path).open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([safe_cell(name) for name in header])
        count = 0
        for row in rows:
            writer.writerow([safe_cell(_as_text(cell)) for cell in row])
            count += 1
    return count


def _as_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _SHEET_DIGITS_MAX:
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _write_xlsx(path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(os.fspath(path), options)
    book.set_properties({"created": clock.now()})
    try:
        sheet = book.add_worksheet()
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"num_format": "@", "bold": True})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(header):
            sheet.write_string(0, column, name, bold)
        count = 0
        for count, row in enumerate(rows, start=1):
            if count >= XLSX_ROWS_MAX:
                raise TableTooLong(f"a sheet holds {XLSX_ROWS_MAX - 1} rows")
            _write_cells(sheet, count, row, text)
    finally:
        book.close()
    return count


def _write_cells(sheet: Any, number: int, row: Sequence[object], text: Any) -> None:
    for column, cell in enumerate(row):
        if cell is None or cell == "":
            continue
        if isinstance(cell, bool):
            sheet.write_boolean(number, column, cell)
        elif isinstance(cell, int | float | Decimal) and -_SHEET_DIGITS_MAX < cell < _SHEET_DIGITS_MAX:
            sheet.write_number(number, column, cell)
        else:
            sheet.write_string(number, column, _sheet_text(_as_text(cell)), text)


def _sheet_text(text: str) -> str:
    """Return a text that a sheet can hold; what is too long ends in an ellipsis, so that the loss is seen."""
    storable = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return storable if len(storable) <= XLSX_CHARS_MAX else storable[: XLSX_CHARS_MAX - 1] + "…"
