"""The whole path, ours beside raw SQL, in turns within one run."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from django.db import connection

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.cli.bench.reference import Reference
from zhanggui.journal.records import Actor, Context
from zhanggui.kernel import clock
from zhanggui.kernel.batch import Answer
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.logistics.inventory.records import Receipt
from zhanggui.logistics.inventory.steps import open_warehouses, receive_stock
from zhanggui.processes.orders import release_orders, reserve_orders, ship_orders
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.records import LineIn, OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash
from zhanggui.sales.orders.steps import confirm_orders

N_SKUS = 5_000
START = datetime(2026, 11, 11, 2, tzinfo=UTC)


class Company:
    """A shop with plentiful stock of 5,000 SKUs, and orders of one to five lines (2.5 on average)."""

    def __init__(self) -> None:
        self._made = 0
        self.context = Context(Actor("cli", "bench"), START)
        codes = [f"SKU{number:05d}" for number in range(N_SKUS)]
        skus = take_in_skus([SkuIn(code, code) for code in codes], context=self.context)
        ids = [int(row.result) for row in skus.accepted]
        place = int(open_warehouses(["MAIN"], context=self.context).accepted[0].result)
        receive_stock(
            [Receipt(sku, place, 100_000_000, "opening", f"opening:{sku}") for sku in ids], context=self.context
        )
        shop = open_shops([ShopKey("manual", "bench", "CNY", "Asia/Shanghai")], context=self.context)
        self._shop = int(shop.accepted[0].result)

    def orders(self, count: int) -> list[int]:
        """Take in new orders and return their ids."""
        ids: list[int] = []
        for first in range(self._made, self._made + count, 5_000):
            batch = [self._order(number) for number in range(first, min(first + 5_000, self._made + count))]
            ids += [int(row.result) for row in take_in_orders(batch, context=self.context).accepted]
        self._made += count
        return ids

    def _order(self, number: int) -> OrderIn:
        lines = tuple(
            LineIn(f"L{at}", f"SKU{_skewed(number * 7 + at * 13):05d}", "bench", 1 + (number + at) % 3, 1999)
            for at in range((1, 2, 2, 3, 5)[number % 5])
        )
        name = f"B{number:08d}"
        placed_at = START - timedelta(seconds=number % 86_400)
        return OrderIn(self._shop, name, placed_at, lines, content_hash(name, placed_at, lines, (0, 0)))


def _skewed(number: int) -> int:
    """Return a SKU number such that few SKUs take most of the demand, without randomness."""
    spread = (number * 2_654_435_761) % 2**32 / 2**32
    return int(N_SKUS * spread**3)


def ours(ids: Sequence[int], context: Context) -> None:
    """Take orders from received to shipped through the ordinary steps."""
    done: list[Answer] = [
        confirm_orders(ids, context=context),
        reserve_orders(ids, context=context),
        release_orders(ids, context=context),
        ship_orders([Dispatch(key, "bench", f"W{key}") for key in ids], context=context),
    ]
    for given in done:
        assert len(given.accepted) == len(ids), given.codes


def paired(company: Company, batch: int, total: int, rounds: int) -> dict[str, float]:
    """Time ours and raw SQL in turns on disjoint orders.

    Takes: batch, orders per call; total, orders per side and round.
    Gives: the median seconds of each per order, and the median ratio of raw to ours (1 = as fast as raw).
    """
    reference = Reference()
    ratios, mine, raw = [], [], []
    for turn in range(rounds + 1):
        halves = (company.orders(total), company.orders(total))
        analyse()
        seconds = [seconds_of(halves[0], batch, company), _raw_seconds(reference, halves[1], batch)]
        if turn:
            mine.append(seconds[0] / total)
            raw.append(seconds[1] / total)
            ratios.append(seconds[1] / seconds[0])
    return {"ours": 1 / median(mine), "reference": 1 / median(raw), "ratio": median(ratios)}


def analyse() -> None:
    """Give PostgreSQL's planner fresh statistics, as its autovacuum does after a while; raw SQL needs them.

    SQLite takes none by itself, and raw SQL is quicker there without.
    """
    if connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def seconds_of(ids: Sequence[int], batch: int, company: Company) -> float:
    """Return how long ours takes for these orders, batch by batch."""
    started = clock.monotonic()
    for first in range(0, len(ids), batch):
        ours(ids[first : first + batch], company.context)
    return clock.monotonic() - started


def _raw_seconds(reference: Reference, ids: Sequence[int], batch: int) -> float:
    started = clock.monotonic()
    for first in range(0, len(ids), batch):
        reference.whole_path(ids[first : first + batch], START)
    return clock.monotonic() - started
