"""Random lives of what a channel tells: any snapshot in any order, again and again, in any batches, with crashes.

The model folds one row after the other and knows nothing of batches; our own work goes on in between.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.cast import MONDAY_MORNING
from tests.factories.orders import BUYER, PLACED, PRICE_FEN, move, now, open_company
from tests.factories.steps import contents
from tests.factories.truths import broken
from tests.machines.living import Machine, live

from zhanggui.journal import steps as envelope
from zhanggui.journal.models import PendingSeal
from zhanggui.kernel.batch import Answer
from zhanggui.logistics.inventory.models import StockBalance
from zhanggui.obligations.models import Obligation
from zhanggui.oversight.verification.queries import CHECKS, verify
from zhanggui.processes.intake import bring_in_orders
from zhanggui.processes.orders import cancel_orders
from zhanggui.sales.orders.holds import keep_content, release_holds
from zhanggui.sales.orders.models import Order, OrderHold
from zhanggui.sales.orders.records import LineIn, OrderIn, Release
from zhanggui.sales.orders.rules import content_hash

NAMES = "ABC"
PAID_AT = PLACED + timedelta(minutes=20)
STOCK = 7
WORD = "奇怪"
STANDINGS, MARKS = ("open", "done", "closed"), ("risk", "locked")
NEWS = st.sampled_from([
    {"payment": "paid"}, {"payment": "paid"}, {"standing": "done"}, {"standing": "closed"}, {"refund": "asked"},
    {"refund": ""}, {"refund": "done"}, {"marks": ("risk",)}, {"marks": ("locked",)}, {"marks": ()}, {"flag": "red"},
    {"pieces": 2}, {"pieces": 3}, {"street": "moved"}, {"street": "here"}, {"masked": True}, {"lines": False},
    {"standing": None}, {"standing": "open"},
])  # fmt: skip
FROM = {"confirmed": "received", "reserved": "confirmed", "released": "reserved", "shipped": "released"}
ENDED = ("shipped", "cancelled", "history")


class Crash(BaseException):
    """The process died here."""


@dataclass(frozen=True)
class Told:
    """An order as its channel tells it at one moment."""

    name: str
    pieces: int = 1
    street: str = "here"
    masked: bool = False
    lines: bool = True
    payment: str = "unpaid"
    standing: str | None = "open"
    refund: str = ""
    marks: tuple[str, ...] = ()
    flag: str = ""

    def row(self, shop: int) -> OrderIn:
        """The order as it comes in."""
        lines = (LineIn("1", "TEA", "TEA", self.pieces, PRICE_FEN),)
        contact = replace(BUYER, buyer=f"小雨 {self.name}", address=f"文三路 {self.street} 1 号")
        if self.masked:
            contact = replace(contact, receiver="沈*", phone="138****0001", kind="masked")
        return OrderIn(
            shop, self.name, PLACED, lines if self.lines else (), content_hash(self.name, PLACED, lines, (0, 0)),
            contact, payment=self.payment, paid_at=PAID_AT if self.payment == "paid" else None,
            standing=self.standing, status_word=WORD if self.standing is None else "", refund=self.refund,
            marks=frozenset(self.marks), flag=self.flag,
        )  # fmt: skip

    @property
    def receiver(self) -> tuple[str, bool]:
        return self.street, self.masked


@dataclass(frozen=True)
class Known:
    """How far the channel is with an order, as far as it ever said."""

    payment: str
    standing: str
    refund: str
    marks: tuple[str, ...]
    flag: str
    word: str


@dataclass
class Modelled:
    """What is known of one order: as it first came, what was told since, and where our own work on it stands."""

    key: int
    first: Told
    known: Known
    state: str
    holds: set[str] = field(default_factory=set)
    seen: set[tuple[int, tuple[str, bool]]] = field(default_factory=set)

    def settle(self) -> None:
        """A reason to wait holds what is received and lets go what has none."""
        if self.state in ("received", "held"):
            self.state = "held" if self.holds else "received"

    def end(self, state: str) -> None:
        self.state, self.holds = state, set()

    @property
    def content(self) -> tuple[int, tuple[str, bool]]:
        return self.first.pieces, self.first.receiver


def speaks_against(known: Known) -> set[str]:
    """The reasons to wait that lie in the channel's word."""
    found = {mark for mark in MARKS if mark in known.marks}
    found |= {"refund_asked"} if known.refund == "asked" else set()
    return found | ({"platform_conflict"} if known.standing == "done" else set())


