"""Files taken in, as pages show them: the columns of a file beside the fields they may fill, and refusals in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils.translation import gettext as _

from zhanggui.connectors.intake import files
from zhanggui.connectors.intake.messages import field_label, file_words, other_file, row_words, waits_for
from zhanggui.connectors.intake.opening import open_file
from zhanggui.connectors.intake.platforms import PLATFORMS, recognised
from zhanggui.connectors.intake.queries import refused_rows, tried_choices, waiting_halves
from zhanggui.connectors.intake.records import IntakeView
from zhanggui.connectors.spreadsheets.mapping import FIELDS, Subject, guess
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
class ColumnShown:
    """A column of the file with its first values, and the field that it fills (empty: none)."""

    index: int
    title: str
    sample: str
    field: str


@dataclass(frozen=True, slots=True)
class ColumnsShown:
    """The columns of a file, numbered, and the fields of its subject; how the file was or would be read."""

    header: tuple[ColumnShown, ...]
    fields: tuple[FieldShown, ...]
    layout: str


@dataclass(frozen=True, slots=True)
class Options:
    """What is chosen for a file: as its newest check read it, or as a person tried in vain."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    layout: str = ""
    columns: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one row was refused: its number, the field, the reason and the remedy."""

    row: int
    field: str
    reason: str
    remedy: str


def warnings_of(file: IntakeView) -> tuple[str, ...]:
    """Return what was odd about a file and did not stop it, in words."""
    if not file.reading:
        return ()
    told = [str(wording.FILE_WARNINGS.get(code, code)) for code in file.reading.warnings]
    if file.reading.unused:
        names = ", ".join(file.reading.unused)
        told.append(_("Columns that no known edition has are overlooked: %(names)s") % {"names": names[:300]})
    return tuple(told)


def missing_file(file: IntakeView) -> str:
    """Return which file the orders of a file wait for, in words."""
    return other_file(file.layout)


def options_of(file: IntakeView) -> Options:
    """Return what is chosen for a file."""
    tried, read = tried_choices(file), file.reading
    if tried:
        return Options(
            tried.encoding or "", tried.delimiter or "", tried.sheet or "", "" if tried.columns else tried.layout,
            tried.columns,
        )  # fmt: skip
    if read:
        layout = read.layout if read.layout in PLATFORMS else ""
        return Options(read.encoding, read.delimiter, read.sheet, layout, read.columns)
    return Options()


def columns_of(file: IntakeView, options: Options) -> ColumnsShown:
    """Return the columns of a kept file with the mapping that was chosen, or a guess.

    Raises: FileRefused. Cost: opens the file and reads three rows.
    """
    how = {"encoding": options.encoding or None, "delimiter": options.delimiter or None, "sheet": options.sheet or None}
    with open_file(files.kept(file.sha256), file.name, **how) as table:
        header = table.header
        rows = [cells for _, cells in islice(table.rows, SAMPLE_ROWS)]
    platform = recognised(header) if file.subject == "orders" and options.columns is None and not file.reading else None
    mapping = options.columns if options.columns is not None else guess(header, file.subject).columns
    fields = tuple(
        FieldShown(one.name, one.zh, one.en, one.required, at := mapping.get(one.name), _sample(rows, at))
        for one in FIELDS[file.subject]
    )
    filled = {at: name for name, at in reversed(list(mapping.items()))}
    columns = tuple(
        ColumnShown(at, title, _sample(rows, at), field_label(filled[at], file.subject) if at in filled else "")
        for at, title in enumerate(header)
    )
    return ColumnsShown(columns, fields, options.layout or (platform.name if platform else ""))


def _sample(rows: list[Row], at: int | None) -> str:
    cells = [row[at] for row in rows if at is not None and at < len(row)]
    return " · ".join(str(cell)[:40] for cell in cells if cell not in (None, ""))


@dataclass(frozen=True, slots=True)
class WaitingShown:
    """Orders that wait for their other half, with the file that is missing, in words."""

    channel: str
    shop: str
    count: int
    since_at: datetime
    intake_id: int
    missing: str


def waiting_shown() -> list[WaitingShown]:
    """Return the orders that wait for their other half, the longest waiting first. Cost: one statement."""
    return [
        WaitingShown(one.channel, one.shop, one.count, one.since_at, one.intake_id, waits_for(one.half))
        for one in waiting_halves()
    ]


def mapping_fields(fields: tuple[str, ...], subject: Subject) -> str:
    """Return the fields of a mapping as people call them."""
    return "、".join(field_label(name, subject) for name in fields)


def reasons_of(file: IntakeView) -> tuple[Reason, ...]:
    """Return the first refused rows of a file's newest attempt, in words. Cost: two statements."""
    found = refused_rows(file.id, limit=REASONS_SHOWN)
    return tuple(Reason(one.row, field_label(one.field, file.subject), *row_words(one)) for one in found)


def refusal_of(file: IntakeView) -> tuple[str, str]:
    """Return why the whole file was refused, and the remedy."""
    return file_words(file.refusal, file.details, file.subject) if file.refusal else ("", "")
