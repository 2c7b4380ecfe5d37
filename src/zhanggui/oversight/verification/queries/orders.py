# ruff: noqa: S608 - statements are put together from constants only
"""O1 to O9: orders, their lines, their money, and that none is left behind."""

from zhanggui.oversight.verification.queries import shortages
from zhanggui.oversight.verification.queries.reading import Check

ORDERS = "SELECT COUNT(*) FROM orders_order"
PARTS = "SELECT COUNT(*) FROM orders_orderpart"
FINAL = "SELECT COUNT(*) FROM orders_order WHERE state IN ('shipped', 'cancelled', 'history')"
WAITING = "SELECT COUNT(*) FROM orders_order WHERE state NOT IN ('shipped', 'cancelled', 'history')"

O1 = Check("O1", ORDERS, (
    """
    SELECT MIN(o.id) AS "order", s.channel, s.code, TRIM(o.external_id) AS external_id, COUNT(*) AS times
    FROM orders_order o JOIN orders_shop s ON s.id = o.shop_id
    GROUP BY s.channel, s.code, TRIM(o.external_id) HAVING COUNT(*) > 1 ORDER BY 1
    """,
))  # fmt: skip

O2 = Check("O2", PARTS, (
    """
    SELECT l.id AS part, o.state, l.wanted, COALESCE(r.claimed, 0) AS claimed, l.shipped, l.cancelled
    FROM orders_orderpart l JOIN orders_order o ON o.id = l.order_id
    LEFT JOIN (SELECT line_id, SUM(quantity) AS claimed FROM inventory_reservation WHERE state = 'open'
               GROUP BY line_id) r ON r.line_id = l.id
    WHERE COALESCE(r.claimed, 0) + l.shipped + l.cancelled > l.wanted
       OR l.quantity < 1 OR l.wanted > l.quantity OR l.shipped < 0 OR l.cancelled < 0
       OR (o.state IN ('shipped', 'cancelled') AND l.shipped + l.cancelled <> l.wanted)
       OR (o.state = 'history' AND l.shipped + l.cancelled + COALESCE(r.claimed, 0) > 0)
    ORDER BY l.id
    """,
    # what left a part is with an order that was split off, or with the goods that took its place
    """
    SELECT o.id AS "order", p.sku_id AS sku, p.gone, COALESCE(c.taken, 0) + COALESCE(r.taken, 0) AS taken
    FROM (SELECT order_id, sku_id, SUM(quantity - wanted) AS gone FROM orders_orderpart GROUP BY order_id, sku_id) p
    JOIN orders_order o ON o.id = p.order_id
    LEFT JOIN (SELECT k.parent_id, q.sku_id, SUM(q.quantity) AS taken FROM orders_orderpart q
               JOIN orders_order k ON k.id = q.order_id WHERE k.origin = 'split' AND q.replaces_id IS NULL
               GROUP BY k.parent_id, q.sku_id) c ON c.parent_id = p.order_id AND c.sku_id = p.sku_id
    LEFT JOIN (SELECT b.order_id, b.sku_id, SUM(a.quantity) AS taken FROM orders_orderpart a
               JOIN orders_orderpart b ON b.id = a.replaces_id
               GROUP BY b.order_id, b.sku_id) r ON r.order_id = p.order_id AND r.sku_id = p.sku_id
    WHERE p.gone <> COALESCE(c.taken, 0) + COALESCE(r.taken, 0) ORDER BY o.id, p.sku_id
    """,
    """
    SELECT o.id AS "order", o.origin, p.id AS parent, o.total_fen FROM orders_order o
    LEFT JOIN orders_order p ON p.id = o.parent_id
    WHERE (o.origin IN ('split', 'resend')) <> (o.parent_id IS NOT NULL)
       OR (o.parent_id IS NOT NULL AND (p.shop_id <> o.shop_id OR o.total_fen <> 0 OR o.goods_fen <> 0)) ORDER BY o.id
    """,
    """
    SELECT l.id AS line, o.state FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE o.state IN ('confirmed', 'reserved', 'released', 'shipped')
      AND NOT EXISTS (SELECT 1 FROM orders_orderpart p WHERE p.line_id = l.id) ORDER BY l.id
    """,
))  # fmt: skip

