"""`orders process`: every open order goes as far as it can."""

import argparse
import sys
from typing import Any

from zhanggui.cli.outcome import DONE, FINDINGS, Outcome
from zhanggui.processes.records import UNTIL
from zhanggui.sales.orders.records import Refusal

WAITING_SHOWN = 10


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the command under `orders`."""
    parser = commands.orders.add_parser("process", parents=[shared], help="take open orders as far as they can go")
    parser.add_argument("--until", choices=UNTIL, default=UNTIL[-1], help="the last stage (default: shipped)")
    parser.set_defaults(handler=process)


def process(parsed: argparse.Namespace) -> Outcome:
    """Process all open orders and count, per stage, what was accepted and why the rest was not.

    Orders that somebody else moves on meanwhile are no refusals. Without --as-of each batch acts when it is carried
    out, so that several may process at once.
    """
    from zhanggui.cli.upkeep import catch_up
    from zhanggui.journal.records import Actor, Context
    from zhanggui.kernel import clock
    from zhanggui.processes.missing import reasons_of
    from zhanggui.processes.through import process_orders
    from zhanggui.sales.orders.queries import open_orders

    orders = open_orders()
    context = Context(Actor("cli", "orders process"), parsed.as_of or clock.now())
    moment = None if parsed.as_of else clock.now
    stages = process_orders(context, until=parsed.until, progress=_show, moment=moment)
    catch_up(Context(context.actor, parsed.as_of or clock.now()))
    document = {
        "orders": orders,
        "per_stage": {name: {"accepted": s.accepted, "rejected": s.rejected} for name, s in stages.items()},
        "overtaken": sum(stage.overtaken for stage in stages.values()),
    }
    lines = [f"{orders} open orders"]
    lines += [f"  {name:<10} {stage.accepted:>8} {_reasons(stage.rejected)}" for name, stage in stages.items()]
    if not parsed.json:
        lines += [f"  waits: {number}: {why}" for number, why in reasons_of(WAITING_SHOWN)]
    if held := sum(stage.rejected.get(Refusal.LATER_ON_RECORD, 0) for stage in stages.values()):
        lines.append(f"  {held} stay: a later moment is on record for them already; run it again with a later --as-of")
    if document["overtaken"]:
        lines.append(f"  {document['overtaken']} were moved on by somebody else meanwhile")
    refused = any(stage.rejected for stage in stages.values())
    return Outcome(document, tuple(lines), FINDINGS if refused else DONE)


def _reasons(rejected: dict[str, int]) -> str:
    return ", ".join(f"{code}: {count}" for code, count in sorted(rejected.items()))


def _show(stage: str, done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{stage:<10} {done:>8}", end="", file=sys.stderr, flush=True)
