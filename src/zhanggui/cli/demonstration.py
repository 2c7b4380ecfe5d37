"""`demo`: an empty home becomes a company with some weeks of business."""

import argparse
import sys
from pathlib import Path
from typing import Any

from zhanggui.cli.outcome import CannotRun, Outcome


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo", parents=[shared], help="fill an empty home with some weeks of made-up business"
    )
    parser.add_argument("--days", type=int, default=30, help="how many days, up to now (default: 30)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same company (default: 1)")
    parser.add_argument("--if-empty", action="store_true", help="do nothing where a company is already")
    parser.set_defaults(handler=demo)


def demo(parsed: argparse.Namespace) -> Outcome:
    """Play the days through the ordinary steps; refuses a home that holds a company.

    A demo whose making was interrupted starts over, as long as nobody has worked with it.
    """
    from zhanggui.catalog.queries import any_skus
    from zhanggui.cli.home import ensure_home
    from zhanggui.cli.upkeep import catch_up
    from zhanggui.journal.records import SYSTEM, Context
    from zhanggui.kernel import clock
    from zhanggui.sales.orders.queries import any_orders
    from zhanggui.simulation.demo import make_demo

    if not 1 <= parsed.days <= 366:
        raise CannotRun("--days: between 1 and 366")
    marker = unfinished_demo()
    if marker.exists() and (any_orders() or any_skus()):
        _start_over(marker)
        ensure_home()
    if any_orders() or any_skus():
        if parsed.if_empty:
            return Outcome({"days": 0, "orders": 0})
        raise CannotRun("this home already holds a company; name an empty one in ZHANGGUI_HOME")
    until = parsed.as_of or clock.now()
    marker.write_text("the making of the demo company has begun and not ended\n")
    made = make_demo(parsed.days, parsed.seed, until, _show)
    catch_up(Context(SYSTEM, until))
    marker.unlink()
    return Outcome({"days": made.days, "orders": made.orders}, (f"{made.days} days, {made.orders} orders",))


def unfinished_demo() -> Path:
    """Return the file of the home folder that stands there while a demo company is being made."""
    from django.conf import settings

    return Path(settings.HOME) / "demo.unfinished"


def _start_over(marker: Path) -> None:
    """Remove an unfinished demo company with its database file; only where nothing but the demo has written.

    Raises: CannotRun, with what to do, on PostgreSQL and where somebody has worked already.
    """
    from django.db import connection

    from zhanggui.journal.models import Run
    from zhanggui.people.queries import has_staff

    touched = has_staff() or Run.objects.exclude(actor_kind="system").exclude(step="people.invite").exists()
    if touched or connection.vendor != "sqlite":
        raise CannotRun(
            "the demo company of this home is unfinished: its making was interrupted. Begin with an empty home and"
            f" database (ZHANGGUI_HOME, ZHANGGUI_DATABASE_URL), or keep it as it is by removing {marker}"
        )
    print("demo: its making was interrupted; it starts over", file=sys.stderr)
    name = str(connection.settings_dict["NAME"])
    connection.close()
    for path in (name, f"{name}-wal", f"{name}-shm"):
        Path(path).unlink(missing_ok=True)


def _show(done: int, days: int) -> None:
    if sys.stderr.isatty() or done == days:
        print(f"\rdemo: day {done} of {days}", end="\n" if done == days else "", file=sys.stderr, flush=True)
