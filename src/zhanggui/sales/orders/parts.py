"""What leaves the shelf for what was bought: lines explode into parts by the table of merchant codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zhanggui.catalog.queries import explode
from zhanggui.catalog.records import Component
from zhanggui.journal.steps import Inside
from zhanggui.kernel.money import split_by_largest_remainder
from zhanggui.sales.orders.models import OrderContact, OrderPart
from zhanggui.sales.orders.records import OrderIn
from zhanggui.sales.orders.regions import province_of


@dataclass(frozen=True, slots=True)
class PartIn:
    """One SKU that a line asks for: pieces, and its share of the line's amount in the minor unit."""

    order_id: int
    line_id: int
    sku_id: int
    quantity: int
    amount_fen: int


def parts_of_line(
    order_id: int, line_id: int, quantity: int, amount_fen: int, components: Sequence[Component]
) -> list[PartIn]:
    """Return a line's parts; their shares add up to its amount, by weight, ties to the earlier component."""
    shares = split_by_largest_remainder(amount_fen, [one.weight for one in components])
    return [
        PartIn(order_id, line_id, one.sku_id, one.quantity * quantity, share)
        for one, share in zip(components, shares, strict=True)
    ]


def explode_lines(
    orders: Sequence[OrderIn], order_ids: Sequence[int], line_ids: Sequence[int]
) -> tuple[list[PartIn], Mapping[int, str]]:
    """Return the parts of new orders of one shop, and by place the first merchant code that nobody knows."""
    codes = sorted({line.merchant_code for order in orders for line in order.lines})
    known = explode(orders[0].shop_id, codes)
    parts: list[PartIn] = []
    unknown: dict[int, str] = {}
    line_id = iter(line_ids)
    for place, (key, order) in enumerate(zip(order_ids, orders, strict=True)):
        for line in order.lines:
            own = next(line_id)
            components = known.get(line.merchant_code)
            if components is None:
                unknown.setdefault(place, line.merchant_code)
            elif len(components) == 1:
                one = components[0]
                parts.append(PartIn(key, own, one.sku_id, one.quantity * line.quantity, line.amount_fen))
            else:
                parts += parts_of_line(key, own, line.quantity, line.amount_fen, components)
    return parts, unknown


def insert_parts(parts: Sequence[PartIn], *, context: Inside) -> None:
    """Write parts."""
    names = ("order_id", "line_id", "sku_id", "quantity", "amount_fen")
    columns: dict[str, object] = {name: [getattr(part, name) for part in parts] for name in names}
    ids = context.run.ids(len(parts))
    context.run.insert(OrderPart, {
        "id": ids, **columns, "wanted": columns["quantity"], "shipped": 0, "cancelled": 0,
    })  # fmt: skip


def parts_of(ids: Sequence[int], columns: Sequence[str], *, context: Inside) -> list[tuple[Any, ...]]:
    """Return parts of locked orders: (order id, *columns), by order and part."""
    names = ["order_id", *columns]
    return context.run.lock(OrderPart, "order_id", ids, names, order=("order_id", "id"), lock=False)


def provinces_of(ids: Sequence[int], *, context: Inside) -> dict[int, str]:
    """Return the province, short, to which each order goes, where it is known."""
    rows = context.run.lock(OrderContact, "order_id", ids, ["order_id", "province"], lock=False)
    return {key: short for key, province in rows if (short := province_of(province))}
