"""What the words of the channels mean: statuses of orders, after-sale states, signs of risk. Data, and how it is read.

A status may join several words (已签收，退款成功); each must be known then. A word that nobody knows is not guessed at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

from zhanggui.kernel.text import half_width
from zhanggui.sales.orders.records import Mark, Payment, Presale, Refund, Standing


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel says of an order: where it stands, how far it is paid, money going back, a mark.

    standing None: nobody knows the words. payment empty: the words do not tell.
    """

    standing: str | None = str(Standing.OPEN)
    payment: str = str(Payment.PAID)
    refund: str = str(Refund.NONE)
    presale: str = str(Presale.NONE)
    mark: str = ""


OPEN, DONE, CLOSED = str(Standing.OPEN), str(Standing.DONE), str(Standing.CLOSED)
UNPAID, COD = str(Payment.UNPAID), str(Payment.COD)
ASKED, REFUNDED = str(Refund.ASKED), str(Refund.DONE)
NOT_KNOWN = Told(None, "")
REFUNDS, PRESALES = [str(one) for one in Refund], [str(one) for one in Presale]

_WORDS: tuple[tuple[Told, str], ...] = (
    (
        Told(),
        "买家已付款,等待卖家发货|等待卖家发货|买家已付款|已付款,待发货|已付款待发货|已付款|待发货|未发货|等待出库|待出库|备货中|"
        "部分发货|卖家部分发货|已支付|待打单|待配货|拣货中|已成团|拼单成功|已成团待发货|付款成功|等待发货|"
        "paid|processing|unfulfilled|to ship|awaiting shipment|wait_seller_send_goods|wait_seller_stock_out|"
        "wait_seller_delivery|seller_consigned_part|partially fulfilled|partial|partially_refunded",
    ),
    (Told(payment=COD), "货到付款|货到付款,等待发货|货到付款待发货|cod|cash on delivery"),
    (
        Told(payment=UNPAID),
        "等待买家付款|待付款|未付款|待支付|未支付|等待付款|待确认付款|等待买家付款定金|等待买家付定金|定金未付|定金未付尾款未付|"
        "待付定金|pending|unpaid|authorized|partially_paid|on-hold|not_pay|wait_buyer_pay|pay_pending|"
        "trade_no_create_pay",
    ),
    (
        Told(payment=UNPAID, presale=str(Presale.DEPOSIT)),
        "定金已付尾款未付|定金已付,尾款未付|定金已付|已付定金|等待买家付尾款|等待买家付款尾款|待付尾款|定金已付待付尾款|"
        "定金已付,待付尾款|front_paid_final_nopaid",
    ),
    (
        Told(presale=str(Presale.BALANCE)),
        "定金尾款都已付|定金和尾款都付|定金已付尾款已付|定金已付,尾款已付|尾款已付|已付尾款|front_paid_final_paid",
    ),
    (
        Told(mark=str(Mark.LOCKED)),
        "锁定|已锁定|暂停|已暂停|暂停发货|冻结|待成团|拼团中|拼单中|待成团确认|paid_forbid_consign|locked|pause|paused|"
        "pop_order_pause|待审核|风控中|审核中",
    ),
    (
        Told(DONE),
        "卖家已发货,等待买家确认|卖家已发货|等待买家确认收货|等待买家确认|等待确认收货|已发货|已出库|已发货待签收|待收货|已签收|"
        "已收货|待评价|交易成功|已完成|完成|已揽件|配送中|派送中|确认收货|"
        "shipped|fulfilled|delivered|completed|finished|wait_buyer_confirm_goods|trade_buyer_signed|trade_finished|"
        "finished_l|wait_goods_receive_confirm",
    ),
    (
        Told(CLOSED, ""),
        "交易关闭|已关闭|关闭|已取消|取消|交易取消|订单取消|交易已取消|拼单失败|未成团|cancelled|canceled|closed|voided|failed|"
        "expired|trash|trade_closed|trade_closed_by_taobao|trade_canceled|delivery_return|restocked",
    ),
    (Told(CLOSED, "", REFUNDED), "退款成功|已退款|全额退款|交易关闭(退款成功)|refunded"),
    (
        Told(refund=ASKED),
        "退款中|申请退款|申请退款中|买家申请退款|售后中|售后处理中|退款处理中|退货退款中|等待卖家同意退款|待商家处理|refunding",
    ),
    (Told(), "无售后|无退款|无售后或售后取消|未申请退款|没有申请退款|退款关闭|售后关闭|售后取消|退款取消"),
)  # fmt: skip
SHIPPING_PARTS = frozenset({DONE, CLOSED})