def born(told: Told, key: int) -> Modelled:
    """An order that comes in for the first time."""
    known = further(Known("unpaid", "open", "", (), "", ""), told)
    order = Modelled(key, told, known, "unpaid" if told.payment == "unpaid" else "received")
    if told.standing in ("done", "closed") or told.refund == "done":
        order.state = "history"
        return order
    order.holds = speaks_against(known) | ({"status_unknown"} if told.standing is None else set())
    order.settle()
    return order


def follow(order: Modelled, told: Told) -> str:
    """Fold one more word of the channel into an order; give what the step has to answer."""
    ended = order.state in ENDED
    content = (told.pieces, order.first.receiver if told.masked or ended else told.receiver)
    differs = told.lines and content != order.content and content not in order.seen
    if differs and ended:
        return "changed_after_end"
    if differs:
        order.holds.add("content_changed")
        order.seen.add(content)
    before, order.known = order.known, further(order.known, told)
    if not ended and order.known != before:
        heard(order, before, told)
    if not ended:
        order.settle()
    return "changed" if differs or order.known != before else "unchanged"


def heard(order: Modelled, before: Known, told: Told) -> None:
    """Let reasons to wait come and go with the news, and what was paid go on."""
    was, stands = speaks_against(before), speaks_against(order.known)
    order.holds = (order.holds | (stands - was)) - (was - stands)
    if told.standing is not None:
        order.holds.discard("status_unknown")
    elif before.word != WORD:
        order.holds.add("status_unknown")
    if order.state == "unpaid" and order.known.payment == "paid":
        order.state = "received"


def further(known: Known, told: Told) -> Known:
    """How far the channel is: payment, standing and a paid refund never go back."""
    return Known(
        "paid" if "paid" in (known.payment, told.payment) else "unpaid",
        max(known.standing, told.standing or "open", key=STANDINGS.index),
        known.refund if known.refund == "done" else told.refund,
        told.marks,
        told.flag,
        WORD if told.standing is None else "",
    )


@contextmanager
def crashing(at: str) -> Iterator[None]:
    """Die where the step passes this point."""

    def point(name: str) -> None:
        if name.endswith(at):
            raise Crash(name)

    with patch.object(envelope, "crash_point", point), pytest.raises(Crash):
        yield


