"""`bench`: ours beside raw SQL, in turns, on each engine at hand."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from zhanggui.cli.outcome import CannotRun, Outcome

NO_POSTGRESQL = 69
BENCHES = ("path", "statements", "history", "sweep", "pages")


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "bench", parents=[shared], help="print ratios of ours to raw SQL, measured in this run"
    )
    parser.add_argument("--size", choices=("small", "full"), default="small")
    parser.add_argument("--only", default="", metavar="NAME", help="only the benches whose name begins so")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(handler=bench, needs_home=False)


def bench(parsed: argparse.Namespace) -> Outcome:
    """Measure on an empty SQLite database, and on a PostgreSQL that is started for it, each in a process of its own.

    The company's own data is never touched. A ratio of 1 means as fast as raw SQL that does the same writes.
    """
    if not any(name.startswith(parsed.only.split(".")[0]) for name in BENCHES):
        raise CannotRun(f"--only {parsed.only}: no such bench; known are {', '.join(BENCHES)}")
    if parsed.inside:
        from zhanggui.cli.bench.run import results

        return Outcome({"results": results(parsed.size, parsed.only)})
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="zhanggui-bench-") as folder:
        found += _measure(parsed, folder, [])
        found += _measure(parsed, folder, [sys.executable, str(_server_tool()), "run", "--"])
    lines = [
        f"{row['name']:<34} {row['engine']:<11} {row['ours']:>10.1f} {row['reference']:>10.1f} {row['ratio']:>6.2f}"
        for row in found
    ]
    head = f"{'name':<34} {'engine':<11} {'ours':>10} {'reference':>10} {'ratio':>6}"
    return Outcome({"results": found}, (head, *lines))


def _server_tool() -> Path:
    from django.conf import settings

    return Path(settings.REPOSITORY) / "tools" / "postgres.py"


def _measure(parsed: argparse.Namespace, folder: str, within: list[str]) -> list[dict[str, Any]]:
    """Run the benches in a process of their own, on SQLite or within a PostgreSQL started for them."""
    environment = {key: value for key, value in os.environ.items() if key != "ZHANGGUI_DATABASE_URL"}
    environment["ZHANGGUI_HOME"] = folder
    command = [sys.executable, "-m", "zhanggui.cli.main", "bench", "--inside", "--json", "--size", parsed.size]
    command += ["--only", parsed.only] if parsed.only else []
    done = subprocess.run([*within, *command], env=environment, capture_output=True, text=True, check=False)
    if within and done.returncode == NO_POSTGRESQL:
        print("bench: no PostgreSQL can be started here, so SQLite only", file=sys.stderr)
        return []
    if done.returncode != 0:
        raise CannotRun(done.stderr[-2_000:])
    results: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])["results"]
    return results
