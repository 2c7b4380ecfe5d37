"""`demo`: an empty home becomes a company with some weeks of business."""

import argparse
import sys
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
    """Play the days through the ordinary steps; refuses a home that holds a company."""
    from zhanggui.catalog.queries import any_skus
    from zhanggui.cli.upkeep import catch_up
    from zhanggui.journal.records import SYSTEM, Context
    from zhanggui.kernel import clock
    from zhanggui.sales.orders.queries import any_orders
    from zhanggui.simulation.demo import make_demo

    if not 1 <= parsed.days <= 366:
        raise CannotRun("--days: between 1 and 366")
    if any_orders() or any_skus():
        if parsed.if_empty:
            return Outcome({"days": 0, "orders": 0})
        raise CannotRun("this home already holds a company; name an empty one in ZHANGGUI_HOME")
    until = parsed.as_of or clock.now()
    made = make_demo(parsed.days, parsed.seed, until, _show)
    catch_up(Context(SYSTEM, until))
    return Outcome({"days": made.days, "orders": made.orders}, (f"{made.days} days, {made.orders} orders",))


def _show(done: int, days: int) -> None:
    if sys.stderr.isatty() or done == days:
        print(f"\rdemo: day {done} of {days}", end="\n" if done == days else "", file=sys.stderr, flush=True)
