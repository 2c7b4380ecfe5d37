"""What a layout of a platform is: which column holds what, and how its amounts are given."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from zhanggui.connectors.intake.words import Told, told_of
from zhanggui.connectors.spreadsheets.mapping import normalise

LIST, DETAIL = "list", "detail"
Amounts = dict[str, int]
"""Amounts of one order or row by field; a field whose cell is open is absent."""

SOFT = frozenset({
    "status", "placed_at", "paid_at", "platform_due_at", "buyer_note", "seller_note", "flag", "aftersale", "odd",
    "changed_sku", "address_changed", "country", "email", "currency", "pay_method", "presale", "fulfillment",
    "cancelled_at", "invoice_kind", "units",
})  # fmt: skip
"""Fields of an order that may differ between its rows."""
CONTACT = ("buyer", "receiver", "phone", "landline", "province", "city", "district", "street", "address",
           "new_address", "merge_key", "invoice_title", "tax_no")  # fmt: skip
LINE = ("line_id", "sku", "product_id", "title", "specification", "quantity", "unit_price", "row_total",
        "line_discount")  # fmt: skip


def status_word(cells: Mapping[str, str]) -> Told | None:
    """Return what the status of a row says; None if nobody knows the word."""
    return told_of(cells.get("status", ""))


def as_given(amounts: Amounts) -> Amounts:
    """Return amounts as the file gives them."""
    return amounts


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout of a platform, known by the names of its columns.

    columns: field → names of columns that may fill it, the strongest first; the first that is filled counts.
    required: fields without which it is another layout. overlooked: columns of the known editions that nothing is
    taken from. without: columns that no file of this layout has. half: `list` or `detail` where an order comes in two
    files. by_row: amounts are given for each row; else once for the order, though they may be repeated. bearers: pairs
    of (fields borne by the seller, fields borne by others); the first pair with a filled cell counts. goods: what the
    lines come to after what the seller bears. stated: fields whose sum the buyer pays. adjust: what is made of the
    amounts before they are used. joined: rows may hold several lines, joined by semicolons. splits_address: an address
    begins with province, city and district. says: what the words of a row say. money: the fields that hold amounts of
    the order or row. channels: whose files have it. day_in: the day that an order number tells, where the file leaves
    the moment open.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    required: frozenset[str]
    overlooked: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    half: str = ""
    by_row: bool = False
    bearers: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    goods: str = ""
    stated: tuple[str, ...] = ()
    adjust: Callable[[Amounts], Amounts] = as_given
    joined: bool = False
    splits_address: bool = False
    says: Callable[[Mapping[str, str]], Told | None] = status_word
    money: frozenset[str] = field(default_factory=frozenset)
    channels: tuple[str, ...] = ()
    day_in: Callable[[str], str] = lambda _: ""

    def places(self, header: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Return the columns of each field, strongest name first; fields without a column are absent."""
        at: dict[str, int] = {}
        for index, name in enumerate(header):
            at.setdefault(normalise(name), index)
        found = {
            field: tuple(dict.fromkeys(at[name] for name in names if name in at))
            for field, names in self.columns.items()
        }
        return {field: indexes for field, indexes in found.items() if indexes}

    def score(self, header: Sequence[str]) -> int:
        """Return how many columns it knows; 0 if a required one is missing."""
        given = [normalise(name) for name in header]
        if not self.required <= self.places(header).keys() or self.without.intersection(given):
            return 0
        known = self.known
        return sum(name in known for name in given)

    @property
    def known(self) -> frozenset[str]:
        """Return the names of all columns that it knows, normalised."""
        return self.overlooked | {name for names in self.columns.values() for name in names}

    def unknown(self, header: Sequence[str]) -> tuple[str, ...]:
        """Return the columns that no known edition has."""
        known = self.known
        return tuple(name for name in header if name.strip() and normalise(name) not in known)


def columns(**named: str) -> Mapping[str, tuple[str, ...]]:
    """Return field → normalised names of columns, from texts joined by bars."""
    return {field: tuple(map(normalise, names.split("|"))) for field, names in named.items()}


def names(text: str) -> frozenset[str]:
    """Return normalised names of columns from a text joined by bars."""
    return frozenset(map(normalise, text.split("|")))
