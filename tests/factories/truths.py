"""The invariants of stock, orders, clocks and journal, in plain SQL: other code than the steps that keep them.

Each statement returns the ids of what breaks its invariant; `broken()` runs all and names those that found something.
"""

from collections.abc import Iterator

from django.db import connection
from tests.cast import MONDAY_MORNING

from zhanggui.journal.models import PendingSeal
from zhanggui.journal.steps import seal_runs
from zhanggui.oversight.verification.queries import verify

RUNNING = "('open', 'paused', 'breached')"
TRUTHS = {
    "S1 on hand is the sum of movements": """
        SELECT b.id FROM inventory_stockbalance b
        WHERE b.on_hand <> (SELECT COALESCE(SUM(m.quantity), 0) FROM inventory_stockmovement m
                            WHERE m.balance_id = b.id)""",
    "S2 reserved is the sum of open reservations": """
        SELECT b.id FROM inventory_stockbalance b
        WHERE b.reserved <> (SELECT COALESCE(SUM(r.quantity), 0) FROM inventory_reservation r
                             WHERE r.balance_id = b.id AND r.state = 'open')""",
    "S3 stock is never negative, nor less than reserved":
        "SELECT id FROM inventory_stockbalance WHERE reserved < 0 OR reserved > on_hand",
    "S4 the running sum of movements is never negative": """
        SELECT id FROM (SELECT id, SUM(quantity) OVER (PARTITION BY balance_id ORDER BY id) AS level
                        FROM inventory_stockmovement) t WHERE level < 0""",
    "S5 a shipped reservation moved its pieces once, others never": """
        SELECT r.id FROM inventory_reservation r
        LEFT JOIN inventory_stockmovement m ON m.cause_key = 'ship:' || r.id
        WHERE (r.state = 'shipped') <> (m.id IS NOT NULL)
           OR -m.quantity <> r.quantity OR m.balance_id <> r.balance_id""",
    "O1 an order number exists once":
        "SELECT MIN(id) FROM orders_order GROUP BY shop_id, external_id HAVING COUNT(*) > 1",
    "O2 parts are neither over-shipped nor over-claimed, and full at the end": """
        SELECT l.id FROM orders_orderpart l JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN catalog_sku s ON s.id = l.sku_id
        LEFT JOIN (SELECT line_id, SUM(quantity) AS claimed FROM inventory_reservation WHERE state = 'open'
                   GROUP BY line_id) r ON r.line_id = l.id
        WHERE COALESCE(r.claimed, 0) + l.shipped + l.cancelled > l.wanted
           OR ((o.state = 'shipped') <> (l.shipped = l.wanted) AND l.wanted > 0)
           OR ((o.state = 'cancelled') <> (l.cancelled = l.wanted) AND l.wanted > 0)
           OR ((o.state IN ('reserved', 'released') AND s.stocked) <> (COALESCE(r.claimed, 0) = l.wanted)
               AND l.wanted > 0)""",
    "O3 the state is where the transitions lead, without a gap": """
        SELECT o.id FROM orders_order o WHERE o.state <> COALESCE((SELECT t.to_state FROM journal_transition t
            WHERE t.kind = 'order' AND t.subject_id = o.id ORDER BY t.id DESC LIMIT 1), 'received')
        UNION ALL
        SELECT subject_id FROM (SELECT subject_id, from_state,
            LAG(to_state, 1, 'received') OVER (PARTITION BY subject_id ORDER BY id) AS before
            FROM journal_transition WHERE kind = 'order') t WHERE from_state <> before""",
    "O3 every transition is a legal one": """
        SELECT subject_id FROM journal_transition WHERE kind = 'order' AND from_state || '>' || to_state NOT IN (
            'received>held', 'held>received', 'received>unpaid', 'unpaid>received', 'unpaid>held', 'unpaid>cancelled',
            'received>history', 'received>confirmed', 'confirmed>reserved', 'reserved>released',
            'released>shipped', 'received>cancelled', 'held>cancelled', 'confirmed>cancelled', 'reserved>cancelled',
            'released>cancelled')""",
    "O4 moments stand in order": """
        SELECT id FROM orders_order
        WHERE reserved_at < confirmed_at OR released_at < reserved_at OR shipped_at < released_at
           OR (state = 'shipped' AND (confirmed_at IS NULL OR reserved_at IS NULL OR released_at IS NULL
                                      OR shipped_at IS NULL OR order_no IS NULL))""",
    "O5 an order adds up": """
        SELECT o.id FROM orders_order o WHERE o.goods_fen <> (SELECT SUM(l.amount_fen) FROM orders_orderline l
            WHERE l.order_id = o.id) OR o.total_fen <> o.goods_fen + o.freight_fen - o.discount_fen""",
    "O7 an ended order has nothing open": f"""
        SELECT o.id FROM orders_order o WHERE o.state IN ('shipped', 'cancelled') AND (
            EXISTS (SELECT 1 FROM inventory_reservation r WHERE r.demand_id = o.id AND r.state = 'open')
            OR EXISTS (SELECT 1 FROM orders_orderhold h WHERE h.order_id = o.id AND h.state = 'open')
            OR EXISTS (SELECT 1 FROM fulfilment_fulfilmentrequest f WHERE f.reference_id = o.id AND f.state = 'open')
            OR EXISTS (SELECT 1 FROM obligations_obligation c WHERE c.subject_kind = 'order' AND c.subject_id = o.id
                       AND c.state IN {RUNNING}))""",
    "O8 an order at work has a running clock": f"""
        SELECT o.id FROM orders_order o WHERE o.state NOT IN ('shipped', 'cancelled', 'history') AND NOT EXISTS (
            SELECT 1 FROM obligations_obligation c WHERE c.subject_kind = 'order' AND c.subject_id = o.id
            AND c.state IN {RUNNING})""",
    "O8 a held or stopped order says why, others do not": """
        SELECT o.id FROM orders_order o WHERE o.state <> 'unpaid' AND (o.state = 'held' OR o.stopped) <> EXISTS (
            SELECT 1 FROM orders_orderhold h WHERE h.order_id = o.id AND h.state = 'open')""",
    "O9 the version counts the transitions": """
        SELECT o.id FROM orders_order o WHERE o.version <> (SELECT COUNT(*) FROM journal_transition t
            WHERE t.kind = 'order' AND t.subject_id = o.id)""",
    "P1 shipments belong to shipped orders, one each": """
        SELECT o.id FROM orders_order o
        LEFT JOIN fulfilment_fulfilmentrequest f ON f.reference_id = o.id
        LEFT JOIN fulfilment_shipment s ON s.request_id = f.id
        WHERE (o.state = 'shipped') <> (s.id IS NOT NULL)
           OR (o.state = 'shipped') <> (COALESCE(f.state, '') = 'shipped')
           OR (o.state IN ('released', 'shipped') AND f.id IS NULL)""",
    "D3 a clock is met in time or late by its lateness": """
        SELECT id FROM obligations_obligation WHERE (state = 'met' AND closed_at > due_at)
           OR (state = 'late' AND (closed_at <= due_at OR late_us IS NULL)) OR (state <> 'late' AND late_us IS NOT NULL)
           OR (state IN ('met', 'late', 'withdrawn')) <> (closed_at IS NOT NULL)""",
    "A2 every transition belongs to a run that was done": """
        SELECT t.id FROM journal_transition t LEFT JOIN journal_run r ON r.id = t.run_id AND r.outcome = 'done'
        WHERE r.id IS NULL""",
    "A1 every run is sealed or waits for its seal, never both": """
        SELECT r.id FROM journal_run r LEFT JOIN journal_seal s ON s.run_id = r.id
        LEFT JOIN journal_pendingseal p ON p.run_id = r.id WHERE (s.seq IS NULL) = (p.run_id IS NULL)""",
    "A1 the chain has no gap and no fork": """
        SELECT seq FROM (SELECT seq, previous, LAG(hash) OVER (ORDER BY seq) AS before,
                         ROW_NUMBER() OVER (ORDER BY seq) AS place FROM journal_seal) t
        WHERE seq <> place OR previous <> COALESCE(before, previous)""",
}  # fmt: skip


def broken() -> dict[str, list[int]]:
    """Return the broken truths with the ids of what breaks them; empty when all hold."""
    return {name: ids for name, ids in _found() if ids}


def _found() -> Iterator[tuple[str, list[int]]]:
    with connection.cursor() as cursor:
        for name, text in TRUTHS.items():
            cursor.execute(text)
            yield name, [row[0] for row in cursor.fetchall()]


def unproven() -> dict[str, list[object]]:
    """Return what the company's own checker and the truths above find, after sealing what waits; empty when all holds.

    Needs a test with real transactions: the checker reads in a snapshot of its own.
    """
    while PendingSeal.objects.exists():
        seal_runs()
    report = verify(MONDAY_MORNING)
    found: dict[str, list[object]] = {row.id: list(row.findings) for row in report.invariants if row.violations}
    return {**found, **broken()}
