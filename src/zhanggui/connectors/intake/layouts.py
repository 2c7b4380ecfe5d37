"""Which column is which field of one file: chosen by a person, saved before, a known layout, or a guess.

The name of the layout says where the mapping came from: a layout's own name, `chosen` or `guess`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from zhanggui.connectors.intake.messages import ERROR_COLUMNS
from zhanggui.connectors.intake.platforms import PLATFORMS, recognised
from zhanggui.connectors.intake.platforms.shapes import Layout
from zhanggui.connectors.spreadsheets.mapping import Subject, check_mapping, guess, normalise
from zhanggui.connectors.spreadsheets.records import FileRefused

CHOSEN, GUESS = "chosen", "guess"
Columns = Mapping[str, int]
Saved = tuple[str, Columns]

ONLINE_RETAIL = {
    "external_id": "InvoiceNo", "sku": "StockCode", "title": "Description", "quantity": "Quantity",
    "placed_at": "InvoiceDate", "unit_price": "UnitPrice", "buyer": "CustomerID", "country": "Country",
}  # fmt: skip

LAYOUTS: Mapping[Subject, Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"orders": {"online-retail": ONLINE_RETAIL}, "products": {}, "stock": {}}
)

_OF_ERROR_FILES = frozenset(normalise(name) for names in ERROR_COLUMNS.values() for name in names)


def own_header(header: Sequence[str]) -> tuple[str, ...]:
    """Return the header without the columns that an error file adds at its end."""
    names = list(header)
    while names and normalise(names[-1]) in _OF_ERROR_FILES:
        names.pop()
    return tuple(names)


def fingerprint(header: Sequence[str]) -> str:
    """Return what stands for a header: its names in their order, however they are spaced or cased."""
    return hashlib.sha256("\n".join(normalise(name) for name in own_header(header)).encode()).hexdigest()


def settle(
    header: Sequence[str], subject: Subject, *, chosen: Columns | None, layout: str, saved: Saved | None
) -> tuple[str, Columns]:
    """Return the layout's name and the mapping: the person's choice first, then a saved one, a known one, a guess.

    Raises: FileRefused: mapping_wrong, layout_unknown, layout_differs, looks_like_orders, columns_missing,
    columns_doubled.
    """
    if chosen is not None:
        wrong = check_mapping(chosen, len(header), subject)
        if wrong:
            raise FileRefused("mapping_wrong", problems=", ".join(wrong))
        return CHOSEN, dict(chosen)
    if layout not in ("auto", GUESS):
        return layout, _named(header, subject, layout)
    if saved and layout == "auto" and not check_mapping(saved[1], len(header), subject):
        return saved
    platform = recognised(own_header(header)) if layout == "auto" and subject == "orders" else None
    if platform:
        return platform.name, _first_places(platform, header)
    if layout == "auto":
        for name, fields in LAYOUTS[subject].items():
            if set(map(normalise, fields.values())) <= set(map(normalise, header)):
                return name, _named(header, subject, name)
    return GUESS, _guessed(header, subject)


def _first_places(platform: Layout, header: Sequence[str]) -> Columns:
    return {field: places[0] for field, places in platform.places(header).items()}


def names_of(subject: Subject) -> tuple[str, ...]:
    """Return the names of the layouts that a file of the subject may be said to have."""
    return ("auto", GUESS, *LAYOUTS[subject], *(PLATFORMS if subject == "orders" else ()))


def _named(header: Sequence[str], subject: Subject, layout: str) -> Columns:
    platform = PLATFORMS.get(layout) if subject == "orders" else None
    if platform:
        columns = _first_places(platform, header)
        if missing := sorted(platform.required - columns.keys()):
            lacking = ", ".join(platform.columns[field][0] for field in missing)
            raise FileRefused("layout_differs", layout=layout, columns=lacking)
        return columns
    fields = LAYOUTS[subject].get(layout)
    if fields is None:
        raise FileRefused("layout_unknown", layout=layout[:40], known=", ".join(names_of(subject)))
    places = {normalise(name): index for index, name in reversed(list(enumerate(header)))}
    missing = [name for name in fields.values() if normalise(name) not in places]
    if missing:
        raise FileRefused("layout_differs", layout=layout, columns=", ".join(missing))
    return {field: places[normalise(name)] for field, name in fields.items()}


def _guessed(header: Sequence[str], subject: Subject) -> Columns:
    own = own_header(header)
    if subject != "orders" and not guess(own, "orders").missing:
        raise FileRefused("looks_like_orders")
    found = guess(own, subject)
    if found.missing:
        raise FileRefused("columns_missing", fields=",".join(found.missing))
    if found.doubled:
        raise FileRefused("columns_doubled", fields=",".join(found.doubled))
    return dict(found.columns)
