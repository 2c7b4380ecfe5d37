"""What the pages read about pieces of orders, shared parcels, warehouses and favoured buyers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from django.db.models import Count, F, QuerySet, Sum

from zhanggui.catalog.models import Sku
from zhanggui.logistics.inventory.models import StockBalance, Warehouse
from zhanggui.logistics.inventory.queries import preferences
from zhanggui.portal.reading.holds import masked_receiver
from zhanggui.sales.orders.masking import masked
from zhanggui.sales.orders.models import FavouredBuyer, Order, OrderContact, OrderPart
from zhanggui.sales.orders.receivers import receiver_key
from zhanggui.sales.orders.records import OPEN_STATES, ContactIn, State
from zhanggui.sales.orders.regions import PROVINCES

TOGETHER_IN = (State.RECEIVED, State.CONFIRMED, State.RESERVED)
MOST_PARCELS, MOST_MEMBERS = 50, 2_000
OF_CONTACT = tuple(one.name for one in fields(ContactIn))


@dataclass(frozen=True, slots=True)
class PartLine:
    """A part of an order of which pieces can be chosen; given: what a form said before."""

    id: int
    code: str
    title: str
    pieces: int
    given: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """Orders of one shop that go to one receiver and do not share a parcel yet, the oldest first."""

    receiver: str
    shop: str
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A warehouse with the stock that it holds: how many products, and how many pieces are free."""

    id: int
    code: str
    name: str
    priority: int
    skus: int
    free: int


def parts_of_order(order_id: int, *, shipped: bool) -> list[PartLine]:
    """Return the parts of an order of which pieces are left, or were shipped. Cost: one statement."""
    rows = OrderPart.objects.filter(order_id=order_id).select_related("sku", "line").order_by("id")[:1000]
    lines = [
        PartLine(row.id, row.sku.code, row.line.title or row.sku.name, row.shipped if shipped else row.wanted)
        for row in rows
    ]
    return [line for line in lines if line.pieces]


def acts_on(order: Order) -> dict[str, bool]:
    """Return what can be done with an order besides moving it on; `any` tells whether there is something."""
    joined = order.ship_with_id is not None
    acts = {
        "split": order.state in TOGETHER_IN and not order.stopped and not joined,
        "resend": order.state == State.SHIPPED,
        "part": joined and order.state in (*TOGETHER_IN, State.UNPAID, State.HELD),
        "rank": order.state in OPEN_STATES,
        "pay": order.origin == "manual" and order.state == State.UNPAID,
    }
    return {**acts, "any": any(acts.values())}


def parcels_to_be() -> list[Parcel]:
    """Return orders that could share a parcel, the oldest first. Cost: four statements over the open orders."""
    alone = OrderContact.objects.filter(
        order__state__in=[str(one) for one in TOGETHER_IN], order__ship_with__isnull=True, order__stopped=False
    )
    found: dict[tuple[int, str], list[Order]] = {}
    shown: dict[tuple[int, str], str] = {}
    for contacts in (_doubled(alone.exclude(phone=""), "phone"), _doubled(alone.exclude(merge_key=""), "merge_key")):
        for contact in contacts:
            key = receiver_key(ContactIn(**{name: getattr(contact, name) for name in OF_CONTACT}))
            place = (contact.order.shop_id, key)
            if key and contact.order not in found.setdefault(place, []):
                found[place].append(contact.order)
                shown.setdefault(place, masked_receiver(contact))
    parcels = [
        Parcel(shown[place], orders[0].shop.code, tuple(sorted(orders, key=lambda order: (order.placed_at, order.id))))
        for place, orders in found.items()
        if len(orders) > 1
    ]
    return sorted(parcels, key=lambda parcel: parcel.orders[0].placed_at)[:MOST_PARCELS]


def _doubled(contacts: QuerySet[OrderContact], name: str) -> QuerySet[OrderContact]:
    """Return the contacts whose shop has another one with the same value."""
    values = contacts.values("order__shop_id", name).annotate(times=Count("id")).filter(times__gt=1)
    doubled = [row[name] for row in values.order_by("order__shop_id", name)[:MOST_MEMBERS]]
    rows = contacts.filter(**{f"{name}__in": doubled}).select_related("order__shop")
    return rows.order_by("order__placed_at", "order_id")[:MOST_MEMBERS]


def places() -> list[PlaceLine]:
    """Return the warehouses as they are asked, with their stock. Cost: two statements."""
    stock = StockBalance.objects.values("warehouse_id").order_by("warehouse_id")
    counted = stock.annotate(skus=Count("id"), free=Sum(F("on_hand") - F("reserved")))
    held = {row["warehouse_id"]: (row["skus"], row["free"]) for row in counted}
    return [
        PlaceLine(row.id, row.code, row.name, row.priority, *held.get(row.id, (0, 0)))
        for row in Warehouse.objects.order_by("priority", "id")
    ]


def provinces(places_now: Sequence[PlaceLine]) -> list[tuple[str, list[PlaceLine]]]:
    """Return each province with the warehouses that it prefers, in turn. Cost: one statement."""
    preferred, known = preferences(), {place.id: place for place in places_now}
    return [(name, [known[key] for key in preferred.get(name, ()) if key in known]) for name in PROVINCES]


def favoured(most: int = 500) -> list[tuple[str, FavouredBuyer]]:
    """Return the buyers who are served first, masked, the most urgent first. Cost: one statement."""
    rows = FavouredBuyer.objects.filter(state="listed").order_by("-priority", "-id")[:most]
    return [(masked(row.value), row) for row in rows]


def skus_like(words: str, most: int = 20) -> list[Sku]:
    """Return products whose code begins so, or whose name holds it. Cost: at most two statements."""
    rows = list(Sku.objects.filter(code__istartswith=words).order_by("code")[:most]) if words else []
    if words and len(rows) < most:
        rows += list(
            Sku.objects.filter(name__icontains=words).exclude(id__in=[row.id for row in rows])[: most - len(rows)]
        )
    return rows


def named_skus(codes: Sequence[str]) -> tuple[dict[str, str], dict[str, int]]:
    """Return names, and prices where there is one, of products by their codes. Cost: one statement."""
    rows = list(Sku.objects.filter(code__in=codes).values_list("code", "name", "price_fen"))
    return {code: name for code, name, _ in rows}, {code: price for code, _, price in rows if price is not None}


def manual_order(named: str | int) -> Order | None:
    """Return an order taken by hand, by its number or its id. Cost: one statement."""
    rows = Order.objects.filter(origin="manual")
    rows = rows.filter(id=named) if isinstance(named, int) else rows.filter(external_id=named, shop__channel="manual")
    return rows.first()
