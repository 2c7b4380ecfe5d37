"""Who gets the stock."""

from collections.abc import Iterator, Mapping, Sequence

from zhanggui.logistics.inventory.records import Demand, Grant

Shelf = dict[int, tuple[int, int]]


def allocate(demands: Sequence[Demand], shelves: Sequence[Mapping[int, tuple[int, int]]]) -> Iterator[Grant]:
    """Give each demand, in turn, everything it asks from the first warehouse that has it all; else nothing.

    Clause: 2.1.3.2 (stock is checked).
    Takes: demands in the order in which they are served (first paid, first served); shelves, per warehouse in order of
    preference: SKU id → (balance id, free pieces).
    Gives: one grant per demand, in the same order. Lines of one SKU count together before the check.
    """
    free = [dict(shelf.values()) for shelf in shelves]
    for demand in demands:
        needed = _needed(demand)
        for shelf, left in zip(shelves, free, strict=True):
            if all(sku in shelf and left[shelf[sku][0]] >= pieces for sku, pieces in needed.items()):
                for sku, pieces in needed.items():
                    left[shelf[sku][0]] -= pieces
                yield Grant(tuple((line, shelf[sku][0], pieces) for line, sku, pieces in demand.lines))
                break
        else:
            yield Grant(short=_missing(needed, shelves, free))


def _needed(demand: Demand) -> dict[int, int]:
    needed: dict[int, int] = {}
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
