"""I1 to I4: invoices, their numbers and amounts, for whom they were made out, and that none outlives its order."""

from collections.abc import Iterator

from django.conf import settings

from zhanggui.journal.rules import keyed_digest
from zhanggui.oversight.verification.queries.reading import Check, Offence, rows
from zhanggui.oversight.verification.records import Asked

INVOICES = "SELECT COUNT(*) FROM invoices_invoice"
BUYERS = """
    SELECT i.id, i.content_digest, b.title, b.tax_no, b.kind, b.email, b.address, b.phone, b.bank, b.account
    FROM invoices_invoice i LEFT JOIN invoices_invoicebuyer b ON b.invoice_id = i.id ORDER BY i.id
"""


def altered_buyers(asked: Asked) -> Iterator[Offence]:
    """Give the invoices that are made out to somebody else than was asked for; erased ones are left alone."""
    for invoice, digest, *texts in rows(BUYERS):
        if texts[0] is None:
            yield f"invoice {invoice}", "for whom it is, is missing"
        elif any(texts) and digest != keyed_digest(settings.CHAIN_KEY, *texts):
            yield f"invoice {invoice}", "for whom it is, is not what was asked"


I1 = Check("I1", INVOICES, (
    """
    SELECT MIN(invoice_id) AS invoice, TRIM(number) AS number, COUNT(*) AS times FROM invoices_invoicenumber
    GROUP BY TRIM(number) HAVING COUNT(*) > 1 ORDER BY 1
    """,
    """
    SELECT i.id AS invoice, i.state, COUNT(n.id) AS numbers FROM invoices_invoice i
    LEFT JOIN invoices_invoicenumber n ON n.invoice_id = i.id
    GROUP BY i.id, i.state HAVING COUNT(n.id) <> CASE WHEN i.state IN ('issued', 'sent', 'reversed') THEN 1 ELSE 0 END
    ORDER BY i.id
    """,
    """
    SELECT i.id AS invoice, i.state, r.id AS red, r.state AS red_state FROM invoices_invoice i
    LEFT JOIN invoices_invoice r ON r.original_id = i.id AND r.state IN ('issued', 'sent')
    WHERE i.colour = 'blue' AND (i.state = 'reversed') <> (r.id IS NOT NULL) ORDER BY i.id
    """,
    """
    SELECT subject_id AS invoice, id AS entry, from_state, to_state FROM journal_transition
    WHERE kind = 'invoice' AND (from_state IN ('cancelled', 'reversed')
      OR (from_state IN ('issued', 'sent') AND to_state NOT IN ('sent', 'reversed'))
      OR (to_state IN ('issued') AND from_state NOT IN ('ready', 'exported'))) ORDER BY id
    """,
))  # fmt: skip

I2 = Check("I2", INVOICES, (
    """
    SELECT id AS invoice, amount_fen, paid_fen FROM (
      SELECT i.id, i.amount_fen, CASE WHEN o.goods_fen + o.freight_fen - o.discount_fen < o.platform_discount_fen THEN 0
        ELSE o.goods_fen + o.freight_fen - o.discount_fen - o.platform_discount_fen END AS paid_fen
      FROM invoices_invoice i JOIN orders_order o ON o.id = i.order_id WHERE i.colour = 'blue') AS told
    WHERE amount_fen <> paid_fen ORDER BY id
    """,
    """
    SELECT r.id AS invoice, r.amount_fen, i.amount_fen AS original_fen FROM invoices_invoice r
    JOIN invoices_invoice i ON i.id = r.original_id
    WHERE r.amount_fen <> -i.amount_fen OR r.order_id <> i.order_id ORDER BY r.id
    """,
    """
    SELECT i.id AS invoice, i.amount_fen, n.amount_fen AS issued_fen FROM invoices_invoice i
    JOIN invoices_invoicenumber n ON n.invoice_id = i.id WHERE n.amount_fen <> i.amount_fen ORDER BY i.id
    """,
))  # fmt: skip

I3 = Check("I3", INVOICES, (
    """
    SELECT i.id AS invoice, n.number FROM invoices_invoice i
    JOIN invoices_invoicenumber n ON n.invoice_id = i.id WHERE n.content_digest <> i.content_digest ORDER BY i.id
    """,
), altered_buyers)  # fmt: skip

I4 = Check("I4", INVOICES, (
    """
    SELECT i.id AS invoice, i.state, o.id AS "order", o.state AS order_state FROM invoices_invoice i
    JOIN orders_order o ON o.id = i.order_id
    WHERE i.colour = 'blue' AND i.state IN ('waiting', 'to_correct', 'ready')
      AND (o.state = 'cancelled' OR o.standing = 'closed' OR o.refund = 'done') ORDER BY i.id
    """,
    """
    SELECT i.id AS invoice, i.state, o.id AS "order", o.state AS order_state FROM invoices_invoice i
    JOIN orders_order o ON o.id = i.order_id
    WHERE i.colour = 'blue' AND i.state IN ('issued', 'sent')
      AND (o.state = 'cancelled' OR o.standing = 'closed' OR o.refund = 'done')
      AND NOT EXISTS (SELECT 1 FROM invoices_invoice r WHERE r.original_id = i.id) ORDER BY i.id
    """,
))  # fmt: skip

CHECKS = (I1, I2, I3, I4)
