"""Orders that wait for a person, as pages show them: the queue by reason, and one order with what it is compared to."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count as CountOf
from django.db.models import QuerySet

from zhanggui.obligations.models import Obligation
from zhanggui.people.queries import names_of
from zhanggui.portal.reading.clocks import IS_RUNNING
from zhanggui.portal.reading.orders import masked
from zhanggui.portal.reading.paging import Page, after, cut, spelled
from zhanggui.sales.orders.corrections import CAN_CHANGE
from zhanggui.sales.orders.models import BlockEntry, Order, OrderContact, OrderHold, OrderLine, Shop
from zhanggui.sales.orders.records import ReceiverEdit
from zhanggui.sales.orders.validity import RULES

STILL_OPEN = spelled("orders_orderhold.state = 'open'")
INNER_OPEN = spelled("state = 'open'")
"""The same within another query, where the table goes by another name."""
MOST_AT_ONCE = 50_000
CODES = tuple(str(rule.code) for rule in RULES)


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """Which waiting orders are asked for; empty means all. whose: mine, nobody; me: the person who asks."""

    reason: str = ""
    shop: int | None = None
    whose: str = ""
    me: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """By when something must be done, and from when it is urgent; paused: the clock stands still."""

    due_at: datetime
    warn_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One reason to wait with what it says: a code or number, another order, amounts, or what is missing."""

    id: int
    code: str
    state: str
    opened_at: datetime
    details: Mapping[str, Any]

    @property
    def about(self) -> str:
        """Name what the reason is about: a merchant code, a status word, the other order's number."""
        return str(self.details.get("code") or self.details.get("word") or "")


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One line of the queue. own: our clock; platform: the channel's limit; the earlier of both leads."""

    id: int
    external_id: str
    channel: str
    shop: str
    currency: str
    buyer: str
    total_fen: int
    state: str
    stopped: bool
    placed_at: datetime
    holds: tuple[HoldLine, ...]
    assignee: str
    own: Limit | None
    platform: datetime | None

    @property
    def platform_leads(self) -> bool:
        """Tell whether the channel's limit comes before our own."""
        return self.platform is not None and (self.own is None or self.platform < self.own.due_at)


def counts_by_reason(wanted: HoldFilter) -> dict[str, int]:
    """Count the orders that wait, by reason, most first; "" counts every order once. Cost: two statements."""
    rows = _narrowed(OrderHold.objects.filter(STILL_OPEN), replace(wanted, reason=""))
    if wanted.shop is not None:
        rows = rows.filter(order__shop_id=wanted.shop)
    counted = dict(rows.values_list("code").annotate(CountOf("id")))
    total = rows.aggregate(orders=CountOf("order_id", distinct=True))["orders"]
    return {"": total, **dict(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))}


def _narrowed(rows: QuerySet[OrderHold], wanted: HoldFilter) -> QuerySet[OrderHold]:
    if wanted.reason:
        rows = rows.filter(code=wanted.reason)
    return rows.filter(assignee=wanted.me if wanted.whose == "mine" else "") if wanted.whose else rows


def _waiting(wanted: HoldFilter) -> QuerySet[Order]:
    """Return the orders that match."""
    holds = _narrowed(OrderHold.objects.filter(INNER_OPEN), wanted)
    rows = Order.objects.filter(id__in=holds.values("order_id"))
    return rows if wanted.shop is None else rows.filter(shop_id=wanted.shop)


def waiting(wanted: HoldFilter, known: Mapping[int, Shop], place: str, size: int = 50) -> Page[HoldRow]:
    """Return a page of the orders that wait, the first placed on top. Cost: five statements."""
    found = list(
        after(_waiting(wanted), "placed_at", place, newest_first=False).order_by("placed_at", "id")[: size + 1]
    )
    kept, following = cut(found, size, "placed_at")
    return Page(tuple(_rows(kept, known)), following, not place)


def waiting_ids(wanted: HoldFilter) -> list[int]:
    """Return all orders that match, the first placed on top, at most so many as one act takes."""
    return list(_waiting(wanted).order_by("placed_at", "id").values_list("id", flat=True)[:MOST_AT_ONCE])


def _rows(orders: Sequence[Order], known: Mapping[int, Shop]) -> list[HoldRow]:
    ids = [order.id for order in orders]
    buyers = dict(OrderContact.objects.filter(order_id__in=ids).values_list("order_id", "buyer"))
    holds, assigned = _holds_of(ids)
    own = _own_limits(ids)
    people = names_of([int(one) for one in set(assigned.values()) if one.isdigit()])
    return [
        HoldRow(
            order.id, order.external_id, known[order.shop_id].channel, known[order.shop_id].code,
            known[order.shop_id].currency, masked(buyers.get(order.id, "")), order.total_fen, order.state,
            order.stopped, order.placed_at, tuple(holds.get(order.id, ())),
            _person(assigned.get(order.id, ""), people), own.get(order.id), order.platform_due_at,
        )
        for order in orders
    ]  # fmt: skip


