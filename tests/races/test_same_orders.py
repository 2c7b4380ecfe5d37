"""Several people at the same orders in the same moment: one of them does it, the others are told who was faster."""

from collections import Counter

import pytest
from tests.factories.orders import bring, go_on, open_company, states
from tests.factories.truths import unproven
from tests.races.crew import Crew, accepted, codes, errors, every, request

from zhanggui.connectors.intake.models import HalfOrder
from zhanggui.journal.models import Run, Transition
from zhanggui.logistics.fulfilment.models import Shipment
from zhanggui.logistics.inventory.models import StockMovement
from zhanggui.obligations.models import Obligation
from zhanggui.sales.orders.models import Order, OrderLine

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("target", ["confirmed", "reserved", "released", "shipped"])
def test_eight_processes_do_the_same_work_once(crew: Crew, target: str) -> None:
    company = open_company(TEA=1_000, CUP=1_000)
    before = {"confirmed": "received", "reserved": "confirmed", "released": "reserved", "shipped": "released"}[target]
    ids = bring(company, 40, {"TEA": 2, "CUP": 1}, before)
    one_by_one, all_at_once = [[key] for key in ids], [ids]
    replies = crew.race([request(target, all_at_once if at % 2 else one_by_one) for at in range(crew.size)])
    assert errors(replies) == []
    assert len(accepted(replies)) == 40
    assert codes(replies) == {"wrong_state": 40 * (crew.size - 1)}
    told = {details["state"] for answer in every(replies) for _, _, details in answer["rejected"]}
    assert told == {target}
    assert set(states(ids)) == {target}
    assert Transition.objects.filter(kind="order", to_state=target).count() == 40
    assert unproven() == {}


def test_one_order_shipped_by_eight_processes_leaves_once(crew: Crew) -> None:
    company = open_company(TEA=10)
    ids = bring(company, 1, {"TEA": 3}, "released")
    replies = crew.race([request("shipped", [ids])] * crew.size)
    assert (errors(replies), len(accepted(replies)), codes(replies)) == ([], 1, {"wrong_state": 7})
    assert Shipment.objects.count() == 1
    assert list(StockMovement.objects.filter(kind="ship").values_list("quantity", flat=True)) == [-3]
    assert unproven() == {}


def test_an_order_is_shipped_or_cancelled_never_both(crew: Crew) -> None:
    company = open_company(TEA=1_000)
    ids = bring(company, 60, {"TEA": 1}, "released")
    turns = [ids, ids[::-1], ids[30:] + ids[:30], ids[1::2] + ids[::2]]
    calls = [request(do, [[key] for key in turn]) for turn in turns for do in ("shipped", "cancelled")]
    replies = crew.race(calls)
    assert errors(replies) == []
    assert len(accepted(replies)) == 60
    ends = Counter(states(ids))
    assert set(ends) == {"shipped", "cancelled"}, "one side never won: the race did not happen"
    assert Shipment.objects.count() == ends["shipped"]
    assert unproven() == {}


def test_the_same_orders_imported_by_eight_processes_come_in_once(crew: Crew) -> None:
    company = open_company(TEA=0)
    files = [[[company.shop, f"{at}-{number:03d}", {"TEA": 1}] for number in range(50)] for at in range(4)]
    backwards = [rows[::-1] for rows in files]
    replies = crew.race([request("received", files if at % 2 else backwards) for at in range(crew.size)])
    assert errors(replies) == []
    results = accepted(replies)
    assert (len(results), results.count("unchanged")) == (200 * crew.size, 200 * (crew.size - 1))
    assert Order.objects.count() == OrderLine.objects.count() == 200
    assert unproven() == {}


def test_list_and_detail_file_of_the_same_orders_at_once_join_once_and_lose_nothing(crew: Crew) -> None:
    open_company(TEA=0)
    numbers = [[str(3_012_345_678_900_000_001 + part * 1_000 + at) for at in range(30)] for part in range(4)]
    calls = [request("file_in", [[half, *part] for part in numbers]) for half in ("list", "detail")]
    replies = crew.race(calls)
    assert errors(replies) == []
    results = accepted(replies)
    assert (sum(results[::2]), sum(results[1::2])) == (120, 120), "each order is new once, and once waited for"
    assert Order.objects.count() == OrderLine.objects.count() == Obligation.objects.count() == 120
    assert set(HalfOrder.objects.values_list("half", "state")) == {("list", "joined"), ("detail", "joined")}
    assert HalfOrder.objects.count() == 240
    assert unproven() == {}


def test_one_idempotency_key_in_eight_processes_is_one_run(crew: Crew) -> None:
    company = open_company(TEA=100)
    ids = bring(company, 20, {"TEA": 1})
    replies = crew.race([request("confirmed", [ids, ids[:0]], key="click")] * crew.size)
    assert errors(replies) == []
    first, second = ([answers[at] for answers in replies] for at in (0, 1))
    assert len({answer["run_id"] for answer in first}) == 1
    assert [answer["accepted"] for answer in first] == [[[at, key] for at, key in enumerate(ids)]] * crew.size
    assert sum(answer["replayed"] for answer in first) == sum(answer["replayed"] for answer in second) == crew.size - 1
    assert Run.objects.filter(step="orders.confirm", key="click-0").count() == 1
    assert unproven() == {}


def test_a_retried_click_after_the_race_gets_the_same_answer(crew: Crew) -> None:
    company = open_company(TEA=100)
    ids = bring(company, 5, {"TEA": 1})
    call = request("confirmed", [ids], key="click")
    (first,), (again,) = crew.race([call])[0], crew.race([call])[0]
    assert again == {**first, "replayed": True}
    go_on(ids, "confirmed", "reserved")
    assert unproven() == {}
