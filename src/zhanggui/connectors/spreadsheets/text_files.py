"""CSV and its kin: the encoding ladder, the separator, and rows that stream.

Ladder: a byte order mark (UTF-8, UTF-16 LE or BE), else strict UTF-8, else strict GB18030, else refused with
the line. No statistics: a guesser takes short Chinese samples for Korean. A file that mixes UTF-8 lines and
GB18030 lines can pass as GB18030, so lines that are UTF-8 beyond doubt inside a GB18030 file make it refused
as well.
"""

import codecs
import csv
import io
import itertools
import os
import re
from collections.abc import Iterator
from typing import BinaryIO

from zhanggui.connectors.spreadsheets.records import Cell, LimitExceeded, Limits, Row, Table, TextRefused
from zhanggui.kernel.text import plain_cell

DELIMITERS = (",", "\t", ";", "，")

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "gb18030", "gbk", "big5", "cp1252", "ascii")

_CHUNK = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_ROWS = 50
_TITLE_ROWS = 4
_TITLED = 3
_SAMPLE_BYTES = 40
Records = Iterator[tuple[int, list[str]]]
_HAN_IN_UTF8 = re.compile(rb"(?:[\xe3-\xe9][\x80-\xbf][\x80-\xbf]){2}|\xef\xbc[\x80-\xbf]")
_SURROGATE_IN_UTF8 = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


def open_text(file: BinaryIO, start: bytes, encoding: str | None, delimiter: str | None, limits: Limits) -> Table:
    """Open a text table whose whole content was proved readable.

    Raises: TextRefused, LimitExceeded.
    """
    _judge_choices(encoding, delimiter)
    size = file.seek(0, os.SEEK_END)
    if size > limits.text_bytes:
        raise LimitExceeded("file_too_large", limit_bytes=limits.text_bytes)
    chosen, lines = prove_encoding(file, start, encoding, limits)
    csv.field_size_limit(limits.cell_chars)
    picked = delimiter or find_delimiter(_text(file, chosen), limits)
    rows = _records(_text(file, chosen), picked, limits)
    number, first, rows = _below_title(rows)
    header = [name.strip().lstrip("\ufeff") for name in first]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise TextRefused("no_rows", row=number)
    if len(header) == 1 and delimiter is None:
        raise TextRefused("single_column", row=number, header=header[0][:80])
    kind = "tsv" if picked == "\t" else "csv"
    fitted = _closing(file, _fitted(rows, len(header), limits))
    return Table(tuple(header), fitted, kind, encoding=chosen, delimiter=picked, rows_expected=max(1, lines - number))


def _below_title(rows: Records) -> tuple[int, list[str], Records]:
    """Return the first row that holds something, with its number, and the rows behind it.

    A lone cell above a row of several is a title, which platforms put over their headers, and no header.
    """
    passed: list[tuple[int, list[str]]] = []
    for number, row in rows:
        width = _width(row)
        if width >= _TITLED or (width > 1 and not passed):
            return number, row, rows
        if width:
            passed.append((number, row))
        if len(passed) > _TITLE_ROWS:
            break
    first = passed.pop(0) if passed else (0, [])
    return *first, itertools.chain(passed, rows)


def _judge_choices(encoding: str | None, delimiter: str | None) -> None:
    if encoding is not None and encoding not in ENCODINGS:
        raise TextRefused("encoding_unknown", encoding=encoding[:40])
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\x00'):
        raise TextRefused("delimiter_unknown", delimiter=delimiter[:40])


