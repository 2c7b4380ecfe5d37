"""Writes of fulfilment: requests taken once, shipped once, or cancelled."""

from collections.abc import Sequence

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.fulfilment.models import FulfilmentLine, FulfilmentRequest, Shipment
from zhanggui.logistics.fulfilment.records import Asked, Dispatch, Refusal, RequestState
from zhanggui.logistics.inventory.steps import claims_by_key, ship_claims

OPEN, SHIPPED, CANCELLED = (state.value for state in RequestState)
REASON_OF_STATE = {SHIPPED: Refusal.ALREADY_SHIPPED, CANCELLED: Refusal.CANCELLED}


@step("fulfilment.take_requests", clause="2.1.3.3")
def take_requests(batch: Sequence[Asked], *, context: Inside) -> Answer:
    """Take requests to send goods, each reference exactly once.

    Clause: 2.1.3.3. Gives: the request's id. Rejects: already_taken, while another one is open or shipped (the database
    refuses a second one anyway); a cancelled one may be followed by another.
    Writes: requests and their lines.
    """
    run = context.run
    references = [row.reference_id for row in batch]
    rows_before = run.lock(FulfilmentRequest, "reference_id", references, ["reference_id", "state"], lock=False)
    known = {reference for reference, state in rows_before if state != CANCELLED}
    taken: list[tuple[int, Asked]] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(batch):
        if row.reference_id in known:
            rejected.append(Rejected(index, Refusal.ALREADY_TAKEN))
        else:
            known.add(row.reference_id)
            taken.append((index, row))
    n_lines = sum(len(row.claims) for _, row in taken)
    ids = run.ids(len(taken) + n_lines)
    heads, line_ids = ids[: len(taken)], ids[len(taken) :]
    rows = [row for _, row in taken]
    run.insert(FulfilmentRequest, {
        "id": heads, "reference_id": [row.reference_id for row in rows],
        "reference_no": [row.reference_no for row in rows],
        "warehouse_id": [row.warehouse_id for row in rows], "requested_at": context.as_of, "state": OPEN,
    })  # fmt: skip
    claims = [(head, claim) for head, row in zip(heads, rows, strict=True) for claim in row.claims]
    run.insert(FulfilmentLine, {
        "id": line_ids, "request_id": [head for head, _ in claims],
        "reservation_id": [claim.reservation_id for _, claim in claims],
        "quantity": [claim.quantity for _, claim in claims],
    })  # fmt: skip
    return answer([Accepted(index, head) for head, (index, _) in zip(heads, taken, strict=True)], rejected)


@step("fulfilment.ship_requests", clause="2.3.2.1")
def ship_requests(batch: Sequence[Dispatch], *, context: Inside) -> Answer:
    """Ship what was asked: the parcel leaves, the stock with it.

    Clause: 2.3.2.1. Gives: the shipment's id.
    Rejects: unknown, already_shipped, cancelled, waybill_missing, waybill_used (by this carrier before, or twice in
    the batch).
    Writes: shipments, requests shipped, movements, reservations, balances.
    """
    run = context.run
    rows = run.lock(
        FulfilmentRequest, "reference_id", [row.reference_id for row in batch], ["id", "reference_id", "state"]
    )
    states = {reference: (key, state) for key, reference, state in rows}
    used = _used_waybills(batch, context)
    going: list[tuple[int, int]] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(batch):
        key, state = states.get(row.reference_id, (0, ""))
        code = _refusal(state, row.waybill, (row.carrier, row.waybill) in used)
        if code:
            rejected.append(Rejected(index, code, {"waybill": row.waybill}))
            continue
        used.add((row.carrier, row.waybill))
        states[row.reference_id] = (key, SHIPPED)
        going.append((index, key))
    keys = [key for _, key in going]
    lines = run.lock(FulfilmentLine, "request_id", keys, ["reservation_id"], lock=False)
    claims = claims_by_key([row[0] for row in lines], context=context)
    ids = run.ids(len(going), spare=len(claims))
    run.insert(Shipment, {
        "id": ids, "request_id": keys, "carrier": [batch[index].carrier for index, _ in going],
        "waybill": [batch[index].waybill for index, _ in going], "shipped_at": context.as_of,
    })  # fmt: skip
    ship_claims(claims, context=context)
    run.update(FulfilmentRequest, keys, {"state": SHIPPED})
    run.move("request", keys, OPEN, SHIPPED)
    return answer([Accepted(index, key) for key, (index, _) in zip(ids, going, strict=True)], rejected)


def _used_waybills(batch: Sequence[Dispatch], context: Inside) -> set[tuple[str, str]]:
    waybills = [row.waybill for row in batch]
    return set(context.run.lock(Shipment, "waybill", waybills, ["carrier", "waybill"], lock=False))


def _refusal(state: str, waybill: str, waybill_used: bool) -> Refusal | None:
    """Return why a request in this state cannot ship; the state is judged before the waybill."""
    if state != OPEN:
        return REASON_OF_STATE.get(state, Refusal.UNKNOWN)
    if not waybill:
        return Refusal.WAYBILL_MISSING
    return Refusal.WAYBILL_USED if waybill_used else None


@step("fulfilment.cancel_requests", clause="2.1.3.3")
def cancel_requests(batch: Sequence[int], *, context: Inside) -> Answer:
    """Cancel open requests by their references. Rejects: unknown, already_shipped, cancelled."""
    run = context.run
    rows = run.lock(FulfilmentRequest, "reference_id", list(batch), ["id", "reference_id", "state"])
    states = {reference: (key, state) for key, reference, state in rows}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    for index, reference in enumerate(batch):
        key, state = states.get(reference, (0, ""))
        if state == OPEN:
            states[reference] = (key, CANCELLED)
            accepted.append(Accepted(index, key))
        else:
            rejected.append(Rejected(index, REASON_OF_STATE.get(state, Refusal.UNKNOWN)))
    open_ids = [int(row.result) for row in accepted]
    run.update(FulfilmentRequest, open_ids, {"state": CANCELLED})
    run.move("request", open_ids, OPEN, CANCELLED)
    return answer(accepted, rejected)
