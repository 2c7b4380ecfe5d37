"""`orders import`, `products import`, `stock import`: a file comes in, checked and committed in one go."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhanggui.cli.outcome import DONE, FINDINGS, CannotRun, Outcome

if TYPE_CHECKING:
    from zhanggui.connectors.intake.records import Counts, Parsed
    from zhanggui.connectors.spreadsheets.mapping import Subject
    from zhanggui.connectors.spreadsheets.writing import Kind
    from zhanggui.journal.records import Context

QUIET_SECONDS = 2.0
SHOWN_REFUSALS = 20


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add `orders import`, `products import` and `stock import`; other commands of `orders` join its parser."""
    commands.orders = _group(commands, "orders", "orders: import, process")
    for subject, parents in (
        ("orders", commands.orders),
        ("products", _group(commands, "products", "products: import")),
        ("stock", _group(commands, "stock", "opening stock and receipts: import")),
    ):
        parser = parents.add_parser(
            "import", parents=[shared], help=f"take in a file of {subject} (csv, csv.gz, tsv, xlsx, xls)"
        )
        parser.add_argument("file", type=Path, metavar="FILE")
        if subject == "orders":
            parser.add_argument("--channel", required=True, metavar="CODE", help=_channels())
            parser.add_argument("--shop", default="", metavar="CODE", help="the shop on that channel (main)")
        else:
            parser.set_defaults(channel="", shop="")
        parser.add_argument("--layout", default="auto", metavar="NAME", help="auto, guess, or a known layout's name")
        parser.add_argument("--dry-run", action="store_true", help="say what would come of it, change nothing")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="write refused rows here, to be corrected")
        parser.set_defaults(handler=import_file, subject=subject)


def _channels() -> str:
    from zhanggui.connectors.channels import CHANNELS

    return f"where the orders come from: {', '.join(CHANNELS)}; or a code of your own"


def _group(commands: Any, name: str, help_text: str) -> Any:
    return commands.add_parser(name, help=help_text).add_subparsers(
        dest=f"{name}_command", required=True, metavar="COMMAND"
    )


def import_file(parsed: argparse.Namespace) -> Outcome:
    """Take a file in. Exit: 0 all rows, 1 some rows refused or waiting, 2 the file refused as a whole."""
    from zhanggui.connectors.channels import channel_for
    from zhanggui.connectors.intake.messages import file_message
    from zhanggui.connectors.spreadsheets.records import FileRefused
    from zhanggui.kernel import clock

    if parsed.errors:
        _try_errors(parsed.errors, parsed.file)
    try:
        if parsed.subject == "orders" and not channel_for(parsed.channel).known:
            _warn(f"channel {parsed.channel} is new; its amounts are taken as CNY unless the file says otherwise")
        return _carry_out(parsed, parsed.as_of or clock.now())
    except FileRefused as refusal:
        raise CannotRun(f"{_name(parsed.file)}: {file_message(refusal, parsed.subject)}") from refusal


def _try_errors(errors: Path, imported: Path) -> None:
    """See that refused rows can be written, before anything comes in; what stands there now is not touched.

    Raises: CannotRun.
    """
    if errors.resolve() == imported.resolve():
        raise CannotRun("--errors would overwrite the file that is imported; name another one")
    try:
        stood = errors.exists()
        errors.open("ab").close()
        if not stood:
            errors.unlink()
    except OSError as wrong:
        reason = wrong.strerror or type(wrong).__name__
        raise CannotRun(f"--errors {_name(errors)} cannot be written ({reason}); nothing was imported") from wrong


def _name(path: Path) -> str:
    """Return a file's name as it can be shown and kept; bytes that are no UTF-8 become a sign for what is lost."""
    return os.fsencode(path.name).decode("utf-8", "replace")


def _warn(text: str) -> None:
    print(f"zhanggui: {text}", file=sys.stderr, flush=True)


def _carry_out(asked: argparse.Namespace, as_of: datetime) -> Outcome:
    from zhanggui.cli.upkeep import catch_up
    from zhanggui.connectors.intake import parsing, taking_in
    from zhanggui.connectors.intake.error_files import write_refused
    from zhanggui.connectors.intake.records import Choices
    from zhanggui.journal.records import Actor, Context

    context = Context(Actor("cli", "import"), as_of)
    choices = Choices(layout=asked.layout)
    if asked.dry_run:
        parsed = parsing.parse_file(
            asked.file, asked.subject, name=_name(asked.file), channel=asked.channel, shop=asked.shop,
            choices=choices, as_of=as_of,
        )  # fmt: skip
        counts = taking_in.foresee(parsed, context=context, told=_Progress("checked"))
    else:
        parsed, counts = _commit(asked, choices, context)
        catch_up(context)
    refused = sorted((*parsed.refusals, *counts.refusals), key=lambda one: one.row)
    if asked.errors:
        kind: Kind = "xlsx" if asked.errors.suffix.lower() == ".xlsx" else "csv"
        try:
            write_refused(asked.file, _name(asked.file), parsed.reading, refused, asked.errors, kind=kind)
        except OSError as wrong:
            done = "nothing was changed" if asked.dry_run else "the file was imported"
            raise CannotRun(f"{done}, but --errors {_name(asked.errors)} could not be written: {wrong}") from wrong
    return _outcome(asked.subject, parsed, counts)


