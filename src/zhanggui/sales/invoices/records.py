"""What a wish for an invoice is, where it stands, and why one is not carried on."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Where a wish stands.

    waiting: its order does not count as a sale yet. to_correct: something is missing or wrong. exported: the invoicing
    tool has it. reversed: a red-letter invoice took an issued one back. A red-letter wish is born ready.
    """

    WAITING = "waiting"
    TO_CORRECT = "to_correct"
    READY = "ready"
    EXPORTED = "exported"
    ISSUED = "issued"
    SENT = "sent"
    REVERSED = "reversed"
    CANCELLED = "cancelled"


STATES = tuple(state.value for state in State)
OPEN = (State.WAITING, State.TO_CORRECT, State.READY, State.EXPORTED)
TO_ISSUE = (State.READY, State.EXPORTED)
IN_HAND = (State.ISSUED, State.SENT)
GONE = (State.REVERSED, State.CANCELLED)


class Colour(StrEnum):
    """Blue is an invoice, red (红字) takes a blue one back."""

    BLUE = "blue"
    RED = "red"


class Kind(StrEnum):
    """An ordinary invoice (普票), or a special one (专票) whose tax the buyer deducts."""

    NORMAL = "normal"
    SPECIAL = "special"


class Finding(StrEnum):
    """What keeps a wish from being issued."""

    TITLE_MISSING = "title_missing"
    TAX_NO_MISSING = "tax_no_missing"
    TAX_NO_INVALID = "tax_no_invalid"
    SPECIAL_FOR_PERSON = "special_for_person"
    ADDRESS_MISSING = "address_missing"
    BANK_MISSING = "bank_missing"
    EMAIL_IMPLAUSIBLE = "email_implausible"
    NOT_CNY = "not_cny"
    NOTHING_PAID = "nothing_paid"


class Sale(StrEnum):
    """What an order is to its invoice: a sale, one that may still become or cease to be one, or over."""

    COUNTS = "counts"
    WAITS = "waits"
    ENDED = "ended"


class Refusal(StrEnum):
    """Why a wish was not moved."""

    UNKNOWN_ORDER = "unknown_order"
    ORDER_ENDED = "order_ended"
    UNKNOWN_INVOICE = "unknown_invoice"
    WRONG_STATE = "invoice_wrong_state"
    NOT_A_SALE = "not_a_sale"
    ALREADY_ISSUED = "already_issued"
    ALREADY_RED = "already_red"
    NUMBER_INVALID = "invoice_number_invalid"
    NUMBER_USED = "invoice_number_used"
    DATE_INVALID = "invoice_date_invalid"
    LINK_INVALID = "invoice_link_invalid"
    TWICE = "twice_in_batch"


CONTENT = ("title", "tax_no", "kind", "email", "address", "phone", "bank", "account")


@dataclass(frozen=True, slots=True)
class Content:
    """For whom an invoice is made out, how, and where it goes; cleaned by `rules.cleaned`."""

    title: str = ""
    tax_no: str = ""
    kind: str = str(Kind.NORMAL)
    email: str = ""
    address: str = ""
    phone: str = ""
    bank: str = ""
    account: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Return its fields in their fixed order."""
        return tuple(getattr(self, name) for name in CONTENT)


@dataclass(frozen=True, slots=True)
class Wish:
    """An invoice asked for an order. by_hand: a member of staff typed it, else the channel said it."""

    order_id: int
    content: Content
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Paid:
    """What an order came to, in the shop's minor unit."""

    goods_fen: int
    freight_fen: int
    discount_fen: int
    platform_discount_fen: int

    @property
    def amount_fen(self) -> int:
        """Return what the buyer paid; what the platform bore is the platform's invoice."""
        return max(0, self.goods_fen + self.freight_fen - self.discount_fen - self.platform_discount_fen)


@dataclass(frozen=True, slots=True)
class Issue:
    """The number that a wish got from the invoicing tool, its day, and where its PDF lies."""

    invoice_id: int
    number: str
    issued_on: date
    link: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A row of an invoice, tax included; amounts in fen, negative on a red-letter one."""

    name: str
    spec: str
    quantity: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class ForTool:
    """One wish as the invoicing tool gets it."""

    id: int
    order_number: str
    content: Content
    items: tuple[Item, ...]
    original_number: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A wish that a number from the tool may belong to."""

    id: int
    order_number: str
    state: str
    number: str
