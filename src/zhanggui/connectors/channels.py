"""The channel register as data: where orders come from, and what each channel asks of its rows.

A channel that is not listed is made known at its first import, with a warning.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from django.utils.translation import gettext_noop

from zhanggui.connectors.spreadsheets.records import FileRefused
from zhanggui.kernel.text import half_width

Standing = Literal["paid", "unpaid", "done", "closed"]
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


def _words(standing: Standing, text: str) -> dict[str, Standing]:
    return {word.strip(): standing for word in text.split("|")}


STATUS_WORDS: Mapping[str, Standing] = MappingProxyType(
    _words(
        "paid",
        "买家已付款,等待卖家发货|等待卖家发货|已付款,待发货|已付款待发货|已付款|待发货|未发货|等待出库|待出库|备货中|货到付款|"
        "paid|processing|unfulfilled|to ship|awaiting shipment|cod|wait_seller_send_goods|wait_seller_stock_out",
    )
    | _words(
        "unpaid",
        "等待买家付款|待付款|未付款|待支付|等待付款|pending|unpaid|authorized|not_pay|wait_buyer_pay",
    )
    | _words(
        "done",
        "卖家已发货,等待买家确认|等待买家确认收货|已发货|待收货|已签收|已收货|交易成功|已完成|完成|"
        "shipped|fulfilled|delivered|completed|finished|wait_buyer_confirm_goods|trade_finished|finished_l|"
        "wait_goods_receive_confirm",
    )
    | _words(
        "closed",
        "交易关闭|已关闭|已取消|交易取消|退款成功|已退款|已签收,退款成功|已发货,退款成功|未发货,退款成功|"
        "cancelled|canceled|closed|refunded|voided|trade_closed|trade_closed_by_taobao|trade_canceled",
    )
)


def standing_of(word: str) -> Standing | None:
    """Return what a status word says about an order; None for a word that nobody knows."""
    return STATUS_WORDS.get(half_width(word).strip().casefold().replace("，", ",").replace(", ", ","))