def _closing(file: BinaryIO, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Give the rows and close the file behind them."""
    with file:
        yield from rows


# --- encoding


def prove_encoding(file: BinaryIO, start: bytes, chosen: str | None, limits: Limits) -> tuple[str, int]:
    """Return the encoding in which every byte of the file can be read, and the number of its lines.

    Raises: TextRefused("encoding_unreadable", encoding, line, sample) and the refusals of `_walk`.
    """
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if marked or chosen:
        ladder: tuple[str, ...] = (marked or chosen or "",)
    else:
        ladder = ("utf-8", "gb18030")
    failures = []
    for name in ladder:
        failed_at, lines = _walk(file, name, limits)
        if failed_at is None:
            if name == "gb18030" and chosen is None:
                _refuse_mixture(file)
            return name, lines
        failures.append((failed_at, name))
        if name == "utf-8":
            _refuse_surrogate(file, failed_at)
    is_utf8 = failures[0][1] == "utf-8" and _has_signs(file, failures[0][0])
    raise _unreadable(file, *(failures[0] if is_utf8 else max(failures)))


def _has_signs(file: BinaryIO, offset: int) -> bool:
    """Tell whether something other than ASCII could be read before a place: the file is in that encoding, then."""
    file.seek(0)
    return not all(file.read(min(_CHUNK, offset - at)).isascii() for at in range(0, offset, _CHUNK))


def _walk(file: BinaryIO, encoding: str, limits: Limits) -> tuple[int | None, int]:
    """Read the whole file; return the offset of the first byte that the encoding does not allow, or None, and the
    number of lines up to there.

    Raises: TextRefused("nul", line); LimitExceeded("line_too_long", line).
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    file.seek(0)
    lines, length, offset = 1, 0, 0
    for chunk in iter(lambda: file.read(_CHUNK), b""):
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as wrong:
            return max(0, offset - pending + wrong.start), lines
        offset += len(chunk)
        if "\x00" in text:
            raise TextRefused("nul", line=lines + _line_ends(text[: text.index("\x00")]))
        first = _first_end(text)
        if length + (len(text) if first < 0 else first) > limits.line_chars:
            raise LimitExceeded("line_too_long", line=lines, limit_chars=limits.line_chars)
        lines += _line_ends(text)
        length = length + len(text) if first < 0 else len(text) - 1 - max(text.rfind("\n"), text.rfind("\r"))
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return max(0, offset - len(decoder.getstate()[0])), lines
    return None, lines - (length == 0)


def _first_end(text: str) -> int:
    ends = [place for place in (text.find("\n"), text.find("\r")) if place >= 0]
    return min(ends, default=-1)


def _line_ends(text: str) -> int:
    return text.count("\n") or text.count("\r")


def _unreadable(file: BinaryIO, offset: int, encoding: str) -> TextRefused:
    line, sample = _place(file, offset, encoding)
    return TextRefused("encoding_unreadable", line=line, encoding=spelled(encoding), sample=sample, byte=offset)


def spelled(encoding: str) -> str:
    """Return the name of an encoding as people write it."""
    return encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be").upper()


def _place(file: BinaryIO, offset: int, encoding: str) -> tuple[int, str]:
    """Return the line of a byte and the text around it, as far as it can be shown.

    Lines are counted in the text: in UTF-16 half of a character looks like the end of a line.
    """
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    file.seek(0)
    ends, returns, before = 0, 0, ""
    for start in range(0, offset, _CHUNK):
        text = decoder.decode(file.read(min(_CHUNK, offset - start)))
        ends, returns = ends + text.count("\n"), returns + text.count("\r")
        before = (before + text)[-_SAMPLE_BYTES:]
    after = decoder.decode(file.read(2 * _SAMPLE_BYTES))
    return (ends or returns) + 1, (before + after)[: 2 * _SAMPLE_BYTES].strip()


def _refuse_surrogate(file: BinaryIO, offset: int) -> None:
    """Refuse a file that is UTF-8 but for half of a surrogate pair, before it passes as GB18030."""
    file.seek(offset)
    if _SURROGATE_IN_UTF8.match(file.read(3)):
        line, sample = _place(file, offset, "utf-8")
        raise TextRefused("lone_surrogate", line=line, sample=sample)


def _refuse_mixture(file: BinaryIO) -> None:
    """Refuse a file that can be read as GB18030 but has lines that are UTF-8 beyond doubt.

    The line that is told is the first of the fewer: in a UTF-8 file that was cut, or holds lines of another system,
    the first line that is not UTF-8; in a GB18030 file the first that is.
    """
    sure, other, first_sure, first_other = 0, 0, (0, b""), (0, b"")
    for number, line in enumerate(_lines(file), start=1):
        if line.isascii():
            continue
        if not _is_utf8(line):
            other += 1
            first_other = first_other if other > 1 else (number, line)
        elif _HAN_IN_UTF8.search(line):
            sure += 1
            first_sure = first_sure if sure > 1 else (number, line)
    if sure > other or (sure and sure == other and first_sure < first_other):
        number, line = first_other
        sample = line.decode("utf-8", "replace")[:_SAMPLE_BYTES].strip()
        raise TextRefused("encoding_unreadable", line=number, encoding=spelled("utf-8"), sample=sample)
    if sure:
        number, line = first_sure
        raise TextRefused("encodings_mixed", line=number, sample=line.decode("utf-8")[:_SAMPLE_BYTES].strip())


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Give the lines of a file, however they end."""
    file.seek(0)
    for line in file:
        yield from line.splitlines() if b"\r" in line else (line,)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    file.seek(2 if encoding.startswith("utf-16-") else 0)
    return _Kept(file, encoding=encoding, errors="strict", newline="")


class _Kept(io.TextIOWrapper):
    """A text view that leaves the file below it open when it is forgotten."""

    def __del__(self) -> None:
        self._release()

    def _release(self) -> None:
        try:
            self.detach()
        except ValueError:
            return


# --- separator


def find_delimiter(text: io.TextIOWrapper, limits: Limits) -> str:
    """Return the separator that cuts the first lines into the same columns.

    Raises: TextRefused("single_column") if none cuts the header, ("delimiter_unclear") if two do so equally
    well.
    """
    lines = list(itertools.islice(text, _SAMPLE_ROWS))
    scored = sorted(((_fit(lines, sign), sign) for sign in DELIMITERS), reverse=True)
    if scored[0][0][1] < 2:
        scored = sorted(((_fit(lines, sign, titled=True), sign) for sign in DELIMITERS), reverse=True)
    (best, sign), (second, other) = scored[0], scored[1]
    if best[1] < 2:
        raise TextRefused("single_column", row=1, header=(lines[0] if lines else "").strip()[:80])
    if best == second:
        raise TextRefused("delimiter_unclear", first=sign, second=other)
    return sign


def _fit(lines: list[str], sign: str, *, titled: bool = False) -> tuple[float, int]:
    """Return how well a separator fits: share of rows as wide as the header, and that width.

    Takes: titled, whether the header may stand below lines of one cell.
    """
    try:
        rows = [row for row in csv.reader(lines, delimiter=sign) if any(row)]
    except csv.Error:
        rows = [line.split(sign) for line in lines[:1]]
    if titled:
        rows = rows[next((at for at, row in enumerate(rows[: _TITLE_ROWS + 1]) if _width(row) >= _TITLED), 0) :]
    if not rows or len(rows[0]) < 2:
        return 0.0, 0
    width = _width(rows[0])
    return round(sum(_width(row) <= width and len(row) > 1 for row in rows) / len(rows), 3), width


def _width(row: list[str]) -> int:
    width = len(row)
    while width and not row[width - 1].strip():
        width -= 1
    return width


# --- rows


def _records(text: io.TextIOWrapper, delimiter: str, limits: Limits) -> Records:
    """Give each record with its number; blank lines count but are given as empty.

    Raises: TextRefused("quote_open" | "quote_broken", line), LimitExceeded for cells, columns or rows.
    """
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    started = 0
    try:
        for number, row in enumerate(reader, start=1):
            if len(row) > limits.columns and _width(row) > limits.columns:
                raise LimitExceeded("too_many_columns", row=number, limit=limits.columns)
            started = reader.line_num
            yield number, row
    except csv.Error as broken:
        raise _broken_record(broken, started + 1, reader.line_num, limits) from broken


def _broken_record(broken: csv.Error, first_line: int, last_line: int, limits: Limits) -> TextRefused | LimitExceeded:
    reason = str(broken)
    if "field larger" in reason and last_line <= first_line:
        return LimitExceeded("cell_too_long", line=first_line, limit_chars=limits.cell_chars)
    if "field larger" in reason or "unexpected end" in reason:
        return TextRefused("quote_open", line=first_line)
    return TextRefused("quote_broken", line=last_line)


def _fitted(rows: Records, width: int, limits: Limits) -> Iterator[tuple[int, Row]]:
    """Give the rows that hold something, at least as wide as the header, without empty cells beyond it."""
    given = 0
    for number, row in rows:
        if len(row) != width:
            if len(row) > width:
                row = row[: max(width, _width(row))]
            else:
                row += [""] * (width - len(row))
        if not row[0].strip() and not any(map(str.strip, row)):
            continue
        given += 1
        if given > limits.rows:
            raise LimitExceeded("too_many_rows", row=number, limit=limits.rows)
        cells: list[Cell] = list(map(plain_cell, row)) if "'" in "".join(row) else row  # type: ignore[assignment]
        yield number, cells
