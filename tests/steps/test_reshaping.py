"""Orders split, merged, sent again, and served in their turn."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.orders import (
    BUYER,
    Company,
    bring,
    dispatches,
    go_on,
    now,
    open_company,
    order_in,
    orders_in,
    refusals,
    results,
    states,
)

from zhanggui.kernel import clock
from zhanggui.logistics.fulfilment.models import FulfilmentLine, FulfilmentRequest, Shipment
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.logistics.inventory.models import Reservation, StockBalance
from zhanggui.logistics.inventory.records import Preference, Receipt, WarehouseEdit
from zhanggui.logistics.inventory.steps import open_warehouses, prefer_warehouses, receive_stock, set_warehouses
from zhanggui.obligations.models import Obligation
from zhanggui.oversight.verification.queries import verify
from zhanggui.processes.orders import cancel_orders, release_orders, reserve_orders, ship_orders
from zhanggui.processes.parcels import merge_orders, unmerge_orders
from zhanggui.processes.reshaping import resend_orders, split_orders
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import Order, OrderHold, OrderPart
from zhanggui.sales.orders.queries import batches_in_state
from zhanggui.sales.orders.records import Favour, Joining, OrderIn, Origin, Pieces, State, Turn, counts_as_sale
from zhanggui.sales.orders.turns import URGENT, edit_favoured, near_limit, raise_urgent, set_priority

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
Pick = Callable[[list[int]], tuple[tuple[int, int], ...]]


@pytest.fixture(autouse=True)
def everything_adds_up() -> Iterator[None]:
    """After each test the checker finds nothing that is broken."""
    with clock.frozen(MONDAY_MORNING):
        yield
        report = verify(MONDAY_MORNING + HOUR)
        assert not report.broken, [(row.id, row.findings) for row in report.invariants if row.violations]


def parts_of(order: int) -> list[int]:
    return list(OrderPart.objects.filter(order_id=order).order_by("id").values_list("id", flat=True))


def twins(company: Company, count: int, until: str = "received", lines: dict[str, int] | None = None) -> list[int]:
    """Orders of one receiver."""
    rows = [
        replace(row, contact=replace(BUYER, buyer=f"{at}"))
        for at, row in enumerate(orders_in(company, count, lines or {"TEA": 2}))
    ]
    ids = results(take_in_orders(rows, context=now()))
    go_on(ids, "received", until)
    return ids


def merged(ids: list[int], until: str = "") -> list[int]:
    """Put orders in one parcel, and bring reserved ones on."""
    assert not merge_orders([Joining(key, ids[0]) for key in ids[1:]], context=now()).rejected
    if until:
        go_on(ids, "reserved", until)
    return ids


# ---- split ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["received", "confirmed", "reserved"])
def test_split_pieces_go_on_from_where_the_order_stands(state: str) -> None:
    company = open_company(TEA=10, CUP=10)
    (order,) = bring(company, 1, {"TEA": 3, "CUP": 2}, state)
    tea, cup = parts_of(order)
    (child,) = results(split_orders([Pieces(order, ((tea, 1), (cup, 2)))], context=now()))
    assert states([order, child]) == [state, state]
    parent, new = Order.objects.get(id=order), Order.objects.get(id=child)
    assert (new.external_id, new.parent_id, new.origin) == (f"{parent.external_id}#S1", order, "split")
    assert new.total_fen == 0
    assert parent.total_fen == 5 * 1_990
    moments = ("placed_at", "confirmed_at", "reserved_at", "hand_over_by")
    assert [getattr(new, name) for name in moments] == [getattr(parent, name) for name in moments]
    wanted = [
        list(OrderPart.objects.filter(order_id=key).order_by("id").values_list("wanted", flat=True))
        for key in (order, child)
    ]
    assert wanted == [[2, 0], [1, 2]]
    claimed = [
        sum(Reservation.objects.filter(demand_id=key, state="open").values_list("quantity", flat=True))
        for key in (order, child)
    ]
    assert claimed == ([2, 3] if state == "reserved" else [0, 0])


def test_both_halves_of_a_split_are_shipped_in_time_by_themselves() -> None:
    company = open_company(TEA=10, CUP=10)
    (order,) = bring(company, 1, {"TEA": 3, "CUP": 2}, "reserved")
    (child,) = results(split_orders([Pieces(order, ((parts_of(order)[0], 2),))], context=now()))
    go_on([order, child], "reserved", "shipped")
    assert dict(StockBalance.objects.values_list("sku__code", "on_hand")) == {"TEA": 7, "CUP": 8}
    clocks = Obligation.objects.filter(subject_id=child).values_list("clause", "state")
    assert sorted(clocks) == [("2.1.3.1", "met"), ("2.3.2.1", "met")]


def test_a_clock_that_was_late_or_stood_still_is_so_for_the_child_too() -> None:
    company = open_company(TEA=10)
    old = MONDAY_MORNING - timedelta(days=9)
    paid = [replace(order_in(company, f"P{at}", {"TEA": 2}, old), paid_at=old + 3 * HOUR) for at in range(2)]
    ids = results(take_in_orders(paid, context=now()))
    go_on(ids, "received", "confirmed")
    children = results(split_orders([Pieces(key, ((parts_of(key)[0], 1),)) for key in ids], context=now()))
    for parent, child in zip(ids, children, strict=True):
        told = [
            sorted(
                Obligation.objects.filter(subject_id=key).values_list(
                    "clause", "state", "started_at", "due_at", "late_us"
                )
            )
            for key in (parent, child)
        ]
        assert told[0] == told[1]


@pytest.mark.parametrize(
    ("pick", "code"),
    [
        (lambda parts: (), "nothing_chosen"),
        (lambda parts: ((parts[0], 0),), "nothing_chosen"),
        (lambda parts: ((parts[0] + 10_000, 1),), "unknown_part"),
        (lambda parts: ((parts[0], 4),), "too_many"),
        (lambda parts: ((parts[0], 3), (parts[1], 2)), "nothing_left"),
        (lambda parts: ((parts[0], 1), (parts[0], 1)), "unknown_part"),
    ],
)
def test_a_wrong_choice_is_refused_with_words(pick: Pick, code: str) -> None:
    company = open_company(TEA=10, CUP=10)
    (order,) = bring(company, 1, {"TEA": 3, "CUP": 2})
    assert refusals(split_orders([Pieces(order, pick(parts_of(order)))], context=now())) == [(0, code)]
    assert Order.objects.count() == 1


def test_a_short_order_whose_customer_is_asked_is_not_split_besides() -> None:
    company = open_company(TEA=1)
    (order,) = bring(company, 1, {"TEA": 3}, "confirmed")
    assert refusals(reserve_orders([order], context=now())) == [(0, "short")]
    assert refusals(split_orders([Pieces(order, ((parts_of(order)[0], 1),))], context=now())) == [(0, "shortage_open")]


def test_what_logistics_has_is_not_split() -> None:
    company = open_company(TEA=10)
    (order,) = bring(company, 1, {"TEA": 3}, "released")
    assert refusals(split_orders([Pieces(order, ((parts_of(order)[0], 1),))], context=now())) == [(0, "wrong_state")]


def test_cancelling_an_order_cancels_what_was_split_off_it_but_not_the_other_way_round() -> None:
    company = open_company(TEA=20)
    ids = bring(company, 2, {"TEA": 4}, "reserved")
    children = results(split_orders([Pieces(key, ((parts_of(key)[0], 1),)) for key in ids], context=now()))
    cancel_orders([ids[0], children[1]], context=now())
    assert states([ids[0], children[0], ids[1], children[1]]) == ["cancelled", "cancelled", "reserved", "cancelled"]
    assert StockBalance.objects.get().reserved == 3


def test_what_the_channel_says_of_an_order_holds_for_what_was_split_off_it() -> None:
    company = open_company(TEA=20)
    rows = orders_in(company, 1, {"TEA": 4})
    (order,) = results(take_in_orders(rows, context=now()))
    (child,) = results(split_orders([Pieces(order, ((parts_of(order)[0], 1),))], context=now()))
    take_in_orders([replace(rows[0], refund="asked")], context=now())
    assert states([order, child]) == ["held", "held"]
    assert OrderHold.objects.filter(order_id=child, code="refund_asked", state="open").exists()
    take_in_orders(rows, context=now())
    assert states([order, child]) == ["received", "received"]


@pytest.mark.parametrize(
    ("origin", "counts"), [("channel", True), ("manual", True), ("split", False), ("resend", False)]
)
def test_an_order_out_of_another_is_no_sale_of_its_own(origin: str, counts: bool) -> None:
    assert counts_as_sale("paid", "open", "", origin) is counts


# ---- merge ------------------------------------------------------------------------------------------------


def test_merged_orders_leave_in_one_parcel_with_their_own_numbers_and_clocks() -> None:
    company = open_company(TEA=10)
    ids = merged(twins(company, 3, "reserved"))
    given = release_orders([ids[1]], context=now())
    assert states(ids) == ["released"] * 3
    assert given.accepted[0].result == Order.objects.get(id=ids[1]).order_no
    request = FulfilmentRequest.objects.get()
    assert request.reference_id == ids[0]
    assert FulfilmentLine.objects.filter(request=request).count() == 3
    sent = ship_orders(dispatches(list(reversed(ids))), context=now())
    assert {row.result for row in sent.accepted} == {Shipment.objects.get().id}
    assert Shipment.objects.get().waybill == f"SF{ids[0]}"
    assert states(ids) == ["shipped"] * 3
    assert len(set(Order.objects.values_list("order_no", flat=True))) == 3
    assert Obligation.objects.filter(clause="2.3.2.1", state="met").count() == 3


def test_a_parcel_waits_until_all_its_orders_may_go() -> None:
    company = open_company(TEA=10)
    ids = merged(twins(company, 2, "confirmed"))
    reserve_orders([ids[0]], context=now())
    assert refusals(release_orders([ids[0]], context=now())) == [(0, "fellow_waits")]
    unmerge_orders([ids[0]], context=now())
    assert len(release_orders([ids[0]], context=now()).accepted) == 1
    assert not Order.objects.filter(ship_with__isnull=False).exists()


@pytest.mark.parametrize(
    "change", [{"receiver": "别人"}, {"phone": "13800000009"}, {"address": "文三路 2 号"}, {"phone": ""}]
)
def test_other_receivers_do_not_share_a_parcel(change: dict[str, str]) -> None:
    company = open_company(TEA=10)
    rows = [
        order_in(company, "A", {"TEA": 1}, contact=BUYER),
        order_in(company, "B", {"TEA": 1}, contact=replace(BUYER, buyer="b", **change)),
    ]
    first, second = results(take_in_orders(rows, context=now()))
    if change != {"phone": ""}:
        assert refusals(merge_orders([Joining(second, first)], context=now())) == [(0, "receivers_differ")]
    else:
        assert refusals(merge_orders([Joining(second, first)], context=now())) == [(0, "on_hold")]


def test_receivers_kept_by_the_platform_share_a_parcel_by_its_key() -> None:
    company = open_company(TEA=10)
    hidden = replace(BUYER, kind="masked", receiver="沈**", phone="138****0001", address="***")
    rows = [
        order_in(company, name, {"TEA": 1}, contact=replace(hidden, buyer=name, merge_key=key))
        for name, key in (("A", "k1"), ("B", "k1"), ("C", "k2"), ("D", ""))
    ]
    ids = results(take_in_orders(rows, context=now()))
    given = merge_orders([Joining(key, ids[0]) for key in ids[1:]], context=now())
    assert [row.index for row in given.accepted] == [0]
    assert refusals(given) == [(1, "receivers_differ"), (2, "receivers_differ")]


def test_cancelling_the_lead_before_the_hand_over_leaves_the_others_together() -> None:
    company = open_company(TEA=10)
    ids = merged(twins(company, 3, "reserved"))
    cancel_orders([ids[0]], context=now())
    assert list(Order.objects.filter(id__in=ids[1:]).values_list("ship_with_id", flat=True)) == [ids[1], ids[1]]
    release_orders(ids[1:], context=now())
    assert FulfilmentRequest.objects.get().reference_id == ids[1]


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_cancelling_after_the_hand_over_asks_logistics_anew_for_the_others(gone: int) -> None:
    company = open_company(TEA=10)
    ids = merged(twins(company, 3, "reserved"), "released")
    left = [key for key in ids if key != ids[gone]]
    cancel_orders([ids[gone]], context=now())
    assert sorted(FulfilmentRequest.objects.values_list("state", flat=True)) == ["cancelled", "open"]
    request = FulfilmentRequest.objects.get(state="open")
    assert (request.reference_id, FulfilmentLine.objects.filter(request=request).count()) == (left[0], 2)
    assert StockBalance.objects.get().reserved == 4
    ship_orders([Dispatch(left[1], "sf", "SF1")], context=now())
    assert states(left) == ["shipped", "shipped"]
    assert StockBalance.objects.get().on_hand == 6


def test_cancelling_all_of_a_parcel_asks_for_nothing_anew() -> None:
    company = open_company(TEA=10)
    ids = merged(twins(company, 2, "reserved"), "released")
    cancel_orders(ids, context=now())
    assert list(FulfilmentRequest.objects.values_list("state", flat=True)) == ["cancelled"]
    assert StockBalance.objects.get().reserved == 0


def test_what_has_left_is_not_cancelled() -> None:
    company = open_company(TEA=10)
    ids = merged(twins(company, 2, "reserved"), "released")
    ship_orders(dispatches([ids[0]]), context=now())
    assert refusals(cancel_orders(ids, context=now())) == [(0, "wrong_state"), (1, "wrong_state")]


def test_merged_orders_are_reserved_in_one_warehouse_where_one_has_it_all() -> None:
    company = open_company(TEA=2)
    (far,) = results(open_warehouses(["CD"], context=now()))
    receive_stock([Receipt(company.skus["TEA"], far, 4, "receipt", "far")], context=now())
    ids = merged(twins(company, 2, "confirmed"))
    assert len(reserve_orders(ids, context=now()).accepted) == 2
    assert {row.warehouse_id for row in StockBalance.objects.filter(reserved__gt=0)} == {far}
    release_orders(ids, context=now())


def test_orders_whose_goods_lie_in_two_warehouses_do_not_share_a_parcel() -> None:
    company = open_company(TEA=2)
    (far,) = results(open_warehouses(["CD"], context=now()))
    receive_stock([Receipt(company.skus["TEA"], far, 4, "receipt", "far")], context=now())
    ids = twins(company, 2, "reserved")
    assert refusals(merge_orders([Joining(ids[1], ids[0])], context=now())) == [(0, "warehouses_differ")]


# ---- warehouses -------------------------------------------------------------------------------------------


def _placed(company: Company, province: str, name: str, pieces: int = 1) -> OrderIn:
    return order_in(company, name, {"TEA": pieces}, contact=replace(BUYER, buyer=name, province=province, city=""))


def test_the_province_chooses_the_warehouse_and_stock_comes_second() -> None:
    company = open_company(TEA=5)
    (far,) = results(open_warehouses(["CD"], context=now()))
    receive_stock([Receipt(company.skus["TEA"], far, 2, "receipt", "far")], context=now())
    prefer_warehouses([Preference("四川", (far,))], context=now())
    rows = [_placed(company, "四川省", "A", 2), _placed(company, "四川省", "B", 2), _placed(company, "浙江省", "C", 1)]
    ids = results(take_in_orders(rows, context=now()))
    go_on(ids, "received", "reserved")
    places = dict(Reservation.objects.values_list("demand_id", "balance__warehouse__code"))
    assert [places[key] for key in ids] == ["CD", "HZ", "HZ"]


def test_without_a_preference_the_smaller_number_is_asked_first() -> None:
    company = open_company(TEA=5)
    (far,) = results(open_warehouses(["CD"], context=now()))
    receive_stock([Receipt(company.skus["TEA"], far, 2, "receipt", "far")], context=now())
    edits = [
        WarehouseEdit(far, "成都仓", 10),
        WarehouseEdit(far, "x", 1),
        WarehouseEdit(0, "x", 1),
        WarehouseEdit(company.warehouse, " ", 1),
    ]
    given = set_warehouses(edits, context=now())
    assert refusals(given) == [(1, "twice_in_batch"), (2, "unknown_warehouse"), (3, "warehouse_nameless")]
    go_on(results(take_in_orders([_placed(company, "浙江省", "A")], context=now())), "received", "reserved")
    assert Reservation.objects.get().balance.warehouse_id == far


def test_an_order_is_never_served_from_two_warehouses() -> None:
    company = open_company(TEA=3)
    (far,) = results(open_warehouses(["CD"], context=now()))
    receive_stock([Receipt(company.skus["TEA"], far, 3, "receipt", "far")], context=now())
    (order,) = bring(company, 1, {"TEA": 4}, "confirmed")
    assert refusals(reserve_orders([order], context=now())) == [(0, "short")]


def test_a_new_list_takes_the_place_of_the_one_before() -> None:
    company = open_company(TEA=1)
    (far,) = results(open_warehouses(["CD"], context=now()))
    prefer_warehouses([Preference("四川", (far,))], context=now())
    again = prefer_warehouses([Preference("四川", (far,)), Preference("浙江", (0,)), Preference("", ())], context=now())
    assert [row.result for row in again.accepted] == ["unchanged"]
    assert refusals(again) == [(1, "unknown_warehouse"), (2, "unknown_province")]
    prefer_warehouses([Preference("四川", (company.warehouse, far))], context=now())
    prefer_warehouses([Preference("四川", ())], context=now())


# ---- priorities -------------------------------------------------------------------------------------------


def in_turn(state: State = State.RECEIVED) -> list[int]:
    return [key for batch in batches_in_state(state, size=2) for key in batch]


def test_the_larger_priority_goes_first_then_who_paid_first() -> None:
    company = open_company(TEA=1)
    rows = orders_in(company, 5, {"TEA": 1})
    paid = [
        replace(row, paid_at=row.placed_at + timedelta(minutes=minutes))
        for row, minutes in zip(rows, (9, 3, 7, 5, 1), strict=True)
    ]
    ids = results(take_in_orders(paid, context=now()))
    set_priority([Turn(ids[0], 10), Turn(ids[2], 90)], context=now())
    assert in_turn() == [ids[2], ids[0], ids[4], ids[1], ids[3]]


def test_scarce_stock_goes_to_the_larger_priority() -> None:
    company = open_company(TEA=1)
    ids = bring(company, 3, {"TEA": 1}, "confirmed")
    set_priority([Turn(ids[2], 1)], context=now())
    reserve_orders(in_turn(State.CONFIRMED), context=now())
    assert states(ids) == ["confirmed", "confirmed", "reserved"]


def test_priorities_are_bounded_and_end_with_the_order() -> None:
    company = open_company(TEA=1)
    ids = bring(company, 2, {"TEA": 1})
    cancel_orders([ids[1]], context=now())
    rows = [Turn(ids[0], 101), Turn(ids[0], -1), Turn(ids[1], 1), Turn(0, 1), Turn(ids[0], 5), Turn(ids[0], 6)]
    codes = ["bad_priority", "bad_priority", "wrong_state", "unknown_order", "twice_in_batch"]
    assert [code for _, code in refusals(set_priority(rows, context=now()))] == codes


def test_orders_of_favoured_buyers_come_in_with_their_priority() -> None:
    company = open_company(TEA=1)
    edit_favoured([Favour("小雨 O00001", 30)], context=now())
    first, second = bring(company, 2, {"TEA": 1})
    assert dict(Order.objects.values_list("id", "priority")) == {first: 0, second: 30}
    assert in_turn() == [second, first]
    changed = edit_favoured(
        [Favour("小雨 o00001", 40), Favour("沈**", 5), Favour("x", 0), Favour("y", 1, on=False)], context=now()
    )
    assert refusals(changed) == [(1, "fragment_short"), (2, "bad_priority"), (3, "not_listed")]
    edit_favoured([Favour("小雨 O00001", 0, on=False)], context=now())


def test_an_order_near_the_limit_of_its_channel_becomes_urgent() -> None:
    company = open_company(TEA=1)
    limits = (HOUR, 6 * HOUR, 6 * HOUR + timedelta(seconds=1))
    rows = [
        replace(row, platform_due_at=MONDAY_MORNING + limit)
        for row, limit in zip(orders_in(company, 3, {"TEA": 1}), limits, strict=True)
    ]
    ids = results(take_in_orders(rows, context=now()))
    set_priority([Turn(ids[1], 80)], context=now())
    assert near_limit(MONDAY_MORNING) == [ids[0]]
    raise_urgent(ids[:2], context=now())
    assert [Order.objects.get(id=key).priority for key in ids] == [URGENT, 80, 0]
    assert near_limit(MONDAY_MORNING) == []


# ---- sent again -------------------------------------------------------------------------------------------


def test_pieces_are_sent_again_as_an_order_without_a_price() -> None:
    company = open_company(TEA=10, CUP=10)
    (order,) = bring(company, 1, {"TEA": 2, "CUP": 1}, "shipped")
    (again,) = results(resend_orders([Pieces(order, ((parts_of(order)[0], 1),))], context=now()))
    new = Order.objects.get(id=again)
    assert (new.external_id, new.parent_id, new.origin, new.total_fen) == ("O00000#R1", order, Origin.RESEND, 0)
    assert (new.placed_at, new.state) == (MONDAY_MORNING, "received")
    assert Obligation.objects.get(subject_id=again).started_at == MONDAY_MORNING
    go_on([again], "received", "shipped")
    assert dict(StockBalance.objects.values_list("sku__code", "on_hand")) == {"TEA": 7, "CUP": 9}


def test_only_what_was_sent_is_sent_again() -> None:
    company = open_company(TEA=10)
    shipped, open_one = [*bring(company, 1, {"TEA": 2}, "shipped"), *bring(company, 1, {"TEA": 2}, prefix="N")]
    rows = [
        Pieces(shipped, ((parts_of(shipped)[0], 3),)),
        Pieces(open_one, ((parts_of(open_one)[0], 1),)),
        Pieces(0, ((1, 1),)),
    ]
    assert sorted(refusals(resend_orders(rows, context=now()))) == [
        (0, "too_many"),
        (1, "wrong_state"),
        (2, "unknown_order"),
    ]
