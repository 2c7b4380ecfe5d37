"""Workbooks, as the parent process sees them: judged from outside, then read by a child with limits.

The child (`child.py`) gets the open file and nothing else: no database, no settings, no secrets in its
environment. Messages from it are JSON lines: first one with the header or a refusal, then batches of rows.
"""

import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import weakref
import zipfile
from collections.abc import Generator, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any, BinaryIO

import zhanggui
from zhanggui.connectors.spreadsheets.records import (
    Cell,
    FileRefused,
    LimitExceeded,
    Limits,
    Row,
    Table,
    WorkbookRefused,
)

_CHILD = "zhanggui.connectors.spreadsheets.child"
_PASSWORD_STREAM = "EncryptedPackage".encode("utf-16-le")
_PASSWORD_RECORD = re.compile(rb"\x09\x08\x10\x00.{16}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
_WORKBOOK_STREAMS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
_FAMILIES = {"text": WorkbookRefused, "limit": LimitExceeded}
_MOMENTS = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "time": time.fromisoformat}


def open_xlsx(file: BinaryIO, sheet: str | None, limits: Limits) -> Table:
    """Open a zipped workbook after judging its table of contents.

    Raises: WorkbookRefused for what is not a plain xlsx; LimitExceeded for sizes, counts and ratios it
    declares.
    """
    packed = file.seek(0, os.SEEK_END)
    if packed > limits.workbook_bytes:
        raise LimitExceeded("file_too_large", limit_bytes=limits.workbook_bytes)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as broken:
        raise WorkbookRefused("workbook_broken") from broken
    if len(entries) > limits.zip_entries:
        raise LimitExceeded("zip_entries", limit=limits.zip_entries, found=len(entries))
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.unzipped_bytes:
        raise LimitExceeded("unzipped_too_large", limit_bytes=limits.unzipped_bytes)
    if unpacked > limits.ratio_from_bytes and unpacked > packed * limits.zip_ratio:
        raise LimitExceeded("packed_too_tightly", limit_ratio=limits.zip_ratio)
    _judge_entries(entries)
    return _read_in_child(file, "xlsx", sheet, limits)


def _judge_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise WorkbookRefused("workbook_password")
    if "xl/vbaProject.bin" in names:
        raise WorkbookRefused("workbook_macros")
    if "xl/workbook.bin" in names:
        raise WorkbookRefused("workbook_binary")
    if "content.xml" in names and "mimetype" in names:
        raise WorkbookRefused("workbook_opendocument")
    if "xl/workbook.xml" not in names:
        raise WorkbookRefused("zip_holds_no_workbook")


def open_xls(file: BinaryIO, sheet: str | None, limits: Limits) -> Table:
    """Open an old workbook after looking for what its container holds.

    Raises: WorkbookRefused for an encrypted workbook, macros, or a container without a workbook.
    """
    if file.seek(0, os.SEEK_END) > limits.workbook_bytes:
        raise LimitExceeded("file_too_large", limit_bytes=limits.workbook_bytes)
    file.seek(0)
    content = file.read()
    if _PASSWORD_STREAM in content or _PASSWORD_RECORD.search(content):
        raise WorkbookRefused("workbook_password")
    if not any(name in content for name in _WORKBOOK_STREAMS):
        raise WorkbookRefused("workbook_broken" if len(content) < 2048 else "container_holds_no_workbook")
    if _MACROS in content:
        raise WorkbookRefused("workbook_macros")
    return _read_in_child(file, "xls", sheet, limits)


def _read_in_child(file: BinaryIO, kind: str, sheet: str | None, limits: Limits) -> Table:
    order = {
        "kind": kind,
        "sheet": sheet,
        "rows": limits.rows,
        "columns": limits.columns,
        "cell_chars": limits.cell_chars,
        "unzipped_bytes": limits.unzipped_bytes,
        "memory_bytes": limits.child_memory_bytes,
        "cpu_seconds": limits.child_cpu_seconds,
    }
    child = _start(_as_real_file(file), json.dumps(order))
    watchdog = threading.Timer(limits.child_wall_seconds, child.kill)
    watchdog.start()
    try:
        first = _next_message(child)
    except BaseException:
        _end(child)
        raise
    finally:
        watchdog.cancel()
    width = len(first["header"])
    return Table(
        tuple(first["header"]),
        _ChildRows(child, width),
        kind,
        typed=True,
        sheet=first["sheet"],
        warnings=tuple(first["warnings"]),
    )


def _as_real_file(file: BinaryIO) -> BinaryIO | IO[bytes]:
    """Return something with a file descriptor, for the child's standard input."""
    file.seek(0)
    if not isinstance(file, io.BytesIO):
        return file
    real = tempfile.TemporaryFile()  # noqa: SIM115 - closed by its last holder
    real.write(file.getbuffer())
    real.flush()
    real.seek(0)
    return real


def _start(file: BinaryIO | IO[bytes], order: str) -> subprocess.Popen[bytes]:
    """Start the child with an environment of its own: it needs to find this package, nothing more."""
    root = str(Path(zhanggui.__file__).parent.parent)
    return subprocess.Popen(
        [sys.executable, "-m", _CHILD, order],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": root, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
    )


def _next_message(child: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return the child's next message.

    Raises: FileRefused as the child said; LimitExceeded("workbook_too_heavy") if it died of its limits.
    """
    line = child.stdout.readline() if child.stdout else b""
    if not line.endswith(b"\n"):
        raise LimitExceeded("workbook_too_heavy")
    message: dict[str, Any] = json.loads(line, object_hook=_revive)
    if "refused" in message:
        family = _FAMILIES.get(message["family"], FileRefused)
        raise family(message["refused"], **message["details"])
    return message


def _revive(found: dict[str, Any]) -> Any:
    """Return the moment that JSON cannot spell, or the mapping itself."""
    if len(found) != 1:
        return found
    ((name, value),) = found.items()
    if name == "seconds":
        return timedelta(seconds=value)
    return _MOMENTS[name](value) if name in _MOMENTS else found


class _ChildRows(Iterator[tuple[int, Row]]):
    """The rows of a child, which ends with them: read, closed, or forgotten."""

    def __init__(self, child: subprocess.Popen[bytes], width: int) -> None:
        self._rows = _rows(child, width)
        self._end = weakref.finalize(self, _end, child)

    def __next__(self) -> tuple[int, Row]:
        return next(self._rows)

    def close(self) -> None:
        self._rows.close()
        self._end()


def _rows(child: subprocess.Popen[bytes], width: int) -> Generator[tuple[int, Row], None, None]:
    """Give the rows as the child sends them, and end the child whatever happens."""
    try:
        while not (message := _next_message(child)).get("done"):
            for number, cells in message["rows"]:
                row: list[Cell] = cells
                if len(row) < width:
                    row += [""] * (width - len(row))
                yield number, row
    finally:
        _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.stdout:
        child.stdout.close()
    child.kill()
    child.wait()
