"""What goes into and comes out of stock."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ClaimState(StrEnum):
    """The states of a reservation; the last two are final."""

    OPEN = "open"
    SHIPPED = "shipped"
    RELEASED = "released"


class Refusal(StrEnum):
    """Why stock would not move."""

    SHORT = "short"
    CAUSE_DIFFERS = "cause_differs"
    BELOW_RESERVED = "below_reserved"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Stock that comes in (or goes out, negative): pieces of a SKU at a warehouse, once per cause key."""

    sku_id: int
    warehouse_id: int
    quantity: int
    kind: str
    cause_key: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What one asker needs, all or nothing: lines of (line id, SKU id, pieces)."""

    demand_id: int
    lines: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class Claimed:
    """An open reservation as shipping and releasing see it."""

    reservation_id: int
    demand_id: int
    balance_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Grant:
    """What a demand was given: (line id, balance id, pieces) per line; `short` names SKU → missing pieces instead."""

    claims: tuple[tuple[int, int, int], ...] = ()
    short: Mapping[int, int] | None = None
