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
    UNKNOWN_WAREHOUSE = "unknown_warehouse"
    UNKNOWN_PROVINCE = "unknown_province"
    TWICE_IN_BATCH = "twice_in_batch"
    NAME_MISSING = "warehouse_nameless"


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
    """What one asker needs, all or nothing: lines of (line id, SKU id, pieces).

    province: where it goes, short; its preferred warehouses are asked first. together: demands of the same number go
    in one parcel and are served from one warehouse where one has it all. beside: the warehouse that holds what it
    travels with already.
    """

    demand_id: int
    lines: tuple[tuple[int, int, int], ...]
    province: str = ""
    together: int = 0
    beside: int = 0


@dataclass(frozen=True, slots=True)
class Preference:
    """From which warehouses a province is served first, in turn; none for the order of the warehouses alone."""

    province: str
    warehouses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WarehouseEdit:
    """A warehouse's name and priority; a smaller number is asked first."""

    warehouse_id: int
    name: str
    priority: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """An open reservation as shipping and releasing see it."""

    reservation_id: int
    demand_id: int
    balance_id: int
    quantity: int
    line_id: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a demand was given: (line id, balance id, pieces) per line; `short` names SKU → missing pieces instead."""

    claims: tuple[tuple[int, int, int], ...] = ()
    short: Mapping[int, int] | None = None