def _person(key: str, people: Mapping[int, str]) -> str:
    return people.get(int(key), key) if key.isdigit() else key


def _holds_of(ids: Collection[int]) -> tuple[dict[int, list[HoldLine]], dict[int, str]]:
    """Return the open reasons of orders, and who looks after them."""
    holds: dict[int, list[HoldLine]] = {}
    assigned: dict[int, str] = {}
    for row in OrderHold.objects.filter(STILL_OPEN, order_id__in=ids).order_by("id"):
        holds.setdefault(row.order_id, []).append(_line(row))
        assigned[row.order_id] = row.assignee or assigned.get(row.order_id, "")
    return holds, assigned


def _line(row: OrderHold) -> HoldLine:
    return HoldLine(row.id, row.code, row.state, row.opened_at, json.loads(row.details) if row.details else {})


def _own_limits(ids: Collection[int]) -> dict[int, Limit]:
    """Return our own clock of each order, the one that ends first."""
    rows = Obligation.objects.filter(IS_RUNNING, subject_kind="order", subject_id__in=list(ids))
    limits: dict[int, Limit] = {}
    for key, due_at, warn_at, state in rows.order_by("due_at", "id").values_list(
        "subject_id", "due_at", "most_at", "state"
    ):
        limits.setdefault(key, Limit(due_at, warn_at, state))
    return limits


# One order that waits


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: an order with its lines; without an order, a version that came in later."""

    lines: tuple[tuple[str, str, int, int, int], ...]
    order: Order | None = None
    receiver: str = ""
    buyer: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One order that waits: its row, the other side of each comparison by hold code, and its messages."""

    row: HoldRow
    order: Order
    own: Side
    others: Mapping[str, Side]
    contact: OrderContact | None
    entry: BlockEntry | None
    may_change: bool


def waiting_order(order_id: int, known: Mapping[int, Shop]) -> Waiting | None:
    """Return one order with everything that speaks against it. Cost: at most ten statements."""
    order = Order.objects.filter(id=order_id).first()
    if order is None:
        return None
    (row,) = _rows([order], known)
    others: dict[str, Side] = {}
    entry = None
    for line in row.holds:
        if line.code == "suspected_duplicate":
            other = Order.objects.filter(id=line.details.get("other", 0)).first()
            others |= {line.code: _side(other)} if other else {}
        elif line.code == "content_changed":
            others[line.code] = Side(tuple(_told_line(one) for one in line.details.get("lines", ())))
        elif line.code == "blocklisted":
            entry = BlockEntry.objects.filter(id=line.details.get("entry", 0)).first()
    contact = OrderContact.objects.filter(order_id=order_id).first()
    return Waiting(row, order, _side(order), others, contact, entry, order.state in CAN_CHANGE)


def _told_line(told: Sequence[Any]) -> tuple[str, str, int, int, int]:
    code, title, quantity, price, discount = told
    return str(code), str(title), int(quantity), int(price), int(discount)


def _side(order: Order) -> Side:
    lines = OrderLine.objects.filter(order_id=order.id).order_by("id")
    columns = ("merchant_code", "title", "quantity", "unit_price_fen", "discount_fen")
    contact = OrderContact.objects.filter(order_id=order.id).first()
    buyer = masked(contact.buyer) if contact else ""
    return Side(tuple(lines.values_list(*columns)[:50]), order, masked_receiver(contact), buyer)


def masked_receiver(contact: OrderContact | None) -> str:
    """Return a receiver of which only so much is readable as two can be told apart by."""
    if contact is None:
        return ""
    place = " ".join(part for part in (contact.province, contact.city, contact.district) if part)
    phone = f"{contact.phone[:3]}****{contact.phone[-4:]}" if len(contact.phone) >= 11 else masked(contact.phone)
    return " ".join(part for part in (masked(contact.receiver), phone, place, "***" if contact.address else "") if part)


def receiver_of(order_id: int) -> tuple[Order, ReceiverEdit] | None:
    """Return an order with its receiver in plain, for the form that corrects it. Cost: two statements."""
    contact = OrderContact.objects.select_related("order").filter(order_id=order_id).first()
    if contact is None:
        return None
    names = ("receiver", "phone", "province", "city", "district", "address")
    return contact.order, ReceiverEdit(order_id, *(getattr(contact, name) for name in names))
