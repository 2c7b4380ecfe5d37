"""What speaks against an order: named rules, each with a code, judged when the order comes in. Pure.

A rule never refuses an order; it lets it wait for a person. Which rules a shop uses is said per shop, and their limits
are parameters of clause 2.1.3.1.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from zhanggui.sales.orders.receivers import address_wrong, is_judged, missing_of, phone_wrong, says_something
from zhanggui.sales.orders.records import OFFSHOOTS, ContactIn, Hold, Mark, OrderIn, Refund, Standing
from zhanggui.sales.orders.rules import ValidityTerms

Details = Mapping[str, Any]
NOTHING: Details = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Judged:
    """An order as rules look at it, whether it comes in or is here already.

    priced: some line has a price. unknown_code: a merchant code that nobody knows. duplicate, blocked: what the
    database says of it, as details of a hold.
    """

    contact: ContactIn
    total_fen: int
    platform_discount_fen: int
    stated_fen: int | None
    priced: bool
    origin: str
    marks: Collection[str]
    refund: str
    word_unknown: str | None = None
    unknown_code: str | None = None
    duplicate: Details | None = None
    blocked: Details | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule of validity.

    finds: the details of what speaks against an order, None where nothing does. parameters: of clause 2.1.3.1.
    at_first: whether a new shop uses it. switchable: whether a shop may do without it. again: whether it can be
    judged again later, from what is kept.
    """

    code: str
    finds: Callable[[Judged, ValidityTerms], Details | None]
    parameters: tuple[str, ...] = ()
    at_first: bool = True
    switchable: bool = True
    again: bool = True
    department: str = "sales"


def _amounts_differ(order: Judged, terms: ValidityTerms) -> Details | None:
    if order.stated_fen is None:
        return None
    reckoned = order.total_fen - order.platform_discount_fen
    if abs(order.stated_fen - reckoned) <= terms.amount_tolerance_fen:
        return None
    return {"stated": order.stated_fen, "reckoned": reckoned}


def _zero_total(order: Judged, _: ValidityTerms) -> Details | None:
    return None if order.priced or order.origin in OFFSHOOTS else NOTHING


def _receiver_incomplete(order: Judged, _: ValidityTerms) -> Details | None:
    missing = missing_of(order.contact) if is_judged(order.contact) else ()
    return {"missing": missing} if missing else None


def _phone_implausible(order: Judged, _: ValidityTerms) -> Details | None:
    return NOTHING if is_judged(order.contact) and phone_wrong(order.contact) else None


def _address_implausible(order: Judged, _: ValidityTerms) -> Details | None:
    return NOTHING if is_judged(order.contact) and address_wrong(order.contact) else None


def _suspected_duplicate(order: Judged, _: ValidityTerms) -> Details | None:
    return None if order.origin in OFFSHOOTS else order.duplicate


def _marked(mark: Mark) -> Callable[[Judged, ValidityTerms], Details | None]:
    return lambda order, _: NOTHING if mark in order.marks else None


def _told(field: str, key: str) -> Callable[[Judged, ValidityTerms], Details | None]:
    def finds(order: Judged, _: ValidityTerms) -> Details | None:
        about = getattr(order, field)
        return None if about is None else {key: about}

    return finds


def _never(_order: Judged, _terms: ValidityTerms) -> None:
    return None


