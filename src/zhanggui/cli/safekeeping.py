"""`backup` and `restore`."""

import argparse
from pathlib import Path
from typing import Any

from zhanggui.cli.outcome import CannotRun, Outcome


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add both commands."""
    out = commands.add_parser("backup", parents=[shared], help="write the whole company to one file, while it runs")
    out.add_argument("file", type=Path)
    out.set_defaults(handler=backup)
    back = commands.add_parser(
        "restore", parents=[shared], help="take a backup into an empty database of either engine"
    )
    back.add_argument("file", type=Path)
    back.set_defaults(handler=restore, needs_home=False)


def backup(parsed: argparse.Namespace) -> Outcome:
    """Write one consistent snapshot; the keys in the home folder are to be kept separately."""
    from zhanggui.cli.archive import write_archive

    rows, digest = write_archive(parsed.file)
    lines = (f"{rows} rows, digest {digest}", "keep secret.key and chain.key of the home folder in another place")
    return Outcome({"rows": rows, "digest": digest}, lines)


def restore(parsed: argparse.Namespace) -> Outcome:
    """Migrate an empty database and take the file in, all or nothing."""
    from django.core.management import call_command

    from zhanggui.cli.archive import ArchiveRefused, read_archive
    from zhanggui.cli.home import alone

    try:
        with alone():
            call_command("migrate", verbosity=0, interactive=False)
            rows, digest = read_archive(parsed.file)
    except ArchiveRefused as error:
        raise CannotRun(str(error)) from error
    return Outcome({"rows": rows, "digest": digest}, (f"{rows} rows, digest {digest}",))
