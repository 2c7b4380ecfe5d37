"""Old orders and open clocks by the hundred thousand, made in SQL: what a bench stands on, not what it measures."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from zhanggui.kernel import sql

FALSE = {"postgresql": "false", "sqlite": "0"}
SERIES = {
    "postgresql": "generate_series(1, {count}) AS s(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s) AS s",
}
FIRST = 1_000_000_000_000


def _run(text: str, parameters: list[Any]) -> None:
    if connection.vendor == "sqlite":
        parameters = [sql.sqlite_moment(value) if isinstance(value, datetime) else value for value in parameters]
    with connection.cursor() as cursor:
        cursor.execute(text, parameters)


def add_history(count: int) -> None:
    """Add shipped orders of two lines with their closed clocks, below all ids that the bench uses afterwards."""
    series = SERIES[connection.vendor].format(count=count)
    moment = datetime.fromisoformat("2025-01-01T00:00:00+00:00")
    _run(
        "INSERT INTO orders_order (id, run_id, shop_id, external_id, content_hash, contact_digest, placed_at, received_at,"
        " goods_fen, freight_fen, discount_fen, total_fen, platform_discount_fen, origin, payment, presale, standing,"
        " status_word, refund, flag, marks, priority, stopped, state, version)"
        " SELECT -n, 0, (SELECT min(id) FROM orders_shop), 'H' || n, '', '', %s, %s, 100, 0, 0, 100, 0, 'channel', 'paid',"
        f" '', 'open', '', '', '', '', 0, {FALSE[connection.vendor]}, 'shipped', 4 FROM {series}",
        [moment, moment],
    )
    for line in (1, 2):
        _run(
            "INSERT INTO orders_orderline (id, run_id, order_id, identity, merchant_code, title, quantity,"
            " unit_price_fen, discount_fen, amount_fen)"
            f" SELECT -n * 2 - {line}, 0, -n, 'L{line}', 'H', 'H', 1, 50, 0, 50 FROM {series}",
            [],
        )
        _run(
            "INSERT INTO orders_orderpart (id, run_id, order_id, line_id, sku_id, quantity, wanted, amount_fen, shipped,"
            " cancelled)"
            f" SELECT -n * 2 - {line}, 0, -n, -n * 2 - {line}, (SELECT min(id) FROM catalog_sku), 1, 1, 50, 1, 0"
            f" FROM {series}",
            [],
        )
    for at, clause in enumerate(("2.1.3.1", "2.3.2.1"), 1):
        _clocks(series, f"-n * 2 - {at}", "-n", clause, "met", moment, moment)


def add_open_clocks(count: int, *, due: int, due_before: datetime) -> None:
    """Add open clocks of which the first `due` fall due before the moment and the others long after."""
    far = due_before + timedelta(days=365)
    for n, offset, moment in ((due, 0, due_before), (count - due, due, far)):
        series = SERIES[connection.vendor].format(count=n)
        _clocks(series, f"-n - {FIRST + offset}", f"-n - {FIRST + offset}", "2.2.2.3", "open", moment, far)


def _clocks(series: str, key: str, subject: str, clause: str, state: str, due_at: datetime, warn_at: datetime) -> None:
    closed = "NULL" if state == "open" else "due_at"
    _run(
        "INSERT INTO obligations_obligation (id, run_id, clause, subject_kind, subject_id, cycle, department, assignee,"
        " started_at, allowed_seconds, time_basis, terms_version, calendar_version, due_at, warn_at, most_at, warned, state,"
        " closed_at)"
        f" SELECT {key}, 0, '{clause}', 'order', {subject}, 1, 'sales', '', due_at, 7200, 'elapsed', 0, 0, due_at, warn_at,"
        f" warn_at, 0, '{state}', {closed} FROM {series}, (SELECT {_moment('due_at')}, {_moment('warn_at')}) AS t",
        [due_at, warn_at],
    )


def _moment(name: str) -> str:
    return f"CAST(%s AS timestamptz) AS {name}" if connection.vendor == "postgresql" else f"%s AS {name}"
