"""A kept file opened as a table whose header is the row that names its columns, below any rows of titles."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from zhanggui.connectors.intake.platforms import header_names
from zhanggui.connectors.spreadsheets.mapping import normalise
from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import Row, Table

TITLE_ROWS = 8
LEAST_NAMES = 3


def open_file(
    source: str | os.PathLike[str] | bytes,
    name: str = "",
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Table:
    """Open a table file; rows of titles above the header are overlooked. Raises: FileRefused."""
    return below_titles(open_table(source, name, encoding=encoding, delimiter=delimiter, sheet=sheet))


def below_titles(table: Table) -> Table:
    """Return the table with the row as its header that names the most columns, if the first row names few."""
    if _named(table.header) >= LEAST_NAMES:
        return table
    first: list[tuple[int, Row]] = []
    for number, cells in islice(table.rows, TITLE_ROWS):
        if _named(cells) >= LEAST_NAMES and _named(cells) > _named(table.header):
            return replace(table, header=_header(cells), rows=_Rows(table, [], len(_header(cells))))
        first.append((number, cells))
    return replace(table, rows=_Rows(table, first, len(table.header)))


def _named(cells: Sequence[object]) -> int:
    known = header_names()
    return sum(normalise(cell) in known for cell in cells if isinstance(cell, str) and cell.strip())


def _header(cells: Row) -> tuple[str, ...]:
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


class _Rows(Iterator[tuple[int, Row]]):
    """The rows below a header, as wide as it; closing them closes the table."""

    def __init__(self, table: Table, first: list[tuple[int, Row]], width: int) -> None:
        self._table, self._width = table, width
        self._rows = chain(first, table.rows)

    def __next__(self) -> tuple[int, Row]:
        number, cells = next(self._rows)
        if len(cells) < self._width:
            cells = [*cells, *[""] * (self._width - len(cells))]
        return number, cells

    def close(self) -> None:
        """Let go of the file or the child process."""
        self._table.close()
