"""Parcels over both wings: orders of one receiver go together, come apart again, and lose those that are cancelled."""

from collections.abc import Collection, Mapping, Sequence

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.fulfilment.records import Asked
from zhanggui.logistics.fulfilment.steps import cancel_requests, take_requests
from zhanggui.logistics.inventory.records import Claimed
from zhanggui.logistics.inventory.steps import claims_of, rebook_claims, warehouses_of
from zhanggui.sales.orders.models import Order, OrderContact
from zhanggui.sales.orders.parcels import Groups, groups_of, join, lead_of, leave, lock_parcels
from zhanggui.sales.orders.receivers import receiver_key
from zhanggui.sales.orders.records import ContactIn, Joining, Refusal, State

TOGETHER_IN = (State.RECEIVED, State.CONFIRMED, State.RESERVED)
OF_RECEIVER = ("kind", "receiver", "phone", "province", "city", "district", "address", "merge_key")


@step("processes.merge_orders", clause="2.1.3.3", limit=2_000)
def merge_orders(batch: Sequence[Joining], *, context: Inside) -> Answer:
    """Let orders of one shop and one receiver go in one parcel, each with its own number and clocks.

    Clause: 2.1.3.3. Takes: order and lead; a lead that goes with others brings them along. Receivers are the same
    where name, number and address are, given in plain; else by the platform's own key.
    Gives: the lead. Rejects: unknown_order; wrong_state, on_hold, unpaid; receivers_differ (or shops);
    warehouses_differ (stock of both is reserved already, at two places); travels_together (with another order already).
    Writes: in whose parcel orders go.
    """
    ids = list(dict.fromkeys(key for row in batch for key in (row.order_id, row.lead_id)))
    ready, refused, groups, _ = lock_parcels(ids, TOGETHER_IN, context=context)
    free = {key for key, _ in ready.values()}
    wrong = {ids[row.index]: row for row in refused}
    stood = lead_of(groups)
    receivers = _receivers(sorted(free | set(stood)), context)
    places = _places(sorted(free | set(stood)), context)
    held = {lead: set().union(*(places.get(key, set()) for key in members)) for lead, members in groups.items()}
    leads: dict[int, int] = {}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(batch):
        lead = leads.get(row.lead_id, stood.get(row.lead_id, row.lead_id))
        taken = leads.get(row.order_id, stood.get(row.order_id))
        at = held.setdefault(lead, set(places.get(lead, ())))
        if bad := wrong.get(row.order_id) or wrong.get(row.lead_id):
            rejected.append(Rejected(index, bad.code, bad.details))
        elif row.order_id == row.lead_id or (taken is not None and taken != lead):
            rejected.append(Rejected(index, Refusal.TRAVELS_TOGETHER))
        elif receivers[row.order_id] is None or receivers[row.order_id] != receivers[row.lead_id]:
            rejected.append(Rejected(index, Refusal.RECEIVERS_DIFFER))
        elif len(at | places.get(row.order_id, set())) > 1:
            rejected.append(Rejected(index, Refusal.WAREHOUSES_DIFFER))
        else:
            at |= places.get(row.order_id, set())
            leads |= {row.order_id: lead, lead: lead}
            accepted.append(Accepted(index, lead))
    join(leads, dict(stood), context=context)
    return answer(accepted, rejected)


def _receivers(ids: Sequence[int], context: Inside) -> dict[int, tuple[int, str] | None]:
    """Return what stands for the shop and the receiver of orders; nothing where the receiver is not known."""
    run = context.run
    shops: dict[int, int] = dict(run.lock(Order, "id", ids, ["id", "shop_id"], lock=False))
    rows = run.lock(OrderContact, "order_id", ids, ["order_id", *OF_RECEIVER], lock=False)
    keys = {key: receiver_key(ContactIn(**dict(zip(OF_RECEIVER, texts, strict=True)))) for key, *texts in rows}
    return {key: (shop, keys[key]) if keys.get(key) else None for key, shop in shops.items()}


