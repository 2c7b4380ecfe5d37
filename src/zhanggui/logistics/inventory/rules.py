"""Who gets the stock."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from zhanggui.logistics.inventory.records import Demand, Grant

Shelf = dict[int, tuple[int, int]]


def allocate(
    demands: Sequence[Demand],
    shelves: Sequence[Mapping[int, tuple[int, int]]],
    turns: Sequence[Sequence[int]] | None = None,
) -> Iterator[Grant]:
    """Give each demand, in turn, everything it asks from the first warehouse that has it all; else nothing.

    Clause: 2.1.3.2 (stock is checked).
    Takes: demands in the order in which they are served (first paid, first served); shelves, per warehouse in order of
    preference: SKU id → (balance id, free pieces); turns, per demand the places of the shelves as it asks them, by
    default all as they stand.
    Gives: one grant per demand, in the same order, never from two warehouses. Lines of one SKU count together before
    the check. Demands that go together are served at the turn of the first, from one warehouse that has all they ask;
    where none has, each is served by itself.
    """
    free = [dict(shelf.values()) for shelf in shelves]
    every = range(len(shelves))
    groups = _groups(demands)
    places: dict[int, int | None] = {}
    for at, demand in enumerate(demands):
        turn = turns[at] if turns else every
        if at not in places:
            fellows = groups.get(demand.together, ())
            place = _take(_needed(demands[one] for one in fellows), turn, shelves, free) if fellows else None
            places |= dict.fromkeys(fellows if place is not None else (), place)
        needed = _needed((demand,))
        place = places[at] if at in places else _take(needed, turn, shelves, free)
        if place is None:
            yield Grant(short=_missing(needed, shelves, free))
        else:
            yield Grant(tuple((line, shelves[place][sku][0], pieces) for line, sku, pieces in demand.lines))


def shelf_turn(preferred: Iterable[int], every: Sequence[int]) -> list[int]:
    """Return the places of warehouses as they are asked: the preferred first, then all others in their order."""
    at = {key: place for place, key in enumerate(every)}
    first = list(dict.fromkeys(at[key] for key in preferred if key in at))
    return first + [place for place in range(len(every)) if place not in first]


def _groups(demands: Sequence[Demand]) -> dict[int, list[int]]:
    """Return the places of demands that go together with others, by their number."""
    groups: dict[int, list[int]] = {}
    for at, demand in enumerate(demands):
        if demand.together:
            groups.setdefault(demand.together, []).append(at)
    return {number: members for number, members in groups.items() if len(members) > 1}


def _take(
    needed: Mapping[int, int], turn: Iterable[int], shelves: Sequence[Mapping[int, tuple[int, int]]],
    free: Sequence[dict[int, int]],
) -> int | None:  # fmt: skip
    """Take everything from the first warehouse that has it all; return its place, or nothing where none has."""
    for place in turn:
        shelf, left = shelves[place], free[place]
        if all(sku in shelf and left[shelf[sku][0]] >= pieces for sku, pieces in needed.items()):
            for sku, pieces in needed.items():
                left[shelf[sku][0]] -= pieces
            return place
    return None


def _needed(demands: Iterable[Demand]) -> dict[int, int]:
    needed: dict[int, int] = {}
    for demand in demands:
        for _, sku, pieces in demand.lines:
            needed[sku] = needed.get(sku, 0) + pieces
    return needed


def _missing(
    needed: Mapping[int, int], shelves: Sequence[Mapping[int, tuple[int, int]]], free: Sequence[Mapping[int, int]]
) -> dict[int, int]:
    """Return the pieces missing per SKU at the warehouse that misses the least."""
    lacks = [
        {
            sku: pieces - have
            for sku, pieces in needed.items()
            if (have := left[shelf[sku][0]] if sku in shelf else 0) < pieces
        }
        for shelf, left in zip(shelves, free, strict=True)
    ]
    return min(lacks, key=lambda lack: sum(lack.values()), default=dict(needed))