def bare_word(word: str) -> str:
    """Return a status word as it is compared: ordinary width, no case, one kind of comma without spaces."""
    narrow = half_width(word).strip().casefold().replace("，", ",").replace("、", ",")
    return ",".join(part.strip() for part in narrow.split(","))


STATUS: Mapping[str, Told] = MappingProxyType(
    {bare_word(word): told for told, words in _WORDS for word in words.split("|")}
)
_NO_AFTERSALE = ("无", "没有", "未申请", "关闭", "取消", "撤销", "拒绝", "失败", "no_refund", "none", "closed")
_PAID_BACK = ("退款成功", "退货退款成功", "已退款", "退款完成", "success", "refunded")
_RISKS = ("风险", "异常", "欺诈", "恶意", "风控", "黑名单", "刷单", "high")
_LOCKS = ("锁定", "冻结", "禁止发货", "暂停发货", "拦截")
_YES = frozenset({"是", "已修改", "有", "yes", "true", "1"})


@lru_cache(4_096)
def told_of(word: str) -> Told | None:
    """Return what a status word says; None for a word that nobody knows.

    Example: `told_of("已签收，退款成功")` is done and paid back.
    """
    narrow = bare_word(word)
    found = STATUS.get(narrow)
    if found or "," not in narrow:
        return found
    parts = [STATUS.get(part) for part in narrow.split(",") if part]
    known = [part for part in parts if part]
    return _joined(known) if known and len(known) == len(parts) else None


def _joined(parts: list[Told]) -> Told:
    """Return what words of one status say together: where the parcel is, and what became of the money."""
    refund = max((part.refund for part in parts), key=REFUNDS.index)
    standing = next((part.standing for part in parts if part.standing == DONE), None)
    standing = standing or next((part.standing for part in parts if part.standing == CLOSED), OPEN)
    first = parts[0]
    return replace(first, standing=standing, refund=refund, mark=next((part.mark for part in parts if part.mark), ""))


@lru_cache(4_096)
def aftersale_of(word: str) -> str:
    """Return what an after-sale word says of money going back; what is neither nothing nor done was asked for."""
    narrow = bare_word(word)
    if not narrow or any(sign in narrow for sign in _NO_AFTERSALE):
        return str(Refund.NONE)
    return REFUNDED if any(sign in narrow for sign in _PAID_BACK) else ASKED


def marks_in(words: Iterable[str]) -> frozenset[str]:
    """Return the marks that remarks of a channel about an order mean."""
    text = " ".join(words).casefold()
    if not text:
        return frozenset()
    risk = {str(Mark.RISK)} if any(word in text for word in _RISKS) else set()
    lock = {str(Mark.LOCKED)} if any(word in text for word in _LOCKS) else set()
    return frozenset(risk | lock)


def is_yes(word: str) -> bool:
    """Tell whether a cell says yes."""
    return word.strip().casefold() in _YES


def together(told: list[Told]) -> Told:
    """Return what the rows of one order say of it together.

    It is open while any row is; paid once every row is. Where only some rows were closed or paid back, somebody must
    look before it leaves: money back stands as asked for.
    """
    if len(told) == 1 or len(set(told)) == 1:
        return told[0]
    unknown = next((one for one in told if one.standing is None), None)
    if unknown:
        return replace(unknown, refund=_refund_of(told))
    live = [one for one in told if one.standing != CLOSED] or told
    standing = OPEN if any(one.standing == OPEN for one in live) else str(live[0].standing)
    payment = UNPAID if any(one.payment == UNPAID for one in live) else live[0].payment
    mark = next((one.mark for one in told if one.mark), "")
    presale = min((one.presale for one in live), key=PRESALES.index)
    return Told(standing, payment, _refund_of(told), presale, mark)


def _refund_of(told: list[Told]) -> str:
    backs = [one.refund for one in told]
    if all(one == REFUNDED for one in backs):
        return REFUNDED
    some = any(backs) or len({one.standing == CLOSED for one in told}) > 1
    return ASKED if some else str(Refund.NONE)