O3 = Check("O3", ORDERS, (
    """
    SELECT subject_id AS "order", id AS entry, from_state, to_state FROM journal_transition
    WHERE kind = 'order' AND from_state || '>' || to_state NOT IN
      ('received>held', 'held>received', 'received>unpaid', 'unpaid>received', 'unpaid>held', 'unpaid>cancelled',
       'received>history', 'received>confirmed', 'confirmed>reserved', 'reserved>released',
       'released>shipped', 'received>cancelled', 'held>cancelled', 'confirmed>cancelled', 'reserved>cancelled',
       'released>cancelled')
    ORDER BY id
    """,
    """
    SELECT subject_id AS "order", id AS entry, from_state, before
    FROM (SELECT id, subject_id, from_state,
                 LAG(to_state, 1, 'received') OVER (PARTITION BY subject_id ORDER BY id) AS before
          FROM journal_transition WHERE kind = 'order') AS steps
    WHERE from_state <> before ORDER BY id
    """,
    """
    SELECT id AS "order", state, replayed FROM (
      SELECT o.id, o.state, COALESCE((SELECT t.to_state FROM journal_transition t
        WHERE t.kind = 'order' AND t.subject_id = o.id ORDER BY t.id DESC LIMIT 1), 'received') AS replayed
      FROM orders_order o) AS told
    WHERE state <> replayed ORDER BY id
    """,
))  # fmt: skip

O4 = Check("O4", ORDERS, (
    """
    SELECT id AS "order", state, confirmed_at, reserved_at, released_at, shipped_at, cancelled_at FROM orders_order
    WHERE (state IN ('confirmed', 'reserved', 'released', 'shipped') AND confirmed_at IS NULL)
       OR (state IN ('reserved', 'released', 'shipped') AND reserved_at IS NULL)
       OR (state IN ('released', 'shipped') AND (released_at IS NULL OR order_no IS NULL))
       OR (state IN ('received', 'unpaid', 'held', 'history') AND confirmed_at IS NOT NULL)
       OR (state IN ('received', 'unpaid', 'held', 'history', 'confirmed') AND reserved_at IS NOT NULL)
       OR (state IN ('received', 'unpaid', 'held', 'history', 'confirmed', 'reserved') AND released_at IS NOT NULL)
       OR (state = 'shipped') <> (shipped_at IS NOT NULL) OR (state = 'cancelled') <> (cancelled_at IS NOT NULL)
       OR (hand_over_by IS NULL) <> (confirmed_at IS NULL) OR (short_at IS NOT NULL AND confirmed_at IS NULL)
       OR confirmed_at < received_at OR short_at < confirmed_at
       OR reserved_at < confirmed_at OR reserved_at < short_at
       OR released_at < reserved_at OR shipped_at < released_at
    ORDER BY id
    """,
    """
    SELECT o.id AS "order", o.short_at, r.as_of AS found_at FROM orders_order o
    JOIN journal_transition t ON t.kind = 'shortage' AND t.subject_id = o.id
    LEFT JOIN journal_run r ON r.id = t.run_id
    WHERE r.id IS NULL OR o.short_at <> r.as_of ORDER BY o.id
    """,
    """
    SELECT o.id AS "order", o.order_no, q.reference_no FROM orders_order o
    JOIN fulfilment_fulfilmentrequest q ON q.reference_id = o.id
    WHERE o.order_no IS NULL OR o.order_no <> q.reference_no ORDER BY o.id
    """,
    # orders of one parcel: one shop, a lead among them, handed over and shipped at once, asked for in one request
    """
    SELECT o.id AS "order", o.ship_with_id AS lead, o.state, l.state AS lead_state FROM orders_order o
    JOIN orders_order l ON l.id = o.ship_with_id
    WHERE l.ship_with_id IS NULL OR l.ship_with_id <> l.id OR l.shop_id <> o.shop_id
       OR o.state IN ('cancelled', 'history')
       OR (o.state IN ('released', 'shipped') OR l.state IN ('released', 'shipped')) AND (o.state <> l.state
           OR o.released_at <> l.released_at OR COALESCE(MICROS(o.shipped_at), 0) <> COALESCE(MICROS(l.shipped_at), 0))
    ORDER BY o.id
    """,
    """
    SELECT o.id AS "order", o.state, COUNT(q.id) AS requests FROM orders_order o
    LEFT JOIN fulfilment_fulfilmentrequest q ON q.reference_id = COALESCE(o.ship_with_id, o.id)
      AND q.state = CASE WHEN o.state = 'shipped' THEN 'shipped' ELSE 'open' END
    WHERE o.state IN ('released', 'shipped') GROUP BY o.id, o.state HAVING COUNT(q.id) <> 1 ORDER BY o.id
    """,
    """
    SELECT r.demand_id AS "order", r.id AS reservation, q.reference_id AS reference FROM inventory_reservation r
    JOIN orders_order o ON o.id = r.demand_id AND o.state = 'released'
    LEFT JOIN fulfilment_fulfilmentline f ON f.reservation_id = r.id
    LEFT JOIN fulfilment_fulfilmentrequest q ON q.id = f.request_id
    WHERE r.state = 'open' AND (q.id IS NULL OR q.state <> 'open' OR q.reference_id <> COALESCE(o.ship_with_id, o.id))
    ORDER BY r.id
    """,
))  # fmt: skip

