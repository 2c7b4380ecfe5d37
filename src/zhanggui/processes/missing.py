"""What short orders lack, seen from both wings. A read: nothing here writes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from zhanggui.logistics.inventory.models import StockBalance
from zhanggui.logistics.inventory.records import Demand
from zhanggui.logistics.inventory.rules import Shelf, allocate
from zhanggui.sales.orders.models import Order, OrderHold, OrderPart
from zhanggui.sales.orders.records import HoldState, State


@dataclass(frozen=True, slots=True)
class Lack:
    """What an order lacks of one product, in pieces, at the warehouse that lacks the least."""

    code: str
    title: str
    pieces: int


def lacks_of(order_ids: Sequence[int]) -> dict[int, tuple[Lack, ...]]:
    """Return what each short order lacks if it alone were served now; nothing once the goods are there.

    Takes: any orders; those that never were found short, or wait no longer, are left out.
    Cost: one statement, three if any is short, for any number of orders.
    """
    short = Order.objects.filter(id__in=order_ids, state=State.CONFIRMED, short_at__isnull=False)
    lines: dict[int, list[tuple[int, int, int]]] = {key: [] for key in short.values_list("id", flat=True)}
    if not lines:
        return {}
    names: dict[int, tuple[str, str]] = {}
    rows = OrderPart.objects.filter(order_id__in=list(lines), wanted__gt=0, sku__stocked=True).order_by("id")
    for order, line, sku, pieces, code, title in rows.values_list(
        "order_id", "id", "sku_id", "wanted", "sku__code", "sku__name"
    ):
        lines[order].append((line, sku, pieces))
        names[sku] = (code, title)
    shelves = _shelves(sorted(names))
    lacks: dict[int, tuple[Lack, ...]] = {}
    for key, needed in lines.items():
        (grant,) = allocate([Demand(key, tuple(needed))], shelves)
        lacks[key] = tuple(Lack(*names[sku], pieces) for sku, pieces in sorted((grant.short or {}).items()))
    return lacks


def _shelves(sku_ids: Sequence[int]) -> list[Shelf]:
    """Return the free pieces per warehouse, the preferred first."""
    rows = StockBalance.objects.filter(sku_id__in=sku_ids).order_by("warehouse__priority", "warehouse_id", "sku_id")
    shelves: dict[int, Shelf] = {}
    for warehouse, sku, balance, on_hand, reserved in rows.values_list(
        "warehouse_id", "sku_id", "id", "on_hand", "reserved"
    ):
        shelves.setdefault(warehouse, {})[sku] = (balance, on_hand - reserved)
    return list(shelves.values())


def reasons_of(limit: int = 10) -> list[tuple[str, str]]:
    """Return the oldest orders that wait, and why: (number of the channel, codes with pieces or reasons).

    Cost: at most six statements; none of them grows with the number of orders that wait.
    """
    found: dict[int, str] = {}
    why: dict[int, list[str]] = {}
    for state in (State.HELD, State.CONFIRMED):
        rows = Order.objects.filter(state=state).order_by("placed_at", "id").values_list("id", "external_id")
        found.update(rows[: limit - len(found)])
    for key, code, details in OrderHold.objects.filter(order_id__in=list(found), state=HoldState.OPEN).values_list(
        "order_id", "code", "details"
    ):
        about = str(json.loads(details).get("code", "")) if details else ""
        why.setdefault(key, []).append(f"on hold: {code} {about}".strip())
    for key, lacks in lacks_of(list(found)).items():
        why.setdefault(key, []).append("short: " + ", ".join(f"{one.code} x {one.pieces}" for one in lacks))
    return [(number, "; ".join(why.get(key, ["waits"]))) for key, number in found.items()]
