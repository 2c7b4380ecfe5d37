"""Reads about products."""

from collections.abc import Sequence

from zhanggui.catalog.models import Sku


def known_skus(codes: Sequence[str]) -> dict[str, tuple[int, bool]]:
    """Return (id, whether it carries stock) of the SKUs with these codes; unknown ones are left out."""
    rows = Sku.objects.filter(code__in=set(codes)).values_list("code", "id", "stocked")
    return {code: (key, stocked) for code, key, stocked in rows}


def any_skus() -> bool:
    """Tell whether any product is known yet."""
    return Sku.objects.exists()