def _places(ids: Sequence[int], context: Inside) -> dict[int, set[int]]:
    """Return in which warehouse the reserved pieces of orders are."""
    claims = claims_of(ids, context=context)
    known = warehouses_of([claim.balance_id for claim in claims], context=context) if claims else {}
    places: dict[int, set[int]] = {}
    for claim in claims:
        places.setdefault(claim.demand_id, set()).add(known[claim.balance_id])
    return places


@step("processes.unmerge_orders", clause="2.1.3.3", limit=2_000)
def unmerge_orders(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let orders go alone again, before logistics has them. What is left of a parcel goes on.

    Clause: 2.1.3.3. Rejects: unknown_order, wrong_state, travels_alone. Writes: in whose parcel orders go.
    """
    states = (*TOGETHER_IN, State.UNPAID, State.HELD)
    ready, rejected, groups, _ = lock_parcels(batch, states, context=context, stopped=True)
    leads = lead_of(groups)
    rejected += [Rejected(index, Refusal.TRAVELS_ALONE) for index, row in ready.items() if row[0] not in leads]
    going = {index: row[0] for index, row in ready.items() if row[0] in leads}
    leave(set(going.values()), groups, context=context)
    return answer([Accepted(index, key) for index, key in going.items()], rejected)


def together(ids: Sequence[int], *, context: Inside) -> tuple[dict[int, int], dict[int, int]]:
    """Return for orders to be reserved the lead of each that goes with others, and the warehouse that holds those.

    Cost: one statement where none goes with others, two more where some do.
    """
    groups = groups_of(ids, context=context)
    if not groups:
        return {}, {}
    leads = lead_of(groups)
    places = _places(sorted(set(leads) - set(ids)), context)
    held = {lead: min(found) for lead, members in groups.items() if (found := _joined(members, places))}
    return leads, {key: held[lead] for key, lead in leads.items() if lead in held}


def _joined(members: Sequence[int], places: Mapping[int, set[int]]) -> set[int]:
    return set().union(*(places.get(key, set()) for key in members))


def requests_for(numbers: Mapping[int, str], groups: Groups, *, context: Inside) -> tuple[list[Asked], set[int]]:
    """Return what logistics is asked for orders that are handed over: one request for each parcel.

    Takes: numbers by order, locked. Gives: the requests; and the leads of parcels whose goods lie in two warehouses.
    """
    leads = lead_of(groups)
    claims: dict[int, list[Claimed]] = {leads.get(key, key): [] for key in numbers}
    for claim in claims_of(list(numbers), context=context):
        claims[leads.get(claim.demand_id, claim.demand_id)].append(claim)
    places = warehouses_of([one.balance_id for given in claims.values() for one in given], context=context)
    held = {lead: {places[one.balance_id] for one in given} for lead, given in claims.items()}
    asked = [
        Asked(lead, numbers[lead], min(held[lead], default=None), tuple(given))
        for lead, given in claims.items()
        if len(held[lead]) <= 1
    ]
    return asked, {lead for lead, found in held.items() if len(found) > 1}


def take_out(going: Collection[int], released: Collection[int], groups: Groups, *, context: Inside) -> None:
    """Take cancelled orders out of their parcels, and out of what logistics was asked to send.

    Takes: going, locked orders that end; released, those of them that logistics has; groups, their parcels, locked.
    Writes: requests cancelled; those who stay are asked for anew, with reservations of their own.
    """
    leads = lead_of(groups)
    cancel_requests(sorted({leads.get(key, key) for key in released}), context=context)
    left = leave(going, groups, context=context)
    handed = {leads[key] for key in released if key in leads}
    anew = {front: rest for front, rest in left.items() if leads[front] in handed}
    if not anew:
        return
    members = [key for rest in anew.values() for key in rest]
    numbers: dict[int, str] = dict(context.run.lock(Order, "id", members, ["id", "order_no"], lock=False))
    claims = claims_of(members, context=context)
    same = [(claim.demand_id, claim.line_id, claim.balance_id, claim.quantity) for claim in claims]
    rebook_claims(claims, same, context=context)
    asked, apart = requests_for(numbers, anew, context=context)
    assert not apart, "a parcel came from two warehouses"
    taken = take_requests(asked, context=context)
    assert not taken.rejected, "what was left of a parcel was asked for twice"