RULES: tuple[Rule, ...] = (
    Rule(Hold.UNKNOWN_SKU, _told("unknown_code", "code"), switchable=False, again=False),
    Rule(Hold.STATUS_UNKNOWN, _told("word_unknown", "word"), switchable=False, again=False),
    Rule(Hold.CONTENT_CHANGED, _never, switchable=False, again=False),
    Rule(Hold.PLATFORM_CONFLICT, _never, switchable=False, again=False),
    Rule(Hold.REFUND_ASKED, lambda order, _: NOTHING if order.refund == Refund.ASKED else None),
    Rule(Hold.RISK, _marked(Mark.RISK)),
    Rule(Hold.LOCKED, _marked(Mark.LOCKED)),
    Rule(Hold.AMOUNTS_DIFFER, _amounts_differ, ("amount_tolerance_fen",)),
    Rule(Hold.ZERO_TOTAL, _zero_total),
    Rule(Hold.RECEIVER_INCOMPLETE, _receiver_incomplete),
    Rule(Hold.PHONE_IMPLAUSIBLE, _phone_implausible),
    Rule(Hold.ADDRESS_IMPLAUSIBLE, _address_implausible),
    Rule(Hold.SUSPECTED_DUPLICATE, _suspected_duplicate, ("duplicate_hours",)),
    Rule(Hold.BLOCKLISTED, lambda order, _: order.blocked),
    Rule(Hold.BUYER_MESSAGE, lambda order, _: NOTHING if says_something(order.contact.buyer_note) else None),
    Rule(
        Hold.SELLER_NOTE,
        lambda order, _: NOTHING if says_something(order.contact.seller_note) else None,
        at_first=False,
    ),
)  # fmt: skip
BY_CODE: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in RULES})
SWITCHABLE = frozenset(rule.code for rule in RULES if rule.switchable)
JUDGED_AGAIN = frozenset(rule.code for rule in RULES if rule.again)
OFF_AT_FIRST = frozenset(rule.code for rule in RULES if not rule.at_first)
OF_RECEIVER = (
    str(Hold.RECEIVER_INCOMPLETE), str(Hold.PHONE_IMPLAUSIBLE), str(Hold.ADDRESS_IMPLAUSIBLE),
)  # fmt: skip
LOOKED_UP = frozenset({str(Hold.SUSPECTED_DUPLICATE), str(Hold.BLOCKLISTED)})


def used_rules(off: Collection[str], *, again: bool = False) -> tuple[Rule, ...]:
    """Return the rules that a shop uses; with `again` only those that can be judged again later."""
    return tuple(rule for rule in RULES if rule.code not in off and (rule.again or not again))


def findings(order: Judged, rules: Sequence[Rule], terms: ValidityTerms) -> list[tuple[str, str]]:
    """Return what speaks against an order: (hold code, details as JSON)."""
    found = []
    for rule in rules:
        details = rule.finds(order, terms)
        if details is not None:
            found.append((str(rule.code), told(details)))
    return found


def told(details: Details) -> str:
    """Return details as they are kept."""
    return json.dumps(dict(details), ensure_ascii=False)


def as_judged(
    order: OrderIn, unknown_code: str | None, duplicate: Details | None = None, blocked: Details | None = None
) -> Judged:
    """Return an order that comes in as rules look at it."""
    return Judged(
        order.contact,
        order.goods_fen + order.freight_fen - order.discount_fen,
        order.platform_discount_fen,
        order.stated_fen,
        any(line.unit_price_fen for line in order.lines),
        order.origin,
        order.marks,
        order.refund,
        order.status_word if order.standing is None else None,
        unknown_code,
        duplicate,
        blocked,
    )


def news_of_progress(
    order: OrderIn, before: Mapping[str, Any], now: Mapping[str, Any], off: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Return the hold codes that the channel's newest word brings, and those that it ends.

    Takes: before, now, the columns of progress as they stood and as they stand; off, the rules that the shop does not
    use.
    """
    stood, stands = ({
        Hold.RISK: Mark.RISK in told["marks"].split(","),
        Hold.LOCKED: Mark.LOCKED in told["marks"].split(","),
        Hold.REFUND_ASKED: told["refund"] == Refund.ASKED,
        Hold.PLATFORM_CONFLICT: told["standing"] == Standing.DONE,
    } for told in (before, now))  # fmt: skip
    arisen = [str(code) for code in stands if stands[code] and not stood[code] and code not in off]
    ended = [str(code) for code in stands if stood[code] and not stands[code]]
    if order.standing is None and before["status_word"] != now["status_word"]:
        arisen.append(str(Hold.STATUS_UNKNOWN))
    if order.standing is not None:
        ended.append(str(Hold.STATUS_UNKNOWN))
    return arisen, ended
