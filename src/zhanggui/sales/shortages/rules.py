"""What may be offered, by when it is owed, and how it is said."""

import base64
import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from zhanggui.regulation.records import term
from zhanggui.sales.shortages.records import SENT_BY_US, WITH_DATE, Channel, Option, Refusal

MOBILE_DIGITS = 11
LATEST_DAYS = 365


@dataclass(frozen=True, slots=True)
class ShortTerms:
    """Clause 2.1.3.2: hours from finding an order short until its customer was told, and until an outcome is agreed."""

    notice_hours: int = term("2.1.3.2")
    agreement_hours: int = term("2.1.3.2")
    time_basis: str = term("2.1.3.2")


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """Clause 2.1.3.2: the waiting that is proposed by default, and how long the customer's page stays open."""

    restock_days: int = term("2.1.3.2")
    offer_days: int = term("2.1.3.2")


def token_of(seed: str, key: str) -> str:
    """Return the unguessable part of an offer's address: 192 bits, made from the offer's seed under our key.

    Only its hash and the seed are kept, so that whoever reads the database alone cannot open a customer's page.
    """
    signed = hmac.new(key.encode(), f"shortages.offer:{seed}".encode(), hashlib.sha256).digest()[:24]
    return base64.urlsafe_b64encode(signed).decode()


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return the moment at which a business day ends: the first one that is no longer of it."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def options_of(promised: date | None, substitutes: Collection[str], missing: int, wanted: int) -> tuple[str, ...]:
    """Return what a customer may choose, in the order in which it is shown.

    Waiting needs a day; part now needs one for the rest, and something that is not missing.
    """
    found = []
    if promised is not None:
        found.append(Option.WAIT)
        if missing < wanted:
            found.append(Option.PART)
    if substitutes:
        found.append(Option.SUBSTITUTE)
    return tuple(str(option) for option in (*found, Option.CANCEL))


def day_fault(promised: date | None, today: date) -> str | None:
    """Return what is wrong with a promised day, if anything: it lies behind us, or beyond a year."""
    if promised is None or today <= promised <= today + timedelta(days=LATEST_DAYS):
        return None
    return Refusal.DATE_PAST


def answer_fault(option: str, offered: Collection[str] | None, promised: date | None, substitute: str) -> str | None:
    """Return why an answer cannot be taken, if so.

    Takes: offered, what the page offered; None where staff write down what they agreed on. promised: the day that
    would hold. substitute: what was picked.
    """
    if offered is not None and option not in offered:
        return Refusal.NOT_OFFERED
    if option in WITH_DATE and promised is None:
        return Refusal.DATE_MISSING
    if option == Option.SUBSTITUTE and not substitute:
        return Refusal.SKU_UNKNOWN
    return None


def best_channel(contact: Any, channel: str, ways: Collection[str]) -> tuple[str, str]:
    """Return by which way a customer is told and at which address; nothing where a person has to do it.

    Takes: contact with channel's own receiver kind, phone and email; channel, of the shop; ways, which are set up.
    """
    if Channel.MAIL in ways and "@" in contact.email:
        return str(Channel.MAIL), str(contact.email)
    plain = contact.phone.isascii() and contact.phone.isdigit() and len(contact.phone) == MOBILE_DIGITS
    if Channel.SMS in ways and contact.kind == "plain" and plain:
        return str(Channel.SMS), str(contact.phone)
    if Channel.PLATFORM in ways and channel != "manual":
        return str(Channel.PLATFORM), channel
    return "", ""


def ways_to(contact: Any, channel: str, ways: Collection[str]) -> tuple[str, ...]:
    """Return the ways by which a customer can be told through the outbox, the best first."""
    return tuple(str(way) for way in SENT_BY_US if best_channel(contact, channel, {way} & set(ways))[0])


def subject(external_id: str) -> str:
    """Return the subject of a letter."""
    return f"订单 {external_id} 暂时缺货，请您选择 / Your order {external_id} is short, please choose"


def letter(shop: str, external_id: str, lines: Sequence[tuple[str, int]], link: str, *, again: bool = False) -> str:
    """Return the letter to a customer, Chinese first.

    Takes: lines, (name, missing pieces); again, a promised day went by.
    """
    goods_zh = "、".join(f"{name} 缺 {missing} 件" for name, missing in lines)
    goods_en = ", ".join(f"{name}: {missing} missing" for name, missing in lines)
    sorry_zh = "很抱歉，约定的到货日期已过，货仍未到。" if again else "很抱歉，您购买的商品暂时缺货。"
    sorry_en = (
        "We are sorry: the day we promised has gone by and the goods are not here yet."
        if again
        else "We are sorry: what you bought is not in stock at the moment."
    )
    return "\n".join((
        "您好：",
        f"{sorry_zh}店铺 {shop}，订单 {external_id}：{goods_zh}。",
        "请打开下面的页面选择处理办法（无需登录）：",
        link,
        "",
        "Hello,",
        f"{sorry_en} Shop {shop}, order {external_id}: {goods_en}.",
        "Please choose what we shall do; no sign-in is needed:",
        link,
    ))  # fmt: skip


def short_words(shop: str, external_id: str, link: str) -> str:
    """Return the text for a message of the phone or the platform: without line breaks, in Chinese."""
    return f"【{shop}】很抱歉，您的订单 {external_id} 暂时缺货，请点击选择处理办法：{link}"
