"""What an order's content is, what its number is, and which terms bind it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from zhanggui.regulation.records import term
from zhanggui.sales.orders.records import LineIn


@dataclass(frozen=True, slots=True)
class ConfirmTerms:
    """Clause 2.1.3.1: hours from placing until the order's validity is decided."""

    confirm_hours: int = term("2.1.3.1")
    time_basis: str = term("2.1.3.1")


@dataclass(frozen=True, slots=True)
class ValidityTerms:
    """Clause 2.1.3.1: by how much amounts may differ, and within how many hours a second order is suspected."""

    amount_tolerance_fen: int = term("2.1.3.1")
    duplicate_hours: int = term("2.1.3.1")


@dataclass(frozen=True, slots=True)
class TurnTerms:
    """Clause 2.1.3.2: within how many hours before its channel's limit an order becomes urgent."""

    urgent_hours: int = term("2.1.3.2")


@dataclass(frozen=True, slots=True)
class ConfirmingTerms:
    """Clause 2.1.3.1: whether orders that nothing speaks against are confirmed by themselves, and after how long."""

    confirming: str = term("2.1.3.1")
    confirm_after_minutes: int = term("2.1.3.1")


@dataclass(frozen=True, slots=True)
class ShipTerms:
    """Clause 2.3.2.1: hours from confirmation until the last unit has left."""

    ship_hours: int = term("2.3.2.1")
    time_basis: str = term("2.3.2.1")


@dataclass(frozen=True, slots=True)
class HandOverTerms:
    """Clause 2.1.3.3: minutes from confirmation until logistics has the order, waits for stock not counted."""

    sync_minutes: int = term("2.1.3.3")


def content_hash(external_id: str, placed_at: datetime, lines: Iterable[LineIn], amounts: tuple[int, int]) -> str:
    """Return what stands for what was bought; the order of the lines does not matter.

    Takes: amounts, (freight, discount) in the minor unit. Who receives it has a digest of its own.
    """
    rows = sorted(
        (line.identity, line.merchant_code, line.quantity, line.unit_price_fen, line.discount_fen, line.title)
        for line in lines
    )
    body = json.dumps([external_id, placed_at.isoformat(), rows, amounts])
    return sha256(body.encode()).hexdigest()


def line_identities(keys: Iterable[str]) -> list[str]:
    """Return each line's identity from its content key: the key and its occurrence number within the order."""
    seen: dict[str, int] = {}
    identities = []
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        identities.append(f"{key}#{seen[key]}")
    return identities


def order_number(order_id: int, released_on: date) -> str:
    """Return the number under which logistics knows an order: business day of release and the order's own key."""
    return f"ZG{released_on:%y%m%d}{order_id:07d}"
