"""The way of a file: kept, checked row by row, committed part by part. Pages, commands and the worker go it alike.

A check writes nothing but the file's own record. A commit is one run per part; the file's place moves in the same
run, so that a commit that was killed goes on where it stood and doubles nothing.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import cast

from zhanggui.catalog.records import SkuIn
from zhanggui.connectors.channels import channel_for, checked_code
from zhanggui.connectors.intake import files, steps
from zhanggui.connectors.intake.halves import Half
from zhanggui.connectors.intake.parsing import DEFAULT_SHOP, GUESSING, Told, parse_file, silent
from zhanggui.connectors.intake.platforms import PLATFORMS
from zhanggui.connectors.intake.queries import TRIED, choices_text, intake
from zhanggui.connectors.intake.records import (
    Ask,
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
from zhanggui.kernel import clock
from zhanggui.kernel.batch import Answer
from zhanggui.sales.orders.records import OrderIn

PART_ENTRIES, PART_LINES = 2_500, 20_000
SOON_ROWS, SOON_BYTES = 2_000, 1_000_000
"""A file within these is checked at once; a larger one by the worker."""
FORECAST_ENTRIES = 100_000
"""Above this many entries the check reads every row but does not try the import, which takes as long again."""


TOLD_SECONDS = 1.0


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


def check_intake(
    intake_id: int,
    *,
    context: Context,
    choices: Choices = GUESSING,
    forecast: bool = True,
    told: Told = silent,
) -> Parsed:
    """Check a kept file as a new attempt and keep the verdict; business tables stay as they are.

    Takes: forecast, whether the commit is tried and rolled back, so that new, changed and unchanged are known (of up
    to FORECAST_ENTRIES); told, as `parse_file`.
    Raises: FileRefused, after it was kept with the file; Overtaken.
    """
    file = _known(intake_id)
    return _check(file, file.attempt + 1, choices, context, FORECAST_ENTRIES if forecast else -1, told)


def check_soon(intake_id: int, *, context: Context, choices: Choices = GUESSING) -> None:
    """Check a small file here and now, and leave a larger one to the worker.

    Raises: FileRefused, after it was kept with the file; Overtaken.
    """
    file = _known(intake_id)
    if file.size <= SOON_BYTES:
        try:
            check_intake(intake_id, context=context, choices=choices, told=_few)
        except _TooMany:
            pass
        else:
            return
    given = steps.begin_checks([Ask(intake_id, file.attempt, choices)], context=context)
    if given.rejected:
        raise Overtaken(given.rejected[0].code)


class _TooMany(Exception):
    """More rows than are checked at once."""


class _NotWanted(Exception):
    """The check was called off, or somebody else checks the file anew."""


class Stopped(Exception):
    """The check was left half way, because its worker must stop; nothing of it was kept."""


def _few(done: int, _total: int) -> None:
    if done > SOON_ROWS:
        raise _TooMany


def check_as_asked(
    intake_id: int,
    attempt: int,
    *,
    context: Context,
    choices: Choices,
    told: Told = silent,
    stopping: Callable[[], bool] = _never,
) -> None:
    """Check a file that was left to the worker; one that is no longer wanted is left alone.

    Takes: context, of the moment at which it was asked for, so that a second try judges as the first; told, called
    with the done and the whole work, once a second; stopping, asked as often.
    Raises: Stopped.
    """
    pace = _Pace(intake_id, attempt, told, stopping)
    try:
        file = pace.look()
        _check(file, attempt, choices, context, FORECAST_ENTRIES, pace.read, pace.tried)
    except (FileRefused, Overtaken, _NotWanted):
        return  # a refusal is kept with the file


class _Pace:
    """Tells how far a check is, once a second, and ends it when it is no longer wanted or its worker must stop."""

    def __init__(self, intake_id: int, attempt: int, told: Told, stopping: Callable[[], bool]) -> None:
        self._intake_id, self._attempt = intake_id, attempt
        self._told, self._stopping = told, stopping
        self._next = clock.monotonic()

    def read(self, done: int, total: int) -> None:
        """Take how many rows are read: the first half of the work."""
        self._tell(done, 2 * total)

    def tried(self, done: int, total: int) -> None:
        """Take how many entries were tried: the second half."""
        self._tell(total + done, 2 * total)

    def _tell(self, done: int, total: int) -> None:
        if clock.monotonic() < self._next:
            return
        self._next = clock.monotonic() + TOLD_SECONDS
        self.look()
        if self._stopping():
            raise Stopped
        self._told(done, total)

    def look(self) -> IntakeView:
        """Return the file as it stands, if it still waits for this check."""
        file = _known(self._intake_id)
        if (file.state, file.attempt) != (State.CHECKING, self._attempt):
            raise _NotWanted
        return file


def _check(
    file: IntakeView, attempt: int, choices: Choices, context: Context, most: int, read: Told, tried: Told = silent
) -> Parsed:
    """Read a file, try its commit if it has no more entries than `most`, and keep the verdict."""
    try:
        parsed = _read_kept(file, choices, context.as_of, read)
    except FileRefused as refusal:
        details = {**refusal.details, **({TRIED: choices_text(choices)} if choices != GUESSING else {})}
        _note(Checked(file.id, attempt, None, refusal=refusal.code, details=details), context)
        raise
    small = len(parsed.entries) <= most
    _note(
        Checked(file.id, attempt, parsed, foresee(parsed, context=context, told=tried) if small else Counts()), context
    )
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
    known = reading.layout in PLATFORMS
    choices = Choices(
        None if known else reading.columns, reading.layout if known else "auto", reading.encoding or None,
        reading.delimiter or None, reading.sheet or None,
    )  # fmt: skip
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
        return [OrderRow(part, entry.rows, cast(OrderIn | Half, entry.record)) for entry in entries]
    if parsed.subject == "stock":
        return [StockRow(part, entry.rows, cast(StockIn, entry.record)) for entry in entries]
    return [SkuRow(part, entry.rows, cast(SkuIn, entry.record)) for entry in entries]


def _commit_part(subject: Subject, batch: Batch, context: Context) -> Answer:
    commit = {"orders": steps.commit_orders, "products": steps.commit_products, "stock": steps.commit_stock}
    with _uncollected():
        return commit[subject](batch, context=context)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of circles rest while one part comes in: its rows hold none, and walking them costs a third."""
    worked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if worked:
            gc.enable()
