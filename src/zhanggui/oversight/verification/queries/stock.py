"""S1 to S6: movements are the truth, balances their sum, reservations their claim."""

from zhanggui.oversight.verification.queries.reading import Check

BALANCES = "SELECT COUNT(*) FROM inventory_stockbalance"
MOVEMENTS = "SELECT COUNT(*) FROM inventory_stockmovement"

S1 = Check("S1", BALANCES, (
    """
    SELECT b.id AS balance, b.on_hand, COALESCE(m.total, 0) AS movements
    FROM inventory_stockbalance b
    LEFT JOIN (SELECT balance_id, SUM(quantity) AS total FROM inventory_stockmovement GROUP BY balance_id) m
      ON m.balance_id = b.id
    WHERE b.on_hand <> COALESCE(m.total, 0) ORDER BY b.id
    """,
    """
    SELECT m.balance_id AS balance, m.id AS movement, 'no such balance' AS missing
    FROM inventory_stockmovement m LEFT JOIN inventory_stockbalance b ON b.id = m.balance_id
    WHERE b.id IS NULL ORDER BY m.id
    """,
))  # fmt: skip

S2 = Check("S2", BALANCES, (
    """
    SELECT b.id AS balance, b.reserved, COALESCE(r.total, 0) AS claimed
    FROM inventory_stockbalance b
    LEFT JOIN (SELECT balance_id, SUM(quantity) AS total FROM inventory_reservation WHERE state = 'open'
               GROUP BY balance_id) r ON r.balance_id = b.id
    WHERE b.reserved <> COALESCE(r.total, 0) ORDER BY b.id
    """,
))  # fmt: skip

S3 = Check("S3", BALANCES, (
    """
    SELECT id AS balance, on_hand, reserved FROM inventory_stockbalance
    WHERE reserved < 0 OR reserved > on_hand ORDER BY id
    """,
))  # fmt: skip

S4 = Check("S4", MOVEMENTS, (
    """
    SELECT balance_id AS balance, id AS movement, level
    FROM (SELECT id, balance_id, SUM(quantity) OVER (PARTITION BY balance_id ORDER BY id) AS level
          FROM inventory_stockmovement) AS running
    WHERE level < 0 ORDER BY balance_id, id
    """,
))  # fmt: skip

S5 = Check("S5", "SELECT (SELECT COUNT(*) FROM inventory_stockmovement)"
           " + (SELECT COUNT(*) FROM inventory_reservation)", (
    """
    SELECT MIN(id) AS movement, cause_key, COUNT(*) AS times FROM inventory_stockmovement
    GROUP BY cause_key HAVING COUNT(*) > 1 OR cause_key = '' ORDER BY 1
    """,
    """
    SELECT r.id AS reservation, m.id AS movement, r.state, r.quantity AS claimed, m.quantity AS moved
    FROM inventory_reservation r LEFT JOIN inventory_stockmovement m ON m.cause_key = 'ship:' || r.id
    WHERE (r.state = 'shipped' AND (m.id IS NULL OR m.quantity <> -r.quantity OR m.balance_id <> r.balance_id))
       OR (r.state <> 'shipped' AND m.id IS NOT NULL)
    ORDER BY r.id
    """,
    """
    SELECT cause_key AS movement, 'no such reservation' AS missing
    FROM (SELECT cause_key FROM inventory_stockmovement WHERE kind = 'ship'
          EXCEPT SELECT 'ship:' || id FROM inventory_reservation) AS stray
    ORDER BY cause_key
    """,
))  # fmt: skip

S6 = Check("S6")

CHECKS = (S1, S2, S3, S4, S5, S6)
