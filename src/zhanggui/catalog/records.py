"""What a product is on its way in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SkuIn:
    """One SKU as it comes in. price_fen: in the minor unit, None where unknown. stocked: False for services."""

    code: str
    name: str
    specification: str = ""
    unit: str = ""
    barcode: str = ""
    price_fen: int | None = None
    stocked: bool = True


@dataclass(frozen=True, slots=True)
class Component:
    """One SKU behind a merchant code: pieces per sold piece, and its weight when the money is split; a gift has 0."""

    sku_id: int
    quantity: int
    weight: int


@dataclass(frozen=True, slots=True)
class CodeIn:
    """What a merchant code stands for in a shop (0: in every shop); no components: it stands for nothing any more.

    components: (SKU code, pieces, weight).
    """

    shop_id: int
    code: str
    components: tuple[tuple[str, int, int], ...]
