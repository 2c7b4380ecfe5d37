"""Reads about stock."""

from collections.abc import Sequence

from zhanggui.logistics.inventory.models import StockMovement, Warehouse, WarehousePreference


def warehouses_by_preference() -> list[int]:
    """Return the ids of the warehouses, the preferred first."""
    return list(Warehouse.objects.order_by("priority", "id").values_list("id", flat=True))


def preferences() -> dict[str, list[int]]:
    """Return the warehouses that each province prefers, in turn; provinces without any are left out."""
    found: dict[str, list[int]] = {}
    rows = WarehousePreference.objects.filter(state="current").order_by("province", "turn")
    for province, warehouse in rows.values_list("province", "warehouse_id"):
        found.setdefault(province, []).append(warehouse)
    return found


def movements_by_cause(keys: Sequence[str]) -> dict[str, int]:
    """Return the quantity that each known cause key has moved."""
    return dict(StockMovement.objects.filter(cause_key__in=keys).values_list("cause_key", "quantity"))
