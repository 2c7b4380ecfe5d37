"""The console script. Every command parses, makes one call, and prints.

With `--json` one JSON document goes to stdout and every message to stderr. Exit codes: 0 done, 1 findings or some rows
refused, 2 could not run.
"""

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module

from zhanggui import __version__
from zhanggui.cli.outcome import COULD_NOT, CannotRun, Outcome
from zhanggui.config.environment import SettingsRefused
from zhanggui.kernel.text import escape_control, forbidden

COMMANDS = (
    "zhanggui.cli.serving",
    "zhanggui.cli.demonstration",
    "zhanggui.cli.imports",
    "zhanggui.cli.processing",
    "zhanggui.cli.oversight",
    "zhanggui.cli.safekeeping",
    "zhanggui.cli.benching",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhanggui.config.settings")
    os.umask(0o077)
    try:
        parsed = _parser().parse_args(arguments)
        _refuse_unstorable(parsed)
        outcome = _run(parsed)
    except (CannotRun, SettingsRefused) as error:
        print(f"zhanggui: {_one_line(error)}", file=sys.stderr)
        return COULD_NOT
    except KeyboardInterrupt:
        return 130
    try:
        _print(outcome, as_json=parsed.json)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return outcome.code


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    shared.add_argument(
        "--as-of", type=moment, default=None, metavar="MOMENT", help="act at this moment (ISO, with zone)"
    )
    parser = argparse.ArgumentParser("zhanggui", description="Run an e-commerce company by its written regulation.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        import_module(module).add_commands(commands, shared)
    return parser


def _refuse_unstorable(parsed: argparse.Namespace) -> None:
    """Refuse words that are no UTF-8 or that no database stores; only paths of files may be any bytes.

    Raises: CannotRun.
    """
    for name, value in vars(parsed).items():
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and forbidden(word):
                raise CannotRun(f"{name}: {word!r} cannot be read as UTF-8; type it in a terminal that speaks UTF-8")


def moment(text: str) -> datetime:
    """Read a moment from the command line; one without a zone is in the company's zone."""
    from django.conf import settings

    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a moment such as 2026-11-11T09:00+08:00") from error
    if not 1990 <= parsed.year < 2200:
        raise argparse.ArgumentTypeError(f"{text!r} lies outside the years 1990 to 2199")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=settings.COMPANY_ZONE)


def _run(parsed: argparse.Namespace) -> Outcome:
    """Set Django up, bring an empty or older home up to date, and carry the command out."""
    import django
    from django.db import DatabaseError

    from zhanggui.journal.records import StepRefused
    from zhanggui.oversight.verification.records import CouldNotCheck
    from zhanggui.regulation.records import RegulationError

    try:
        django.setup()
        _calm_the_collector()
        if getattr(parsed, "needs_home", True):
            import_module("zhanggui.cli.home").ensure_home()
        given = parsed.handler(parsed)
    except DatabaseError as error:
        raise CannotRun(f"{_database()}: {error}") from error
    except (OSError, RegulationError, StepRefused, CouldNotCheck) as error:
        raise CannotRun(str(error)) from error
    assert isinstance(given, Outcome)
    return given


def _database() -> str:
    """Return which database it is about, without its password."""
    from django.conf import settings

    known = settings.DATABASES["default"]
    if known["ENGINE"].endswith("sqlite3"):
        return f"the database {known['NAME']}"
    return f"the database {known['NAME']} on {known['HOST'] or 'this machine'}:{known['PORT'] or 5432}"


def _one_line(error: Exception) -> str:
    return escape_control(" ".join(str(error).split()))


def _calm_the_collector() -> None:
    """Leave what start-up made alone, and look for garbage seldom: a batch makes many rows and few cycles."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _print(outcome: Outcome, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(outcome.document, ensure_ascii=False, default=str), flush=True)
        for line in outcome.lines:
            print(line, file=sys.stderr)
        return
    print("\n".join(outcome.lines or [json.dumps(outcome.document, ensure_ascii=False, indent=2, default=str)]))


if __name__ == "__main__":
    sys.exit(main())
