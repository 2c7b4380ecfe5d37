"""P1 to P3: each piece is sent once. Calls to carriers and tracking have no tables yet."""

from zhanggui.oversight.verification.queries.reading import Check

P1 = Check("P1", "SELECT COUNT(*) FROM fulfilment_shipment", (
    """
    SELECT MIN(id) AS request, reference_id AS reference, COUNT(*) AS times FROM fulfilment_fulfilmentrequest
    WHERE state <> 'cancelled' GROUP BY reference_id HAVING COUNT(*) > 1 ORDER BY 1
    """,
    """
    SELECT MIN(id) AS shipment, request_id AS request, COUNT(*) AS times FROM fulfilment_shipment
    GROUP BY request_id HAVING COUNT(*) > 1 ORDER BY 1
    """,
    """
    SELECT MIN(id) AS shipment, carrier, waybill, COUNT(*) AS times FROM fulfilment_shipment
    GROUP BY carrier, waybill HAVING COUNT(*) > 1 OR waybill = '' ORDER BY 1
    """,
    """
    SELECT q.id AS request, s.id AS shipment, q.state FROM fulfilment_fulfilmentrequest q
    LEFT JOIN fulfilment_shipment s ON s.request_id = q.id
    WHERE (q.state = 'shipped') <> (s.id IS NOT NULL) ORDER BY q.id
    """,
    """
    SELECT l.id AS part, l.order_id, l.shipped, p.sent FROM orders_orderpart l
    JOIN (SELECT r.line_id, SUM(CASE WHEN s.id IS NULL THEN 0 ELSE f.quantity END) AS sent
          FROM inventory_reservation r
          LEFT JOIN fulfilment_fulfilmentline f ON f.reservation_id = r.id
          LEFT JOIN fulfilment_shipment s ON s.request_id = f.request_id
          GROUP BY r.line_id) p ON p.line_id = l.id
    WHERE l.shipped <> p.sent ORDER BY l.id
    """,
    """
    SELECT f.request_id AS request, f.id AS line, f.quantity, r.quantity AS claimed FROM fulfilment_fulfilmentline f
    LEFT JOIN inventory_reservation r ON r.id = f.reservation_id
    WHERE r.id IS NULL OR r.quantity <> f.quantity ORDER BY f.id
    """,
    """
    SELECT l.id AS part, l.order_id, l.shipped FROM orders_orderpart l
    JOIN catalog_sku k ON k.id = l.sku_id
    LEFT JOIN inventory_reservation r ON r.line_id = l.id AND r.state = 'shipped'
    WHERE l.shipped > 0 AND k.stocked AND r.id IS NULL ORDER BY l.id
    """,
    """
    SELECT l.id AS part, l.sku_id AS sku, b.sku_id AS claimed FROM orders_orderpart l
    JOIN inventory_reservation r ON r.line_id = l.id JOIN inventory_stockbalance b ON b.id = r.balance_id
    WHERE l.sku_id <> b.sku_id ORDER BY l.id
    """,
))  # fmt: skip

CHECKS = (P1, Check("P2"), Check("P3"))
