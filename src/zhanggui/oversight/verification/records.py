"""What the checker is asked and what it answers.

CouldNotCheck          an invariant could not be judged; nothing is known, so nothing passes
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Titles = tuple[str, str]
INVARIANTS: Mapping[str, Titles] = {
    "S1": ("现存量等于库存变动之和", "on hand is the sum of the movements"),
    "S2": ("锁定量等于未结锁定之和", "reserved is the sum of the open reservations"),
    "S3": ("锁定量不为负且不超过现存量", "reserved is neither negative nor above on hand"),
    "S4": ("库存变动的累计值从不为负", "the running sum of movements is never negative"),
    "S5": ("每笔变动有唯一起因，每笔锁定只结一次", "each movement has one cause, each reservation ends once"),
    "S6": ("冲销不超过原变动", "a reversal never exceeds its movement"),
    "O1": ("同一店铺的外部单号唯一", "an external number exists once per shop"),
    "O2": ("每行锁定、发货、取消不超过订购量", "claimed, shipped and cancelled never exceed what was ordered"),
    "O3": ("订单状态等于逐步重放的结果，每一步都合法", "an order's state is what its steps replay to, each legal"),
    "O4": ("先确认、锁定库存、推送，后发货", "confirmed, reserved and released before shipped"),
    "O5": ("金额逐行逐单相加相符", "amounts add up by line and by order"),
    "O7": ("已完结订单不留未了之事", "nothing stays open on a final order"),
    "O8": ("未完结订单总有人负责", "no order waits without an owner"),
    "O9": ("订单版本等于状态变更次数", "an order's version counts its changes"),
    "I1": ("发票号码唯一，已开发票各有一个号码", "a number stands once, and every issued invoice has one"),
    "I2": ("发票金额等于买家实付，红字发票与原票相抵", "an invoice comes to what was paid, a red one takes it back"),
    "I3": ("发票按所登记的抬头开具", "an invoice is made out to whom it was asked for"),
    "I4": ("订单终止后发票随之终止或冲红", "no invoice outlives its order"),
    "N1": ("每次缺货的告知、约定与到货日都有时限和依据", "each shortage is told, agreed and promised on record"),
    "P1": ("每件货只发一次，运单号不重复", "each piece is sent once, a waybill is used once"),
    "P2": ("每次物流接口调用只有一条记录", "each call to a carrier stands once"),
    "P3": ("物流状态与轨迹一致", "the tracking state follows the events"),
    "D1": ("同一事项同一周期只有一个时限", "one clock per subject, clause and cycle"),
    "D2": ("截止时间可独立复算", "each due moment comes out again"),
    "D3": ("按时与否以事实为准，结论不改", "verdicts follow the facts and never change"),
    "D4": ("到截止时间未办的已记为超时", "no clock is due and still open"),
    "D5": ("暂停互不重叠，且在时限存续期内", "pauses do not overlap and lie within their clock"),
    "D6": ("每个订单自始即有应有的时限", "every order has its clocks"),
    "J1": ("收到等于完成、等待与异常之和", "received is done, waiting and exceptions together"),
    "J2": ("没有租约早已过期的任务", "no job runs on a lease long expired"),
    "J3": ("任务与消息各只一份，暂停的任务有告警", "jobs and messages stand once, parked jobs have an alarm"),
    "J4": ("待发消息都有发送任务", "every message to be sent has its job"),
    "J5": ("到点的任务没有久等", "no due job waits beyond its limit"),
    "A1": ("哈希链完整，首尾相符", "the hash chain is whole and ends at its head"),
    "A2": ("每次变更恰有一条记录，摘要相符", "every change has one entry, and every digest comes out again"),
    "A4": (
        "每名员工均凭记录在案的邀请加入，部门与角色与邀请一致",
        "staff came by invitations on record, with their roles",
    ),
    "A5": ("记录表拒绝修改与删除", "the journal refuses changes and deletions"),
}


class CouldNotCheck(Exception):
    """An invariant could not be judged. It never counts as passed."""

    def __init__(self, invariant: str, why: str) -> None:
        super().__init__(f"{invariant}: {why}")
        self.invariant = invariant


@dataclass(frozen=True, slots=True)
class Finding:
    """One subject that breaks an invariant, and the facts that show it (`name=value …`)."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How an invariant stands: how many subjects were looked at, how many findings, the first of them.

    checked 0: there is nothing yet that it speaks about.
    """

    id: str
    checked: int
    violations: int
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """How all invariants stood in one snapshot. figures: the unsealed tail (`unsealed_runs`, `unsealed_seconds`)."""

    invariants: tuple[Checked, ...]
    figures: Mapping[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Tell whether nothing was found."""
        return not any(row.violations for row in self.invariants)

    @property
    def broken(self) -> tuple[str, ...]:
        """Return the invariants with findings."""
        return tuple(row.id for row in self.invariants if row.violations)


@dataclass(frozen=True, slots=True)
class Asked:
    """As of when is judged, what the wall clock shows, and heads of the chain that are known outside (seq → hash)."""

    as_of: datetime
    now: datetime
    heads: Mapping[int, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, datetime]:
        """Return the moments that statements compare with: each grace counted back from as_of or from the wall."""
        back = {"minute_ago": 60, "five_minutes_ago": 300, "quarter_ago": 900, "four_hours_ago": 14_400}
        moments = {name: self.as_of - timedelta(seconds=seconds) for name, seconds in back.items()}
        return {"as_of": self.as_of, "wall_minute_ago": self.now - timedelta(seconds=60), **moments}
