"""Server time of the order queue over many orders: each page in milliseconds, with its statements."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import Any

from django.core.management import call_command
from django.db import connection
from django.test import Client

from zhanggui.cli.bench.history import QUEUE_FIRST, add_queue
from zhanggui.cli.bench.path import START
from zhanggui.journal.records import Actor, Context
from zhanggui.kernel import clock
from zhanggui.people.models import Staff
from zhanggui.people.records import NewStaff
from zhanggui.people.rules import OWNER_ROLES
from zhanggui.people.steps import invite, join_staff
from zhanggui.sales.orders.intake import open_shops
from zhanggui.sales.orders.records import ShopKey

AIM_MS = 60.0
TURNS = 5
TABS = (
    "received", "unpaid", "held", "stopped", "confirmed", "short", "reserved", "released", "shipped", "cancelled", "history",
)  # fmt: skip


def figures(count: int, analyse: Callable[[], None]) -> list[dict[str, Any]]:
    """Build a queue of so many orders and return, per page, the median time in ms and its statements."""
    context = Context(Actor("cli", "bench"), START)
    keys = [ShopKey("manual", f"queue{at}", "CNY", "Asia/Shanghai") for at in range(4)]
    shops = [int(row.result) for row in open_shops(keys, context=context).accepted]
    call_command("collectstatic", verbosity=0, interactive=False)
    add_queue(count, shops)
    analyse()
    client = _signed_in(context)
    deep = count // 2
    questions = {
        "first": "all=1", "deep": f"all=1&after={_place(QUEUE_FIRST + deep)}", **{tab: f"state={tab}" for tab in TABS},
        "shop_and_period": f"shop={shops[1]}&from=2026-05-01&to=2026-05-31",
        "number": f"q=Q{deep}", "buyer": f"q=buyer{deep % 70_000}",
        "flag": "all=1&flag=red", "rare_flag": "all=1&flag=cyan", "province": "all=1&province=P7",
        "amount": "all=1&least=89&most=89.5", "code": "all=1&code=C7", "note": "state=shipped&noted=1",
        "platform_limit": "all=1&within=48&sort=due",
    }  # fmt: skip
    return [_measured(client, name, f"/orders/?{query}") for name, query in questions.items()]


def _place(order_id: int) -> str:
    """Return the place of an order in the list, as the page itself writes it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT placed_at FROM orders_order WHERE id = %s", [order_id])
        stored = cursor.fetchone()[0]
    moment = stored if isinstance(stored, datetime) else datetime.fromisoformat(f"{stored}+00:00")
    return f"{int(moment.astimezone(UTC).timestamp()) * 1_000_000}_{order_id}"


def _signed_in(context: Context) -> Client:
    token = invite(department="sales", roles=OWNER_ROLES, as_of=context.as_of)
    join_staff([NewStaff(token, "bench", "Bench", "four words of mine")], context=context)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(Staff.objects.get(username="bench"))
    return client


def _measured(client: Client, name: str, address: str) -> dict[str, Any]:
    statements: list[str] = []

    def counted(execute: Any, sql: str, *rest: Any) -> Any:
        statements.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(counted):
        answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    times, worked = [], []
    for _turn in range(TURNS):
        began, busy = clock.monotonic(), clock.busy()
        client.get(address)
        times.append((clock.monotonic() - began) * 1_000)
        worked.append((clock.busy() - busy) * 1_000)
    rows = len(re.findall(rb"<tr data-row>", answer.content))
    return {
        "name": f"pages.{name}", "ms": median(times), "cpu_ms": median(worked), "statements": len(statements), "rows": rows,
    }  # fmt: skip
