"""The way of a file: kept, checked row by row, committed part by part. Pages, commands and the worker go it alike.

A check writes nothing but the file's own record. A commit is one run per part; the file's place moves in the same
run, so that a commit that was killed goes on where it stood and doubles nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import cast

from zhanggui.catalog.records import SkuIn
from zhanggui.connectors.channels import channel_for, checked_code
from zhanggui.connectors.intake import files, steps
from zhanggui.connectors.intake.parsing import DEFAULT_SHOP, GUESSING, Told, parse_file, silent
from zhanggui.connectors.intake.queries import intake
from zhanggui.connectors.intake.records import (
    Begin,
    Checked,
    Choices,
    Counts,
    Entries,
    Entry,
    IntakeView,
    OrderRow,
    Parsed,
    Part,
    SkuRow,
    State,
    StockIn,
    StockRow,
    Upload,
)
from zhanggui.connectors.spreadsheets.mapping import Subject
from zhanggui.connectors.spreadsheets.records import FileRefused
from zhanggui.journal.records import Context
from zhanggui.kernel.batch import Answer
from zhanggui.sales.orders.records import OrderIn

PART_ENTRIES, PART_LINES = 2_500, 20_000
SOON_ROWS, SOON_BYTES = 2_000, 1_000_000
"""A file within these is checked at once; a larger one by the worker."""
FORECAST_ENTRIES = 100_000
"""Above this many entries the check reads every row but does not try the import, which takes as long again."""


class Overtaken(Exception):
    """Somebody else checked or began to commit the same file meanwhile; look at it again."""


def _never() -> bool:
    return False


# ---- kept


def take_file(
    chunks: Iterable[bytes], subject: Subject, name: str, *, channel: str, shop: str, context: Context
) -> int:
    """Keep a file and note it; return its id. The same file of the same shop is the same one, whoever brings it.

    Raises: LimitExceeded, OSError, CodeInvalid; nothing is noted then.
    """
    if subject == "orders":
        channel_for(channel)
        checked_code(shop or DEFAULT_SHOP)
    sha256, size = files.keep(chunks)
    place = (channel, shop or DEFAULT_SHOP) if subject == "orders" else ("", "")
    upload = Upload(subject, *place, name=name[:200], sha256=sha256, size=size)
    return int(steps.upload_files([upload], context=context).accepted[0].result)


# ---- checked


def check_intake(intake_id: int, *, context: Context, choices: Choices = GUESSING, forecast: bool = True) -> Parsed:
    """Check a kept file as a new attempt and keep the verdict; business tables stay as they are.

    Takes: forecast, whether the commit is tried and rolled back, so that new, changed and unchanged are known.
    Raises: FileRefused, after it was kept with the file; Overtaken.
    """
    file = _known(intake_id)
    attempt = file.attempt + 1
    try:
        parsed = _read_kept(file, choices, context.as_of)
    except FileRefused as refusal:
        _note(Checked(intake_id, attempt, None, refusal=refusal.code, details=refusal.details), context)
        raise
    expected = foresee(parsed, context=context) if forecast else Counts()
    _note(Checked(intake_id, attempt, parsed, expected), context)
    return parsed


def _known(intake_id: int) -> IntakeView:
    file = intake(intake_id)
    if file is None:
        raise LookupError(f"no intake {intake_id}")
    return file


def _note(checked: Checked, context: Context) -> None:
    given = steps.note_checks([checked], context=context)
    if given.rejected:
        raise Overtaken(given.rejected[0].code)


def foresee(parsed: Parsed, *, context: Context, told: Told = silent) -> Counts:
    """Try the commit of a parsed file, part by part, and roll each back; return what would come of it."""
    trial = replace(context, dry_run=True, key=None)
    counts = Counts()
    for start, entries in _parts(parsed.entries):
        batch = _batch(parsed, 0, 0, start, entries)
        counts = counts.plus(steps.counts_of(batch, _commit_part(parsed.subject, batch, trial)))
        told(start + len(entries), len(parsed.entries))
    return counts


# ---- committed


def begin_commit(intake_id: int, *, context: Context, as_job: bool = False) -> State:
    """Let a checked file come in, by `commit_intake` here or by the worker. Raises: Overtaken."""
    given = steps.begin_commits([Begin(intake_id, _known(intake_id).attempt, as_job)], context=context)
    if given.rejected:
        raise Overtaken(given.rejected[0].code)
    return State(str(given.accepted[0].result))


def commit_intake(
    intake_id: int,
    *,
    context: Context,
    parsed: Parsed | None = None,
    told: Told = silent,
    stopping: Callable[[], bool] = _never,
) -> bool:
    """Commit what is left of a file whose commit began, and tell whether it was not stopped.

    Takes: parsed, if the caller has just checked it; told, called with entries done and in total after each part;
    stopping, asked between parts.
    Raises: FileRefused("file_gone"), Busy.
    """
    file = _known(intake_id)
    if file.state != State.COMMITTING:
        return True
    parsed = parsed or parsed_again(intake_id)
    told(file.position, len(parsed.entries))
    for start, entries in _parts(parsed.entries, file.position):
        if stopping():
            return False
        batch = _batch(parsed, intake_id, file.attempt, start, entries)
        key = f"{intake_id}:{file.attempt}:{start}:{file.sha256}"
        try:
            _commit_part(parsed.subject, batch, replace(context, key=key))
        except steps.PartMoved:
            return commit_intake(intake_id, context=context, told=told, stopping=stopping)
        told(start + len(entries), len(parsed.entries))
    return True


def parsed_again(intake_id: int) -> Parsed:
    """Read a kept file as its check read it, so that its parts are the same again."""
    file = _known(intake_id)
    reading, as_of = file.reading, file.checked_at
    assert reading
    assert as_of
    choices = Choices(
        reading.columns, "auto", reading.encoding or None, reading.delimiter or None, reading.sheet or None
    )
    return _read_kept(file, choices, as_of)


def _read_kept(file: IntakeView, choices: Choices, as_of: datetime, told: Told = silent) -> Parsed:
    place = {"name": file.name, "channel": file.channel, "shop": file.shop}
    return parse_file(files.kept(file.sha256), file.subject, **place, choices=choices, as_of=as_of, told=told)


def _parts(entries: Entries, start: int = 0) -> Iterator[tuple[int, list[Entry]]]:
    """Cut entries into parts, by their number and by their rows; from the same place on they are always the same."""
    part: list[Entry] = []
    rows = 0
    for entry in entries.since(start):
        if len(part) == PART_ENTRIES or rows >= PART_LINES:
            yield start, part
            start, part, rows = start + len(part), [], 0
        part.append(entry)
        rows += len(entry.rows)
    if part:
        yield start, part


Batch = list[OrderRow] | list[SkuRow] | list[StockRow]


def _batch(parsed: Parsed, intake_id: int, attempt: int, start: int, entries: Sequence[Entry]) -> Batch:
    part = Part(intake_id, attempt, start, parsed.shop, frozenset(parsed.reading.columns))
    if parsed.subject == "orders":
        return [OrderRow(part, entry.rows, cast(OrderIn, entry.record)) for entry in entries]
    if parsed.subject == "stock":
        return [StockRow(part, entry.rows, cast(StockIn, entry.record)) for entry in entries]
    return [SkuRow(part, entry.rows, cast(SkuIn, entry.record)) for entry in entries]


def _commit_part(subject: Subject, batch: Batch, context: Context) -> Answer:
    commit = {"orders": steps.commit_orders, "products": steps.commit_products, "stock": steps.commit_stock}
    return commit[subject](batch, context=context)
