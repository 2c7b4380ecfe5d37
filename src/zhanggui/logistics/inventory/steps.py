"""Writes of stock. Lock order: reservations by demand, then balances by SKU and warehouse."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from zhanggui.journal.records import Plus
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.inventory.models import Reservation, StockBalance, StockMovement, Warehouse
from zhanggui.logistics.inventory.queries import movements_by_cause, warehouses_by_preference
from zhanggui.logistics.inventory.records import Claimed, ClaimState, Demand, Receipt, Refusal
from zhanggui.logistics.inventory.rules import allocate

Key = TypeVar("Key")
OPEN, SHIPPED, RELEASED = (state.value for state in ClaimState)
Balances = dict[tuple[int, int], tuple[int, int, int]]


@step("inventory.open_warehouses", clause="1.2", limit=1_000)
def open_warehouses(batch: Sequence[str], *, context: Inside) -> Answer:
    """Make warehouses known by their codes; a known code is left as it is.

    Gives: the warehouse's id per row.
    """
    run = context.run
    known = {code: key for key, code in run.lock(Warehouse, "code", list(batch), ["id", "code"])}
    new = sorted(set(batch) - set(known))
    if new:
        ids = run.ids(len(new))
        run.insert(Warehouse, {"id": ids, "code": new, "name": list(new), "priority": 100})
        known |= dict(zip(new, ids, strict=True))
    return answer([Accepted(index, known[code]) for index, code in enumerate(batch)], [])


@step("inventory.receive_stock", clause="2.1.2.1")
def receive_stock(batch: Sequence[Receipt], *, context: Inside) -> Answer:
    """Book receipts and corrections; each cause key counts once.

    Clause: 2.1.2.1 (stock data complete and right).
    Gives: the movement's id; "unchanged" for a cause that was booked with the same quantity before, and for no pieces.
    Rejects: cause_differs (the cause was booked with another quantity), below_reserved (the rest would be less than
    what is reserved).
    Writes: movements, balances (opened by their first movement).
    """
    booked = movements_by_cause([row.cause_key for row in batch])
    balances = _balances_for(batch, context)
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    moving: list[tuple[int, Receipt]] = []
    for index, row in enumerate(batch):
        balance_id, on_hand, reserved = balances[row.sku_id, row.warehouse_id]
        before = booked.get(row.cause_key, 0)
        if before == row.quantity:
            accepted.append(Accepted(index, "unchanged"))
        elif before:
            rejected.append(Rejected(index, Refusal.CAUSE_DIFFERS, {"booked": before}))
        elif on_hand + row.quantity < reserved:
            rejected.append(Rejected(index, Refusal.BELOW_RESERVED, {"on_hand": on_hand, "reserved": reserved}))
        else:
            booked[row.cause_key] = row.quantity
            balances[row.sku_id, row.warehouse_id] = (balance_id, on_hand + row.quantity, reserved)
            moving.append((index, row))
    ids = _book([row for _, row in moving], balances, context)
    accepted += [Accepted(index, key) for key, (index, _) in zip(ids, moving, strict=True)]
    return answer(accepted, rejected)


def _balances_for(batch: Sequence[Receipt], context: Inside) -> Balances:
    """Lock the balances of the batch: (id, on hand, reserved) per SKU and warehouse; id 0 where there is none yet."""
    wanted = {(row.sku_id, row.warehouse_id) for row in batch}
    columns = ["id", "sku_id", "warehouse_id", "on_hand", "reserved"]
    rows = context.run.lock(
        StockBalance, "sku_id", sorted({sku for sku, _ in wanted}), columns, order=("sku_id", "warehouse_id")
    )
    found = {(sku, place): (key, on_hand, reserved) for key, sku, place, on_hand, reserved in rows}
    return dict.fromkeys(wanted, (0, 0, 0)) | found


def _book(rows: Sequence[Receipt], balances: Balances, context: Inside) -> list[int]:
    """Write movements and what they make of the balances; return the movements' ids."""
    run = context.run
    sums = _summed(((row.sku_id, row.warehouse_id), row.quantity) for row in rows)
    new = sorted(pair for pair in sums if balances[pair][0] == 0)
    ids = run.ids(len(rows) + len(new))
    keys = {pair: balances[pair][0] for pair in sums} | dict(zip(new, ids[len(rows) :], strict=True))
    run.insert(StockBalance, {
        "id": ids[len(rows) :], "sku_id": [sku for sku, _ in new], "warehouse_id": [place for _, place in new],
        "on_hand": [sums[pair] for pair in new], "reserved": 0,
    })  # fmt: skip
    run.insert(StockMovement, {
        "id": ids[: len(rows)], "balance_id": [keys[row.sku_id, row.warehouse_id] for row in rows],
        "quantity": [row.quantity for row in rows], "kind": [row.kind for row in rows],
        "cause_key": [row.cause_key for row in rows], "moved_at": context.as_of,
    })  # fmt: skip
    grown = [pair for pair in sums if balances[pair][0]]
    run.update(StockBalance, [keys[pair] for pair in grown], {"on_hand": Plus([sums[pair] for pair in grown])})
    return ids[: len(rows)]


