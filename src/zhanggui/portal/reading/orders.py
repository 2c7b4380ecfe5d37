"""Orders as pages show them: the queue with its totals, and one order with everything that belongs to it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Count as CountOf
from django.db.models import Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Concat

from zhanggui.logistics.fulfilment.models import FulfilmentRequest, Shipment
from zhanggui.logistics.inventory.models import Reservation
from zhanggui.obligations.models import ObligationPause
from zhanggui.oversight.compliance.rules import recent
from zhanggui.portal.reading.clocks import Clock, clocks_of_orders
from zhanggui.portal.reading.paging import CAP, Count, Page, after, count_up_to, cut, spelled
from zhanggui.processes.missing import Lack, lacks_of
from zhanggui.sales.orders.models import Order, OrderContact, OrderHold, OrderLine, OrderPart, Shop
from zhanggui.sales.orders.queries import hand_over_cases
from zhanggui.sales.orders.records import STATES, HoldState, State
from zhanggui.sales.shortages.queries import cases_of_orders

FOUND = 500
NOT_SHIPPED = spelled(f"NOT (orders_order.state = '{State.SHIPPED}')")


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are asked for; empty means all. Days are of the company's zone, both ends included.

    handed: the orders that the figure of 2.1.3.3 counts at `as_of`: all of them, those kept, or those missed.
    """

    state: str = ""
    words: str = ""
    shop: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    oldest_first: bool = False
    handed: str = ""
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the queue."""

    id: int
    external_id: str
    order_no: str | None
    channel: str
    shop: str
    currency: str
    buyer: str
    province: str
    total_fen: int
    state: str
    placed_at: datetime
    clock: Clock | None
    holds: tuple[str, ...]
    lacks: tuple[Lack, ...] | None = None
    shortage: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many orders match, and their amounts by currency; `whole` is false if only the page was summed.

    `cut`: the search found more orders than it looks at; all figures are of the newest of them.
    """

    orders: Count
    amounts: tuple[tuple[str, int], ...]
    whole: bool
    cut: bool = False


@dataclass(frozen=True, slots=True)
class HoldShown:
    """One reason to wait; `about` names what it is about, as a merchant code."""

    id: int
    code: str
    state: str
    about: str


@dataclass(frozen=True, slots=True)
class OrderWhole:
    """One order with its contact (masked), lines, reasons to wait, clocks and parcel."""

    order: Order
    shop: Shop
    contact: Mapping[str, str]
    lines: tuple[OrderLine, ...]
    holds: tuple[HoldShown, ...]
    clocks: tuple[Clock, ...]
    request: FulfilmentRequest | None
    shipment: Shipment | None
    pieces: int = field(default=0)
    pauses: tuple[int, ...] = ()
    reservations: tuple[int, ...] = ()

    @property
    def subjects(self) -> tuple[tuple[str, Sequence[int]], ...]:
        """Return all that can move about this order, as (kind, ids)."""
        clocks = [one.id for one in self.clocks]
        return (
            ("order", [self.order.id]), ("shortage", [self.order.id]), ("hold", [one.id for one in self.holds]),
            ("obligation", clocks), ("warning", clocks), ("assignee", clocks), ("pause", self.pauses),
            ("request", [self.request.id] if self.request else []), ("reservation", self.reservations),
        )  # fmt: skip


def shops() -> dict[int, Shop]:
    """Return all shops by id."""
    return {shop.id: shop for shop in Shop.objects.order_by("channel", "code")}


def counts_by_state() -> dict[str, Count]:
    """Count the orders in each state. Cost: one statement per state, each stops at its cap."""
    return {state: count_up_to(_in_state(state)) for state in STATES}


def _in_state(state: str) -> QuerySet[Order]:
    rows = Order.objects.filter(state=state) if state else Order.objects.all()
    return rows if state in ("", State.SHIPPED) else rows.filter(NOT_SHIPPED)


def _said_to_be(state: str) -> QuerySet[Order]:
    """Return the orders in a state, in words that no index by state serves: a search begins at its own index."""
    if not state:
        return Order.objects.all()
    return Order.objects.annotate(said=Concat("state", Value(""))).filter(said=state)


