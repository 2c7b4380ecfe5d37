"""What logistics is asked to send, and what it answers."""

from dataclasses import dataclass
from enum import StrEnum

from zhanggui.logistics.inventory.records import Claimed


class RequestState(StrEnum):
    """The states of a request; the last two are final."""

    OPEN = "open"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class Refusal(StrEnum):
    """Why a request was not taken or not shipped."""

    UNKNOWN = "unknown"
    ALREADY_TAKEN = "already_taken"
    ALREADY_SHIPPED = "already_shipped"
    CANCELLED = "cancelled"
    WAYBILL_USED = "waybill_used"
    WAYBILL_MISSING = "waybill_missing"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to send: the asker's key and number, and the reservations it may send."""

    reference_id: int
    reference_no: str
    warehouse_id: int | None
    claims: tuple[Claimed, ...]


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A parcel that leaves: for which reference, with which carrier and waybill."""

    reference_id: int
    carrier: str
    waybill: str
