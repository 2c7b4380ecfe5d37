"""What a table file is, the limits it must keep, and the ways in which it is sent back.

    FileRefused              the whole file; `code` and `details` say why and where
    ├── TextRefused          CSV or TSV: encoding, forbidden characters, quotes, separator
    ├── WorkbookRefused      xlsx or xls: not a workbook, protected, broken, unclear which sheet
    └── LimitExceeded        either of them, larger than `Limits` allows
    CellRefused              one cell; `code` is the row's rejection code, `expected` names what was looked
    for

Codes are stable words for programs; the doors turn them into sentences.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Self

Cell = None | str | int | float | bool | datetime | date | time | timedelta
Row = list[Cell]


class FileRefused(Exception):
    """The file was not read; nothing of it was used."""

    def __init__(self, code: str, **details: str | int) -> None:
        super().__init__(code, details)
        self.code = code
        self.details: Mapping[str, str | int] = details

    def __str__(self) -> str:
        """Return the code with its details, for logs."""
        return self.code + "".join(f" {name}={value!r}" for name, value in self.details.items())


class TextRefused(FileRefused):
    """A text file that cannot be read without guessing."""


class WorkbookRefused(FileRefused):
    """A workbook, or what pretends to be one, that cannot be read."""


class LimitExceeded(FileRefused):
    """A file that is larger, in some direction, than the limits allow."""


class CellRefused(Exception):
    """One cell does not hold what its column needs.

    Takes: code, the rejection code of the row; expected, a word for what would have been right.
    """

    def __init__(self, code: str, expected: str) -> None:
        super().__init__(code, expected)
        self.code = code
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be: declared sizes are judged before unpacking, counted sizes while unpacking."""

    rows: int = 1_000_000
    columns: int = 200
    cell_chars: int = 32_000
    line_chars: int = 4_000_000
    text_bytes: int = 512 * 1024 * 1024
    workbook_bytes: int = 100 * 1024 * 1024
    unzipped_bytes: int = 400 * 1024 * 1024
    zip_entries: int = 2_000
    zip_ratio: int = 150
    ratio_from_bytes: int = 1024 * 1024
    child_memory_bytes: int = 1536 * 1024 * 1024
    child_cpu_seconds: int = 60
    child_wall_seconds: int = 120


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Table:
    """An opened table: its header is read and its encoding proved, its rows are still to come.

    `rows` gives (row number as a spreadsheet shows it, cells) once, skips empty rows, fills short rows up to
    the header's width and leaves cells beyond it in place: a row longer than the header holds something that
    has no column (`row_too_wide`). Cells of text files are `str`; those of workbooks (`typed`) keep their
    type. Rows may still raise `FileRefused` while they are read. `rows_expected` is about how many there are, from
    the lines of a text file; 0 where nobody knows before the end.
    """

    header: tuple[str, ...]
    rows: Iterator[tuple[int, Row]]
    kind: str
    encoding: str = ""
    delimiter: str = ""
    typed: bool = False
    sheet: str = ""
    warnings: tuple[str, ...] = field(default=())
    rows_expected: int = 0

    def close(self) -> None:
        """Let go of the file or the child process; needed only if the rows are not read to their end."""
        close = getattr(self.rows, "close", None)
        if close:
            close()

    def __enter__(self) -> Self:
        """Return the table itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the table."""
        self.close()
