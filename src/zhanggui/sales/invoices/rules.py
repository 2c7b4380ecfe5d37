"""What an invoice needs, and how its wish moves on. Pure.

Tax numbers: the unified social credit code (GB 32100-2015, 18 signs with a check sign), and the older forms of 15 and
20 signs that still stand on some records.
"""

import re
from dataclasses import dataclass
from datetime import date

from zhanggui.kernel.money import split_by_largest_remainder
from zhanggui.kernel.text import clean_id, clean_name, half_width
from zhanggui.regulation.records import term
from zhanggui.sales.invoices.records import OPEN, Content, Finding, Item, Kind, Paid, Sale, State

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
UNIFIED = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
OLDER = re.compile(r"[0-9]{6}[0-9A-Z]{9}|[0-9]{17}[0-9X][0-9]{2}")
PERSON = re.compile(r"个人(?:[(:\s-].*)?|[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]{1,8}·[\u4e00-\u9fff]{1,8}")
BODIES = re.compile(
    "公司|集团|中心|大学|学院|学校|中学|小学|银行|商行|医院|协会|超市|工会|政府|合作社|工作室|事务所|研究所|[厂店局处部馆]$"
)
MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,24}")
LINK = re.compile(r"https?://[^\s<>\"']{4,490}")
NUMBER_DIGITS = (18, 20)
FREIGHT = "运费"


@dataclass(frozen=True, slots=True)
class InvoiceTerms:
    """Clause 1.2: the rate of tax that stands on invoices, in basis points."""

    invoice_tax_rate_bp: int = term("1.2")


def is_unified_code(text: str) -> bool:
    """Tell whether a text is a unified social credit code: its form and its check sign."""
    if not UNIFIED.fullmatch(text):
        return False
    total = sum(ALPHABET.index(sign) * pow(3, at, 31) for at, sign in enumerate(text[:17]))
    return ALPHABET[-total % 31] == text[17]


def is_tax_number(text: str) -> bool:
    """Tell whether a cleaned text is a tax number: a unified code, or one of the older 15 or 20 signs."""
    return is_unified_code(text) or bool(OLDER.fullmatch(text))


def is_person(title: str) -> bool:
    """Tell whether a title names a person: 个人, or a short name that is no body's."""
    plain = half_width(title).strip()
    if plain.startswith("个人"):
        return bool(PERSON.fullmatch(plain))
    return bool(PERSON.fullmatch(plain)) and not BODIES.search(plain)


def cleaned(content: Content) -> Content:
    """Return what was asked for as it is kept: cut to what fits, the tax number without spaces and in capitals."""
    special = content.kind == Kind.SPECIAL
    return Content(
        clean_name(content.title)[:100],
        re.sub(r"[\s-]", "", clean_id(content.tax_no)).upper()[:30],
        str(Kind.SPECIAL if special else Kind.NORMAL),
        clean_id(content.email)[:120],
        clean_name(content.address)[:200],
        clean_id(content.phone)[:40],
        clean_name(content.bank)[:100],
        re.sub(r"\s", "", clean_id(content.account))[:40],
    )


def merged(before: Content, news: Content) -> Content:
    """Return what the channel says now; what it does not say stays as it was."""
    told = zip(before.texts, news.texts, strict=True)
    return Content(*(new or old for old, new in told))


def findings(content: Content, amount_fen: int, currency: str) -> tuple[str, ...]:
    """Return what keeps a wish from being issued, in the order in which people should look."""
    person = is_person(content.title)
    special = content.kind == Kind.SPECIAL
    told = {
        Finding.TITLE_MISSING: not content.title,
        Finding.TAX_NO_MISSING: bool(content.title) and not content.tax_no and (special or not person),
        Finding.TAX_NO_INVALID: bool(content.tax_no) and not is_tax_number(content.tax_no),
        Finding.SPECIAL_FOR_PERSON: special and person,
        Finding.ADDRESS_MISSING: special and not (content.address and content.phone),
        Finding.BANK_MISSING: special and not (content.bank and content.account),
        Finding.EMAIL_IMPLAUSIBLE: bool(content.email) and not MAIL.fullmatch(content.email),
        Finding.NOT_CNY: currency != "CNY",
        Finding.NOTHING_PAID: amount_fen <= 0,
    }
    return tuple(str(code) for code, found in told.items() if found)


def next_state(before: State, sale: Sale, found: tuple[str, ...]) -> State:
    """Return where a blue wish stands once its order is known to stand so.

    What the invoicing tool has, stays: whether it issued, only its file tells.
    """
    if before not in OPEN or before == State.EXPORTED:
        return before
    if sale == Sale.ENDED:
        return State.CANCELLED
    if sale == Sale.WAITS:
        return State.WAITING
    return State.TO_CORRECT if found else State.READY


def number_of(text: str) -> str | None:
    """Return an invoice number as it is compared: 20 digits, or the older code and number together; else None."""
    digits = re.sub(r"[\s\u2010-\u2015-]", "", clean_id(text))
    return digits if digits.isascii() and digits.isdigit() and len(digits) in NUMBER_DIGITS else None


def is_link(text: str) -> bool:
    """Tell whether a text can be the address of a PDF."""
    return bool(LINK.fullmatch(text))


def is_day_of_issue(day: date, today: date) -> bool:
    """Tell whether an invoice can bear this date: not one of tomorrow, nor from before the tool."""
    return date(2000, 1, 1) <= day <= today


def items_of(lines: list[tuple[str, str, int, int]], paid: Paid, *, red: bool) -> tuple[Item, ...]:
    """Return the rows of an invoice; together they come to what the buyer paid, to the fen.

    Takes: lines, (title, merchant code, quantity, amount). What was taken off the whole order is shared among lines
    and freight by their amounts; rows of nothing are left out. On a red-letter invoice quantities are negative.
    """
    rows = [*lines, (FREIGHT, "", 1, paid.freight_fen)]
    shares = split_by_largest_remainder(paid.amount_fen, [amount for _, _, _, amount in rows])
    sign = -1 if red else 1
    return tuple(
        Item(name, spec, sign * quantity, sign * share)
        for (name, spec, quantity, _), share in zip(rows, shares, strict=True)
        if share
    )
