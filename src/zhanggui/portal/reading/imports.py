"""Files taken in, as pages show them: the columns of a file beside the fields they may fill, and refusals in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from zhanggui.connectors.intake import files
from zhanggui.connectors.intake.messages import field_label, file_words, row_words
from zhanggui.connectors.intake.queries import refused_rows
from zhanggui.connectors.intake.records import IntakeView
from zhanggui.connectors.spreadsheets.mapping import FIELDS, guess
from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import Row
from zhanggui.portal import wording

SAMPLE_ROWS = 3
REASONS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class FieldShown:
    """A field with the column that fills it (None: no column) and the first values of that column."""

    name: str
    zh: str
    en: str
    required: bool
    column: int | None
    sample: str


@dataclass(frozen=True, slots=True)
class ColumnsShown:
    """The columns of a file, numbered, and the fields of its subject."""

    header: tuple[tuple[int, str], ...]
    fields: tuple[FieldShown, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one row was refused: its number, the field, the reason and the remedy."""

    row: int
    field: str
    reason: str
    remedy: str


def warnings_of(file: IntakeView) -> tuple[str, ...]:
    """Return what was odd about a file and did not stop it, in words."""
    return tuple(str(wording.FILE_WARNINGS.get(code, code)) for code in file.reading.warnings) if file.reading else ()


def columns_of(file: IntakeView) -> ColumnsShown:
    """Return the columns of a kept file with the mapping that its check used, or a guess.

    Raises: FileRefused. Cost: opens the file and reads three rows.
    """
    reading = file.reading
    options = (reading.encoding or None, reading.delimiter or None, reading.sheet or None) if reading else (None,) * 3
    encoding, delimiter, sheet = options
    path = files.kept(file.sha256)
    with open_table(path, file.name, encoding=encoding, delimiter=delimiter, sheet=sheet) as table:
        header = table.header
        rows = [cells for _, cells in islice(table.rows, SAMPLE_ROWS)]
    mapping: Mapping[str, int] = reading.columns if reading else guess(header, file.subject).columns
    fields = tuple(
        FieldShown(one.name, one.zh, one.en, one.required, at := mapping.get(one.name), _sample(rows, at))
        for one in FIELDS[file.subject]
    )
    return ColumnsShown(tuple(enumerate(header)), fields)


def _sample(rows: list[Row], at: int | None) -> str:
    cells = [row[at] for row in rows if at is not None and at < len(row)]
    return " · ".join(str(cell)[:40] for cell in cells if cell not in (None, ""))


def reasons_of(file: IntakeView) -> tuple[Reason, ...]:
    """Return the first refused rows of a file's newest attempt, in words. Cost: two statements."""
    found = refused_rows(file.id, limit=REASONS_SHOWN)
    return tuple(Reason(one.row, field_label(one.field, file.subject), *row_words(one)) for one in found)


def refusal_of(file: IntakeView) -> tuple[str, str]:
    """Return why the whole file was refused, and the remedy."""
    return file_words(file.refusal, file.details, file.subject) if file.refusal else ("", "")