def _commit(asked: argparse.Namespace, choices: Any, context: "Context") -> tuple["Parsed", "Counts"]:
    """Keep, check and commit a file; one whose commit was cut off before is carried on."""
    from zhanggui.connectors.intake import taking_in
    from zhanggui.connectors.intake.files import chunks_of
    from zhanggui.connectors.intake.queries import intake, refused_rows
    from zhanggui.connectors.intake.records import Counts, Stage, State

    intake_id = taking_in.take_file(
        chunks_of(asked.file), asked.subject, _name(asked.file), channel=asked.channel, shop=asked.shop,
        context=context,
    )  # fmt: skip
    file = intake(intake_id)
    assert file
    if file.state == State.COMMITTING:
        _warn(f"going on at {file.position} of {file.entries}")
        parsed = taking_in.parsed_again(intake_id)
    else:
        try:
            parsed = taking_in.check_intake(intake_id, context=context, choices=choices, forecast=False)
            taking_in.begin_commit(intake_id, context=context)
        except taking_in.Overtaken as overtaken:
            raise CannotRun(
                f"{_name(asked.file)} is being imported by somebody else; try again in a moment"
            ) from overtaken
    taking_in.commit_intake(intake_id, context=context, parsed=parsed, told=_Progress("committed"))
    file = intake(intake_id)
    assert file
    refusals = tuple(refused_rows(intake_id, [Stage.COMMIT]))
    return parsed, Counts(file.new, file.changed, file.unchanged, refusals, file.waiting)


class _Progress:
    """Tells how far it is, once a second, from two seconds on."""

    def __init__(self, word: str) -> None:
        from zhanggui.kernel import clock

        self._word, self._clock = word, clock.monotonic
        self._told = self._clock() + QUIET_SECONDS - 1

    def __call__(self, done: int, total: int) -> None:
        if self._clock() - self._told >= 1:
            self._told = self._clock()
            _warn(f"{self._word} {done} of {total}")


def _outcome(subject: "Subject", parsed: "Parsed", counts: "Counts") -> Outcome:
    from zhanggui.connectors.intake.messages import row_message

    refused = sorted((*parsed.refusals, *counts.refusals), key=lambda one: one.row)
    messages = [row_message(one, subject) for one in refused]
    figures: dict[str, object] = {"new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged}
    sizes: dict[str, object] = {"orders": len(parsed.entries), "lines": parsed.lines}
    if subject != "orders":
        sizes = {"products" if subject == "products" else "rows": len(parsed.entries)}
    document: dict[str, object] = {
        "layout": parsed.reading.layout, "encoding": parsed.reading.encoding, **sizes, **figures,
        "refused": [
            {"row": one.row, "code": one.code, "message": text} for one, text in zip(refused, messages, strict=True)
        ],
    }  # fmt: skip
    if subject == "orders" and parsed.shop:
        document |= {"amount_fen": parsed.amount_fen}
        document |= {"waiting": counts.waiting, "unused_columns": list(parsed.reading.unused)}
    lines = [f"{name}: {value}" for name, value in document.items() if name != "refused"] + [f"refused: {len(refused)}"]
    more = (
        [f"… {len(messages) - SHOWN_REFUSALS} more; --errors FILE writes them all"]
        if len(messages) > SHOWN_REFUSALS
        else []
    )
    _tell(parsed, counts)
    return Outcome(document, _shown(lines, messages, more), FINDINGS if refused or counts.waiting else DONE)


def _tell(parsed: "Parsed", counts: "Counts") -> None:
    """Say what is still to come, and which columns nobody knows."""
    from zhanggui.connectors.intake.messages import other_file

    if counts.waiting:
        count = f"{counts.waiting} order{'s' if counts.waiting > 1 else ''}"
        _warn(f"{count} of this file wait for the other half: {other_file(parsed.reading.layout)}")
    if parsed.reading.unused:
        _warn(f"columns that no known edition has were overlooked: {', '.join(parsed.reading.unused)}")


def _shown(lines: Sequence[str], messages: Sequence[str], more: Sequence[str]) -> tuple[str, ...]:
    return (*lines, *messages[:SHOWN_REFUSALS], *more)
