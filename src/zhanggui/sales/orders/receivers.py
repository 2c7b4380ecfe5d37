"""Receivers as rules look at them: telephone numbers, addresses and messages, brought to one form. Pure."""

import re
import unicodedata
from functools import lru_cache

from zhanggui.kernel.text import clean_id
from zhanggui.sales.orders.records import ContactIn, Receiver
from zhanggui.sales.orders.regions import begins_with_province, contradict, outside_mainland

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_NUMBER = re.compile(r"(?:1[3-9]\d{9}|0(?:10|2\d|[3-9]\d{2})\d{7,8}|[48]00\d{7}|95\d{3,12}|96\d{3,6})", re.ASCII)
_EXTENSION = re.compile(r"(?:-|转|#|,|;|ext\.?|x|\()\s*(\d{1,6})\)?$", re.ASCII | re.IGNORECASE)
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[3-9]\d{9}$|0?[1-9]\d{9,10}$)", re.ASCII)
_BETWEEN = re.compile(r"[\s\-()./]+")
_SEVERAL = re.compile(r"[/,;、]|\s{2,}")
_ALL_SPACES = re.compile(r"\s+")
_NO_WORDS = frozenset({
    "无", "没有", "暂无", "无备注", "无留言", "没", "空", "无要求", "无特殊要求", "null", "none", "nil", "n/a", "na",
    "no", "undefined", "nan",
})  # fmt: skip
_CHINA = frozenset({"", "中国", "中国大陆", "中华人民共和国", "cn", "chn", "china", "mainland china", "prc"})


@lru_cache(maxsize=65_536)
def main_number(phone: str) -> tuple[str, str]:
    """Return a telephone number in digits alone, without its country, and the extension behind it.

    A virtual number keeps its extension: without it nobody is reached.
    """
    if _MOBILE.fullmatch(phone):
        return phone, ""
    text = unicodedata.normalize("NFKC", phone).strip()
    for wholly in (text, _BETWEEN.sub("", text)):
        digits = _COUNTRY.sub("", wholly.replace("-", "").replace(" ", ""))
        if _NUMBER.fullmatch(digits):
            return digits, ""
    found = _EXTENSION.search(text)
    extension, bare = (found[1], text[: found.start()]) if found else ("", text)
    return _COUNTRY.sub("", _BETWEEN.sub("", bare)).lstrip("+"), extension


def phone_plausible(phone: str) -> bool:
    """Tell whether a number of mainland China is there: mobile, land line or service number, with any extension."""
    if _MOBILE.fullmatch(phone):
        return True
    if _NUMBER.fullmatch(main_number(phone)[0]):
        return True
    text = unicodedata.normalize("NFKC", phone)
    return any(_NUMBER.fullmatch(main_number(part)[0]) for part in _SEVERAL.split(text) if part.strip())


def in_china(contact: ContactIn) -> bool:
    """Tell whether a receiver lives where this country's numbers and addresses are expected."""
    return contact.country.strip().casefold() in _CHINA


def is_judged(contact: ContactIn) -> bool:
    """Tell whether a receiver is there to be judged: given in plain, and given at all.

    A file without columns for place and number says nothing about the receiver, as a channel that keeps it.
    """
    return contact.kind == Receiver.PLAIN and bool(
        contact.phone or contact.address or contact.province or contact.city or contact.district
    )


def missing_of(contact: ContactIn) -> list[str]:
    """Return what a receiver lacks to be reached: name, phone, province, address."""
    missing = [name for name in ("receiver", "phone", "address") if not getattr(contact, name).strip()]
    placed = contact.province or contact.city or not in_china(contact) or begins_with_province(contact.address)
    return missing if placed else [*missing, "province"]


def phone_wrong(contact: ContactIn) -> bool:
    """Tell whether a receiver's number cannot be dialled in mainland China."""
    phone = contact.phone
    if not phone.strip() or _MOBILE.fullmatch(phone):
        return False
    return in_china(contact) and not outside_mainland(contact.province) and not phone_plausible(phone)


def address_wrong(contact: ContactIn) -> bool:
    """Tell whether province and city of a receiver contradict each other."""
    return bool(contact.province) and in_china(contact) and contradict(contact.province, contact.city)


def says_something(note: str) -> bool:
    """Tell whether a message holds words, and not only a sign that there are none."""
    if not note:
        return False
    text = unicodedata.normalize("NFKC", note).strip().strip("。.!").casefold()
    return text not in _NO_WORDS and any(sign.isalnum() or unicodedata.category(sign) == "So" for sign in text)


def buyer_key(buyer: str) -> str:
    """Return a buyer's name as it is compared; nothing for one that the channel masked."""
    return "" if "*" in buyer else buyer.strip()


def blocked_form(kind: str, value: str) -> str:
    """Return what a blocklist compares: a buyer in ordinary letters, a number in digits, an address without spaces."""
    if kind == "phone":
        number, extension = main_number(value)
        return f"{number}-{extension}" if extension else number
    text = value
    for _ in range(3):  # a sign that goes can let others join
        before, text = text, clean_id(unicodedata.normalize("NFKC", text)).casefold()
        text = _ALL_SPACES.sub("" if kind == "address" else " ", text)
        if text == before:
            break
    return text


def receiver_key(contact: ContactIn) -> str:
    """Return what two orders of one receiver have in common: name, number and address, or the platform's own key.

    Nothing for a receiver that is not known well enough to put goods in one parcel for.
    """
    if contact.kind != Receiver.PLAIN:
        return f"key:{contact.merge_key}" if contact.merge_key else ""
    place = blocked_form("address", f"{contact.province}{contact.city}{contact.district}{contact.address}")
    name, number = blocked_form("address", contact.receiver), blocked_form("phone", contact.phone)
    return "|".join((name, number, place)) if name and number and contact.address.strip() else ""
