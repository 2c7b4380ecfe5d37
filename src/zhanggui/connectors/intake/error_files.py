"""Bad rows on their way back: the original columns, the reason, what to do, and the row's number in its file.

The file can be corrected and imported again; the added columns are overlooked then.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from zhanggui.connectors.intake.files import kept
from zhanggui.connectors.intake.layouts import own_header
from zhanggui.connectors.intake.messages import error_columns, row_words
from zhanggui.connectors.intake.opening import open_file
from zhanggui.connectors.intake.queries import intake, refused_rows
from zhanggui.connectors.intake.records import Reading, RowRefused
from zhanggui.connectors.spreadsheets.records import Table
from zhanggui.connectors.spreadsheets.writing import Kind, write_table


def write_errors(intake_id: int, path: Path, *, kind: Kind | None = None) -> int:
    """Write the refused rows of a kept file's newest attempt; return how many.

    Takes: kind, csv or xlsx; the file's own kind if open.
    Raises: FileRefused("file_gone"), TableTooLong, OSError.
    """
    file = intake(intake_id)
    assert file, "a file that is kept"
    assert file.reading, "a file that was checked"
    return write_refused(kept(file.sha256), file.name, file.reading, refused_rows(intake_id), path, kind=kind)


def write_refused(
    source: Path, name: str, reading: Reading, refused: Sequence[RowRefused], path: Path, *, kind: Kind | None = None
) -> int:
    """Write the refused rows of a file, in the order of its rows; return how many."""
    kind = kind or ("csv" if reading.kind in ("csv", "tsv") else "xlsx")
    by_row = {one.row: one for one in refused}
    encoding, delimiter, sheet = reading.encoding or None, reading.delimiter or None, reading.sheet or None
    with open_file(source, name, encoding=encoding, delimiter=delimiter, sheet=sheet) as table:
        width = len(own_header(table.header))
        header = [*table.header[:width], *error_columns()]
        return write_table(path, header, _rows(table, by_row, width), kind)


def _rows(table: Table, by_row: Mapping[int, RowRefused], width: int) -> Iterator[Sequence[object]]:
    for number, cells in table.rows:
        refused = by_row.get(number)
        if refused:
            beyond = cells[len(table.header) :]
            yield [*cells[:width], *row_words(refused), number, *beyond]
