"""kill -9 at each named point of an order's way: who repeats the calls finds what a quiet day would have left."""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction
from tests.factories.orders import Company, move, now, open_company, order_in
from tests.factories.truths import unproven
from tests.races.crew import Request, hear, request, start, tell

from zhanggui.journal.models import PendingSeal, Run, Seal
from zhanggui.journal.steps import seal_runs
from zhanggui.kernel.batch import Answer
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import Order

LINES = {"TEA": 2, "CUP": 1}
NAMES = ["A", "B", "C"]
STEPS = {
    "received": "orders.take_in",
    "confirmed": "orders.confirm",
    "reserved": "processes.reserve_orders",
    "released": "processes.release_orders",
    "shipped": "processes.ship_orders",
}
POINTS = [f"{step}.{side}" for step in STEPS.values() for side in ("before_commit", "after_commit")]
WHAT_IS_LEFT = {
    "orders": "SELECT external_id, state, version, confirmed_at, shipped_at FROM orders_order",
    "lines": "SELECT sku_id, quantity, shipped, cancelled FROM orders_orderpart",
    "balances": "SELECT on_hand, reserved FROM inventory_stockbalance",
    "movements": "SELECT quantity, kind FROM inventory_stockmovement",
    "reservations": "SELECT quantity, state FROM inventory_reservation",
    "requests": "SELECT state, requested_at FROM fulfilment_fulfilmentrequest",
    "shipments": "SELECT carrier, shipped_at FROM fulfilment_shipment",
    "clocks": "SELECT clause, state, started_at, due_at, closed_at FROM obligations_obligation",
    "moves": "SELECT kind, from_state, to_state FROM journal_transition",
    "runs": "SELECT step, key, outcome, accepted, rejected FROM journal_run",
}


def left() -> dict[str, list[str]]:
    """All that the way leaves in the database, without the ids that a rollback may skip."""
    found = {}
    with connection.cursor() as cursor:
        for name, text in WHAT_IS_LEFT.items():
            cursor.execute(text)
            found[name] = sorted(map(str, cursor.fetchall()))
    return found


def ids() -> list[int]:
    return list(Order.objects.order_by("external_id").values_list("id", flat=True))


def go(company: Company, target: str, *, key: str | None) -> Answer:
    """Make the one call that leads to a state, in this process."""
    context = now(key=key and f"{key}-0")
    if target == "received":
        return take_in_orders([order_in(company, name, LINES) for name in NAMES], context=context)
    return move(ids(), target, context)


def whole_way(company: Company, *, keyed: bool = True) -> None:
    for target in STEPS:
        go(company, target, key=target if keyed else None)


def quiet_day(company: Company) -> dict[str, list[str]]:
    """What is left when nobody is killed, tried and taken back."""
    with transaction.atomic():
        whole_way(company)
        found = left()
        transaction.set_rollback(True)
    return found


@contextmanager
def child(environment: Mapping[str, str], point: str) -> Iterator["subprocess.Popen[str]"]:
    process = start(environment, ZHANGGUI_TEST_HOOKS="1", ZHANGGUI_CRASH_AT=point)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def send(process: "subprocess.Popen[str]", one: Request) -> Any:
    tell(process, json.dumps(one))
    assert hear(process) == "ready"
    tell(process, "go")
    return hear(process)


def until_killed(process: "subprocess.Popen[str]", company: Company, *, keyed: bool = True) -> str:
    """Let the process go the whole way; return the state at whose call it died."""
    for target in STEPS:
        rows: list[object] = [[company.shop, name, LINES] for name in NAMES] if target == "received" else [*ids()]
        try:
            send(process, request(target, [rows], key=target if keyed else None))
        except AssertionError:
            assert process.wait(20) == -signal.SIGKILL
            return target
    raise AssertionError("nobody was killed")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.django_db(transaction=True)
def test_the_way_ends_as_on_a_quiet_day(child_environment: dict[str, str], point: str) -> None:
    company = open_company(TEA=100, CUP=100)
    expected = quiet_day(company)
    with child(child_environment, point) as process:
        died_at = until_killed(process, company)
    step, side = point.rsplit(".", 1)
    assert STEPS[died_at] == step
    assert Run.objects.filter(step=step).count() == (side == "after_commit")
    whole_way(company)
    assert left() == expected
    assert unproven() == {}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.django_db(transaction=True)
def test_repeating_without_a_key_doubles_nothing(child_environment: dict[str, str], point: str) -> None:
    company = open_company(TEA=100, CUP=100)
    expected = quiet_day(company)
    with child(child_environment, point) as process:
        until_killed(process, company, keyed=False)
    whole_way(company, keyed=False)
    found = left()
    assert {name: found[name] for name in found if name != "runs"} == {
        name: expected[name] for name in expected if name != "runs"
    }
    assert unproven() == {}


@pytest.mark.django_db(transaction=True)
def test_a_killed_sealer_leaves_a_chain_that_goes_on(child_environment: dict[str, str]) -> None:
    company = open_company(TEA=100, CUP=100)
    with child(child_environment, "seal.after_commit") as process, pytest.raises(AssertionError):
        send(process, request("sealed", [[2]]))
    assert process.wait(20) == -signal.SIGKILL
    assert Seal.objects.count() == 2
    whole_way(company)
    assert seal_runs().seq == Run.objects.count()
    assert not PendingSeal.objects.exists()
    assert unproven() == {}
