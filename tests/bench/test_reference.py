"""The yardstick is honest: raw SQL leaves the same rows in the same states as the ordinary steps."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Sum
from tests.factories.truths import broken

from zhanggui.cli.bench.path import START, Company, ours, paired
from zhanggui.cli.bench.reference import Reference
from zhanggui.cli.bench.run import results
from zhanggui.journal.models import Run, Transition
from zhanggui.logistics.inventory.models import Reservation, StockBalance, StockMovement
from zhanggui.obligations.models import Obligation
from zhanggui.sales.orders.models import Order, OrderPart

pytestmark = pytest.mark.django_db(transaction=True)
BATCH = 30  # two such batches hold the same mix of lines and pieces


def rows_per_table() -> Counter[str]:
    models = [model for model in apps.get_models() if model.__module__.startswith("zhanggui.")]
    return Counter({model._meta.db_table: model._base_manager.count() for model in models})


def grown_by(act: Callable[[], None]) -> Counter[str]:
    before = rows_per_table()
    act()
    return rows_per_table() - before


def told(ids: list[int]) -> dict[str, Any]:
    """What the path did to orders, without the ids that differ by nature."""
    clocks = Obligation.objects.filter(subject_kind="order", subject_id__in=ids)
    reserved = Reservation.objects.filter(demand_id__in=ids)
    return {
        "orders": Counter(
            Order.objects.filter(id__in=ids).values_list("state", "version", "confirmed_at", "shipped_at")
        ),
        "numbered": Order.objects.filter(id__in=ids, order_no__isnull=False).count(),
        "lines": Counter(OrderPart.objects.filter(order_id__in=ids).values_list("quantity", "shipped")),
        "clocks": Counter(clocks.values_list("clause", "state", "allowed_seconds", "department", "warned", "late_us")),
        "reservations": Counter(reserved.values_list("state")),
        "moves": Counter(
            Transition.objects.filter(kind="order", subject_id__in=ids).values_list("from_state", "to_state")
        ),
    }


def test_raw_sql_writes_the_same_rows_into_the_same_tables() -> None:
    company, reference = Company(), Reference()
    by_steps, by_sql = company.orders(BATCH), company.orders(BATCH)
    mine = grown_by(lambda: ours(by_steps, company.context))
    raw = grown_by(lambda: reference.whole_path(by_sql, START))
    assert raw == mine
    assert sum(mine.values()) > 10 * BATCH
    assert told(by_sql) == told(by_steps)


def test_raw_sql_keeps_the_truths_of_stock_and_orders() -> None:
    company = Company()
    ids = company.orders(BATCH)
    Reference().whole_path(ids, START)
    assert broken() == {}
    moved = StockMovement.objects.filter(cause_key__startswith="ship:").aggregate(pieces=Sum("quantity"))["pieces"]
    assert -moved == OrderPart.objects.filter(order_id__in=ids).aggregate(pieces=Sum("quantity"))["pieces"]
    assert StockBalance.objects.filter(reserved__gt=0).count() == 0


def test_both_sides_are_measured_in_turns_and_a_ratio_comes_of_it() -> None:
    figures = paired(Company(), 10, BATCH, 1)
    assert set(figures) == {"ours", "reference", "ratio"}
    assert all(value > 0 for value in figures.values())


def test_the_largest_step_stays_below_twenty_statements() -> None:
    rows = {row["name"]: row for row in results("small", "statements")}
    assert rows["statements.5000_against_10"]["ratio"] == 1
    assert rows["statements.one_order_against_20"]["ours"] < 20
    assert Run.objects.filter(outcome="done").exists()
