"""Random lives of orders against a small model: every call in every state, accepted and refused as the model says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.factories.orders import move, now, open_company, order_in, receive, refusals
from tests.factories.steps import contents
from tests.factories.truths import broken
from tests.machines.living import Machine, live

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.kernel.batch import Answer
from zhanggui.logistics.inventory.models import StockBalance
from zhanggui.obligations.models import Obligation
from zhanggui.processes.orders import cancel_orders
from zhanggui.sales.orders.holds import resolve_holds
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import Order, OrderHold

FROM = {"confirmed": "received", "reserved": "confirmed", "released": "reserved", "shipped": "released"}
FIRST_CONTENT = {"A": ("TEA", 1), "B": ("TEA", 2), "C": ("NEW", 1), "D": ("TEA", 4)}
CLAIMING = ("reserved", "released")
ENDED = ("shipped", "cancelled")
NOBODY = 999_999


@dataclass
class Modelled:
    """What the model knows of one order; `seen` are the changed contents that put it on hold before.

    short: stock did not suffice once, which stays on record.
    """

    key: int
    content: dict[str, int]
    state: str = "received"
    holds: set[str] = field(default_factory=set)
    seen: list[dict[str, int]] = field(default_factory=list)
    short: bool = False


class Orders(Machine):
    """The model: orders by name, free pieces of TEA, and whether NEW is a product yet (it carries no stock)."""

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, Modelled] = {}
        self.on_hand = self.reserved = 0
        self.receipts = 0
        self.known = {"TEA"}

    @initialize()
    def open(self) -> None:
        self.company = open_company(TEA=6)
        self.on_hand = 6

    @rule(name=st.sampled_from("ABCD"), change=st.sampled_from([0, 0, 0, 1]))
    def take_in(self, name: str, change: int) -> None:
        code = FIRST_CONTENT[name][0]
        content = {code: FIRST_CONTENT[name][1] + change}
        before = contents()
        given = take_in_orders([order_in(self.company, name, content)], context=now())
        order = self.orders.get(name)
        if order is None:
            assert not given.rejected
            order = self.orders[name] = Modelled(int(given.accepted[0].result), content)
            if code not in self.known:
                order.state, order.holds = "held", {"unknown_sku"}
        elif content in (order.content, *order.seen):
            assert [row.result for row in given.accepted] == ["unchanged"]
            assert contents() == before
        elif order.state in ("received", "held"):
            assert [row.result for row in given.accepted] == ["changed"]
            order.state = "held"
            order.holds.add("content_changed")
            order.seen.append(content)
        else:
            code = "changed_after_end" if order.state in ENDED else "changed_in_work"
            assert refusals(given) == [(0, code)]
            assert contents() == before

    @rule()
    def make_known(self) -> None:
        take_in_skus([SkuIn("NEW", "new", stocked=False)], context=now())
        self.known.add("NEW")

    @rule(pieces=st.integers(1, 5))
    def receive(self, pieces: int) -> None:
        self.receipts += 1
        receive(self.company, {"TEA": pieces}, f"r{self.receipts}")
        self.on_hand += pieces

    @precondition(lambda self: self.orders)
    @rule(state=st.sampled_from(list(FROM)), names=st.lists(st.sampled_from("ABCDX"), min_size=1, max_size=4))
    def go_on(self, state: str, names: list[str]) -> None:
        keys = self.keys(names)
        expected, newly_short = [], False
        for at, key in enumerate(keys):
            order = self.by_key(key)
            refusal = self.refusal(order, FROM[state]) or self.take(order, state)
            if refusal:
                expected.append((at, refusal))
            if order and refusal == "short" and not order.short:
                order.short = newly_short = True
        self.carry_out(lambda: move(keys, state, now()), expected, len(keys), changes=newly_short)

    @precondition(lambda self: self.at_work())
    @rule(pick=st.integers(0, 99))
    def advance(self, pick: int) -> None:
        name = self.at_work()[pick % len(self.at_work())]
        following = {state: target for target, state in FROM.items()}
        self.go_on(following[self.orders[name].state], [name])

    @precondition(lambda self: self.at_work())
    @rule(pick=st.integers(0, 99), calls=st.integers(2, 3))
    def hurry(self, pick: int, calls: int) -> None:
        for _ in range(calls):
            if self.at_work():
                self.advance(pick)

    @precondition(lambda self: any(order.state in CLAIMING for order in self.orders.values()))
    @rule(pick=st.integers(0, 99))
    def cancel_what_holds_stock(self, pick: int) -> None:
        by_state = {order.state: name for name, order in self.orders.items()}
        names = [by_state[state] for state in CLAIMING if state in by_state]
        self.cancel([names[-1 - pick % len(names)]])

    def at_work(self) -> list[str]:
        """Orders that a call of the ordinary way may move on."""
        return [name for name, order in self.orders.items() if order.state in FROM.values()]

    def refusal(self, order: Modelled | None, needed: str) -> str | None:
        if order is None:
            return "unknown_order"
        if order.state == needed:
            return None
        return "on_hold" if order.state == "held" else "wrong_state"

    def take(self, order: Modelled | None, target: str) -> str | None:
        """Move a modelled order; refuse it when its stock does not suffice, which the first time is put on record."""
        assert order is not None
        pieces = order.content.get("TEA", 0)
        if target == "reserved":
            if pieces > self.on_hand - self.reserved:
                return "short"
            self.reserved += pieces
        if target == "shipped":
            self.reserved -= pieces
            self.on_hand -= pieces
        order.state = target
        return None

    @precondition(lambda self: self.orders)
    @rule(names=st.lists(st.sampled_from("ABCDX"), min_size=1, max_size=3))
    def cancel(self, names: list[str]) -> None:
        keys, expected = self.keys(names), []
        for at, key in enumerate(keys):
            order = self.by_key(key)
            if order is None or order.state in ENDED:
                expected.append((at, "unknown_order" if order is None else "wrong_state"))
                continue
            if order.state in CLAIMING:
                self.reserved -= order.content.get("TEA", 0)
            order.state, order.holds = "cancelled", set()
        self.carry_out(lambda: cancel_orders(keys, context=now()), expected, len(keys))

    @precondition(lambda self: self.orders)
    @rule(names=st.lists(st.sampled_from("ABCDX"), min_size=1, max_size=3))
    def resolve(self, names: list[str]) -> None:
        keys, expected = self.keys(names), []
        changes = False
        for at, key in enumerate(keys):
            order = self.by_key(key)
            if order is None or order.state != "held":
                expected.append((at, "unknown_order" if order is None else "wrong_state"))
                continue
            if set(order.content) <= self.known and "unknown_sku" in order.holds:
                order.holds.discard("unknown_sku")
                changes = True
            if order.holds:
                expected.append((at, "on_hold"))
            else:
                order.state = "received"
        self.carry_out(lambda: resolve_holds(keys, context=now()), expected, len(keys), changes=changes)

    def keys(self, names: Sequence[str]) -> list[int]:
        """Ids of different orders; a name that has none yet asks for an order that does not exist."""
        found = [self.orders[name].key if name in self.orders else NOBODY for name in names]
        return list(dict.fromkeys(found))

    def by_key(self, key: int) -> Modelled | None:
        return next((order for order in self.orders.values() if order.key == key), None)

    def carry_out(
        self, call: Callable[[], Answer], expected: list[tuple[int, str]], asked: int, *, changes: bool = False
    ) -> None:
        before = contents()
        assert refusals(call()) == expected
        if len(expected) == asked and not changes:
            assert contents() == before, "a refused call changed something"

    @invariant()
    def orders_are_where_the_model_says(self) -> None:
        rows = Order.objects.values_list("external_id", "state")
        assert dict(rows) == {name: order.state for name, order in self.orders.items()}
        holds = {(hold.order.external_id, hold.code) for hold in OrderHold.objects.filter(state="open")}
        short = Order.objects.filter(short_at__isnull=False).values_list("external_id", flat=True)
        assert set(short) == {name for name, order in self.orders.items() if order.short}
        assert holds == {(name, code) for name, order in self.orders.items() for code in order.holds}

    @invariant()
    def stock_is_what_the_model_says(self) -> None:
        found = StockBalance.objects.values_list("on_hand", "reserved").first() or (0, 0)
        assert found == (self.on_hand, self.reserved)

    @invariant()
    def one_clock_runs_for_each_order_at_work(self) -> None:
        running = Obligation.objects.filter(state="open").values_list("subject_id", "clause")
        before, after = ("received", "held"), ("confirmed", "reserved", "released")
        assert sorted(running) == sorted(
            (order.key, "2.1.3.1" if order.state in before else "2.3.2.1")
            for order in self.orders.values()
            if order.state in (*before, *after)
        )

    @invariant()
    def every_truth_holds(self) -> None:
        assert broken() == {}


@pytest.mark.django_db
def test_random_lives_of_orders() -> None:
    live(Orders, steps=30)
