"""One planted corruption per invariant: found by it, and by no other than those it breaks by its nature."""

from dataclasses import dataclass

import pytest
from tests.checker.planting import is_refused, plant
from tests.factories.company import EVENING, Day

from zhanggui.oversight.verification.queries import CHECKS, verify


@dataclass(frozen=True, slots=True)
class Corruption:
    """What is planted where, which invariant must find it, and which others it breaks by its nature.

    also: A2 whenever a column of the digest or a state without its entry is touched. refused: the database itself
    would not have let it happen.
    """

    id: str
    tables: tuple[str, ...]
    statement: str
    also: tuple[str, ...] = ()
    refused: bool = False

    @property
    def broken(self) -> set[str]:
        """All invariants that must find something."""
        return {self.id, *self.also}


def one(state: str) -> str:
    """The id of the first order in a state."""
    return f"(SELECT MIN(id) FROM orders_order WHERE state = '{state}')"


def sku(code: str) -> str:
    """The id of a SKU by its code."""
    return f"(SELECT id FROM catalog_sku WHERE code = '{code}')"


def numbered(name: str) -> str:
    """The id of an order by its number."""
    return f"(SELECT id FROM orders_order WHERE external_id = '{name}')"


def clock_of(name: str, clause: str = "2.1.3.1") -> str:
    """The id of an order's clock."""
    return (
        "(SELECT id FROM (SELECT id FROM obligations_obligation WHERE subject_kind = 'order'"
        f" AND clause = '{clause}' AND subject_id = {numbered(name)}) AS held)"
    )


ORDER, LINE, HOLD = ("orders_order",), ("orders_orderline",), ("orders_orderhold",)
PART = ("orders_orderpart",)
CASE = ("shortages_shortagecase",)
BALANCE, MOVEMENT = ("inventory_stockbalance",), ("inventory_stockmovement",)
CLOCK, PAUSE = ("obligations_obligation",), ("obligations_obligationpause",)
INVOICE, NUMBER = ("invoices_invoice",), ("invoices_invoicenumber",)
JOB, ENTRY = ("delivery_job",), ("journal_transition",)

