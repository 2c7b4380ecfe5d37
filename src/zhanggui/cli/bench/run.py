"""All benches of one engine, in one process."""

from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

from django.core.management import call_command
from django.db import connection

from zhanggui.cli.bench import intake, pages
from zhanggui.cli.bench.history import add_history, add_open_clocks
from zhanggui.cli.bench.path import START, Company, analyse, ours, paired, seconds_of
from zhanggui.journal.models import Run
from zhanggui.journal.records import Actor, Context
from zhanggui.kernel import clock
from zhanggui.obligations.steps import sweep_obligations

Result = dict[str, Any]
BATCHES = {"small": {1_000: (3_000, 3), 100: (1_000, 3), 1: (100, 3)},
           "full": {10_000: (10_000, 3), 1_000: (5_000, 5), 100: (3_000, 5), 1: (300, 5)}}  # fmt: skip
INTAKE_ROWS = {"small": 5_000, "full": 100_000}
HISTORY = {"small": 100_000, "full": 1_000_000}


def results(size: str, only: str = "") -> list[Result]:
    """Return every bench's figures; each ratio is 1 when ours is as good as its reference."""
    call_command("migrate", verbosity=0, interactive=False)
    company = Company()
    benches: dict[str, Callable[[], list[Result]]] = {
        "path": lambda: _path(company, size),
        "statements": lambda: _statements(company),
        "history": lambda: _history(company, size),
        "sweep": lambda: _sweep(size),
        "pages": lambda: _pages(size),
        "intake": lambda: [{"engine": connection.vendor, **intake.figures(INTAKE_ROWS[size])}],
    }
    return [row for name, bench in benches.items() if name.startswith(only.split(".")[0]) for row in bench()]


def _result(name: str, mine: float, reference: float, ratio: float) -> Result:
    return {"name": name, "engine": connection.vendor, "ours": mine, "reference": reference, "ratio": ratio}


def _pages(size: str) -> list[Result]:
    """Milliseconds of server time per page of the order queue (ours) against the aim; 1 or more keeps it."""
    return [
        {
            **_result(row["name"], row["ms"], pages.AIM_MS, pages.AIM_MS / row["ms"]),
            "statements": row["statements"],
            "cpu_ms": row["cpu_ms"],
        }
        for row in pages.figures(HISTORY[size], analyse)
    ]


def _path(company: Company, size: str) -> list[Result]:
    """Orders per second from confirmed to shipped, ours and raw SQL in turns."""
    rows = []
    for batch, (total, rounds) in BATCHES[size].items():
        figures = paired(company, batch, total, rounds)
        rows.append(
            _result(f"path.batch_{batch}.orders_per_s", figures["ours"], figures["reference"], figures["ratio"])
        )
    return rows


def _statements(company: Company) -> list[Result]:
    """Statements of the largest step for 10 orders (reference) and for 5,000 (ours); and for one order against 20."""
    counts = {}
    for batch in (1, 10, 5_000):
        last = Run.objects.order_by("-id").values_list("id", flat=True).first() or 0
        ours(company.orders(batch), company.context)
        steps = Run.objects.filter(id__gt=last).exclude(step="orders.take_in").values_list("statements", flat=True)
        counts[batch] = max(steps)
    return [
        _result("statements.5000_against_10", counts[5_000], counts[10], counts[10] / counts[5_000]),
        _result("statements.one_order_against_20", counts[1], 20, 20 / counts[1]),
    ]


def _history(company: Company, size: str) -> list[Result]:
    """Orders per second without (reference) and with old orders in the tables, statistics taken in between."""
    without = {batch: _pace(company, batch) for batch in (1, 1_000)}
    add_history(HISTORY[size])
    analyse()
    rows = []
    for batch in (1, 1_000):
        pace = _pace(company, batch)
        rows.append(_result(f"history.{HISTORY[size]}.batch_{batch}", pace, without[batch], pace / without[batch]))
    return rows


def _pace(company: Company, batch: int) -> float:
    total = max(batch, 100)
    return median(total / seconds_of(company.orders(total), batch, company) for _ in range(3))


def _sweep(size: str) -> list[Result]:
    """Seconds to turn 5,000 due clocks among many open ones, against the limit of one second."""
    many = HISTORY[size]
    due_before = START + timedelta(hours=1)
    add_open_clocks(many, due=5_000, due_before=due_before)
    started = clock.monotonic()
    swept = sweep_obligations(context=Context(Actor("cli", "bench"), due_before + timedelta(minutes=1)), limit=5_000)
    taken = clock.monotonic() - started
    assert swept.breached == 5_000, swept
    return [_result(f"sweep.5000_of_{many}.seconds", taken, 1.0, 1.0 / taken)]
