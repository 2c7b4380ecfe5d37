"""From a received order to a parcel on its way: what stands at the end, under which runs and clauses."""

import pytest
from tests.factories.orders import bring, go_on, now, open_company, order_in, results, states
from tests.factories.truths import broken, unproven

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.journal.models import Run, Transition
from zhanggui.logistics.fulfilment.models import FulfilmentLine, FulfilmentRequest, Shipment
from zhanggui.logistics.inventory.models import Reservation, StockBalance, StockMovement
from zhanggui.obligations.models import Obligation
from zhanggui.processes.orders import cancel_orders
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import Order, OrderPart

WAY = [
    ("received", "confirmed", "orders.confirm", "2.1.3.1"),
    ("confirmed", "reserved", "processes.reserve_orders", "2.1.3.2"),
    ("reserved", "released", "processes.release_orders", "2.1.3.3"),
    ("released", "shipped", "processes.ship_orders", "2.3.2.1"),
]


@pytest.mark.django_db
def test_every_move_of_an_order_names_its_run_its_step_and_its_clause() -> None:
    (key,) = bring(open_company(TEA=9), 1, {"TEA": 1}, "shipped")
    moves = Transition.objects.filter(kind="order", subject_id=key).order_by("id")
    runs = Run.objects.in_bulk()
    found = [(move.from_state, move.to_state, runs[move.run_id].step, runs[move.run_id].clause) for move in moves]
    assert found == WAY


@pytest.mark.django_db
def test_a_shipped_order_leaves_everything_closed() -> None:
    company = open_company(TEA=10, CUP=10)
    (key,) = bring(company, 1, {"TEA": 3, "CUP": 2}, "shipped")
    order = Order.objects.get(id=key)
    assert (order.state, order.version) == ("shipped", 4)
    assert set(OrderPart.objects.values_list("quantity", "shipped", "cancelled")) == {(3, 3, 0), (2, 2, 0)}
    assert set(Reservation.objects.values_list("demand_id", "quantity", "state")) == {
        (key, 3, "shipped"), (key, 2, "shipped")
    }  # fmt: skip
    assert set(StockBalance.objects.values_list("sku__code", "on_hand", "reserved")) == {("TEA", 7, 0), ("CUP", 8, 0)}
    request = FulfilmentRequest.objects.get()
    assert (request.reference_id, request.reference_no, request.state) == (key, order.order_no, "shipped")
    assert FulfilmentLine.objects.count() == 2
    assert Shipment.objects.get().request_id == request.id
    assert set(Obligation.objects.values_list("clause", "state")) == {("2.1.3.1", "met"), ("2.3.2.1", "met")}
    assert broken() == {}


@pytest.mark.django_db
@pytest.mark.parametrize("until", ["received", "confirmed", "reserved", "released"])
def test_a_cancelled_order_gives_its_stock_back_and_stops_logistics(until: str) -> None:
    (key,) = bring(open_company(TEA=10), 1, {"TEA": 3}, until)
    assert not cancel_orders([key], context=now()).rejected
    assert StockBalance.objects.values_list("on_hand", "reserved").get() == (10, 0)
    assert OrderPart.objects.values_list("shipped", "cancelled").get() == (0, 3)
    assert not FulfilmentRequest.objects.exclude(state="cancelled").exists()
    assert not Obligation.objects.filter(state="open").exists()
    assert not StockMovement.objects.filter(kind="ship").exists()
    assert broken() == {}


@pytest.mark.django_db
def test_a_service_needs_no_stock_and_no_reservation() -> None:
    company = open_company(TEA=5)
    take_in_skus([SkuIn("POST", "postage", stocked=False)], context=now())
    rows = [order_in(company, "A", {"TEA": 2, "POST": 1}), order_in(company, "B", {"POST": 4})]
    ids = results(take_in_orders(rows, context=now()))
    go_on(ids, "received", "shipped")
    assert states(ids) == ["shipped", "shipped"]
    assert Reservation.objects.count() == 1
    assert list(FulfilmentRequest.objects.order_by("id").values_list("warehouse_id", flat=True)) == [
        company.warehouse, None
    ]  # fmt: skip
    assert set(OrderPart.objects.values_list("shipped", flat=True)) == {1, 2, 4}
    assert broken() == {}


@pytest.mark.django_db
def test_orders_in_batches_end_as_orders_one_by_one() -> None:
    company = open_company(TEA=100)
    together = bring(company, 10, {"TEA": 2}, "shipped", "T")
    alone = [key for at in range(10) for key in bring(company, 1, {"TEA": 2}, "shipped", f"A{at}-")]
    columns = ("state", "version", "goods_fen", "confirmed_at", "shipped_at")
    seen = [set(Order.objects.filter(id__in=ids).values_list(*columns)) for ids in (together, alone)]
    assert seen[0] == seen[1]
    assert len(seen[0]) == 1
    assert StockBalance.objects.get().on_hand == 60
    assert broken() == {}


@pytest.mark.django_db(transaction=True)
def test_the_checker_finds_nothing_after_orders_of_every_fate() -> None:
    company = open_company(TEA=50)
    for until in ("received", "confirmed", "reserved", "released", "shipped"):
        ids = bring(company, 4, {"TEA": 2}, until, until)
        if until != "shipped":
            cancel_orders(ids[:2], context=now())
    take_in_orders([order_in(company, "H", {"NEW": 1})], context=now())
    assert unproven() == {}
