"""`backup` and `restore`."""

import argparse
from pathlib import Path
from typing import Any

from zhanggui.cli.outcome import DONE, FINDINGS, CannotRun, Outcome


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add both commands."""
    out = commands.add_parser("backup", parents=[shared], help="write the whole company to one file, while it runs")
    out.add_argument("file", type=Path)
    out.add_argument("--overwrite", action="store_true", help="replace the file if it exists")
    out.set_defaults(handler=backup)
    back = commands.add_parser(
        "restore", parents=[shared], help="take a backup into an empty database of either engine"
    )
    back.add_argument("file", type=Path)
    back.set_defaults(handler=restore, needs_home=False)


def backup(parsed: argparse.Namespace) -> Outcome:
    """Write one consistent snapshot; the keys in the home folder are to be kept separately."""
    from zhanggui.cli.archive import write_archive

    if parsed.file.exists() and not parsed.overwrite:
        raise CannotRun(f"{parsed.file} exists already; name another file, or add --overwrite")
    rows, digest = write_archive(parsed.file)
    lines = (f"{rows} rows, digest {digest}", "keep secret.key and chain.key of the home folder in another place")
    return Outcome({"rows": rows, "digest": digest}, lines)


def restore(parsed: argparse.Namespace) -> Outcome:
    """Migrate an empty database and take the file in, all or nothing; exit 1 where the keys are not the backup's.

    A file that is not whole is refused before there is a database.
    """
    from django.core.management import call_command

    from zhanggui.cli.archive import ArchiveRefused, examine_archive, read_archive
    from zhanggui.cli.health import keys_missing
    from zhanggui.cli.home import alone
    from zhanggui.journal.queries import key_fits

    try:
        examine_archive(parsed.file)
        with alone():
            call_command("migrate", verbosity=0, interactive=False)
            rows, digest = read_archive(parsed.file)
    except ArchiveRefused as error:
        raise CannotRun(str(error)) from error
    lines = [f"{rows} rows, digest {digest}"]
    if not key_fits():
        lines.append(f"LOOK: the keys of this home are not those of the backup -> {keys_missing()}")
    return Outcome({"rows": rows, "digest": digest}, tuple(lines), DONE if len(lines) == 1 else FINDINGS)
