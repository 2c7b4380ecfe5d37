"""What a row of a platform file sells, and how the amounts of an order are settled onto its lines."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from zhanggui.connectors.intake.platforms.shapes import Amounts, Layout
from zhanggui.connectors.spreadsheets.cells import parse_code, parse_external_id, parse_name, parse_quantity
from zhanggui.connectors.spreadsheets.records import CellRefused
from zhanggui.kernel.money import MONEY_LIMIT, split_by_largest_remainder
from zhanggui.sales.orders.records import LineIn
from zhanggui.sales.orders.rules import line_identities

TITLE_CHARS, CODE_CHARS = 300, 64
JOINED = (";", "；")
Cells = Mapping[str, str]
Money = Callable[[str], int]


class FieldRefused(CellRefused):
    """A cell that is refused, with its field."""

    def __init__(self, refusal: CellRefused, field: str) -> None:
        super().__init__(refusal.code, refusal.expected)
        self.field = field


@dataclass(frozen=True, slots=True)
class Draft:
    """A line before its share of the order's discount is known."""

    line_id: str
    code: str
    title: str
    quantity: int
    price: int
    discount: int = 0

    @property
    def gross(self) -> int:
        """Return quantity times price."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Settled:
    """Lines with their discounts, and what else the order or row comes to."""

    lines: tuple[Draft, ...]
    freight: int
    by_platform: int
    stated: int | None


def lines_of(cells: Cells, layout: Layout, money: Money, *, typed: bool) -> tuple[Draft, ...]:
    """Return the lines of a row: one, or as many as it joins.

    Rejects: FieldRefused.
    """
    if layout.joined and any(sign in cells.get("line_id", "") for sign in JOINED):
        return _joined_lines(cells, money, typed=typed)
    quantity = _read("quantity", cells, parse_quantity)
    line_id = _optional_id(cells, typed)
    code = _code(cells, typed)
    title = _title(cells)
    if "row_total" in layout.columns:
        total = _read("row_total", cells, money)
        price = -(-total // quantity)
        return (_within(Draft(line_id, code, title, quantity, price, quantity * price - total)),)
    discount = _read("line_discount", cells, money) if cells.get("line_discount") else 0
    line = _within(Draft(line_id, code, title, quantity, _read("unit_price", cells, money), discount))
    if discount > line.gross:
        raise FieldRefused(CellRefused("discount_beyond_line", ""), "line_discount")
    return (line,)


def _within(line: Draft) -> Draft:
    if line.gross > MONEY_LIMIT:
        raise FieldRefused(CellRefused("amount_too_large", f"amount_to_{MONEY_LIMIT}"), "unit_price")
    return line


def _read(field: str, cells: Cells, parse: Callable[[str], int]) -> int:
    try:
        return parse(cells.get(field, ""))
    except CellRefused as refusal:
        raise FieldRefused(refusal, field) from refusal


def _optional_id(cells: Cells, typed: bool) -> str:
    given = cells.get("line_id", "")
    return _as_id(given, "line_id", typed) if given else ""


def _as_id(text: str, field: str, typed: bool) -> str:
    try:
        return parse_external_id(text, typed=typed)
    except CellRefused as refusal:
        raise FieldRefused(refusal, field) from refusal


def _code(cells: Cells, typed: bool) -> str:
    """Return the merchant's code; without one the platform's id of the product, or its title, stands for it."""
    for field in ("sku", "product_id"):
        if given := cells.get(field, ""):
            try:
                return parse_code(given, typed=typed)
            except CellRefused as refusal:
                if refusal.code != "empty":
                    raise FieldRefused(refusal, field) from refusal
    if title := _title(cells):
        return title[:CODE_CHARS].strip()
    raise FieldRefused(CellRefused("empty", "identifier"), "sku")


def _title(cells: Cells) -> str:
    title, more = cells.get("title", ""), cells.get("specification", "")
    return _cut(f"{title} {more}" if more else title)


def _cut(text: str) -> str:
    """Return a title as it is kept; what is too long loses its end, since nothing hangs on it."""
    try:
        return parse_name(text, required=False, limit=len(text) + 40)[:TITLE_CHARS].strip()
    except CellRefused as refusal:
        raise FieldRefused(refusal, "title") from refusal


# ---- several lines in one row


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.replace("；", ";").strip("\t ;").split(";")]


def _each(cells: Cells, field: str, count: int) -> list[str] | None:
    """Return a cell's part for each line, the same for all if it is not joined; None if the numbers differ."""
    parts = _parts(cells.get(field, ""))
    return parts if len(parts) == count else parts * count if len(parts) == 1 else None


