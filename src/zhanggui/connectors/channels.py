"""The channel register as data: where orders come from, and what each channel asks of its rows.

A channel that is not listed is made known at its first import, with a warning.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from django.utils.translation import gettext_noop

from zhanggui.connectors.spreadsheets.records import FileRefused

NO_RECEIVER = ("receiver_incomplete", "phone_implausible", "address_implausible", "suspected_duplicate", "zero_total")
CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel.

    name: an English text of the catalogue. rules_off: rules of validity that its shops do without from the
    beginning. partial_orders: whether an order comes in without its bad rows; else it stays out as a whole.
    refused_prefixes: beginnings of order numbers that are no sales, with the code that says so. price_least:
    the smallest unit price in minor units. known: False for a channel that nobody registered.
    """

    code: str
    name: str
    currency: str = "CNY"
    zone: str = "Asia/Shanghai"
    rules_off: tuple[str, ...] = ()
    partial_orders: bool = False
    refused_prefixes: Mapping[str, str] = field(default_factory=dict)
    price_least: int = 0
    known: bool = True


CHANNELS: Mapping[str, Channel] = MappingProxyType({
    channel.code: channel
    for channel in (
        Channel("taobao", gettext_noop("Taobao")),
        Channel("tmall", gettext_noop("Tmall")),
        Channel("jd", gettext_noop("JD.com")),
        Channel("pinduoduo", gettext_noop("Pinduoduo")),
        Channel("douyin", gettext_noop("Douyin")),
        Channel("shopify", gettext_noop("Shopify")),
        Channel("woocommerce", gettext_noop("WooCommerce")),
        Channel("manual", gettext_noop("Taken by hand")),
        Channel(
            "retail-uk", gettext_noop("British retail shop"), currency="GBP", zone="Europe/London",
            rules_off=NO_RECEIVER, partial_orders=True, price_least=1,
            refused_prefixes={"C": "cancellation_invoice", "A": "adjustment_invoice"},
        ),
    )
})  # fmt: skip


class CodeInvalid(FileRefused):
    """A code of a channel or shop is 1 to 32 of a-z, 0-9, - and _, beginning with a letter or digit."""


def checked_code(code: str) -> str:
    """Return the code of a channel or shop itself.

    Raises: CodeInvalid.
    """
    if not CODE.fullmatch(code):
        raise CodeInvalid("code_invalid", given=code[:40])
    return code


def channel_for(code: str) -> Channel:
    """Return the channel of a code; one that nobody registered trades in CNY and Shanghai time.

    Raises: CodeInvalid.
    """
    return CHANNELS.get(checked_code(code)) or Channel(code, code, known=False)
