"""What a shortage is, what a customer is told and offered, and what comes of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256


class Stage(StrEnum):
    """Where a case stands: the customer is to be told, was told, has agreed; or it is over."""

    TO_TELL = "to_tell"
    TOLD = "told"
    AGREED = "agreed"
    CLOSED = "closed"


STAGES = tuple(stage.value for stage in Stage)
OPEN_STAGES = (Stage.TO_TELL, Stage.TOLD, Stage.AGREED)


class Option(StrEnum):
    """What a customer may choose."""

    WAIT = "wait"
    PART = "part"
    SUBSTITUTE = "substitute"
    CANCEL = "cancel"


OPTIONS = tuple(option.value for option in Option)
WITH_DATE = (Option.WAIT, Option.PART)


class Outcome(StrEnum):
    """How a case ended: all that was missing came, the order was replaced by other goods, or it ended."""

    NONE = ""
    STOCKED = "stocked"
    SUBSTITUTED = "substituted"
    ORDER_ENDED = "order_ended"


OUTCOMES = tuple(outcome.value for outcome in Outcome)


class NoticeState(StrEnum):
    """How telling went: on its way through the outbox, told, or given up by the outbox."""

    QUEUED = "queued"
    TOLD = "told"
    FAILED = "failed"


class Channel(StrEnum):
    """By which way a customer was told; the first three go through the outbox, the others by hand."""

    MAIL = "mail"
    SMS = "sms"
    PLATFORM = "platform"
    PHONE = "phone"
    CHAT = "chat"
    OTHER = "other"


SENT_BY_US = (Channel.MAIL, Channel.SMS, Channel.PLATFORM)
CHANNELS = tuple(channel.value for channel in Channel)


class Refusal(StrEnum):
    """Why nothing was done for a case."""

    UNKNOWN = "unknown_case"
    WRONG_STAGE = "wrong_stage"
    ORDER_ENDED = "order_ended"
    LATER_ON_RECORD = "later_on_record"
    TWICE_IN_BATCH = "twice_in_batch"
    ANSWERED = "answered_already"
    NOT_OFFERED = "not_offered"
    EXPIRED = "offer_expired"
    REPLACED = "offer_replaced"
    DATE_MISSING = "date_missing"
    DATE_PAST = "date_past"
    SKU_UNKNOWN = "sku_unknown"
    WORDS_MISSING = "words_missing"
    NOT_QUEUED = "not_queued"


NOTICE = "shortage_notice"
AGREEMENT = "shortage_answer"
PROMISE = "shortage_promise"
CLOCKS = (NOTICE, AGREEMENT, PROMISE)
"""The kinds under which the clocks of a case run; their subject is the case, their cycle its round."""


@dataclass(frozen=True, slots=True)
class Lacking:
    """An order that was found short: missing pieces by SKU."""

    order_id: int
    missing: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed to the customer of a case.

    promised: the day by whose end the goods are there; without it nobody can be asked to wait. substitutes: SKU codes
    that may go instead of what is missing, one of which the customer picks. channel: how to tell, empty for the best
    way there is, or `none` to make the page only.
    """

    case_id: int
    promised: date | None = None
    substitutes: tuple[str, ...] = ()
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """That somebody told the customer by hand: by which way, and what was said or answered."""

    case_id: int
    channel: str
    words: str


@dataclass(frozen=True, slots=True)
class AnswerIn:
    """What a customer chose.

    token_hash: of the page on which it was chosen, empty where staff write down what they were told. substitute: the
    SKU code that was picked. promised: the day agreed on, where staff agreed another one than was offered. words: what
    the customer said.
    """

    case_id: int
    option: str
    token_hash: str = field(default="", repr=False)
    substitute: str = ""
    promised: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One product that a case lacks."""

    sku_id: int
    code: str
    name: str
    missing: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One substitute on offer."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class OfferShown:
    """An offer as the customer's page and the staff page show it.

    stage: of the case; chosen: the option that was taken in its round, with the day and the words that go with it.
    """

    offer_id: int
    case_id: int
    order_id: int
    external_id: str
    shop: str
    currency: str
    receiver: str
    options: tuple[str, ...]
    promised: date | None
    substitutes: tuple[Choice, ...]
    lines: tuple[Line, ...]
    expires_at: datetime
    replaced: bool
    stage: str
    order_state: str
    chosen: str = ""
    chosen_promised: date | None = None
    chosen_substitute: str = ""
    chosen_at: datetime | None = None


def hash_of(token: str) -> str:
    """Return what is kept of a page's token."""
    return sha256(token.encode()).hexdigest()
