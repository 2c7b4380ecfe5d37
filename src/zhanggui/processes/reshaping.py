"""Orders out of orders, over both wings: chosen pieces split off into an order of their own, or sent again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.inventory.records import Claimed
from zhanggui.logistics.inventory.steps import claims_of, rebook_claims
from zhanggui.obligations.copies import copy_obligations
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import open_obligations
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_for
from zhanggui.sales.orders.children import Child, insert_children
from zhanggui.sales.orders.judging import carry_out, judge_known
from zhanggui.sales.orders.models import Order, OrderPart
from zhanggui.sales.orders.parcels import groups_of, lead_of
from zhanggui.sales.orders.parts import parts_of
from zhanggui.sales.orders.records import Origin, Pieces, Refusal, State
from zhanggui.sales.orders.rules import ConfirmTerms
from zhanggui.sales.orders.steps import lock_orders
from zhanggui.sales.shortages.steps import cases_of

HOUR = 3600
SPLIT_IN = (State.RECEIVED, State.CONFIRMED, State.RESERVED)
Held = Mapping[int, int]


@step("processes.split_orders", clause="2.1.3.2", limit=1_000)
def split_orders(batch: Sequence[Pieces], *, context: Inside) -> Answer:
    """Split chosen pieces off orders that logistics does not have yet; each goes on as an order of its own.

    Clause: 2.1.3.2. The child stands where its parent stands, and its clocks go on from the parent's moments; reserved
    pieces stay reserved. The money stays with the parent. Gives: the child's id.
    Rejects: unknown_order, wrong_state, on_hold, unpaid; unknown_part, too_many, nothing_chosen, nothing_left (a whole
    order is no split); shortage_open (its customer is being asked), travels_together (it goes in a parcel with others),
    twice_in_batch.
    Writes: orders, contacts, lines, parts, reservations, clocks; what is left of the parents' parts.
    """
    ready, rejected = lock_orders([row.order_id for row in batch], SPLIT_IN, context=context)
    ids = [key for key, _ in ready.values()]
    asked = {case.order_id for case in cases_of(ids, context=context)}
    joined = lead_of(groups_of(ids, context=context))
    parts = _parts(ids, "wanted", context)
    going: dict[int, Pieces] = {}
    for index, (key, _) in ready.items():
        code = Refusal.SHORTAGE_OPEN if key in asked else Refusal.TRAVELS_TOGETHER if key in joined else None
        code = code or _wrong(batch[index], parts.get(key, {}), whole=False)
        if code:
            rejected.append(Rejected(index, code))
        else:
            going[index] = batch[index]
    children = insert_children(list(going.values()), Origin.SPLIT, context=context) if going else []
    _take_off(list(going.values()), parts, context)
    _follow_with_stock(children, list(going.values()), context)
    copy_obligations("order", {child.order_id: child.parent_id for child in children}, context=context)
    return answer([Accepted(index, child.order_id) for index, child in zip(going, children, strict=True)], rejected)


@step("processes.resend_orders", clause="2.1.3.1", limit=1_000)
def resend_orders(batch: Sequence[Pieces], *, context: Inside) -> Answer:
    """Send chosen pieces of shipped orders again, as orders of their own without a price; their clocks begin now.

    Clause: 2.1.3.1. Takes: the reason in the context. Gives: the new order's id; it is received, and held where rules
    of validity speak against its receiver.
    Rejects: unknown_order, wrong_state (it has not left), unknown_part, too_many (more than was sent), nothing_chosen.
    Writes: orders, contacts, lines, parts, clocks, holds.
    """
    ready, rejected = _lock_shipped([row.order_id for row in batch], context)
    parts = _parts(list(ready.values()), "shipped", context)
    going: dict[int, Pieces] = {}
    for index, key in ready.items():
        if code := _wrong(batch[index], parts.get(key, {}), whole=True):
            rejected.append(Rejected(index, code))
        else:
            going[index] = batch[index]
    children = insert_children(list(going.values()), Origin.RESEND, context=context) if going else []
    ids = [child.order_id for child in children]
    if ids:
        open_obligations([_confirm_clock(ids, context)], context=context)
        carry_out(judge_known(ids, context), context)
    return answer([Accepted(index, key) for index, key in zip(going, ids, strict=True)], rejected)


def _lock_shipped(ids: Sequence[int], context: Inside) -> tuple[dict[int, int], list[Rejected]]:
    """Lock orders that have left. Gives: order by its index in the batch, and the refusals."""
    rows: dict[int, tuple[str, Any]] = {
        key: (state, at) for key, state, at in context.run.lock(Order, "id", list(ids), ["id", "state", "shipped_at"])
    }
    ready: dict[int, int] = {}
    rejected: list[Rejected] = []
    for index, key in enumerate(ids):
        state, shipped_at = rows.get(key, ("", None))
        if not state:
            rejected.append(Rejected(index, Refusal.UNKNOWN))
        elif state != State.SHIPPED:
            rejected.append(Rejected(index, Refusal.WRONG_STATE, {"state": state}))
        elif key in ready.values():
            rejected.append(Rejected(index, Refusal.TWICE_IN_BATCH))
        elif context.as_of < shipped_at:
            rejected.append(Rejected(index, Refusal.LATER_ON_RECORD, {"state": state}))
        else:
            ready[index] = key
    return ready, rejected


def _parts(ids: Sequence[int], count: str, context: Inside) -> dict[int, dict[int, int]]:
    """Return the pieces of each part of locked orders, by order: those still wanted, or those that were shipped."""
    parts: dict[int, dict[int, int]] = {key: {} for key in ids}
    for order, part, pieces in parts_of(ids, ["id", count], context=context):
        parts[order][part] = pieces
    return parts


def _wrong(chosen: Pieces, parts: Held, *, whole: bool) -> Refusal | None:
    """Return why pieces of an order cannot go by themselves; whole: whether all of them may."""
    if not chosen.parts or any(pieces < 1 for _, pieces in chosen.parts):
        return Refusal.NOTHING_CHOSEN
    counts = Counter(part for part, _ in chosen.parts)
    if not counts.keys() <= parts.keys() or max(counts.values()) > 1:
        return Refusal.UNKNOWN_PART
    if any(pieces > parts[part] for part, pieces in chosen.parts):
        return Refusal.TOO_MANY
    everything = sum(pieces for _, pieces in chosen.parts) == sum(parts.values())
    return Refusal.NOTHING_LEFT if everything and not whole else None


def _take_off(chosen: Sequence[Pieces], parts: Mapping[int, Held], context: Inside) -> None:
    """Leave the parents with what was not chosen."""
    rest = {part: parts[row.order_id][part] - pieces for row in chosen for part, pieces in row.parts}
    context.run.update(OrderPart, list(rest), {"wanted": list(rest.values())})


def _follow_with_stock(children: Sequence[Child], chosen: Sequence[Pieces], context: Inside) -> None:
    """Let the reservations of chosen pieces follow them, at the places where they are."""
    if not children:
        return
    taken = {part: (child, pieces) for child, row in zip(children, chosen, strict=True) for part, pieces in row.parts}
    claims = [one for one in claims_of([row.order_id for row in chosen], context=context) if one.line_id in taken]
    anew: list[tuple[int, int, int, int]] = []
    for claim in claims:
        child, pieces = taken[claim.line_id]
        if claim.quantity > pieces:
            anew.append(_kept(claim, pieces))
        anew.append((child.order_id, child.parts[claim.line_id], claim.balance_id, pieces))
    rebook_claims(claims, anew, context=context)


def _kept(claim: Claimed, pieces: int) -> tuple[int, int, int, int]:
    return claim.demand_id, claim.line_id, claim.balance_id, claim.quantity - pieces


def _confirm_clock(ids: list[int], context: Inside) -> Opening:
    terms = terms_for(ConfirmTerms, [context.as_of])
    version, now = int(terms.version[0]), terms.row(0)
    context.run.terms["2.1.3.1"] = version
    owner = str(clause_of("2.1.3.1").owner)
    return Opening("2.1.3.1", "order", owner, ids, context.as_of, now.confirm_hours * HOUR, version, now.time_basis)
