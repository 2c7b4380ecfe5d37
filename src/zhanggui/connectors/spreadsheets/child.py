"""Reads one workbook from standard input, within limits of memory and time; prints its rows as JSON lines.

Run as `python -m zhanggui.connectors.spreadsheets.child ORDER`; ORDER is the JSON that `workbooks` makes. The
parser fills a dense grid, so a cell far away would ask for hundreds of gigabytes: the sheets are first
scanned as they stream by (cell addresses, entities, hidden parts, counted size) and then read. Whatever slips
through dies of the limits.
"""

import json
import os
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO, NoReturn

import python_calamine as calamine

_CHUNK = 1024 * 1024
_OVERLAP = 64
_FAR_ROW_OR_COLUMN = re.compile(rb"""\sr=["'](?:([A-Z]{3,})\d+|[A-Z]*([1-9]\d{6,}))["']""")
_BATCH = 500
_MARKS = (
    (re.compile(rb"<row[^>]*\shidden=[\"'](?:1|true)"), "hidden_rows"),
    (re.compile(rb"<col[^>]*\shidden=[\"'](?:1|true)"), "hidden_columns"),
    (re.compile(rb"date1904=[\"'](?:1|true)"), "dates_1904"),
)


class _Refused(Exception):
    def __init__(self, code: str, family: str = "text", **details: str | int) -> None:
        super().__init__(code)
        self.message = {"refused": code, "family": family, "details": details}


def main() -> None:
    """Read the workbook on standard input as ordered; print one message per line."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    _limit_self(order["memory_bytes"], order["cpu_seconds"])
    try:
        for message in _messages(sys.stdin.buffer, order):
            _say(message)
    except _Refused as refused:
        _say(refused.message)
    except MemoryError:
        _say(_Refused("workbook_too_heavy", "limit").message)
    except BrokenPipeError:
        _leave(0)


def _limit_self(memory_bytes: int, cpu_seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _say(message: object) -> None:
    sys.stdout.write(json.dumps(message, default=_spell) + "\n")
    sys.stdout.flush()


def _leave(code: int) -> NoReturn:
    os._exit(code)


def _spell(value: object) -> dict[str, str | float]:
    """Spell moments for JSON."""
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, time):
        return {"time": value.isoformat()}
    if isinstance(value, timedelta):
        return {"seconds": value.total_seconds()}
    raise TypeError(type(value).__name__)


def _messages(file: BinaryIO, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
    warnings = _scan(file, order) if order["kind"] == "xlsx" else []
    file.seek(0)
    book = _load(file)
    sheet = _pick(book, order["sheet"], warnings)
    rows = _numbered(sheet, order)
    _, header = next(rows, (0, []))
    names = ["" if name is None else _header_text(name) for name in header]
    if not names:
        raise _Refused("no_rows", sheet=sheet.name)
    yield {"header": names, "sheet": sheet.name, "warnings": warnings}
    batch: list[tuple[int, list[Any]]] = []
    for given, row in enumerate(rows, start=1):
        if given > order["rows"]:
            raise _Refused("too_many_rows", "limit", row=row[0], limit=order["rows"])
        batch.append(row)
        if len(batch) == _BATCH:
            yield {"rows": batch}
            batch = []
    yield {"rows": batch}
    yield {"done": True}


def _header_text(name: object) -> str:
    if isinstance(name, float) and name.is_integer():
        return str(int(name))
    return str(name).strip()


def _load(file: BinaryIO) -> Any:
    try:
        return calamine.load_workbook(file)
    except calamine.PasswordError as locked:
        raise _Refused("workbook_password") from locked
    except (calamine.CalamineError, OSError, ValueError) as broken:
        raise _Refused("workbook_broken", reason=str(broken)[:120]) from broken
    except BaseException as panic:
        raise _Refused("workbook_broken", reason=type(panic).__name__) from panic


def _sheet(book: Any, name: str) -> Any:
    try:
        return book.get_sheet_by_name(name)
    except MemoryError:
        raise
    except BaseException as broken:
        raise _Refused("workbook_broken", sheet=name, reason=type(broken).__name__) from broken


def _pick(book: Any, wanted: str | None, warnings: list[str]) -> Any:
    """Return the sheet to read: the one asked for, else the only visible one that holds anything."""
    listed = [found for found in book.sheets_metadata if found.typ == calamine.SheetTypeEnum.WorkSheet]
    if wanted is not None:
        if wanted not in [found.name for found in listed]:
            raise _Refused("sheet_missing", sheet=wanted)
        return _sheet(book, wanted)
    visible = [found.name for found in listed if found.visible == calamine.SheetVisibleEnum.Visible]
    if len(visible) < len(listed):
        warnings.append("hidden_sheets")
    filled = [sheet for sheet in (_sheet(book, name) for name in visible) if sheet.end is not None]
    if not filled:
        raise _Refused("no_rows")
    if len(filled) > 1:
        raise _Refused("several_sheets", sheets="、".join(sheet.name for sheet in filled)[:200])
    return filled[0]


def _numbered(sheet: Any, order: dict[str, Any]) -> Iterator[tuple[int, list[Any]]]:
    """Give the rows that hold something, each with the number a spreadsheet shows."""
    if sheet.end is not None and sheet.end[1] >= order["columns"]:
        raise _Refused("too_many_columns", "limit", limit=order["columns"])
    longest = order["cell_chars"]
    for number, row in enumerate(sheet.iter_rows(), start=1):
        while row and (row[-1] == "" or row[-1] is None):
            row.pop()
        if not row:
            continue
        for cell in row:
            if type(cell) is str and len(cell) > longest:
                raise _Refused("cell_too_long", "limit", row=number, limit_chars=longest)
        yield number, row


# --- looking at a zipped workbook before it is parsed


def _scan(file: BinaryIO, order: dict[str, Any]) -> list[str]:
    """Stream through the parts that matter and refuse what no honest workbook holds.

    Gives: warnings (hidden rows, hidden columns, dates of 1904).
    """
    found: list[str] = []
    total = 0
    try:
        with zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith((".xml", ".rels")):
                    continue
                total += _scan_part(archive, entry, order, found)
                if total > order["unzipped_bytes"]:
                    raise _Refused("unzipped_too_large", "limit", limit_bytes=order["unzipped_bytes"])
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as broken:
        raise _Refused("workbook_broken", reason=type(broken).__name__) from broken
    return found


def _scan_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, order: dict[str, Any], found: list[str]) -> int:
    total = 0
    is_sheet = entry.filename.startswith("xl/worksheets/")
    tail = b""
    with archive.open(entry) as part:
        while chunk := part.read(_CHUNK):
            total += len(chunk)
            window = tail + chunk
            if b"<!DOCTYPE" in window or b"<!ENTITY" in window:
                raise _Refused("workbook_entities")
            if is_sheet:
                _refuse_far_cells(window, order)
            found += [name for mark, name in _MARKS if name not in found and mark.search(window)]
            tail = chunk[-_OVERLAP:]
    return total


def _refuse_far_cells(window: bytes, order: dict[str, Any]) -> None:
    for place in _FAR_ROW_OR_COLUMN.finditer(window):
        if place[1]:
            raise _Refused("too_many_columns", "limit", limit=order["columns"], cell=place[0][4:-1].decode())
        if int(place[2]) > order["rows"] + 1:
            raise _Refused("too_many_rows", "limit", row=int(place[2]), limit=order["rows"])


if __name__ == "__main__":
    main()
