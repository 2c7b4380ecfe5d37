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
        cursor.execute(text, parameters or None)


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


PLACED = {
    "postgresql": "timestamptz '2026-11-01 00:00:00+00' - n * interval '31 seconds'",
    "sqlite": "datetime('2026-11-01 00:00:00', '-' || (n * 31) || ' seconds')",
}
TRUE = {"postgresql": "true", "sqlite": "1"}
QUEUE_FIRST = 2_000_000_000_000
OPEN_ONES = 20_000


def add_queue(count: int, shops: list[int]) -> None:
    """Add orders over a year with a contact and a line each: 20,000 newest in all states, the others shipped."""
    vendor, last = connection.vendor, QUEUE_FIRST + count
    series, placed = SERIES[vendor].format(count=count), PLACED[vendor]
    state = (
        f"CASE WHEN n > {OPEN_ONES} THEN 'shipped' WHEN n % 10 < 4 THEN 'received' WHEN n % 10 = 4 THEN 'held'"
        " WHEN n % 10 = 5 THEN 'confirmed' WHEN n % 10 = 6 THEN 'reserved' WHEN n % 10 = 7 THEN 'released'"
        " WHEN n % 10 = 8 THEN 'unpaid' ELSE 'cancelled' END"
    )
    work, held_up = f"n <= {OPEN_ONES} AND n % 10 IN (5, 6, 7)", f"n <= {OPEN_ONES} AND n % 10 = 5 AND n % 4 = 1"
    shop = " ".join(f"WHEN {at} THEN {key}" for at, key in enumerate(shops))
    _run(
        "INSERT INTO orders_order (id, run_id, shop_id, external_id, content_hash, contact_digest, placed_at, received_at,"
        " goods_fen, freight_fen, discount_fen, total_fen, platform_discount_fen, origin, payment, presale, standing,"
        " status_word, refund, flag, marks, priority, stopped, state, version, confirmed_at, short_at, platform_due_at,"
        " shipped_at, cancelled_at)"
        f" SELECT {last} - n, 0, CASE n % {len(shops)} {shop} END, 'Q' || n, '', '', {placed}, {placed}, n % 9000, 0, 0,"
        " n % 9000, 0, 'channel', CASE WHEN n <= 20000 AND n % 10 = 8 THEN 'unpaid' ELSE 'paid' END, '', 'open', '', '',"
        f" CASE WHEN n % 97 = 0 THEN 'red' ELSE '' END, '', 0, CASE WHEN {work} AND n % 50 = 6 THEN {TRUE[vendor]} ELSE"
        f" {FALSE[vendor]} END, {state}, 1, CASE WHEN {work} THEN {placed} END, CASE WHEN {held_up} THEN {placed} END,"
        f" CASE WHEN n <= {OPEN_ONES} THEN {placed} END, NULL,"
        f" CASE WHEN n <= {OPEN_ONES} AND n % 10 = 9 THEN {placed} END FROM {series}",
        [],
    )
    _run(
        "INSERT INTO orders_ordercontact (id, order_id, buyer, receiver, phone, province, city, district, address, country,"
        f" kind, merge_key, email, buyer_note, seller_note) SELECT {last} - n, {last} - n, 'buyer' || n % 70000,"
        " 'receiver' || n % 50000, '', 'P' || n % 31, '', '', '', '', 'plain', '', '', CASE WHEN n % 40 = 0 THEN 'please'"
        f" ELSE '' END, '' FROM {series}",
        [],
    )
    _run(
        "INSERT INTO orders_orderline (id, run_id, order_id, identity, merchant_code, title, quantity, unit_price_fen,"
        f" discount_fen, amount_fen) SELECT {last} - n, 0, {last} - n, 'L1', 'C' || n % 3000, 'goods', 1, n % 9000, 0,"
        f" n % 9000 FROM {series}",
        [],
    )
