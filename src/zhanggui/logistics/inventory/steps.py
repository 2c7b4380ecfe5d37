"""Writes of stock. Lock order: reservations by demand, then balances by SKU and warehouse."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from zhanggui.journal.records import Plus
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.inventory.models import (
    Reservation,
    StockBalance,
    StockMovement,
    Warehouse,
    WarehousePreference,
)
from zhanggui.logistics.inventory.queries import movements_by_cause, preferences, warehouses_by_preference
from zhanggui.logistics.inventory.records import (
    Claimed,
    ClaimState,
    Demand,
    Preference,
    Receipt,
    Refusal,
    WarehouseEdit,
)
from zhanggui.logistics.inventory.rules import allocate, shelf_turn

CLAIM = ("id", "demand_id", "balance_id", "quantity", "line_id")
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

    Clause: 2.1.3.2. From which warehouse: the one beside which it travels, then those that its province prefers, then
    the others by priority; the first that has everything.
    Rejects: short, with the SKU that is missing most and how many pieces.
    Writes: reservations, balances. Cost: five statements for any number of demands; one more where there are several
    warehouses.
    """
    run = context.run
    skus = sorted({sku for demand in batch for _, sku, _ in demand.lines})
    places, shelves = _shelves(skus, context) if skus else ([], [{}])
    turns = _turns(batch, places)
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    claims: list[tuple[int, int, int, int]] = []
    for index, (demand, grant) in enumerate(zip(batch, allocate(batch, shelves, turns), strict=True)):
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


def _turns(batch: Sequence[Demand], places: Sequence[int]) -> list[list[int]] | None:
    """Return per demand the order in which it asks warehouses; nothing where there is no choice."""
    if len(places) < 2:
        return None
    preferred = preferences()
    known: dict[tuple[int, str], list[int]] = {}
    turns = []
    for demand in batch:
        about = (demand.beside, demand.province)
        if about not in known:
            known[about] = shelf_turn([demand.beside, *preferred.get(demand.province, ())], places)
        turns.append(known[about])
    return turns


def _shelves(skus: Sequence[int], context: Inside) -> tuple[list[int], list[dict[int, tuple[int, int]]]]:
    """Lock balances; return the warehouses, the preferred first, and what is free in each."""
    rows = context.run.lock(
        StockBalance, "sku_id", skus, ["id", "sku_id", "warehouse_id", "on_hand", "reserved"],
        order=("sku_id", "warehouse_id"),
    )  # fmt: skip
    by_place: dict[int, dict[int, tuple[int, int]]] = {}
    for key, sku, place, on_hand, reserved in rows:
        by_place.setdefault(place, {})[sku] = (key, on_hand - reserved)
    if len(by_place) <= 1:
        return list(by_place), list(by_place.values()) or [{}]
    places = [place for place in warehouses_by_preference() if place in by_place]
    return places, [by_place[place] for place in places]


def missing_for(demands: Sequence[Demand], *, context: Inside) -> list[Mapping[int, int]]:
    """Return what each demand lacks if it alone were served now: SKU → missing pieces, at the best warehouse for it."""
    skus = sorted({sku for demand in demands for _, sku, _ in demand.lines})
    shelves = shelves_of(skus, context=context)
    return [next(iter(allocate([demand], shelves))).short or {} for demand in demands]


def shelves_of(skus: Sequence[int], *, context: Inside) -> list[dict[int, tuple[int, int]]]:
    """Return and lock what is free, per warehouse in order of preference: SKU → (balance id, free pieces)."""
    return _shelves(skus, context)[1] if skus else [{}]


def claims_of(demand_ids: Sequence[int], *, context: Inside) -> list[Claimed]:
    """Return and lock the open reservations of demands, by demand and id."""
    rows = context.run.lock(
        Reservation, "demand_id", demand_ids, CLAIM, order=("demand_id", "id"), equal={"state": OPEN}
    )
    return [Claimed(*row) for row in rows]


def claims_by_key(reservation_ids: Sequence[int], *, context: Inside) -> list[Claimed]:
    """Return and lock those of the reservations that are open, by demand and id."""
    rows = context.run.lock(Reservation, "id", reservation_ids, CLAIM, order=("demand_id", "id"), equal={"state": OPEN})
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


def rebook_claims(
    claims: Sequence[Claimed], anew: Sequence[tuple[int, int, int, int]], *, context: Inside
) -> list[Claimed]:
    """End reservations and open others for the same pieces at the same places, so that no stock moves.

    Takes: claims, locked and open; anew, (demand id, line id, balance id, pieces), as many pieces per balance as the
    claims held. Gives: the new reservations. Writes: reservations.
    """
    run = context.run
    before = _summed((claim.balance_id, claim.quantity) for claim in claims)
    assert before == _summed((balance, pieces) for _, _, balance, pieces in anew), "pieces lost on the way"
    old, new = [claim.reservation_id for claim in claims], run.ids(len(anew))
    run.update(Reservation, old, {"state": RELEASED})
    run.move("reservation", old, OPEN, RELEASED)
    names = ("demand_id", "line_id", "balance_id", "quantity")
    columns: dict[str, object] = {name: [row[at] for row in anew] for at, name in enumerate(names)}
    run.insert(Reservation, {"id": new, **columns, "state": OPEN})
    return [Claimed(key, demand, place, n, line) for key, (demand, line, place, n) in zip(new, anew, strict=True)]


