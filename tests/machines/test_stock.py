"""A random life of stock against a small model: received, reserved, released, shipped, and what comes twice or late."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from tests.factories.orders import now, open_company, refusals
from tests.factories.truths import broken
from tests.machines.living import Machine, in_a_run, live

from zhanggui.logistics.inventory.models import StockBalance
from zhanggui.logistics.inventory.records import Demand, Receipt
from zhanggui.logistics.inventory.steps import claims_of, receive_stock, release_claims, reserve_stock, ship_claims

CODES = ("TEA", "CUP")
CODE = st.sampled_from(CODES)
PIECES = st.integers(-4, 6)
WANTED = st.dictionaries(CODE, st.integers(1, 4), min_size=1)


class Stock(Machine):
    """The model: pieces on hand and reserved per SKU, booked causes, and what each open demand holds."""

    def __init__(self) -> None:
        super().__init__()
        self.on_hand = dict.fromkeys(CODES, 0)
        self.reserved = dict.fromkeys(CODES, 0)
        self.booked: dict[tuple[str, int], int] = {}
        self.claims: dict[int, dict[str, int]] = {}
        self.ended: list[int] = []
        self.asked = 0

    @initialize()
    def open(self) -> None:
        self.company = open_company(TEA=0, CUP=0)

    @rule(rows=st.lists(st.tuples(CODE, PIECES, st.integers(1, 6)), min_size=1, max_size=3))
    def receive(self, rows: list[tuple[str, int, int]]) -> None:
        batch = [
            Receipt(self.company.skus[code], self.company.warehouse, pieces, "count", f"{code}:{cause}")
            for code, pieces, cause in rows
        ]
        expected = [
            (at, refusal) for at, row in enumerate(rows) if (refusal := self.refusal_of_receipt(*row)) is not None
        ]
        assert refusals(receive_stock(batch, context=now())) == expected

    def refusal_of_receipt(self, code: str, pieces: int, cause: int) -> str | None:
        before = self.booked.get((code, cause), 0)
        if before == pieces:
            return None
        if before:
            return "cause_differs"
        if self.on_hand[code] + pieces < self.reserved[code]:
            return "below_reserved"
        self.booked[code, cause] = pieces
        self.on_hand[code] += pieces
        return None

    @rule(batch=st.lists(WANTED, min_size=1, max_size=3))
    def reserve(self, batch: list[dict[str, int]]) -> None:
        demands, expected = [], []
        for at, wanted in enumerate(batch):
            self.asked += 1
            demands.append(self.demand(self.asked, wanted))
            if any(self.on_hand[code] - self.reserved[code] < pieces for code, pieces in wanted.items()):
                expected.append((at, "short"))
                continue
            self.claims[self.asked] = wanted
            for code, pieces in wanted.items():
                self.reserved[code] += pieces
        assert refusals(reserve_stock(demands, context=now())) == expected

    def demand(self, key: int, wanted: dict[str, int]) -> Demand:
        lines = ((key * 10 + at, self.company.skus[code], n) for at, (code, n) in enumerate(wanted.items()))
        return Demand(key, tuple(lines))

    @precondition(lambda self: self.claims)
    @rule(pick=st.integers(0, 99), ship=st.booleans())
    def end(self, pick: int, ship: bool) -> None:
        key = list(self.claims)[pick % len(self.claims)]
        act = ship_claims if ship else release_claims
        in_a_run(lambda inside: act(claims_of([key], context=inside), context=inside), now())
        for code, pieces in self.claims.pop(key).items():
            self.reserved[code] -= pieces
            self.on_hand[code] -= pieces if ship else 0
        self.ended.append(key)

    @precondition(lambda self: self.ended)
    @rule(pick=st.integers(0, 99), ship=st.booleans())
    def end_again(self, pick: int, ship: bool) -> None:
        key = self.ended[pick % len(self.ended)]
        act = ship_claims if ship else release_claims
        in_a_run(lambda inside: act(claims_of([key], context=inside), context=inside), now())

    @invariant()
    def stock_is_what_the_model_says(self) -> None:
        rows = StockBalance.objects.values_list("sku__code", "on_hand", "reserved")
        assert {code: (on_hand, reserved) for code, on_hand, reserved in rows if on_hand or reserved} == {
            code: (self.on_hand[code], self.reserved[code]) for code in CODES if self.on_hand[code]
        }

    @invariant()
    def every_truth_holds(self) -> None:
        assert broken() == {}


@pytest.mark.django_db
def test_a_random_life_of_stock() -> None:
    live(Stock, steps=20)
