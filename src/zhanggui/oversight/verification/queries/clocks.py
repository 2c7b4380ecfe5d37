"""D1 to D6: one clock each, due when it should be, judged by the facts."""

from collections.abc import Iterator
from itertools import chain

from zhanggui.oversight.verification.queries.deadlines import (
    wrong_calendars,
    wrong_due_moments,
    wrong_hand_overs,
    wrong_terms,
)
from zhanggui.oversight.verification.queries.reading import Check, Offence
from zhanggui.oversight.verification.records import Asked

CLOCKS = "SELECT COUNT(*) FROM obligations_obligation"
PAUSES = "SELECT COUNT(*) FROM obligations_obligationpause"
RUNNING = "SELECT COUNT(*) FROM obligations_obligation WHERE state = 'open'"
ORDERS = "SELECT COUNT(*) FROM orders_order"

D1 = Check("D1", CLOCKS, (
    """
    SELECT MIN(id) AS clock, subject_kind, subject_id, clause, cycle, COUNT(*) AS times FROM obligations_obligation
    GROUP BY subject_kind, subject_id, clause, cycle HAVING COUNT(*) > 1 ORDER BY 1
    """,
))  # fmt: skip

# Without pauses an elapsed clock is plain arithmetic; the others are walked day by day.
D2_ELAPSED = """
    SELECT id AS clock, clause, started_at, allowed_seconds, due_at, most_at, warn_at FROM obligations_obligation
    WHERE time_basis = 'elapsed' AND (
         MICROS(due_at) <> MICROS(started_at) + allowed_seconds * 1000000
      OR MICROS(most_at) <> MICROS(started_at) + allowed_seconds * 800000
      OR COALESCE(MICROS(warn_at), 0) <> CASE WHEN warned < 50 THEN MICROS(started_at) + allowed_seconds * 500000
                                              WHEN warned < 80 THEN MICROS(most_at) ELSE 0 END)
      AND NOT EXISTS (SELECT 1 FROM obligations_obligationpause p
                      WHERE p.obligation_id = obligations_obligation.id AND p.until_at IS NOT NULL)
    ORDER BY id
"""


def _wrong_otherwise(asked: Asked) -> Iterator[Offence]:
    return chain(wrong_due_moments(asked), wrong_terms(asked), wrong_hand_overs(asked), wrong_calendars(asked))


D2 = Check("D2", CLOCKS, (D2_ELAPSED,), _wrong_otherwise)

D3 = Check("D3", CLOCKS, (
    """
    SELECT id AS clock, state, due_at, closed_at, late_us FROM obligations_obligation
    WHERE (state IN ('open', 'paused', 'breached') AND (closed_at IS NOT NULL OR late_us IS NOT NULL))
       OR (state IN ('met', 'late', 'withdrawn') AND closed_at IS NULL)
       OR (state IN ('met', 'withdrawn') AND (closed_at > due_at OR late_us IS NOT NULL))
       OR (state = 'late' AND (closed_at <= due_at OR late_us IS NULL
                               OR late_us <> MICROS(closed_at) - MICROS(due_at)))
       OR state NOT IN ('open', 'paused', 'breached', 'met', 'late', 'withdrawn')
    ORDER BY id
    """,
    """
    SELECT clock, clause, state, closed_at, answered_at FROM (
      SELECT c.id AS clock, c.clause, c.state, c.closed_at,
             COALESCE(CASE WHEN c.clause = '2.1.3.1' THEN o.confirmed_at ELSE o.shipped_at END, o.cancelled_at)
               AS answered_at
      FROM obligations_obligation c JOIN orders_order o ON o.id = c.subject_id
      WHERE c.subject_kind = 'order' AND c.clause IN ('2.1.3.1', '2.3.2.1')
        AND c.state IN ('met', 'late', 'withdrawn')) AS judged
    WHERE answered_at IS NULL OR closed_at <> answered_at ORDER BY clock
    """,
    """
    SELECT subject_id AS clock, id AS entry, from_state, to_state FROM journal_transition
    WHERE kind = 'obligation' AND from_state IN ('met', 'late', 'withdrawn') ORDER BY id
    """,
))  # fmt: skip

# A clock that was opened a moment ago with a start long past has not met a sweep yet, hence the second comparison.
D4 = Check("D4", RUNNING, (
    """
    SELECT c.id AS clock, c.clause, c.subject_kind, c.subject_id, c.due_at FROM obligations_obligation c
    LEFT JOIN journal_run r ON r.id = c.run_id
    WHERE c.state = 'open' AND c.due_at < %(minute_ago)s
      AND (r.id IS NULL OR r.recorded_at < %(wall_minute_ago)s)
    ORDER BY c.id
    """,
))  # fmt: skip

D5 = Check("D5", PAUSES, (
    """
    SELECT clock, id AS pause, from_at, until_at, ended_before FROM (
      SELECT obligation_id AS clock, id, from_at, until_at,
             LAG(COALESCE(until_at, %(as_of)s)) OVER (PARTITION BY obligation_id ORDER BY from_at, id) AS ended_before
      FROM obligations_obligationpause) AS stretches
    WHERE until_at < from_at OR ended_before > from_at ORDER BY clock, id
    """,
    """
    SELECT p.obligation_id AS clock, p.id AS pause, p.from_at, p.until_at, c.started_at, c.closed_at
    FROM obligations_obligationpause p LEFT JOIN obligations_obligation c ON c.id = p.obligation_id
    WHERE c.id IS NULL OR p.from_at < c.started_at OR p.until_at > c.closed_at
       OR (c.closed_at IS NOT NULL AND p.until_at IS NULL)
    ORDER BY p.id
    """,
    """
    SELECT clock, state, standing FROM (
      SELECT c.id AS clock, c.state, (SELECT COUNT(*) FROM obligations_obligationpause p
        WHERE p.obligation_id = c.id AND p.until_at IS NULL) AS standing
      FROM obligations_obligation c) AS held
    WHERE standing <> CASE WHEN state = 'paused' THEN 1 ELSE 0 END ORDER BY clock
    """,
))  # fmt: skip

D6 = Check("D6", ORDERS, (
    """
    SELECT o.id AS "order", o.state, '2.1.3.1' AS clause, c.started_at, o.placed_at FROM orders_order o
    LEFT JOIN obligations_obligation c
      ON c.subject_kind = 'order' AND c.subject_id = o.id AND c.clause = '2.1.3.1' AND c.cycle = 1
    WHERE (o.state = 'history') <> (c.id IS NULL) OR c.started_at <> o.placed_at ORDER BY o.id
    """,
    """
    SELECT o.id AS "order", o.state, '2.3.2.1' AS clause, c.started_at, o.confirmed_at FROM orders_order o
    LEFT JOIN obligations_obligation c
      ON c.subject_kind = 'order' AND c.subject_id = o.id AND c.clause = '2.3.2.1' AND c.cycle = 1
    WHERE (o.confirmed_at IS NULL) <> (c.id IS NULL) OR c.started_at <> o.confirmed_at ORDER BY o.id
    """,
))  # fmt: skip

CHECKS = (D1, D2, D3, D4, D5, D6)