def queue(wanted: OrderFilter, known: Mapping[int, Shop], place: str, size: int = 50) -> tuple[Page[OrderRow], Totals]:
    """Return a page of the queue and the totals of all that match.

    Cost: at most twelve statements, whatever the number of orders; totals are summed over at most the cap.
    """
    matching, cut_off = _matching(wanted, known)
    newest = not wanted.oldest_first
    order = ("-placed_at", "-id") if newest else ("placed_at", "id")
    found = list(after(matching, "placed_at", place, newest_first=newest).order_by(*order)[: size + 1])
    kept, following = cut(found, size, "placed_at")
    rows = _rows(kept, known)
    return Page(tuple(rows), following, not place), _totals(matching, rows, known, cut_off=cut_off)


def _matching(wanted: OrderFilter, known: Mapping[int, Shop]) -> tuple[QuerySet[Order], bool]:
    """Return the orders that match, and whether the search found more than it looks at."""
    rows = _said_to_be(wanted.state) if wanted.words else _in_state(wanted.state)
    if wanted.handed and wanted.as_of:
        rows = rows.filter(id__in=_counted(wanted.handed, wanted.as_of).values("id"))
    if wanted.shop is not None:
        rows = rows.filter(shop_id=wanted.shop)
    if wanted.first_day:
        rows = rows.filter(placed_at__gte=_midnight(wanted.first_day))
    if wanted.last_day:
        rows = rows.filter(placed_at__lt=_midnight(wanted.last_day + timedelta(days=1)))
    if not wanted.words:
        return rows, False
    ids = _ids_of(rows, wanted.words, list(known))
    return Order.objects.filter(id__in=ids[:FOUND]), len(ids) > FOUND


def _counted(handed: str, as_of: datetime) -> QuerySet[Order]:
    """Return the orders behind the figure of 2.1.3.3, over the period that the figure is reckoned for."""
    period = recent(as_of)
    cases, in_time = hand_over_cases(period.from_at, period.until_at, as_of)
    kept = cases.filter(in_time).values("id")
    return {"all": cases, "kept": cases.filter(in_time), "missed": cases.exclude(id__in=kept)}[handed]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=settings.COMPANY_ZONE)


def _ids_of(rows: QuerySet[Order], words: str, shop_ids: list[int]) -> list[int]:
    """Return the orders whose number (either side) or buyer begins with the words, or whose receiver they name.

    Newest first. Cost: four statements over an index each; more ids than FOUND mean that there are more orders.
    """
    last = words + "\uffff"
    ways = (
        Q(shop_id__in=shop_ids, external_id__gte=words, external_id__lt=last),
        Q(order_no__gte=words, order_no__lt=last),
        Q(ordercontact__buyer__gte=words, ordercontact__buyer__lt=last),
        Q(ordercontact__receiver=words),
    )
    found: set[int] = set()
    for way in ways:
        found.update(rows.filter(way).order_by("-id").values_list("id", flat=True)[: FOUND + 1])
    return sorted(found, reverse=True)[: FOUND + 1]


def _rows(orders: list[Order], known: Mapping[int, Shop]) -> list[OrderRow]:
    ids = [order.id for order in orders]
    contacts = {row.order_id: row for row in OrderContact.objects.filter(order_id__in=ids)}
    clocks: dict[int, Clock] = {}
    for clock in clocks_of_orders(ids, running=True):
        clocks.setdefault(clock.subject_id, clock)
    holds: dict[int, list[str]] = {}
    for key, code in OrderHold.objects.filter(order_id__in=ids, state=HoldState.OPEN).values_list("order_id", "code"):
        holds.setdefault(key, []).append(code)
    lacks = lacks_of([order.id for order in orders if order.short_at])
    rows = [_row(order, known[order.shop_id], contacts.get(order.id), clocks, holds) for order in orders]
    cases = cases_of_orders(list(lacks)) if lacks else {}
    return [replace(row, lacks=lacks.get(row.id), shortage=cases.get(row.id, (None, ""))[0]) for row in rows]


