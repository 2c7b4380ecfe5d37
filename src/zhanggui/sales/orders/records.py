"""What an order is on its way in, and why one is refused or waits."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from zhanggui.kernel.money import line_amount


class State(StrEnum):
    """The states of an order, in the order in which it passes them.

    unpaid: waits for its payment, or for the balance of a pre-sale; its clock stands still. history: first seen when
    its channel had ended it; it has no clock and moves no stock.
    """

    RECEIVED = "received"
    UNPAID = "unpaid"
    HELD = "held"
    CONFIRMED = "confirmed"
    RESERVED = "reserved"
    RELEASED = "released"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    HISTORY = "history"


STATES = tuple(state.value for state in State)
OPEN_STATES = (State.RECEIVED, State.UNPAID, State.HELD, State.CONFIRMED, State.RESERVED, State.RELEASED)
IN_WORK = (State.CONFIRMED, State.RESERVED, State.RELEASED)


class HoldState(StrEnum):
    """Whether a reason to wait still stands: closed when it no longer does, released when a person let the order go."""

    OPEN = "open"
    CLOSED = "closed"
    RELEASED = "released"


class BlockKind(StrEnum):
    """What an entry of the blocklist names."""

    BUYER = "buyer"
    PHONE = "phone"
    ADDRESS = "address"


class Payment(StrEnum):
    """How far an order is paid; cod pays on delivery."""

    PAID = "paid"
    UNPAID = "unpaid"
    COD = "cod"


class Presale(StrEnum):
    """The stage of a pre-sale that is paid; none for an ordinary order."""

    NONE = ""
    DEPOSIT = "deposit"
    BALANCE = "balance"


class Standing(StrEnum):
    """What the channel says of an order: still to be shipped, shipped or finished, or closed."""

    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"


class Refund(StrEnum):
    """Money going back: none, asked by the customer, or paid back in full."""

    NONE = ""
    ASKED = "asked"
    DONE = "done"


class Origin(StrEnum):
    """Where an order comes from: its channel, a clerk, a split of another order, or a re-send at zero price."""

    CHANNEL = "channel"
    MANUAL = "manual"
    SPLIT = "split"
    RESEND = "resend"


OFFSHOOTS = (Origin.SPLIT, Origin.RESEND)


class Receiver(StrEnum):
    """How the channel gave the receiver: in plain, masked, or kept by the platform, or not at all."""

    PLAIN = "plain"
    MASKED = "masked"
    HELD = "held"
    NONE = "none"


class Mark(StrEnum):
    """What a channel marks an order with: a risk, a lock, or an address that was changed after payment."""

    RISK = "risk"
    LOCKED = "locked"
    ADDRESS_CHANGED = "address_changed"


class Refusal(StrEnum):
    """Why an order was not moved."""

    UNKNOWN = "unknown_order"
    ON_HOLD = "on_hold"
    WRONG_STATE = "wrong_state"
    LATER_ON_RECORD = "later_on_record"
    TWICE_IN_BATCH = "twice_in_batch"
    CHANGED_IN_WORK = "changed_in_work"
    CHANGED_AFTER_END = "changed_after_end"
    DETAILS_MISSING = "details_missing"
    UNPAID = "unpaid"
    UNKNOWN_SKU = "unknown_sku"
    NOT_ON_HOLD = "not_on_hold"
    HANDED_OVER = "handed_over"
    UNKNOWN_SHOP = "unknown_shop"
    UNKNOWN_RULE = "unknown_rule"
    FRAGMENT_SHORT = "fragment_short"
    SHORTAGE_OPEN = "shortage_open"
    TRAVELS_TOGETHER = "travels_together"
    UNKNOWN_PART = "unknown_part"
    TOO_MANY = "too_many"
    NOTHING_CHOSEN = "nothing_chosen"
    NOTHING_LEFT = "nothing_left"
    RECEIVERS_DIFFER = "receivers_differ"
    WAREHOUSES_DIFFER = "warehouses_differ"
    FELLOW_WAITS = "fellow_waits"
    TRAVELS_ALONE = "travels_alone"
    BAD_PRIORITY = "bad_priority"
    NOT_LISTED = "not_listed"


class Hold(StrEnum):
    """Why an order waits for a person."""

    UNKNOWN_SKU = "unknown_sku"
    CONTENT_CHANGED = "content_changed"
    STATUS_UNKNOWN = "status_unknown"
    PLATFORM_CONFLICT = "platform_conflict"
    REFUND_ASKED = "refund_asked"
    RISK = "risk"
    LOCKED = "locked"
    AMOUNTS_DIFFER = "amounts_differ"
    ZERO_TOTAL = "zero_total"
    RECEIVER_INCOMPLETE = "receiver_incomplete"
    PHONE_IMPLAUSIBLE = "phone_implausible"
    ADDRESS_IMPLAUSIBLE = "address_implausible"
    SUSPECTED_DUPLICATE = "suspected_duplicate"
    BLOCKLISTED = "blocklisted"
    BUYER_MESSAGE = "buyer_message"
    SELLER_NOTE = "seller_note"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ShopKey:
    """A shop on a channel, with what its first order needs to know.

    rules_off: codes of the rules of validity that its orders are not judged by from the beginning.
    """

    channel: str
    code: str
    currency: str
    zone: str
    rules_off: tuple[str, ...] = ()


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
    """Who bought and who receives, as plain as the channel gave it, and what they wrote.

    kind: a `Receiver`. merge_key: the platform's own stand-in for a receiver that it keeps; equal keys mean the same
    receiver. buyer_note: the buyer's message; seller_note: the shop's memo on the channel.
    """

    buyer: str = ""
    receiver: str = ""
    phone: str = ""
    province: str = ""
    city: str = ""
    district: str = ""
    address: str = ""
    country: str = ""
    kind: str = str(Receiver.PLAIN)
    merge_key: str = ""
    email: str = ""
    buyer_note: str = ""
    seller_note: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """An order whose reason to wait a person lets go; without a code all reasons."""

    order_id: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Assign:
    """Who looks after an order that waits; empty for nobody."""

    order_id: int
    assignee: str


@dataclass(frozen=True, slots=True)
class RuleSwitch:
    """A rule of validity turned on or off for a shop."""

    shop_id: int
    code: str
    on: bool


@dataclass(frozen=True, slots=True)
class Blocked:
    """An entry of the blocklist to be added, or taken off again; kind: a `BlockKind`."""

    kind: str
    value: str
    note: str = ""
    on: bool = True


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of parts of an order, chosen to go in another one: (part id, pieces)."""

    order_id: int
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Joining:
    """An order that is to go in the parcel of another one."""

    order_id: int
    lead_id: int


