"""Opens a table file. What it is, its content says; its name is only repeated in messages.

A file is read twice: once to prove that all of it can be read (encoding, forbidden signs, sizes), once to
hand out its rows. So a file is refused before its first row is used, apart from broken quotes, which end the
rows with an error.
"""

import contextlib
import gzip
import io
import os
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from zhanggui.connectors.spreadsheets import text_files, workbooks
from zhanggui.connectors.spreadsheets.records import (
    LIMITS,
    FileRefused,
    LimitExceeded,
    Limits,
    Table,
    TextRefused,
)

_SPOOL_BYTES = 32 * 1024 * 1024
_CHUNK = 1024 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_GZIP = b"\x1f\x8b"
_NAMED_FORMATS = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"Rar!", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"PAR1", "parquet"),
)
_MARKUP = (
    b"<html",
    b"<!doctype",
    b"<table",
    b"<head",
    b"<meta",
    b"<body",
    b"<style",
    b"<div",
    b"<!--",
    b"<tr",
)


def open_table(
    source: str | os.PathLike[str] | bytes,
    filename: str = "",
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
    limits: Limits = LIMITS,
) -> Table:
    """Open a table of any supported kind: CSV, TSV (also gzipped), xlsx, xls.

    Takes: source, a path or the bytes; filename for messages; encoding, delimiter, sheet only when a person
    chose them after the preview.
    Gives: the table with its header; `rows` can be walked once.
    Raises: FileRefused with a code for everything that cannot be read without guessing.
    Cost: memory for one row of a text file; a workbook is held by a child process with limits of its own.
    """
    name = filename or (Path(source).name if not isinstance(source, bytes) else "")
    with contextlib.ExitStack() as stack:
        file: BinaryIO = stack.enter_context(_opened(source))
        start = _peek(file)
        if start.startswith(_GZIP):
            file = _gunzip(file, limits)
            stack.callback(file.close)
            start = _peek(file)
            _refuse_nested(start)
        if not start:
            raise FileRefused("file_empty", filename=name)
        table = _reader_for(start)(file, start, (encoding, delimiter, sheet), limits)
        if not table.typed:
            stack.pop_all()
    return table


def _opened(source: str | os.PathLike[str] | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


_Choices = tuple[str | None, str | None, str | None]
_Reader = Callable[[BinaryIO, bytes, _Choices, Limits], Table]


def _peek(file: BinaryIO) -> bytes:
    file.seek(0)
    start = file.read(4096)
    file.seek(0)
    return start


def _reader_for(start: bytes) -> _Reader:
    if start.startswith(_ZIP):
        return lambda file, _, choices, limits: workbooks.open_xlsx(file, choices[2], limits)
    if start.startswith(_OLE):
        return lambda file, _, choices, limits: workbooks.open_xls(file, choices[2], limits)
    for magic, found in _NAMED_FORMATS:
        if start.startswith(magic):
            raise FileRefused("not_a_table", found=found)
    _refuse_markup(start)
    return lambda file, head, choices, limits: text_files.open_text(file, head, choices[0], choices[1], limits)


def _refuse_markup(start: bytes) -> None:
    """Refuse web pages and XML that platforms save under the name of a workbook."""
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    head = start.decode(encoding, "ignore").lstrip("\ufeff \t\r\n").lower().encode("utf-8", "ignore")
    if head.startswith(b"<?xml"):
        found = "xml_spreadsheet" if b"urn:schemas-microsoft-com:office:spreadsheet" in head else "xml"
        raise FileRefused("html_page" if b"<html" in head else found)
    if head.startswith(_MARKUP):
        raise FileRefused("html_page")


def _refuse_nested(start: bytes) -> None:
    if start.startswith((_GZIP, _OLE, *_ZIP)):
        raise FileRefused("gzip_holds_no_text")


def _gunzip(file: BinaryIO, limits: Limits) -> BinaryIO:
    """Unpack to a temporary file, counting all the way; a cut file declares nothing one could trust."""
    packed = file.seek(0, os.SEEK_END)
    file.seek(0)
    out = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - the table keeps it open
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                out.write(chunk)
                _judge_size(out.tell(), packed, limits)
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        out.close()
        raise TextRefused("gzip_broken") from broken
    except FileRefused:
        out.close()
        raise
    return out  # type: ignore[return-value]  # a spooled file reads, seeks and closes as a binary file does


def _judge_size(unpacked: int, packed: int, limits: Limits) -> None:
    if unpacked > limits.text_bytes:
        raise LimitExceeded("file_too_large", limit_bytes=limits.text_bytes)
    if unpacked > limits.ratio_from_bytes and unpacked > packed * limits.zip_ratio:
        raise LimitExceeded("packed_too_tightly", limit_ratio=limits.zip_ratio)
