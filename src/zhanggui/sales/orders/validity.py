"""What speaks against an order: named rules, each with a code, judged when the order comes in.

A rule never refuses an order; it lets it wait for a person. Which rules a shop uses is said per shop, and their limits
are parameters of clause 2.1.3.1.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zhanggui.journal.steps import Inside
from zhanggui.sales.orders.records import Hold, Mark, OrderIn, Refund, Standing

Finding = tuple[int, str, str]


def judge(orders: Sequence[OrderIn], unknown: Mapping[int, str], context: Inside) -> list[Finding]:
    """Return what speaks against new orders of one shop: (place in the batch, hold code, details as JSON)."""
    findings: list[Finding] = []
    for place, order in enumerate(orders):
        findings += [(place, code, _told(details)) for code, details in _of_channel(order, unknown.get(place))]
    return findings


def _told(details: Mapping[str, Any]) -> str:
    return json.dumps(details, ensure_ascii=False)


def _of_channel(order: OrderIn, unknown_code: str | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give what the channel's own words say against an order."""
    if unknown_code is not None:
        yield str(Hold.UNKNOWN_SKU), {"code": unknown_code}
    if order.standing is None:
        yield str(Hold.STATUS_UNKNOWN), {"word": order.status_word}
    for mark, code in ((Mark.RISK, Hold.RISK), (Mark.LOCKED, Hold.LOCKED)):
        if mark in order.marks:
            yield str(code), {}
    if order.refund == Refund.ASKED:
        yield str(Hold.REFUND_ASKED), {}


def news_of_progress(order: OrderIn, before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return the hold codes that the channel's newest word brings, and those that it ends.

    Takes: before, now, the columns of progress as they stood and as they stand.
    """
    stood, stands = ({
        Hold.RISK: Mark.RISK in told["marks"].split(","),
        Hold.LOCKED: Mark.LOCKED in told["marks"].split(","),
        Hold.REFUND_ASKED: told["refund"] == Refund.ASKED,
        Hold.PLATFORM_CONFLICT: told["standing"] == Standing.DONE,
    } for told in (before, now))  # fmt: skip
    arisen = [str(code) for code in stands if stands[code] and not stood[code]]
    ended = [str(code) for code in stands if stood[code] and not stands[code]]
    if order.standing is None and before["status_word"] != now["status_word"]:
        arisen.append(str(Hold.STATUS_UNKNOWN))
    if order.standing is not None:
        ended.append(str(Hold.STATUS_UNKNOWN))
    return arisen, ended