@dataclass(frozen=True, slots=True)
class Turn:
    """How urgent an order is; a larger priority is served first, 0 is ordinary."""

    order_id: int
    priority: int


@dataclass(frozen=True, slots=True)
class Favour:
    """A buyer whose orders are served with a priority, or no longer (on: False)."""

    buyer: str
    priority: int
    note: str = ""
    on: bool = True


@dataclass(frozen=True, slots=True)
class ReceiverEdit:
    """Where an order goes after a person corrected it."""

    order_id: int
    receiver: str
    phone: str
    province: str
    city: str
    district: str
    address: str


@dataclass(frozen=True, slots=True)
class InvoiceWish:
    """The invoice that a buyer asked for; kind: normal, special, or empty where the channel does not say."""

    title: str
    tax_no: str = ""
    kind: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class OrderIn:
    """One order as it comes in from a file or a channel; all orders of a batch are of one shop.

    content_hash: stands for what was bought, by whom and for whom (`rules.content_hash`); equal hashes mean that
    nothing of it changed. What the channel says of the order's progress stands beside it and may change freely.
    standing: a `Standing`, None for words that nobody knows (status_word). platform_due_at: the channel's own limit
    for shipping. platform_discount_fen: borne by the platform, kept apart from the order's amounts. stated_fen: what
    the channel says the buyer pays, to be compared with what the lines come to. lines may be empty for an order that
    is known already: only its progress is news then.
    """

    shop_id: int
    external_id: str
    placed_at: datetime
    lines: tuple[LineIn, ...]
    content_hash: str
    contact: ContactIn = field(default_factory=ContactIn)
    freight_fen: int = 0
    discount_fen: int = 0
    payment: str = str(Payment.PAID)
    paid_at: datetime | None = None
    presale: str = str(Presale.NONE)
    standing: str | None = str(Standing.OPEN)
    status_word: str = ""
    platform_due_at: datetime | None = None
    platform_discount_fen: int = 0
    stated_fen: int | None = None
    refund: str = str(Refund.NONE)
    flag: str = ""
    marks: frozenset[str] = frozenset()
    invoice: InvoiceWish | None = None
    origin: str = str(Origin.CHANNEL)
    parent_id: int | None = None
    priority: int = 0

    @property
    def goods_fen(self) -> int:
        """Return the sum of the line amounts."""
        return sum(line.amount_fen for line in self.lines)

    @property
    def counts_as_sale(self) -> bool:
        """Tell whether the order counts as a sale: paid or on delivery, neither closed nor paid back in full."""
        return counts_as_sale(self.payment, self.standing, self.refund, self.origin)


def counts_as_sale(payment: str, standing: str | None, refund: str, origin: str = Origin.CHANNEL) -> bool:
    """Tell whether an order counts as a sale: paid or on delivery, neither closed nor paid back in full.

    What was split off another order, or is sent again, was sold with that order and is no sale of its own.
    """
    sold = payment != Payment.UNPAID and standing != Standing.CLOSED and refund != Refund.DONE
    return sold and origin not in OFFSHOOTS
