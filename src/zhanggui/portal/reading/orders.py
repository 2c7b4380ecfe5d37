"""One order as its page shows it, with everything that belongs to it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, Q

from zhanggui.logistics.fulfilment.models import FulfilmentRequest, Shipment
from zhanggui.logistics.inventory.models import Reservation
from zhanggui.obligations.models import ObligationPause
from zhanggui.portal.reading.clocks import Clock, clocks_of_orders
from zhanggui.portal.reading.paging import Count, count_up_to
from zhanggui.sales.orders.finding import in_tab
from zhanggui.sales.orders.masking import masked as masked
from zhanggui.sales.orders.masking import masked_phone
from zhanggui.sales.orders.models import Order, OrderContact, OrderHold, OrderLine, OrderPart, Shop
from zhanggui.sales.orders.records import STATES
from zhanggui.sales.shortages.models import ShortageCase


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
    kin: tuple[tuple[str, Order], ...] = ()
    cases: tuple[int, ...] = ()

    @property
    def marks(self) -> list[str]:
        """Return what its channel marks it with."""
        return [mark for mark in self.order.marks.split(",") if mark]

    @property
    def platform_leads(self) -> bool:
        """Tell whether the channel's own limit is the first that falls due."""
        return any(clock.outside for clock in self.clocks)

    @property
    def subjects(self) -> tuple[tuple[str, Sequence[int]], ...]:
        """Return all that can move about this order, as (kind, ids)."""
        clocks = [one.id for one in self.clocks]
        return (
            ("order", [self.order.id]), ("shortage", [self.order.id]), ("hold", [one.id for one in self.holds]),
            ("obligation", clocks), ("warning", clocks), ("assignee", clocks), ("pause", self.pauses),
            ("request", [self.request.id] if self.request else []), ("reservation", self.reservations),
            ("shortage_case", self.cases),
        )  # fmt: skip


def shops() -> dict[int, Shop]:
    """Return all shops by id."""
    return {shop.id: shop for shop in Shop.objects.order_by("channel", "code")}


def counts_by_state() -> dict[str, Count]:
    """Count the orders in each state. Cost: one statement per state, each stops at its cap."""
    return {state: count_up_to(in_tab(state)) for state in STATES}


def whole_order(order_id: int) -> OrderWhole | None:
    """Return one order with all that belongs to it. Cost: eleven statements."""
    order = Order.objects.select_related("shop").filter(id=order_id).first()
    if order is None:
        return None
    contact = OrderContact.objects.filter(order_id=order_id).first()
    parts = OrderPart.objects.select_related("sku").order_by("id")
    of_order = OrderLine.objects.filter(order_id=order_id).order_by("id")
    lines = tuple(of_order.prefetch_related(Prefetch("orderpart_set", parts, to_attr="parts"))[:1000])
    request = (
        FulfilmentRequest.objects.select_related("warehouse")
        .filter(reference_id=order.ship_with_id or order_id)
        .order_by("-id")
        .first()
    )
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
        tuple(_kin(order)),
        tuple(ShortageCase.objects.filter(order_id=order_id).order_by("id").values_list("id", flat=True)),
    )


def _kin(order: Order) -> Iterator[tuple[str, Order]]:
    """Give the orders that belong with one: what it came from, what came from it, and what goes in the same parcel."""
    lead = order.ship_with_id or order.id
    near = Q(id=order.parent_id) | Q(parent_id=order.id) | Q(ship_with_id=lead) | Q(id=order.ship_with_id)
    for other in Order.objects.filter(near).exclude(id=order.id).order_by("id")[:100]:
        if other.id == order.parent_id:
            yield "parent", other
        elif other.parent_id == order.id:
            yield "child", other
        if (other.ship_with_id or other.id) == lead and (other.ship_with_id or order.ship_with_id):
            yield "parcel", other


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
        "phone": masked_phone(contact.phone),
        "address": f"{place} {'***' if contact.address else ''}".strip(),
        "kind": contact.kind,
        "buyer_note": contact.buyer_note,
        "seller_note": contact.seller_note,
    }
