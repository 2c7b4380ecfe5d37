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
