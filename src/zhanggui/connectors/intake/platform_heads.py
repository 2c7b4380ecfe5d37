"""What the rows of a platform file say about their order: status, payment, receiver, notes, marks, invoice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import lru_cache

from zhanggui.connectors.intake.order_rows import CONTACT_CHARS
from zhanggui.connectors.intake.platform_cells import is_cipher, receiver_kind
from zhanggui.connectors.intake.platform_lines import Cells, FieldRefused
from zhanggui.connectors.intake.platforms.shapes import Layout
from zhanggui.connectors.intake.words import COD, NOT_KNOWN, UNPAID, Told, aftersale_of, is_yes, marks_in, together
from zhanggui.connectors.intake.words import told_of as told_by_word
from zhanggui.connectors.spreadsheets.cells import parse_datetime, parse_name, parse_quantity
from zhanggui.connectors.spreadsheets.records import CellRefused
from zhanggui.kernel.moments import moment_of
from zhanggui.sales.orders.records import ContactIn, InvoiceWish, LineIn, Mark, OrderIn, Payment, Receiver, Refund
from zhanggui.sales.orders.regions import begins_with_province

NOTE_CHARS, WORD_CHARS, FLAG_CHARS, TITLE_CHARS, TAX_CHARS, MAIL_CHARS, KEY_CHARS = 500, 60, 8, 100, 30, 120, 200
_WHERE = ("receiver", "phone", "landline", "address", "new_address")
_NO_INVOICE = ("不开", "不需要", "无需", "不索要")


@dataclass(frozen=True, slots=True)
class Head:
    """What belongs to an order as a whole."""

    placed_at: datetime
    paid_at: datetime | None
    told: Told
    word: str
    contact: ContactIn
    due_at: datetime | None
    flag: str
    marks: frozenset[str]
    invoice: InvoiceWish | None
    units: int

    def unpaid(self) -> "Head":
        """Return it as of an order whose moment of payment says that there was none, whatever its status says."""
        if self.told.payment == COD:
            return self
        return replace(self, paid_at=None, told=replace(self.told, payment=UNPAID))

    def order(
        self,
        external_id: str,
        lines: tuple[LineIn, ...],
        stands_for: str,
        freight: int,
        by_platform: int,
        stated: int | None,
    ) -> OrderIn:
        """Return the order with these lines and amounts."""
        told = self.told
        return OrderIn(
            0, external_id, self.placed_at, lines, stands_for, self.contact, freight, 0, told.payment, self.paid_at,
            told.presale, told.standing, self.word, self.due_at, by_platform, stated, told.refund, self.flag,
            self.marks, self.invoice,
        )  # fmt: skip


def head_of(
    layout: Layout,
    rows: Sequence[Cells],
    stated: Mapping[str, str],
    given: Collection[str],
    moments: tuple[int, int],
    zone: tzinfo,
) -> Head:
    """Return what the rows of an order say of it as a whole.

    Takes: stated, what they say of the receiver, once; given, the fields that the file has columns for; moments, of
    placing and of payment (0: none).
    Rejects: FieldRefused.
    """
    placed, paid = (moment_of(one) if one else None for one in moments)
    assert placed
    told = told_of_rows(layout, rows, paid=paid is not None)
    marks = set(marks_in([row["odd"] for row in rows if "odd" in row])) | ({told.mark} if told.mark else set())
    if "new_address" in stated or any(is_yes(row.get("address_changed", "")) for row in rows):
        marks.add(str(Mark.ADDRESS_CHANGED))
    first = rows[0]
    due = next((row["platform_due_at"] for row in rows if "platform_due_at" in row), "")
    return Head(
        placed, paid, told, _cut(first.get("status", ""), WORD_CHARS), _contact(layout, rows, stated, given),
        _moment_if_any(due, zone) if due else None, _cut(_first(rows, "flag"), FLAG_CHARS), frozenset(marks),
        _wish(stated, _first(rows, "invoice_kind"), _first(rows, "email")), _units(first.get("units", "")),
    )  # fmt: skip


def told_of_rows(layout: Layout, rows: Sequence[Cells], *, paid: bool) -> Told:
    """Return what the rows of an order say of where it stands, together."""
    if len(rows) == 1:
        return _told(layout, rows[0], paid)
    return together([_told(layout, row, paid) for row in rows])


def _told(layout: Layout, row: Cells, paid: bool) -> Told:
    """Return what one row says of the order."""
    told = layout.says(row) or NOT_KNOWN
    stage = told_by_word(row["presale"]) if "presale" in row else None
    if stage and stage.presale and told.standing == stage.standing:
        told = replace(told, payment=stage.payment, presale=stage.presale)
    if "货到付款" in row.get("pay_method", "") and told.payment != UNPAID:
        told = replace(told, payment=COD)
    if not told.payment:
        told = replace(told, payment=str(Payment.PAID if paid or told.refund else Payment.UNPAID))
    back = aftersale_of(row["aftersale"]) if "aftersale" in row else ""
    return replace(told, refund=back) if back and told.refund != Refund.DONE else told


def _first(rows: Sequence[Cells], name: str) -> str:
    return next((row[name] for row in rows if name in row), "")


def _cut(text: str, limit: int) -> str:
    """Return a remark as it is kept, without what is beyond the limit; one that cannot be kept says nothing."""
    try:
        return parse_name(text, required=False, limit=len(text) * 9 + 9)[:limit].strip() if text else ""
    except CellRefused:
        return ""


def _notes(rows: Sequence[Cells], name: str) -> str:
    """Return what the rows say, each thing once."""
    said = list(dict.fromkeys(row[name] for row in rows if name in row))
    return _cut(" / ".join(said), NOTE_CHARS) if said else ""


def _said(stated: Mapping[str, str], name: str, limit: int) -> str:
    text = stated.get(name, "")
    if not text or is_cipher(text):
        return ""
    try:
        return parse_name(text, required=False, limit=limit)
    except CellRefused as refusal:
        raise FieldRefused(refusal, name) from refusal


def _contact(layout: Layout, rows: Sequence[Cells], stated: Mapping[str, str], given: Collection[str]) -> ContactIn:
    said = {name: _said(stated, name, CONTACT_CHARS[name]) for name in stated if name in CONTACT_CHARS}
    phone = said.get("phone") or _said(stated, "landline", CONTACT_CHARS["phone"])
    address = _said(stated, "new_address", CONTACT_CHARS["address"]) or said.get("address", "")
    address = _said(stated, "street", 100) + address
    cipher = is_cipher("\n".join([stated[name] for name in _WHERE if name in stated]))
    kind = receiver_kind(
        said.get("receiver", ""), phone, address, given=any(name in given for name in _WHERE), cipher=cipher
    )
    place = (said.get("province", ""), said.get("city", ""), said.get("district", ""))
    if layout.splits_address and not place[0]:
        *parts, address = _split(address)
        place = (parts[0], parts[1], parts[2])
    buyer_note, sku = _notes(rows, "buyer_note"), _first(rows, "changed_sku")
    return ContactIn(
        buyer=said.get("buyer", ""), receiver=said.get("receiver", ""), phone=phone,
        province=place[0], city=place[1], district=place[2], address=address,
        country=_cut(_first(rows, "country"), 60), kind=kind or str(Receiver.PLAIN),
        merge_key=_said(stated, "merge_key", KEY_CHARS), email=_cut(_first(rows, "email"), 254),
        buyer_note=_cut(f"{buyer_note} → {sku}".strip(" →") if sku else buyer_note, NOTE_CHARS),
        seller_note=_notes(rows, "seller_note"),
    )  # fmt: skip


@lru_cache(16_384)
def _split(address: str) -> tuple[str, str, str, str]:
    """Return province, city, district and the rest of an address that has them first, with spaces between."""
    parts = address.split(None, 3)
    if len(parts) < 4 or not begins_with_province(parts[0]):
        return "", "", "", address
    return parts[0], parts[1], parts[2], parts[3]


def _wish(stated: Mapping[str, str], kind: str, email: str) -> InvoiceWish | None:
    title = _cut(stated.get("invoice_title", ""), TITLE_CHARS)
    if not title or any(word in kind for word in _NO_INVOICE):
        return None
    special = "special" if "专" in kind else "normal" if kind else ""
    return InvoiceWish(title, _cut(stated.get("tax_no", ""), TAX_CHARS), special, _cut(email, MAIL_CHARS))


@lru_cache(16_384)
def _moment_if_any(text: str, zone: tzinfo) -> datetime | None:
    """Return the moment that a cell names; words about a time limit are none."""
    try:
        return parse_datetime(text, zone)
    except CellRefused:
        return None


def _units(text: str) -> int:
    try:
        return parse_quantity(text) if text else 0
    except CellRefused:
        return 0