@step("inventory.reserve_stock", clause="2.1.3.2")
def reserve_stock(batch: Sequence[Demand], *, context: Inside) -> Answer:
    """Reserve stock for demands, first in the batch first served, each all or nothing.

    Clause: 2.1.3.2. Rejects: short, with the SKU that is missing most and how many pieces.
    Writes: reservations, balances. Cost: five statements for any number of demands.
    """
    run = context.run
    skus = sorted({sku for demand in batch for _, sku, _ in demand.lines})
    shelves = _shelves(skus, context) if skus else [{}]
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    claims: list[tuple[int, int, int, int]] = []
    for index, (demand, grant) in enumerate(zip(batch, allocate(batch, shelves), strict=True)):
        if grant.short is not None:
            sku, missing = max(grant.short.items(), key=lambda item: (item[1], -item[0]))
            rejected.append(Rejected(index, Refusal.SHORT, {"sku_id": sku, "missing": missing}))
            continue
        accepted.append(Accepted(index, demand.demand_id))
        claims.extend((demand.demand_id, *claim) for claim in grant.claims)
    if claims:
        demands, lines, places, pieces = (list(column) for column in zip(*claims, strict=True))
        run.insert(Reservation, {
            "id": run.ids(len(claims)), "balance_id": places, "demand_id": demands, "line_id": lines,
            "quantity": pieces, "state": OPEN,
        })  # fmt: skip
        taken = _summed(zip(places, pieces, strict=True))
        run.update(StockBalance, list(taken), {"reserved": Plus(list(taken.values()))})
    return answer(accepted, rejected)


def _shelves(skus: Sequence[int], context: Inside) -> list[dict[int, tuple[int, int]]]:
    rows = context.run.lock(
        StockBalance, "sku_id", skus, ["id", "sku_id", "warehouse_id", "on_hand", "reserved"],
        order=("sku_id", "warehouse_id"),
    )  # fmt: skip
    by_place: dict[int, dict[int, tuple[int, int]]] = {}
    for key, sku, place, on_hand, reserved in rows:
        by_place.setdefault(place, {})[sku] = (key, on_hand - reserved)
    if len(by_place) <= 1:
        return list(by_place.values()) or [{}]
    return [by_place[place] for place in warehouses_by_preference() if place in by_place]


def missing_for(demands: Sequence[Demand], *, context: Inside) -> list[Mapping[int, int]]:
    """Return what each demand lacks if it alone were served now: SKU → missing pieces, at the best warehouse for it."""
    skus = sorted({sku for demand in demands for _, sku, _ in demand.lines})
    shelves = shelves_of(skus, context=context)
    return [next(iter(allocate([demand], shelves))).short or {} for demand in demands]


def shelves_of(skus: Sequence[int], *, context: Inside) -> list[dict[int, tuple[int, int]]]:
    """Return and lock what is free, per warehouse in order of preference: SKU → (balance id, free pieces)."""
    return _shelves(skus, context) if skus else [{}]


def claims_of(demand_ids: Sequence[int], *, context: Inside) -> list[Claimed]:
    """Return and lock the open reservations of demands, by demand and id."""
    columns = ["id", "demand_id", "balance_id", "quantity"]
    rows = context.run.lock(
        Reservation, "demand_id", demand_ids, columns, order=("demand_id", "id"), equal={"state": OPEN}
    )
    return [Claimed(*row) for row in rows]


def warehouses_of(balance_ids: Sequence[int], *, context: Inside) -> dict[int, int]:
    """Return the warehouse of each balance."""
    return dict(context.run.lock(StockBalance, "id", sorted(set(balance_ids)), ["id", "warehouse_id"], lock=False))


def ship_claims(claims: Sequence[Claimed], *, context: Inside) -> None:
    """Take reserved pieces out of stock.

    Clause: 2.3.2.1. Joined by shipping; the caller has locked what the claims belong to.
    Writes: movements with cause `ship:<reservation>`, reservations shipped, balances.
    """
    if not claims:
        return
    run = context.run
    reservations = [claim.reservation_id for claim in claims]
    taken = _summed((claim.balance_id, -claim.quantity) for claim in claims)
    run.lock(StockBalance, "id", list(taken), ["id"], order=("sku_id", "warehouse_id"))
    run.insert(StockMovement, {
        "id": run.ids(len(claims)), "balance_id": [claim.balance_id for claim in claims],
        "quantity": [-claim.quantity for claim in claims], "kind": "ship",
        "cause_key": [f"ship:{key}" for key in reservations], "moved_at": context.as_of,
    })  # fmt: skip
    run.update(Reservation, reservations, {"state": SHIPPED})
    run.move("reservation", reservations, OPEN, SHIPPED)
    change = list(taken.values())
    run.update(StockBalance, list(taken), {"on_hand": Plus(change), "reserved": Plus(change)})


def release_claims(claims: Sequence[Claimed], *, context: Inside) -> None:
    """Give reserved pieces back to stock. Writes: reservations released, balances."""
    if not claims:
        return
    run = context.run
    ids = [claim.reservation_id for claim in claims]
    freed = _summed((claim.balance_id, -claim.quantity) for claim in claims)
    run.lock(StockBalance, "id", list(freed), ["id"], order=("sku_id", "warehouse_id"))
    run.update(Reservation, ids, {"state": RELEASED})
    run.move("reservation", ids, OPEN, RELEASED)
    run.update(StockBalance, list(freed), {"reserved": Plus(list(freed.values()))})


def _summed(pairs: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    sums: dict[Key, int] = {}
    for key, value in pairs:
        sums[key] = sums.get(key, 0) + value
    return sums
