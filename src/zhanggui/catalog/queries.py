"""Reads about products."""

from collections.abc import Sequence

from zhanggui.catalog.models import MerchantCode, Sku
from zhanggui.catalog.records import Component


def known_skus(codes: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Return (id, whether it carries stock) of the SKUs with these codes; unknown ones are left out."""
    rows = Sku.objects.filter(code__in=set(codes)).values_list("code", "id", "stocked")
    return {code: (key, stocked) for code, key, stocked in rows}


def any_skus() -> bool:
    """Tell whether any product is known yet."""
    return Sku.objects.exists()


def explode(shop_id: int, codes: Sequence[str]) -> dict[str, tuple[Component, ...]]:
    """Return what each merchant code of a shop stands for, by code; unknown codes are left out.

    The shop's own row leads, then the row for every shop, then the SKU of that very code.
    Cost: two statements.
    """
    wanted = set(codes)
    rows = MerchantCode.objects.filter(code__in=wanted, shop_id__in=(shop_id, 0), state="current").order_by("id")
    own: dict[str, list[Component]] = {}
    shared: dict[str, list[Component]] = {}
    for shop, code, *component in rows.values_list("shop_id", "code", "sku_id", "quantity", "weight"):
        (own if shop else shared).setdefault(code, []).append(Component(*component))
    found = {code: (Component(key, 1, 1),) for code, (key, _) in known_skus(list(wanted)).items()}
    return found | {code: tuple(given) for code, given in (shared | own).items()}
