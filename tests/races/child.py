"""A process that carries out calls: it reads a request as one JSON line, waits for the word to go, answers in one line.

    {"do": "confirmed", "batches": [[1, 2], [3]], "at": "2026-03-02T01:00:00+00:00", "key": null, "blind": false}

Each batch is one call, an answer each. `do` is a state of the ordinary way, "cancelled", "received" (with rows of shop,
number, lines), "told" (the same with what the channel says now), "let_go" (held orders), "file_in" (which file, list
or detail, and its order numbers), "answered" (case, option, the hash of a page's token), "carried_out" (cases),
"sealed", or "processed" (all open orders, by the clock on the wall). With `blind` no row is locked
and every reader of stock waits before it writes: the control that shows what the locks are for. Started by hand with
`ZHANGGUI_CRASH_AT` it dies at that point.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import django

django.setup()

from tests.factories.intake import let_in  # noqa: E402
from tests.factories.orders import Company, move, now, order_in  # noqa: E402
from tests.factories.platforms import TAOBAO_DETAIL, TAOBAO_LIST, file_of, of_detail, of_list  # noqa: E402
from tests.factories.shortages import NEXT_MONDAY  # noqa: E402

from zhanggui.journal.steps import seal_runs  # noqa: E402
from zhanggui.journal.writing import OpenRun  # noqa: E402
from zhanggui.kernel import clock  # noqa: E402
from zhanggui.kernel.batch import Accepted, Answer  # noqa: E402
from zhanggui.logistics.inventory.models import StockBalance  # noqa: E402
from zhanggui.processes.intake import bring_in_orders  # noqa: E402
from zhanggui.processes.orders import cancel_orders  # noqa: E402
from zhanggui.processes.shortages import carry_out_answers  # noqa: E402
from zhanggui.processes.through import process_orders  # noqa: E402
from zhanggui.sales.orders.holds import release_holds  # noqa: E402
from zhanggui.sales.orders.intake import take_in_orders  # noqa: E402
from zhanggui.sales.orders.records import Release  # noqa: E402
from zhanggui.sales.shortages.answers import take_answers  # noqa: E402
from zhanggui.sales.shortages.records import AnswerIn  # noqa: E402

BLIND_SECONDS = 0.005


def say(word: object) -> None:
    print(json.dumps(word), flush=True)


def carry_out(request: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the calls of a request, one after the other; what a caller would have to catch is an answer too."""
    at = datetime.fromisoformat(request["at"])
    answers = []
    for number, batch in enumerate(request["batches"]):
        key = request["key"] and f"{request['key']}-{number}"
        try:
            answers.append(
                processed() if request["do"] == "processed" else as_text(call(request["do"], batch, at, key))
            )
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
    return answers


def call(do: str, batch: list[Any], at: datetime, key: str | None) -> Answer:
    context = now(at, key)
    if do == "sealed":
        seal_runs(limit=int(batch[0]))
        return Answer((), ())
    if do == "received":
        rows = [order_in(Company(shop, 0, {}), name, lines) for shop, name, lines in batch]
        return take_in_orders(rows, context=context)
    if do == "file_in":
        made, numbers = (TAOBAO_LIST, of_list) if batch[0] == "list" else (TAOBAO_DETAIL, of_detail), batch[1:]
        rows = [
            made[1](number, "19.90") if batch[0] == "list" else made[1](number, "TEA", 1, "19.90") for number in numbers
        ]
        file = let_in(file_of(made[0], *rows), channel="taobao", context=context)
        return Answer((Accepted(0, file.new), Accepted(1, file.waiting)), ())
    if do == "told":
        told = [replace(order_in(Company(shop, 0, {}), name, lines), **news) for shop, name, lines, news in batch]
        return bring_in_orders(told, context=context)
    if do == "let_go":
        return release_holds([Release(key) for key in batch], context=context)
    if do == "answered":
        return take_answers([AnswerIn(*row, promised=NEXT_MONDAY) for row in batch], context=context)
    if do == "carried_out":
        return carry_out_answers(batch, context=context)
    if do == "cancelled":
        return cancel_orders(batch, context=context)
    return move(batch, do, context)


def processed() -> dict[str, Any]:
    """Process all open orders as the command does; give what it counted per stage."""
    stages = process_orders(now(clock.now()), moment=clock.now)
    return {"stages": {name: asdict(count) for name, count in stages.items()}}


def as_text(given: Answer) -> dict[str, Any]:
    return {
        "accepted": [[row.index, row.result] for row in given.accepted],
        "rejected": [[row.index, row.code, dict(row.details)] for row in given.rejected],
        "run_id": given.run_id,
        "replayed": given.replayed,
    }


@contextmanager
def blindness() -> Iterator[None]:
    """Lock nothing, and let time pass between reading stock and writing it."""
    locking = OpenRun.lock

    def lock(self: OpenRun, model: Any, *arguments: Any, **options: Any) -> Any:
        rows = locking(self, model, *arguments, **{**options, "lock": False})
        if model is StockBalance:
            time.sleep(BLIND_SECONDS)
        return rows

    OpenRun.lock = lock  # type: ignore[method-assign]
    try:
        yield
    finally:
        OpenRun.lock = locking  # type: ignore[method-assign]


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        say("ready")
        if sys.stdin.readline().strip() != "go":
            return
        with blindness() if request.get("blind") else nullcontext():
            say(carry_out(request))


if __name__ == "__main__":
    main()
