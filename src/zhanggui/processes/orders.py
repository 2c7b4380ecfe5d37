"""The way of an order through sales and logistics: each process is one run over both wings."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from zhanggui.catalog.models import Sku
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.logistics.fulfilment.steps import ship_requests, take_requests
from zhanggui.logistics.inventory.queries import preferences
from zhanggui.logistics.inventory.records import Demand
from zhanggui.logistics.inventory.steps import claims_of, missing_for, release_claims, reserve_stock
from zhanggui.processes.parcels import requests_for, take_out, together
from zhanggui.sales.invoices.wishes import follow_orders
from zhanggui.sales.orders.parcels import lead_of, lock_parcels, open_offshoots, whole_only
from zhanggui.sales.orders.parts import parts_of, provinces_of
from zhanggui.sales.orders.records import OPEN_STATES, State
from zhanggui.sales.orders.steps import (
    lock_orders,
    mark_cancelled,
    mark_released,
    mark_reserved,
    mark_shipped,
    mark_short,
    number_of,
)
from zhanggui.sales.shortages.records import Lacking, Outcome
from zhanggui.sales.shortages.steps import cases_of, close_cases, open_cases


@step("processes.reserve_orders", clause="2.1.3.2")
def reserve_orders(batch: Sequence[int], *, context: Inside) -> Answer:
    """Reserve stock for confirmed orders, first in the batch first served, each all or nothing.

    Clause: 2.1.3.2. From the warehouse that the receiver's province prefers; orders that go in one parcel from one
    warehouse, where one has it all.
    Rejects: as `lock_orders`; short with SKU and missing pieces; answer_waits (the customer chose something else, which
    is to be carried out first). Services need no stock.
    Writes: reservations, balances, orders reserved, their shortage cases closed; when an order was first found short,
    and the case of one that has none.
    """
    ready, rejected = lock_orders(batch, (State.CONFIRMED,), context=context)
    cases = {case.order_id: case for case in cases_of([row[0] for row in ready.values()], context=context)}
    chosen = {order for order, case in cases.items() if case.awaits_change}
    rejected += [Rejected(index, "answer_waits") for index, row in ready.items() if row[0] in chosen]
    indexes = [index for index, row in ready.items() if row[0] not in chosen]
    demands = _demands([ready[index][0] for index in indexes], context)
    given = reserve_stock(demands, context=context)
    granted = [demands[row.index].demand_id for row in given.accepted]
    mark_reserved(granted, context=context)
    close_cases([cases[key] for key in granted if key in cases], Outcome.STOCKED, context=context)
    _find_short([demands[row.index] for row in given.rejected], cases.keys(), context)
    rejected += [Rejected(indexes[row.index], row.code, row.details) for row in given.rejected]
    return answer([Accepted(indexes[row.index], row.result) for row in given.accepted], rejected)


def _find_short(short: Sequence[Demand], known: Collection[int], context: Inside) -> None:
    """Note which orders lack something, and open the case of each that has none: nothing short lies idle (O8)."""
    mark_short([demand.demand_id for demand in short], context=context)
    fresh = [demand for demand in short if demand.demand_id not in known]
    if fresh:
        lacks = missing_for(fresh, context=context)
        found = [Lacking(one.demand_id, tuple(sorted(lack.items()))) for one, lack in zip(fresh, lacks, strict=True)]
        open_cases(found, context=context)


def _demands(ids: list[int], context: Inside) -> list[Demand]:
    leads, beside = together(ids, context=context)
    provinces = provinces_of(ids, context=context) if ids and preferences() else {}
    lines: dict[int, list[tuple[int, int, int]]] = {key: [] for key in ids}
    rows = parts_of(ids, ["id", "sku_id", "wanted"], context=context)
    stocked = _stocked(sorted({row[2] for row in rows}), context)
    for order, part, sku, pieces in rows:
        if sku in stocked and pieces:
            lines[order].append((part, sku, pieces))
    return [
        Demand(key, tuple(needed), provinces.get(key, ""), leads.get(key, 0), beside.get(key, 0))
        for key, needed in lines.items()
    ]


def _stocked(sku_ids: list[int], context: Inside) -> set[int]:
    rows = context.run.lock(Sku, "id", sku_ids, ["id", "stocked"], lock=False)
    return {key for key, stocked in rows if stocked}


@step("processes.release_orders", clause="2.1.3.3")
def release_orders(batch: Sequence[int], *, context: Inside) -> Answer:
    """Give reserved orders their number and hand them to logistics, each exactly once.

    Clause: 2.1.3.3. Orders that go in one parcel are handed over together, in one request, also where only one of them
    is in the batch. Gives: the order number.
    Rejects: as `lock_orders`; fellow_waits (another order of its parcel may not go yet), warehouses_differ (the goods
    of its parcel lie in two warehouses).
    """
    ready, rejected, groups, free = lock_parcels(batch, (State.RESERVED,), context=context)
    ready, waiting = whole_only(ready, groups, free)
    leads = lead_of(groups)
    whole = {key for row in ready.values() for key in groups.get(leads.get(row[0], 0), [row[0]])}
    ids = list(dict.fromkeys([*(row[0] for row in ready.values()), *sorted(whole)]))
    numbers = {key: number_of(key, context=context) for key in ids}
    asked, apart = requests_for(numbers, groups, context=context)
    going = [key for key in ids if leads.get(key, key) not in apart]
    mark_released(going, context=context)
    taken = take_requests(asked, context=context)
    assert not taken.rejected, "a reserved order was handed over before"
    kept = {index: row[0] for index, row in ready.items() if leads.get(row[0], row[0]) not in apart}
    rejected += waiting + [Rejected(index, "warehouses_differ") for index in ready if index not in kept]
    return answer([Accepted(index, numbers[key]) for index, key in kept.items()], rejected)


@step("processes.ship_orders", clause="2.3.2.1")
def ship_orders(batch: Sequence[Dispatch], *, context: Inside) -> Answer:
    """Ship released orders: the parcel leaves, stock and lines follow, the 48-hour clock ends.

    Clause: 2.3.2.1. Orders that go in one parcel leave together under one waybill: that of the order in front, where
    the batch names several. Gives: the shipment's id. Rejects: as `lock_orders` and `ship_requests`; fellow_waits.
    """
    keys = [row.reference_id for row in batch]
    ready, rejected, groups, free = lock_parcels(keys, (State.RELEASED,), context=context)
    ready, waiting = whole_only(ready, groups, free)
    leads = lead_of(groups)
    named: dict[int, list[int]] = {}
    for index, (key, _) in ready.items():
        named.setdefault(leads.get(key, key), []).append(index)
    parcels = {lead: min(held, key=lambda index: (keys[index] != lead, index)) for lead, held in named.items()}
    fronts = list(parcels)
    sent = ship_requests([replace(batch[parcels[lead]], reference_id=lead) for lead in fronts], context=context)
    refused = [(fronts[row.index], row) for row in sent.rejected]
    rejected += waiting + [Rejected(index, row.code, row.details) for lead, row in refused for index in named[lead]]
    shipped = {fronts[row.index]: row.result for row in sent.accepted}
    mark_shipped([key for lead in shipped for key in groups.get(lead, [lead])], context=context)
    return answer([Accepted(index, shipped[lead]) for lead in shipped for index in named[lead]], rejected)


@step("processes.cancel_orders", clause="2.1.3.1")
def cancel_orders(batch: Sequence[int], *, context: Inside) -> Answer:
    """Cancel orders that have not left: reservations go back to stock, logistics stops, clocks end.

    What was split off an order and has not left is cancelled with it: the money is one. Orders that were to go in the
    same parcel go without it; where logistics has the parcel already, it is asked anew for those.
    Rejects: unknown_order, wrong_state (shipped or cancelled already). Invoices that were wanted end with them; issued
    ones are taken back.
    """
    given = end_orders(batch, context=context)
    follow_orders([int(row.result) for row in given.accepted], context=context)
    return given


def end_orders(batch: Sequence[int], *, context: Inside) -> Answer:
    """Cancel orders inside a run that sees to their invoices itself. Rejects: as `cancel_orders`."""
    named = set(batch)
    below = [key for key in open_offshoots(sorted(named), context=context) if key not in named]
    ready, refused, groups, _ = lock_parcels([*batch, *below], OPEN_STATES, context=context, stopped=True)
    ids = [key for key, _ in ready.values()]
    take_out(ids, [key for key, state in ready.values() if state == State.RELEASED], groups, context=context)
    release_claims(claims_of(ids, context=context), context=context)
    close_cases(cases_of(ids, context=context), Outcome.ORDER_ENDED, context=context)
    mark_cancelled(list(ready.values()), context=context)
    n = len(batch)
    accepted = [Accepted(index, key) for index, (key, _) in ready.items() if index < n]
    return answer(accepted, [row for row in refused if row.index < n])
