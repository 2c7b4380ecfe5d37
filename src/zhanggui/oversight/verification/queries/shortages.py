"""N1: what customers were told and promised about short orders; and that no short order lies idle (part of O8)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings

from zhanggui.oversight.verification.queries.reading import Check, Offence, rows
from zhanggui.oversight.verification.records import Asked

CASES = "SELECT COUNT(*) FROM shortages_shortagecase"

IDLE = (
    """
    SELECT o.id AS "order", o.state, 'short, and nobody negotiates' AS owner FROM orders_order o
    WHERE o.state = 'confirmed' AND o.short_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM shortages_shortagecase s WHERE s.order_id = o.id AND s.state <> 'closed')
    ORDER BY o.id
    """,
    """
    SELECT s.order_id AS "order", s.id AS shortage, s.state, 'no clock runs' AS owner FROM shortages_shortagecase s
    WHERE s.state <> 'closed' AND COALESCE(s.agreed_at, s.told_at, s.round_at) < %(five_minutes_ago)s
      AND NOT EXISTS (SELECT 1 FROM obligations_obligation c
        WHERE c.subject_kind IN ('shortage_notice', 'shortage_answer', 'shortage_promise') AND c.subject_id = s.id
          AND c.cycle = s.cycle AND c.state IN ('open', 'paused', 'breached'))
    ORDER BY s.id
    """,
)
PROMISES = """
    SELECT a.case_id, a.cycle, a.promised, a.option, c.id, MICROS(c.due_at) FROM shortages_shortageanswer a
    LEFT JOIN obligations_obligation c
      ON c.subject_kind = 'shortage_promise' AND c.subject_id = a.case_id AND c.cycle = a.cycle
    WHERE a.promised IS NOT NULL OR c.id IS NOT NULL ORDER BY a.id
"""


def broken_promises(asked: Asked) -> Iterator[Offence]:
    """Give the promised days that have no clock, or whose clock does not end with the business day."""
    for case, cycle, promised, option, clock, due_us in rows(PROMISES):
        wanted = None if promised is None else _end_of(promised)
        if wanted != due_us or option not in ("wait", "part"):
            yield f"shortage {case}", f"cycle={cycle} option={option} promised={promised} clock={clock}"


def _end_of(promised: Any) -> int:
    day = promised if isinstance(promised, date) else date.fromisoformat(promised)
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=settings.COMPANY_ZONE)
    return int(end.timestamp()) * 1_000_000


N1 = Check("N1", CASES, (
    """
    SELECT s.id AS shortage, s.state, s.order_id, o.state AS order_state FROM shortages_shortagecase s
    JOIN orders_order o ON o.id = s.order_id
    WHERE (s.state <> 'closed' AND o.state <> 'confirmed') OR o.short_at IS NULL
       OR (s.state = 'closed') <> (s.closed_at IS NOT NULL) OR (s.state = 'closed' AND s.closed_at < s.opened_at)
    ORDER BY s.id
    """,
    """
    SELECT s.id AS shortage, s.cycle, k.kind AS clock FROM shortages_shortagecase s
    CROSS JOIN (SELECT 'shortage_notice' AS kind UNION ALL SELECT 'shortage_answer') AS k
    LEFT JOIN obligations_obligation c ON c.subject_kind = k.kind AND c.subject_id = s.id AND c.cycle = s.cycle
    WHERE c.id IS NULL OR c.clause <> '2.1.3.2' OR c.started_at <> s.round_at
    ORDER BY s.id
    """,
    """
    SELECT s.id AS shortage, s.state, s.cycle FROM shortages_shortagecase s
    LEFT JOIN shortages_shortageanswer a ON a.case_id = s.id AND a.cycle = s.cycle
    WHERE (s.state = 'agreed' AND (a.id IS NULL OR a.answered_at <> s.agreed_at OR a.option <> s.option))
       OR (s.state IN ('to_tell', 'told') AND a.id IS NOT NULL)
    ORDER BY s.id
    """,
    """
    SELECT case_id AS shortage, cycle, COUNT(*) AS answers FROM shortages_shortageanswer
    GROUP BY case_id, cycle HAVING COUNT(*) > 1 ORDER BY case_id
    """,
    """
    SELECT n.case_id AS shortage, n.id AS notice, n.state, m.state AS message FROM shortages_shortagenotice n
    LEFT JOIN delivery_outboxmessage m ON m.id = n.message_id
    WHERE n.message_id IS NOT NULL AND (m.id IS NULL OR (n.state = 'told' AND (m.sent_at IS NULL
      OR n.told_at <> m.sent_at)))
    ORDER BY n.id
    """,
    """
    SELECT s.id AS shortage, c.id AS clock, c.subject_kind FROM shortages_shortagecase s
    JOIN obligations_obligation c ON c.subject_id = s.id
      AND c.subject_kind IN ('shortage_notice', 'shortage_answer', 'shortage_promise')
      AND c.state IN ('open', 'paused', 'breached')
    WHERE s.state = 'closed' OR c.cycle <> s.cycle ORDER BY s.id
    """,
), broken_promises)  # fmt: skip

CHECKS = (N1,)