class Intake(Machine):
    """A shop whose channel tells snapshots of a few orders, while a clerk works on what came in."""

    def __init__(self) -> None:
        super().__init__()
        self.snapshots = {name: [Told(name)] for name in NAMES}
        self.orders: dict[str, Modelled] = {}
        self.on_hand, self.reserved = STOCK, 0
        self.calls = 0

    def teardown(self) -> None:
        try:
            while PendingSeal.objects.exists():
                envelope.seal_runs()
            # A5 tries the guards of the database, which no life touches
            report = verify(MONDAY_MORNING, only=set(CHECKS) - {"A5"})
            assert [(row.id, row.findings) for row in report.invariants if row.violations] == []
        finally:
            super().teardown()

    @initialize()
    def open(self) -> None:
        self.company = open_company(TEA=STOCK)

    @rule(name=st.sampled_from(NAMES), news=st.lists(NEWS, min_size=1, max_size=2), plain=st.booleans())
    def the_channel_moves(self, name: str, news: Sequence[dict[str, object]], plain: bool) -> None:
        told = self.snapshots[name][-1]
        for one in news:
            told = replace(told, **one)  # type: ignore[arg-type]
        self.snapshots[name].append(replace(told, lines=True, masked=False) if plain else told)

    @rule(
        picks=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from([0, 0, 0, 1, 2])), min_size=1, max_size=5),
        crash=st.sampled_from(["", "", ".before_commit", ".after_commit"]),
    )
    def bring(self, picks: Sequence[tuple[str, int]], crash: str) -> None:
        """Import snapshots, new and old; a crash loses all or nothing, and the same again is answered the same."""
        told = [self.snapshots[name][-1 - back % len(self.snapshots[name])] for name, back in picks]
        rows = [one.row(self.company.shop) for one in told]
        self.calls += 1
        context = now(key=f"call-{self.calls}")
        if crash:
            before = contents()
            with crashing(crash):
                bring_in_orders(rows, context=context)
            assert crash == ".after_commit" or contents() == before
        answer = bring_in_orders(rows, context=context)
        assert answer.replayed == (crash == ".after_commit")
        self.compare(told, answer)
        after = contents()
        assert bring_in_orders(rows, context=context).replayed
        assert contents() == after

    def compare(self, told: Sequence[Told], answer: Answer) -> None:
        """Fold the rows one by one; the step has to have said the same of each."""
        given = {row.index: row.result for row in answer.accepted} | {row.index: row.code for row in answer.rejected}
        first: dict[str, Told] = {}
        for at, one in enumerate(told):
            if first.setdefault(one.name, one).row(0) != one.row(0):
                assert given[at] == "twice_in_batch"
            elif any(one is earlier or one.row(0) == earlier.row(0) for earlier in told[:at]):
                assert given[at] in ("unchanged", "details_missing", "changed_after_end"), (at, given)
            elif one.name in self.orders:
                assert given[at] == self.follow(one), (one, self.orders[one.name])
            elif not one.lines:
                assert given[at] == "details_missing"
            else:
                self.orders[one.name] = born(one, int(str(given[at])))

    def follow(self, told: Told) -> str:
        order = self.orders[told.name]
        said = follow(order, told)
        over = order.known.standing == "closed" or order.known.refund == "done"
        if over and (told.standing == "closed" or told.refund == "done") and order.state not in ENDED:
            self.give_back(order)
            order.end("cancelled")
        return said

    def give_back(self, order: Modelled) -> None:
        if order.state in ("reserved", "released"):
            self.reserved -= order.first.pieces

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 99), steps=st.integers(1, 4))
    def work(self, pick: int, steps: int) -> None:
        """Take an order on by so many states, as far as it may go."""
        order = list(self.orders.values())[pick % len(self.orders)]
        for _ in range(steps):
            target = next((to for to, state in FROM.items() if state == order.state), None)
            if target is None:
                return
            answer = move([order.key], target, now())
            short = target == "reserved" and order.first.pieces > self.on_hand - self.reserved
            refusal = "on_hold" if order.holds else "short" if short else None
            assert [row.code for row in answer.rejected] == ([refusal] if refusal else [])
            if refusal:
                return
            self.take(order, target)

    def take(self, order: Modelled, target: str) -> None:
        order.state = target
        if target == "reserved":
            self.reserved += order.first.pieces
        if target == "shipped":
            self.reserved -= order.first.pieces
            self.on_hand -= order.first.pieces

    @precondition(lambda self: any(order.holds for order in self.orders.values()))
    @rule(pick=st.integers(0, 99), keep=st.booleans())
    def let_go(self, pick: int, keep: bool) -> None:
        """A person decides that nothing speaks against an order any more, or that it stays as it first came in."""
        waiting = [order for order in self.orders.values() if order.holds]
        order = waiting[pick % len(waiting)]
        if keep:
            keep_content([order.key], context=now())
            order.holds.discard("content_changed")
        else:
            assert not release_holds([Release(order.key)], context=now()).rejected
            order.holds.clear()
        order.settle()

    @precondition(lambda self: len(self.orders) == len(NAMES))
    @rule(pick=st.integers(0, 99))
    def cancel(self, pick: int) -> None:
        order = list(self.orders.values())[pick % len(self.orders)]
        answer = cancel_orders([order.key], context=now())
        assert [row.code for row in answer.rejected] == (["wrong_state"] if order.state in ENDED else [])
        if not answer.rejected:
            self.give_back(order)
            order.end("cancelled")

    @invariant()
    def orders_and_holds_are_what_the_model_says(self) -> None:
        rows = Order.objects.values_list("external_id", "state", "stopped")
        working = ("confirmed", "reserved", "released")
        assert {name: (state, stopped) for name, state, stopped in rows} == {
            name: (order.state, bool(order.holds) and order.state in working) for name, order in self.orders.items()
        }
        holds = {(hold.order.external_id, hold.code) for hold in OrderHold.objects.filter(state="open")}
        assert holds == {(name, code) for name, order in self.orders.items() for code in order.holds}

    @invariant()
    def stock_is_what_the_model_says(self) -> None:
        found = StockBalance.objects.values_list("on_hand", "reserved").first() or (STOCK, 0)
        assert found == (self.on_hand, self.reserved)

    @invariant()
    def clocks_stand_for_unpaid_orders_and_run_for_others(self) -> None:
        rows = Obligation.objects.filter(clause__in=("2.1.3.1", "2.3.2.1"), subject_kind="order")
        running = rows.filter(state__in=("open", "paused")).values_list("subject_id", "clause", "state")
        assert sorted(running) == sorted(
            (
                order.key,
                "2.1.3.1" if order.state in ("received", "held", "unpaid") else "2.3.2.1",
                "paused" if order.state == "unpaid" else "open",
            )
            for order in self.orders.values()
            if order.state not in ENDED
        )

    @invariant()
    def every_truth_holds(self) -> None:
        assert broken() == {}


@pytest.mark.django_db
def test_random_lives_of_what_a_channel_tells() -> None:
    live(Intake, steps=12)
