"""Writes of invoices after the wish: to the invoicing tool, numbered, sent, given up, taken back."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.conf import settings

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.sales.invoices import rules
from zhanggui.sales.invoices.models import Invoice, InvoiceNumber
from zhanggui.sales.invoices.records import IN_HAND, OPEN, TO_ISSUE, Colour, Issue, Refusal, Sale, State
from zhanggui.sales.invoices.wishes import (
    COLUMNS,
    UNCHANGED,
    InvoiceRow,
    Moves,
    insert_invoices,
    move_invoices,
    orders_of,
    row_of,
)


def _locked(ids: Sequence[int], context: Inside) -> dict[int, InvoiceRow]:
    """Lock invoices, and the originals of red ones, in the order of their ids."""
    run = context.run
    wanted = set(ids)
    wanted |= {row[0] for row in run.lock(Invoice, "id", sorted(wanted), ["original_id"], lock=False) if row[0]}
    return {row[0]: row_of(row) for row in run.lock(Invoice, "id", sorted(wanted), COLUMNS)}


def _ready(
    batch: Sequence[int], states: Sequence[State], context: Inside, *, colour: str = ""
) -> tuple[dict[int, InvoiceRow], list[Rejected]]:
    """Lock invoices and refuse those in none of the states. Gives: the others by their index in the batch."""
    rows = _locked(batch, context)
    ready: dict[int, InvoiceRow] = {}
    rejected = []
    seen: set[int] = set()
    for index, key in enumerate(batch):
        row = rows.get(key)
        if row is None:
            rejected.append(Rejected(index, Refusal.UNKNOWN_INVOICE))
        elif key in seen or row.state not in states or (colour and row.colour != colour):
            rejected.append(Rejected(index, Refusal.WRONG_STATE, {"state": row.state}))
        else:
            ready[index] = row
        seen.add(key)
    return ready, rejected


@step("invoices.export", clause="1.2")
def export_invoices(batch: Sequence[int], *, context: Inside) -> Answer:
    """Note that wishes go to the invoicing tool; one that went there before may go again.

    Clause: 1.2. Rejects: unknown_invoice, invoice_wrong_state, not_a_sale (its order does not count as one now).
    """
    ready, rejected = _ready(batch, TO_ISSUE, context)
    orders = orders_of({row.order_id for row in ready.values() if row.colour == Colour.BLUE}, context, lock=False)
    for index, row in list(ready.items()):
        if row.colour == Colour.BLUE and orders[row.order_id].sale != Sale.COUNTS:
            rejected.append(Rejected(index, Refusal.NOT_A_SALE))
            del ready[index]
    fresh = [(row.id, row.state, State.EXPORTED) for row in ready.values() if row.state == State.READY]
    move_invoices(fresh, context, {"exported_at": context.as_of})
    return answer([Accepted(index, row.id) for index, row in ready.items()], rejected)


@step("invoices.issue", clause="1.2")
def issue_invoices(batch: Sequence[Issue], *, context: Inside) -> Answer:
    """Note under which numbers invoices were issued; an issued red letter ends its original.

    Clause: 1.2. Gives: the invoice's id; "unchanged" where it has this number already. Where the order has ended
    since the export, a red letter is wanted at once.
    Rejects: unknown_invoice, invoice_wrong_state, invoice_number_invalid, invoice_number_used, invoice_date_invalid,
    invoice_link_invalid, twice_in_batch.
    Writes: numbers, states, red letters.
    """
    run = context.run
    rows = _locked([row.invoice_id for row in batch], context)
    texts = [rules.number_of(row.number) or "" for row in batch]
    had: dict[int, str] = dict(
        run.lock(InvoiceNumber, "invoice_id", sorted(rows), ["invoice_id", "number"], lock=False)
    )
    used = {row[0] for row in run.lock(InvoiceNumber, "number", sorted(set(texts)), ["number"], lock=False)}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    issued: dict[int, tuple[InvoiceRow, Issue, str]] = {}
    today = context.as_of.astimezone(settings.COMPANY_ZONE).date()
    for index, (one, number) in enumerate(zip(batch, texts, strict=True)):
        row = rows.get(one.invoice_id)
        if row is not None and number and had.get(row.id) == number:
            accepted.append(Accepted(index, UNCHANGED))
            continue
        code = _not_issued(row, one, number, today)
        if code is None and (number in used or row is None or row.id in issued):
            code = Refusal.NUMBER_USED if number in used else Refusal.TWICE
        if code is not None or row is None:
            rejected.append(Rejected(index, code or Refusal.UNKNOWN_INVOICE))
            continue
        used.add(number)
        issued[row.id] = (row, one, number)
        accepted.append(Accepted(index, row.id))
    _issue(list(issued.values()), rows, context)
    return answer(accepted, rejected)


def _not_issued(row: InvoiceRow | None, one: Issue, number: str, today: date) -> Refusal | None:
    """Return why an invoice cannot bear a number, the gravest reason first."""
    if row is None:
        return Refusal.UNKNOWN_INVOICE
    if row.state not in TO_ISSUE:
        return Refusal.WRONG_STATE
    if not number:
        return Refusal.NUMBER_INVALID
    if not rules.is_day_of_issue(one.issued_on, today):
        return Refusal.DATE_INVALID
    return None if not one.link or rules.is_link(one.link) else Refusal.LINK_INVALID


def _issue(issued: Sequence[tuple[InvoiceRow, Issue, str]], rows: Mapping[int, InvoiceRow], context: Inside) -> None:
    run = context.run
    if not issued:
        return
    run.insert(InvoiceNumber, {
        "id": run.ids(len(issued)), "invoice_id": [row.id for row, _, _ in issued],
        "number": [number for _, _, number in issued], "issued_on": [one.issued_on for _, one, _ in issued],
        "amount_fen": [row.amount_fen for row, _, _ in issued],
        "content_digest": [row.content_digest for row, _, _ in issued], "link": [one.link for _, one, _ in issued],
    })  # fmt: skip
    done: Moves = [(row.id, row.state, State.ISSUED) for row, _, _ in issued]
    ended: Moves = [
        (row.original_id, rows[row.original_id].state, State.REVERSED) for row, _, _ in issued if row.original_id
    ]
    move_invoices([*done, *ended], context)
    blue = [row for row, _, _ in issued if row.colour == Colour.BLUE]
    orders = orders_of({row.order_id for row in blue}, context, lock=False)
    insert_invoices({}, [row for row in blue if orders[row.order_id].sale == Sale.ENDED], orders, context)


@step("invoices.mark_sent", clause="1.2")
def mark_sent(batch: Sequence[int], *, context: Inside) -> Answer:
    """Note that issued invoices were sent to their buyers. Rejects: unknown_invoice, invoice_wrong_state."""
    ready, rejected = _ready(batch, (State.ISSUED,), context)
    move_invoices([(row.id, row.state, State.SENT) for row in ready.values()], context, {"sent_at": context.as_of})
    return answer([Accepted(index, row.id) for index, row in ready.items()], rejected)


@step("invoices.cancel", clause="1.2")
def cancel_invoices(batch: Sequence[int], *, context: Inside) -> Answer:
    """Give up wishes that are not issued. Rejects: unknown_invoice, invoice_wrong_state."""
    ready, rejected = _ready(batch, OPEN, context)
    move_invoices([(row.id, row.state, State.CANCELLED) for row in ready.values()], context)
    return answer([Accepted(index, row.id) for index, row in ready.items()], rejected)


@step("invoices.take_back", clause="1.2")
def take_back_invoices(batch: Sequence[int], *, context: Inside) -> Answer:
    """Want a red letter for issued invoices, such as for a wrong title; the person's words are the run's reason.

    Clause: 1.2. Rejects: unknown_invoice, invoice_wrong_state, already_red.
    """
    ready, rejected = _ready(batch, IN_HAND, context, colour=Colour.BLUE)
    ids = sorted(row.id for row in ready.values())
    reds = context.run.lock(Invoice, "original_id", ids, ["original_id", "state"], lock=False) if ids else []
    live = {original for original, state in reds if state != State.CANCELLED}
    rejected += [Rejected(index, Refusal.ALREADY_RED) for index, row in ready.items() if row.id in live]
    ready = {index: row for index, row in ready.items() if row.id not in live}
    insert_invoices({}, list(ready.values()), {}, context)
    return answer([Accepted(index, row.id) for index, row in ready.items()], rejected)
