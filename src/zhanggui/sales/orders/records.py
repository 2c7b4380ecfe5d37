"""What an order is on its way in, and why one is refused or waits."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from zhanggui.kernel.money import line_amount


class State(StrEnum):
    """The states of an order, in the order in which it passes them."""

    RECEIVED = "received"
    HELD = "held"
    CONFIRMED = "confirmed"
    RESERVED = "reserved"
    RELEASED = "released"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


STATES = tuple(state.value for state in State)
OPEN_STATES = (State.RECEIVED, State.HELD, State.CONFIRMED, State.RESERVED, State.RELEASED)


class HoldState(StrEnum):
    """Whether a reason to wait still stands."""

    OPEN = "open"
    CLOSED = "closed"


class Refusal(StrEnum):
    """Why an order was not moved."""

    UNKNOWN = "unknown_order"
    ON_HOLD = "on_hold"
    WRONG_STATE = "wrong_state"
    LATER_ON_RECORD = "later_on_record"
    TWICE_IN_BATCH = "twice_in_batch"
    CHANGED_IN_WORK = "changed_in_work"
    CHANGED_AFTER_END = "changed_after_end"


class Hold(StrEnum):
    """Why an order waits for a person."""

    UNKNOWN_SKU = "unknown_sku"
    CONTENT_CHANGED = "content_changed"


@dataclass(frozen=True, slots=True)
class ShopKey:
    """A shop on a channel, with what its first order needs to know."""

    channel: str
    code: str
    currency: str
    zone: str


@dataclass(frozen=True, slots=True)
class LineIn:
    """One line as it comes in; amounts in the shop's minor unit."""

    identity: str
    merchant_code: str
    title: str
    quantity: int
    unit_price_fen: int
    discount_fen: int = 0

    @property
    def amount_fen(self) -> int:
        """Return what the line comes to.

        Raises: as `kernel.money.line_amount`.
        """
        return line_amount(self.quantity, self.unit_price_fen, self.discount_fen)


@dataclass(frozen=True, slots=True)
class ContactIn:
    """Who bought and who receives, as plain as the channel gave it."""

    buyer: str = ""
    receiver: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class OrderIn:
    """One order as it comes in from a file or a channel; all orders of a batch are of one shop.

    content_hash: stands for everything else (`rules.content_hash`); equal hashes mean that nothing changed.
    """

    shop_id: int
    external_id: str
    placed_at: datetime
    lines: tuple[LineIn, ...]
    content_hash: str
    contact: ContactIn = field(default_factory=ContactIn)
    freight_fen: int = 0
    discount_fen: int = 0

    @property
    def goods_fen(self) -> int:
        """Return the sum of the line amounts."""
        return sum(line.amount_fen for line in self.lines)