O5 = Check("O5", ORDERS, (
    """
    SELECT o.id AS "order", o.total_fen, o.goods_fen, COALESCE(l.total, 0) AS lines_fen, o.freight_fen, o.discount_fen
    FROM orders_order o
    LEFT JOIN (SELECT order_id, SUM(amount_fen) AS total FROM orders_orderline GROUP BY order_id) l ON l.order_id = o.id
    WHERE o.total_fen <> o.goods_fen + o.freight_fen - o.discount_fen OR o.goods_fen <> COALESCE(l.total, 0)
    ORDER BY o.id
    """,
    """
    SELECT order_id AS "order", id AS line, quantity, unit_price_fen, discount_fen, amount_fen FROM orders_orderline
    WHERE amount_fen <> quantity * unit_price_fen - discount_fen ORDER BY id
    """,
    """
    SELECT l.order_id AS "order", l.id AS line, l.amount_fen, SUM(p.amount_fen) AS parts_fen FROM orders_orderline l
    JOIN orders_orderpart p ON p.line_id = l.id
    GROUP BY l.order_id, l.id, l.amount_fen HAVING SUM(p.amount_fen) <> l.amount_fen ORDER BY l.id
    """,
))  # fmt: skip

ENDED = "COALESCE(o.shipped_at, o.cancelled_at, o.received_at) < %(five_minutes_ago)s"
O7 = Check("O7", FINAL, (
    f"""
    SELECT o.id AS "order", o.state, r.id AS open_reservation FROM inventory_reservation r
    JOIN orders_order o ON o.id = r.demand_id
    WHERE r.state = 'open' AND o.state IN ('shipped', 'cancelled', 'history') AND {ENDED} ORDER BY o.id, r.id
    """,
    f"""
    SELECT o.id AS "order", o.state, c.id AS running_clock, c.clause FROM obligations_obligation c
    JOIN orders_order o ON o.id = c.subject_id
    WHERE c.subject_kind = 'order' AND c.state IN ('open', 'paused', 'breached')
      AND o.state IN ('shipped', 'cancelled', 'history') AND {ENDED} ORDER BY o.id, c.id
    """,
    f"""
    SELECT o.id AS "order", o.state, h.id AS open_hold, h.code FROM orders_orderhold h
    JOIN orders_order o ON o.id = h.order_id
    WHERE h.state = 'open' AND o.state IN ('shipped', 'cancelled', 'history') AND {ENDED} ORDER BY o.id, h.id
    """,
    f"""
    SELECT o.id AS "order", o.state, q.id AS open_request FROM fulfilment_fulfilmentrequest q
    JOIN orders_order o ON o.id = q.reference_id
    WHERE q.state = 'open' AND o.state IN ('shipped', 'cancelled', 'history') AND {ENDED} ORDER BY o.id, q.id
    """,
))  # fmt: skip

O8 = Check("O8", WAITING, (
    """
    SELECT o.id AS "order", o.state, 'no clock, no hold' AS owner FROM orders_order o
    WHERE o.state NOT IN ('shipped', 'cancelled', 'history')
      AND COALESCE(o.released_at, o.reserved_at, o.confirmed_at, o.received_at) < %(five_minutes_ago)s
      AND NOT EXISTS (SELECT 1 FROM obligations_obligation c WHERE c.subject_kind = 'order'
                      AND c.subject_id = o.id AND c.state IN ('open', 'paused', 'breached'))
      AND NOT EXISTS (SELECT 1 FROM orders_orderhold h WHERE h.order_id = o.id AND h.state = 'open')
    ORDER BY o.id
    """,
    """
    SELECT o.id AS "order", o.state, o.stopped FROM orders_order o
    WHERE (o.state = 'held' OR o.stopped) <> (o.state NOT IN ('unpaid', 'shipped', 'cancelled', 'history')
      AND EXISTS (SELECT 1 FROM orders_orderhold h WHERE h.order_id = o.id AND h.state = 'open'))
      AND NOT (o.stopped AND o.state IN ('shipped', 'cancelled', 'history')) ORDER BY o.id
    """,
    *shortages.IDLE,
))  # fmt: skip

O9 = Check("O9", ORDERS, (
    """
    SELECT id AS "order", version, entries FROM (
      SELECT o.id, o.version, (SELECT COUNT(*) FROM journal_transition t
        WHERE t.kind = 'order' AND t.subject_id = o.id) AS entries
      FROM orders_order o) AS told
    WHERE version <> entries ORDER BY id
    """,
))  # fmt: skip

CHECKS = (O1, O2, O3, O4, O5, O7, O8, O9)