def _row(
    order: Order,
    shop: Shop,
    contact: OrderContact | None,
    clocks: Mapping[int, Clock],
    holds: Mapping[int, list[str]],
) -> OrderRow:
    return OrderRow(
        id=order.id,
        external_id=order.external_id,
        order_no=order.order_no,
        channel=shop.channel,
        shop=shop.code,
        currency=shop.currency,
        buyer=masked(contact.buyer) if contact else "",
        province=contact.province if contact else "",
        total_fen=order.total_fen,
        state=order.state,
        placed_at=order.placed_at,
        clock=clocks.get(order.id),
        holds=tuple(holds.get(order.id, ())),
    )


def _totals(matching: QuerySet[Order], rows: list[OrderRow], known: Mapping[int, Shop], *, cut_off: bool) -> Totals:
    """Sum the orders that match by currency, at most the cap. Cost: one statement that gives one row."""
    shops_of: dict[str, list[int]] = {}
    for shop in known.values():
        shops_of.setdefault(shop.currency, []).append(shop.id)
    sums = {code: Sum("total_fen", filter=Q(shop_id__in=keys)) for code, keys in shops_of.items()}
    looked_at = matching.order_by().values("id", "shop_id", "total_fen")[: CAP + 1]
    found = looked_at.aggregate(orders=CountOf("id"), **{f"in_{code}": one for code, one in sums.items()})
    number = found["orders"]
    capped = number > CAP
    amounts: Mapping[str, int | None] = {code: found[f"in_{code}"] for code in sums}
    if capped:
        amounts = _sums(rows)
    shown = tuple((code, int(amount)) for code, amount in sorted(amounts.items()) if amount is not None)
    return Totals(Count(min(number, CAP), capped), shown, not capped, cut_off)


def _sums(rows: list[OrderRow]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.total_fen
    return sums


def whole_order(order_id: int) -> OrderWhole | None:
    """Return one order with all that belongs to it. Cost: nine statements."""
    order = Order.objects.select_related("shop").filter(id=order_id).first()
    if order is None:
        return None
    contact = OrderContact.objects.filter(order_id=order_id).first()
    parts = OrderPart.objects.select_related("sku").order_by("id")
    of_order = OrderLine.objects.filter(order_id=order_id).order_by("id")
    lines = tuple(of_order.prefetch_related(Prefetch("orderpart_set", parts, to_attr="parts"))[:1000])
    request = FulfilmentRequest.objects.select_related("warehouse").filter(reference_id=order_id).first()
    clocks = tuple(clocks_of_orders([order_id], running=False))
    pauses = ObligationPause.objects.filter(obligation_id__in=[one.id for one in clocks]).order_by("id")
    reservations = Reservation.objects.filter(demand_id=order_id).order_by("id")
    return OrderWhole(
        order,
        order.shop,
        _masked_contact(contact),
        lines,
        tuple(_hold(row) for row in OrderHold.objects.filter(order_id=order_id).order_by("id")),
        clocks,
        request,
        Shipment.objects.filter(request_id=request.id).first() if request else None,
        sum(line.quantity for line in lines),
        tuple(pauses.values_list("id", flat=True)),
        tuple(reservations.values_list("id", flat=True)),
    )


def _hold(row: OrderHold) -> HoldShown:
    details = json.loads(row.details) if row.details else {}
    return HoldShown(row.id, row.code, row.state, str(details.get("code", "")))


def _masked_contact(contact: OrderContact | None) -> dict[str, str]:
    if contact is None:
        return {}
    place = " ".join(part for part in (contact.province, contact.city, contact.district) if part)
    return {
        "buyer": masked(contact.buyer),
        "receiver": masked(contact.receiver),
        "phone": f"{contact.phone[:3]}****{contact.phone[-4:]}" if len(contact.phone) >= 11 else masked(contact.phone),
        "address": f"{place} {'***' if contact.address else ''}".strip(),
    }


def masked(name: str) -> str:
    """Return a name of which only the first sign is readable."""
    return name[:1] + "*" * min(len(name) - 1, 3) if len(name) > 1 else "*" * len(name)