def _joined_lines(cells: Cells, money: Money, *, typed: bool) -> tuple[Draft, ...]:
    """Return the lines of a row that joins sub-orders by semicolons.

    Pieces are told for the whole row: with as many pieces as sub-orders each has one; lines of one code are one line.
    Rejects: joined_unclear for anything else: nobody can tell then how many of which were bought.
    """
    ids = [_as_id(part, "line_id", typed) for part in _parts(cells["line_id"])]
    codes = _each(cells, "sku" if cells.get("sku") else "product_id", len(ids))
    titles, specs = _each(cells, "title", len(ids)), _each(cells, "specification", len(ids))
    prices = _each(cells, "unit_price", len(ids))
    pieces = _parts(cells.get("quantity", ""))
    if codes is None or prices is None or len(pieces) not in (1, len(ids)):
        raise FieldRefused(CellRefused("joined_unclear", ""), "quantity")
    counts = [_read("quantity", {"quantity": one}, parse_quantity) for one in pieces]
    costs = [_read("unit_price", {"unit_price": one}, money) for one in prices]
    if len(counts) == 1 and counts[0] == len(ids):
        counts = [1] * len(ids)
    if len(counts) == 1:
        if len(set(codes)) > 1 or len(set(costs)) > 1:
            raise FieldRefused(CellRefused("joined_unclear", ""), "quantity")
        ids, codes, costs = ids[:1], codes[:1], costs[:1]
    if "unit_price" in cells and len(_parts(cells["unit_price"])) == 1 and len(set(codes)) > 1:
        raise FieldRefused(CellRefused("joined_unclear", ""), "unit_price")
    names = titles or [cells.get("title", "")] * len(ids)
    more = specs or [""] * len(ids)
    return tuple(
        _within(Draft(key, _code({"sku": code, "title": name}, typed), _cut(f"{name} {spec}".strip()), count, cost))
        for key, code, name, spec, count, cost in zip(ids, codes, names, more, counts, costs, strict=False)
    )


# ---- amounts


def settled(lines: tuple[Draft, ...], layout: Layout, given: Amounts) -> Settled:
    """Return lines with what the seller bears split onto them by largest remainder, and the order's other amounts.

    What the seller bears is what the file says of it; else what the goods, or the whole, come to less than the full
    prices. Where they come to more, nothing is split, and the order's amounts differ.
    Rejects: discount_beyond_line.
    """
    amounts = layout.adjust(given)
    gross, own = sum(line.gross for line in lines), sum(line.discount for line in lines)
    freight = amounts.get("freight", 0)
    seller, by_platform = _borne(layout, amounts)
    by_platform += amounts.get("by_platform", 0)
    told = [amounts[field] for field in layout.stated if field in amounts]
    stated = sum(told) if told else None
    if layout.goods in amounts:
        seller = gross - amounts[layout.goods]
    elif seller is None:
        seller = 0 if stated is None else gross + freight - by_platform - stated
    rest = seller - own
    if rest <= 0:
        return Settled(lines, freight, by_platform, stated)
    if rest > gross - own:
        raise FieldRefused(CellRefused("discount_beyond_line", ""), "discount")
    shares = split_by_largest_remainder(rest, [line.gross - line.discount for line in lines])
    with_shares = tuple(
        replace(line, discount=line.discount + share) for line, share in zip(lines, shares, strict=True)
    )
    return Settled(with_shares, freight, by_platform, stated)


def _borne(layout: Layout, amounts: Amounts) -> tuple[int | None, int]:
    """Return what the seller bears (None: not told) and what others bear."""
    for seller, others in layout.bearers:
        if any(field in amounts for field in (*seller, *others)):
            return sum(amounts.get(name, 0) for name in seller), sum(amounts.get(name, 0) for name in others)
    return None, 0


def lines_in(drafts: list[Draft]) -> tuple[LineIn, ...]:
    """Return lines as they come in; those without an id of their own are known by what they sell."""
    if len(drafts) == 1:
        identities = [drafts[0].line_id or f"{drafts[0].code}:{drafts[0].quantity}:{drafts[0].price}#1"]
    else:
        order = sorted(range(len(drafts)), key=lambda at: (drafts[at].title, at))
        keys = line_identities(f"{drafts[at].code}:{drafts[at].quantity}:{drafts[at].price}" for at in order)
        counted = dict(zip(order, keys, strict=True))
        identities = [draft.line_id or counted[at] for at, draft in enumerate(drafts)]
    return tuple(
        LineIn(key, one.code, one.title, one.quantity, one.price, one.discount)
        for key, one in zip(identities, drafts, strict=True)
    )