CASES = (
    Corruption("S1", BALANCE, "UPDATE inventory_stockbalance SET on_hand = on_hand + 1"),
    Corruption("S2", BALANCE, "UPDATE inventory_stockbalance SET reserved = reserved - 1"),
    Corruption("S3", BALANCE, "UPDATE inventory_stockbalance SET reserved = on_hand + 1", ("S2",), refused=True),
    Corruption("S3", BALANCE, "UPDATE inventory_stockbalance SET reserved = -1", ("S2",), refused=True),
    Corruption(
        "S4", MOVEMENT,
        "UPDATE inventory_stockmovement SET quantity = CASE kind WHEN 'ship' THEN quantity"
        " WHEN 'receipt' THEN CASE WHEN cause_key = 'opening:TEA' THEN -1 WHEN cause_key = 'second:TEA' THEN 121"
        " ELSE quantity END ELSE quantity END",
        ("A2",), refused=True,
    ),
    Corruption("S5", MOVEMENT, "UPDATE inventory_stockmovement SET cause_key = 'ship:1' WHERE id ="
               " (SELECT MIN(id) FROM inventory_stockmovement WHERE kind = 'ship')", ("A2",), refused=True),
    Corruption("S5", MOVEMENT, "UPDATE inventory_stockmovement SET cause_key = 'opening:TEA'"
               " WHERE cause_key = 'opening:CUP'", ("A2",), refused=True),
    Corruption("S5", ("inventory_reservation",), "UPDATE inventory_reservation SET state = 'released' WHERE id ="
               " (SELECT MIN(id) FROM inventory_reservation WHERE state = 'shipped')", ("A2", "P1")),
    Corruption("O1", ORDER, f"UPDATE orders_order SET external_id = 'OVERDUE ' WHERE id = {one('held')}", ("A2",)),
    Corruption("O1", ORDER, f"UPDATE orders_order SET external_id = 'OVERDUE' WHERE id = {one('held')}",
               ("A2",), refused=True),
    Corruption("O2", PART, f"UPDATE orders_orderpart SET cancelled = 0 WHERE order_id = {one('cancelled')}"),
    Corruption("O2", PART, "UPDATE orders_orderpart SET cancelled = wanted + 1"
               f" WHERE order_id = {one('received')}", refused=True),
    Corruption("O2", PART, "UPDATE orders_orderpart SET cancelled = 1"
               f" WHERE order_id = {one('reserved')} AND sku_id = {sku('CUP')}"),
    Corruption(
        "O3", ENTRY,
        "UPDATE journal_transition"
        " SET from_state = CASE from_state WHEN 'confirmed' THEN 'released' ELSE from_state END,"
        " to_state = CASE to_state WHEN 'confirmed' THEN 'released' ELSE to_state END"
        f" WHERE kind = 'order' AND subject_id = {one('reserved')}", ("A2", "D2"), refused=True,
    ),
    Corruption("O3", ORDER, f"UPDATE orders_order SET state = 'held' WHERE id = {numbered('REC00000')}", ("A2", "O8")),
    Corruption("O4", ORDER, f"UPDATE orders_order SET reserved_at = NULL WHERE id = {one('shipped')}"),
    Corruption("O4", ORDER, "UPDATE orders_order SET reserved_at = '2026-03-01 00:00:00+00:00'"
               f" WHERE id = {one('reserved')}", refused=True),
    Corruption("O4", ORDER, "UPDATE orders_order SET short_at = '2026-03-01 00:00:00+00:00'"
               f" WHERE id = {one('reserved')}", ("A2",), refused=True),
    Corruption("O4", ORDER, "UPDATE orders_order SET short_at = '2026-03-02 02:00:00+00:00'"
               f" WHERE id = {numbered('SHORT00000')}"),
    Corruption("O5", ORDER, "UPDATE orders_order SET total_fen = total_fen + 1", ("A2", "O2"), refused=True),
    Corruption("O5", ORDER, "UPDATE orders_order SET goods_fen = goods_fen + 1, total_fen = total_fen + 1",
               ("A2", "I2", "O2")),
    Corruption("O5", LINE, "UPDATE orders_orderline SET discount_fen = 1", ("A2",), refused=True),
    Corruption("O7", HOLD, f"UPDATE orders_orderhold SET state = 'open' WHERE order_id = {numbered('H2')}", ("A2",)),
    Corruption("O8", CLOCK, f"DELETE FROM obligations_obligation WHERE id = {clock_of('REC00000')}", ("D6", "A2")),
    Corruption("O8", CASE, f"UPDATE shortages_shortagecase SET order_id = {one('held')} WHERE order_id ="
               f" {numbered('SHORT00000')}", ("A2", "N1")),
    Corruption("N1", CASE, f"UPDATE shortages_shortagecase SET cycle = 2 WHERE order_id = {numbered('WAIT00000')}",
               ("O8",)),
    Corruption("N1", CASE, f"UPDATE shortages_shortagecase SET state = 'told' WHERE order_id = {numbered('WAIT00001')}",
               ("A2",)),
    Corruption("N1", ("shortages_shortageanswer",),
               "UPDATE shortages_shortageanswer SET promised = '2026-03-10'", ("A2",)),
    Corruption("N1", CLOCK, "UPDATE obligations_obligation SET due_at = '2026-03-20 16:00:00' WHERE subject_kind ="
               " 'shortage_promise'", ("D2",)),
    Corruption("O9", ORDER, f"UPDATE orders_order SET version = version + 1 WHERE id = {one('released')}"),
    Corruption("P1", ("fulfilment_shipment",), "UPDATE fulfilment_shipment SET waybill = 'SF1'", ("A2",), refused=True),
    Corruption("P1", PART, f"UPDATE orders_orderpart SET shipped = 1, cancelled = 1 WHERE order_id = {one('shipped')}"
               f" AND sku_id = {sku('TEA')}"),
    Corruption("P1", ("fulfilment_fulfilmentrequest",), "UPDATE fulfilment_fulfilmentrequest SET state = 'shipped'"
               f" WHERE reference_id = {one('released')}", ("A2", "O4")),
    Corruption("P1", PART, "UPDATE orders_orderpart SET sku_id = (SELECT MAX(id) FROM catalog_sku)"
               f" WHERE order_id = {one('shipped')} AND sku_id = {sku('TEA')}", ("A2",)),
    Corruption("O2", ORDER, f"UPDATE orders_order SET origin = 'channel' WHERE id = {numbered('SPLIT00000#S1')}",
               ("A2", "D2")),
    Corruption("O4", ORDER, f"UPDATE orders_order SET ship_with_id = NULL WHERE id = {numbered('P2')}", ("A2",)),
    Corruption("O4", ORDER, f"UPDATE orders_order SET order_no = 'ZG0' WHERE id = {one('shipped')}"),
    Corruption("A2", ("orders_ordercontact",), "UPDATE orders_ordercontact SET address = 'elsewhere'"
               f" WHERE order_id = {one('released')}"),
    Corruption("A2", ("orders_ordercontact",), f"DELETE FROM orders_ordercontact WHERE order_id = {one('received')}"),
    Corruption("D1", CLOCK, "UPDATE obligations_obligation SET subject_id = 1 WHERE subject_kind = 'review'",
               ("A2",), refused=True),
    Corruption("D2", CLOCK, f"UPDATE obligations_obligation SET due_at = most_at WHERE id = {clock_of('REC00000')}"),
    Corruption("D2", CLOCK, f"UPDATE obligations_obligation SET due_at = most_at WHERE id = {clock_of('RESUMED')}"),
    Corruption("D2", CLOCK, "UPDATE obligations_obligation SET due_at = most_at WHERE subject_kind = 'review'"),
    Corruption("D2", ORDER, "UPDATE orders_order SET hand_over_by = '2026-03-02 02:00:00+00:00'"
               f" WHERE id = {one('shipped')}"),
    Corruption("D2", ORDER, f"UPDATE orders_order SET hand_over_by = NULL WHERE id = {one('shipped')}", ("O4",)),
    Corruption("D2", ("journal_run",), "UPDATE journal_run SET terms = '{}' WHERE id = (SELECT MIN(id) FROM journal_run"
               " WHERE step = 'orders.take_in')", ("A1",), refused=True),
    Corruption("D2", ("calendars_calendarday",), "DELETE FROM calendars_calendarday WHERE day = '2026-03-04'"
               " OR day = (SELECT MAX(day) FROM calendars_calendarday)", ("A2",)),
    Corruption("D3", CLOCK, "UPDATE obligations_obligation SET late_us = late_us + 1 WHERE state = 'late'"),
    Corruption("D3", CLOCK, "UPDATE obligations_obligation SET late_us = 1 WHERE state = 'met'", refused=True),
    Corruption("D3", ORDER, "UPDATE orders_order SET confirmed_at = '2026-03-02 00:59:59.999999+00:00'"
               f" WHERE id = {numbered('REL00000')}", ("D2", "D6", "O4"), refused=True),
    Corruption("D4", CLOCK, "UPDATE obligations_obligation SET state = 'open' WHERE state = 'breached'", ("A2",)),
    Corruption("D5", CLOCK, "UPDATE obligations_obligation SET state = 'paused'"
               f" WHERE id = {clock_of('REC00000')}", ("A2",)),
    Corruption("D5", PAUSE, "UPDATE obligations_obligationpause SET obligation_id = "
               f"{clock_of('RESUMED')} WHERE reason = 'payment'", ("A2",)),
    Corruption("D6", ORDER, "UPDATE orders_order SET placed_at = '2026-02-02 00:00:00+00:00'"
               f" WHERE id = {numbered('REC00000')}", ("A2",)),
    Corruption("I1", NUMBER, "UPDATE invoices_invoicenumber SET number ="
               " (SELECT MIN(number) FROM invoices_invoicenumber)", ("A2",), refused=True),
    Corruption("I1", INVOICE, "UPDATE invoices_invoice SET state = 'sent' WHERE state = 'ready'", ("A2",)),
    Corruption("I1", INVOICE, "UPDATE invoices_invoice SET state = 'issued' WHERE state = 'reversed'", ("A2",)),
    Corruption("I2", INVOICE, "UPDATE invoices_invoice SET amount_fen = amount_fen + 1 WHERE state = 'ready'", ("A2",)),
    Corruption("I2", NUMBER, "UPDATE invoices_invoicenumber SET amount_fen = amount_fen + 1", ("A2",), refused=True),
    Corruption("I3", ("invoices_invoicebuyer",), "UPDATE invoices_invoicebuyer SET title = 'somebody else'"),
    Corruption("I3", INVOICE, "UPDATE invoices_invoice SET content_digest = 'x' WHERE state = 'issued'"),
    Corruption("I4", ORDER, "UPDATE orders_order SET standing = 'closed' WHERE id ="
               " (SELECT order_id FROM invoices_invoice WHERE state = 'ready')"),
    Corruption("I4", ORDER, "UPDATE orders_order SET refund = 'done' WHERE id ="
               " (SELECT order_id FROM invoices_invoice WHERE state = 'issued' AND colour = 'blue')"),
    Corruption("J1", ("intake_intakefile",), "UPDATE intake_intakefile SET rows_total = 2, rows_refused = 1"),
    Corruption("J2", JOB, "UPDATE delivery_job SET state = 'running', worker = 'w',"
               " lease_until = '2026-03-02 12:58:59+00:00' WHERE kind = 'tests.waiting'"),
    Corruption("J3", ("delivery_alarm",), "UPDATE delivery_alarm SET answered_at = raised_at"),
    Corruption("J3", JOB, "UPDATE delivery_job SET attempts = max_attempts + 1"
               " WHERE kind = 'tests.waiting'", refused=True),
    Corruption("J3", JOB, "UPDATE delivery_job SET kind = 'tests.broken' WHERE kind = 'tests.waiting'", refused=True),
    Corruption("J4", JOB, "UPDATE delivery_job SET state = 'done' WHERE kind = 'delivery.send'"),
    Corruption("J5", JOB, "UPDATE delivery_job SET run_at = '2026-03-02 12:44:59+00:00' WHERE kind = 'tests.waiting'"),
    Corruption("A1", ("journal_seal",), "UPDATE journal_seal SET hash = previous WHERE seq = 7", refused=True),
    Corruption("A1", ("journal_chainhead",), "UPDATE journal_chainhead SET seq = seq - 1"),
    Corruption("A4", ("people_staff",), "UPDATE people_staff SET roles = 'administrator,manager'"),
    Corruption("A4", ("people_staff",), "UPDATE people_staff SET invitation_id = NULL"),
    Corruption("A4", ("people_staff",), "UPDATE people_staff SET username = 'somebody.else'"),
    Corruption("A4", ("people_staff",), "UPDATE people_staff SET is_active = FALSE"),
    Corruption("A2", ("people_access",), "UPDATE people_access SET active = 0", ("A4",)),
    Corruption("A2", CLOCK, "UPDATE obligations_obligation SET department = 'service'"
               f" WHERE id = {clock_of('REC00000')}"),
    Corruption("J1", ("intake_intakefile",), "UPDATE intake_intakefile SET new = new + 1"),
    Corruption("A4", ("people_invitation",), "UPDATE people_invitation SET roles = 'administrator'", ("A2",)),
    Corruption("A2", ORDER, f"UPDATE orders_order SET content_hash = 'x' WHERE id = {one('shipped')}"),
    Corruption("A2", ORDER, f"UPDATE orders_order SET short_at = confirmed_at WHERE id = {one('shipped')}"),
    Corruption("A2", ENTRY, "DELETE FROM journal_transition WHERE kind = 'hold'", refused=True),
    Corruption("A2", ("fulfilment_fulfilmentrequest",), "UPDATE fulfilment_fulfilmentrequest SET run_id = 1"),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[f"{at}-{case.id}" for at, case in enumerate(CASES)])
def test_a_planted_corruption_is_found_by_its_invariant_alone(company: Day, case: Corruption) -> None:
    assert is_refused(case.statement) == case.refused
    plant(case.tables, case.statement)
    report = verify(EVENING)
    assert set(report.broken) == case.broken, [row for row in report.invariants if row.violations]


def test_a_clean_company_is_clean(company: Day) -> None:
    report = verify(EVENING)
    assert report.clean
    assert report.figures == {"unsealed_runs": 0, "unsealed_seconds": 0}


def test_every_invariant_has_something_to_speak_about_or_says_so(company: Day) -> None:
    empty = {row.id for row in verify(EVENING).invariants if row.checked == 0}
    assert empty == {"S6", "P2", "P3", "J2"}, "not built yet, and no job is running"


def test_every_invariant_that_is_built_has_a_planted_corruption() -> None:
    assert {case.id for case in CASES} | {"S6", "P2", "P3", "A5"} == set(CHECKS)
