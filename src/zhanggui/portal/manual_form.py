"""The form of an order taken by hand: what was typed, read strictly, with what is wrong beside each field."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from zhanggui.kernel.money import MONEY_LIMIT, MoneyOutOfRange, line_amount
from zhanggui.kernel.text import clean_id, clean_name
from zhanggui.sales.orders.receivers import address_wrong, phone_wrong
from zhanggui.sales.orders.records import ContactIn, LineIn, OrderIn, Origin, Payment
from zhanggui.sales.orders.rules import content_hash

ROWS, MORE, MOST = 5, 5, 100
CONTACT = {
    "buyer": 100, "receiver": 100, "phone": 40, "province": 60, "city": 60, "district": 60, "address": 300,
    "buyer_note": 500, "seller_note": 500,
}  # fmt: skip
NEEDED = ("receiver", "phone", "province", "address")
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""A key that this form gave; the number of the order is made of it, so that one form makes one order."""


@dataclass(slots=True)
class Row:
    """One line as it was typed, with what is wrong with it by field."""

    code: str = ""
    quantity: str = ""
    price: str = ""
    discount: str = ""
    wrong: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Form:
    """Everything that was typed, and what is wrong with it by field."""

    texts: dict[str, str]
    rows: list[Row]
    freight: str
    payment: str
    wrong: dict[str, str] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.wrong and not any(row.wrong for row in self.rows)


def blank() -> Form:
    """Return an empty form."""
    return Form(dict.fromkeys(CONTACT, ""), [Row() for _ in range(ROWS)], "", str(Payment.PAID))


def typed(given: QueryDict) -> Form:
    """Return what was typed, cut to what can be kept."""
    columns = [given.getlist(name)[:MOST] for name in ("code", "quantity", "price", "discount")]
    width = max((len(column) for column in columns), default=0)
    padded = [column + [""] * (width - len(column)) for column in columns]
    rows = [Row(*(text.strip()[:64] for text in texts)) for texts in zip(*padded, strict=True)]
    texts = {name: clean_name(given.get(name, ""))[:most] for name, most in CONTACT.items()}
    return Form(
        texts, rows or [Row() for _ in range(ROWS)], given.get("freight", "").strip()[:20], given.get("payment", "")
    )


def judge(form: Form, known: Mapping[str, object], prices: Mapping[str, int]) -> list[LineIn]:
    """Write beside each field what is wrong with it, and return the lines.

    Takes: known, what each typed code stands for; prices, of products that have one, for lines without a price.
    """
    for name in NEEDED:
        if not form.texts[name]:
            form.wrong[name] = _("This is needed.")
    contact = contact_of(form)
    if "phone" not in form.wrong and phone_wrong(contact):
        form.wrong["phone"] = _("This number cannot be dialled in mainland China.")
    if "province" not in form.wrong and address_wrong(contact):
        form.wrong["city"] = _("This city lies in another province, or there is no such province.")
    if form.payment not in {str(one) for one in Payment}:
        form.wrong["payment"] = _("Choose how it is paid.")
    if amount(form.freight or "0") is None:
        form.wrong["freight"] = _("An amount like 12 or 12.50.")
    lines = [
        line for at, row in enumerate(form.rows) if row.code or row.quantity if (line := _line(at, row, known, prices))
    ]
    if not lines and not any(row.wrong for row in form.rows):
        form.rows[0].wrong["code"] = _("An order has at least one line.")
    return lines


def _line(at: int, row: Row, known: Mapping[str, object], prices: Mapping[str, int]) -> LineIn | None:
    code = clean_id(row.code)
    if code not in known:
        row.wrong["code"] = _("Nobody knows this code.") if code else _("This is needed.")
    if not (row.quantity.isascii() and row.quantity.isdigit() and 0 < int(row.quantity[:10]) <= 1_000_000):
        row.wrong["quantity"] = _("A whole number from 1.")
    price = amount(row.price) if row.price else prices.get(code)
    if price is None:
        row.wrong["price"] = _("An amount like 12 or 12.50.")
    discount = amount(row.discount or "0")
    if discount is None:
        row.wrong["discount"] = _("An amount like 12 or 12.50.")
    if row.wrong or price is None or discount is None:
        return None
    line = LineIn(f"{at + 1}", code, code, int(row.quantity), price, discount)
    try:
        line_amount(line.quantity, price, discount)
    except (ValueError, MoneyOutOfRange):
        row.wrong["discount"] = _("The discount is more than the line comes to.")
        return None
    return line


def amount(text: str) -> int | None:
    """Return an amount in fen; nothing for what is none, is negative, or has a third decimal."""
    try:
        value = Decimal(text.replace(",", "").replace("，", "").lstrip("¥￥")) * 100
    except InvalidOperation:
        return None
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value <= MONEY_LIMIT:
        return None
    return int(value)


def contact_of(form: Form) -> ContactIn:
    """Return the receiver that was typed; without a buyer the receiver buys."""
    texts = {**form.texts, "buyer": form.texts["buyer"] or form.texts["receiver"]}
    return ContactIn(**texts)


def number_for(key: str, as_of: datetime) -> str:
    """Return the number of the order that a form makes: the business day, and the form's own key."""
    return f"M{as_of.astimezone(settings.COMPANY_ZONE):%y%m%d}-{key[:12]}"


def order_of(
    form: Form, lines: list[LineIn], titles: Mapping[str, str], shop: int, number: str, as_of: datetime
) -> OrderIn:
    """Return the order that a form without faults makes; it was placed and, unless it is to be, paid now."""
    named = tuple(
        LineIn(line.identity, line.merchant_code, titles.get(line.merchant_code, line.title), line.quantity,
               line.unit_price_fen, line.discount_fen)
        for line in lines
    )  # fmt: skip
    freight = amount(form.freight or "0") or 0
    stands_for = content_hash(number, as_of, named, (freight, 0))
    return OrderIn(
        shop, number, as_of, named, stands_for, contact_of(form), freight_fen=freight, payment=form.payment,
        paid_at=as_of if form.payment == Payment.PAID else None, origin=str(Origin.MANUAL),
    )  # fmt: skip