@step("inventory.set_warehouses", clause="2.1.3.2", limit=1_000)
def set_warehouses(batch: Sequence[WarehouseEdit], *, context: Inside) -> Answer:
    """Name warehouses, and say in which order they are asked. Gives: "changed" or "unchanged".

    Clause: 2.1.3.2. Rejects: unknown_warehouse, warehouse_nameless, twice_in_batch. Writes: names and priorities.
    """
    run = context.run
    rows = run.lock(Warehouse, "id", [row.warehouse_id for row in batch], ["id", "name", "priority"])
    known = {key: (name, priority) for key, name, priority in rows}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    new: dict[int, WarehouseEdit] = {}
    for index, row in enumerate(batch):
        if row.warehouse_id not in known:
            rejected.append(Rejected(index, Refusal.UNKNOWN_WAREHOUSE))
        elif row.warehouse_id in new:
            rejected.append(Rejected(index, Refusal.TWICE_IN_BATCH))
        elif not row.name.strip():
            rejected.append(Rejected(index, Refusal.NAME_MISSING))
        elif known[row.warehouse_id] == (row.name, row.priority):
            accepted.append(Accepted(index, "unchanged"))
        else:
            new[row.warehouse_id] = row
            accepted.append(Accepted(index, "changed"))
    run.update(Warehouse, list(new), {
        "name": [row.name for row in new.values()], "priority": [row.priority for row in new.values()],
    })  # fmt: skip
    moved = [key for key, row in new.items() if row.priority != known[key][1]]
    run.move("warehouse", moved, [str(known[key][1]) for key in moved], [str(new[key].priority) for key in moved])
    return answer(accepted, rejected)


@step("inventory.prefer_warehouses", clause="2.1.3.2", limit=500)
def prefer_warehouses(batch: Sequence[Preference], *, context: Inside) -> Answer:
    """Say from which warehouses a province is served first; the list takes the place of the one before.

    Clause: 2.1.3.2. Gives: "changed" or "unchanged". Rejects: unknown_province, unknown_warehouse, twice_in_batch.
    Writes: preferences; those that were replaced are kept, marked so.
    """
    run = context.run
    columns = ["id", "province", "warehouse_id"]
    rows = run.lock(
        WarehousePreference, "province", [row.province for row in batch], columns, order=("province", "turn"),
        equal={"state": "current"},
    )  # fmt: skip
    stood: dict[str, list[tuple[int, int]]] = {}
    for key, province, warehouse in rows:
        stood.setdefault(province, []).append((key, warehouse))
    asked = sorted({key for row in batch for key in row.warehouses})
    known = {row[0] for row in run.lock(Warehouse, "id", asked, ["id"], lock=False)}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    new: dict[str, tuple[int, ...]] = {}
    for index, row in enumerate(batch):
        code = _wrong_preference(row, known, new)
        if code:
            rejected.append(Rejected(index, code))
        elif tuple(warehouse for _, warehouse in stood.get(row.province, ())) == row.warehouses:
            accepted.append(Accepted(index, "unchanged"))
        else:
            new[row.province] = row.warehouses
            accepted.append(Accepted(index, "changed"))
    replaced = [key for province in new for key, _ in stood.get(province, ())]
    run.update(WarehousePreference, replaced, {"state": "replaced"})
    run.move("preference", replaced, "current", "replaced")
    turns = [(province, turn, key) for province, keys in new.items() for turn, key in enumerate(keys, 1)]
    run.insert(WarehousePreference, {
        "id": run.ids(len(turns)), "province": [one[0] for one in turns], "turn": [one[1] for one in turns],
        "warehouse_id": [one[2] for one in turns], "state": "current",
    })  # fmt: skip
    return answer(accepted, rejected)


def _wrong_preference(row: Preference, known: set[int], new: Collection[str]) -> Refusal | None:
    if not row.province.strip():
        return Refusal.UNKNOWN_PROVINCE
    if row.province in new or len(set(row.warehouses)) != len(row.warehouses):
        return Refusal.TWICE_IN_BATCH
    return None if known.issuperset(row.warehouses) else Refusal.UNKNOWN_WAREHOUSE


def _summed(pairs: Iterable[tuple[Key, int]]) -> dict[Key, int]:
    sums: dict[Key, int] = {}
    for key, value in pairs:
        sums[key] = sums.get(key, 0) + value
    return sums
