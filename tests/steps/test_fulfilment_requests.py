"""Logistics takes each request once, ships it once under a waybill of its own, or cancels it."""

import pytest
from tests.factories.orders import bring, dispatches, now, open_company, refusals
from tests.factories.steps import contents, prepared

from zhanggui.logistics.fulfilment.models import FulfilmentLine, FulfilmentRequest, Shipment
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.logistics.fulfilment.steps import cancel_requests, ship_requests, take_requests

pytestmark = pytest.mark.django_db


def released(count: int) -> list[int]:
    return bring(open_company(TEA=100), count, {"TEA": 1}, "released")


def test_a_request_is_kept_with_its_lines() -> None:
    _, (asked,) = prepared("fulfilment.take_requests", 1)
    (row,) = take_requests([asked], context=now()).accepted
    request = FulfilmentRequest.objects.get(id=row.result)
    assert (request.reference_id, request.reference_no, request.state) == (
        asked.reference_id, asked.reference_no, "open"
    )  # fmt: skip
    line = FulfilmentLine.objects.get()
    assert (line.request_id, line.reservation_id, line.quantity) == (request.id, asked.claims[0].reservation_id, 2)


def test_a_reference_is_taken_once() -> None:
    step, rows = prepared("fulfilment.take_requests", 2)
    step(rows[:1], context=now())
    given = step(rows, context=now())
    assert ([row.index for row in given.accepted], refusals(given)) == ([1], [(0, "already_taken")])
    assert FulfilmentRequest.objects.count() == FulfilmentLine.objects.count() == 2


def test_a_reference_twice_in_a_batch_is_taken_once() -> None:
    step, rows = prepared("fulfilment.take_requests", 1)
    assert refusals(step([rows[0], rows[0]], context=now())) == [(1, "already_taken")]
    assert FulfilmentRequest.objects.count() == 1


def test_a_parcel_leaves_with_its_carrier_and_waybill() -> None:
    (key,) = released(1)
    (row,) = ship_requests([Dispatch(key, "sf", "SF1")], context=now()).accepted
    parcel = Shipment.objects.get(id=row.result)
    assert (parcel.carrier, parcel.waybill, parcel.shipped_at) == ("sf", "SF1", now().as_of)
    assert FulfilmentRequest.objects.get().state == "shipped"


def test_what_was_shipped_or_cancelled_or_never_asked_does_not_ship() -> None:
    ids = released(3)
    ship_requests(dispatches(ids[:1]), context=now())
    cancel_requests(ids[1:2], context=now())
    before = contents()
    given = ship_requests(dispatches([*ids[:2], 999]), context=now())
    assert refusals(given) == [(0, "already_shipped"), (1, "cancelled"), (2, "unknown")]
    assert contents() == before


def test_a_request_twice_in_a_batch_ships_once() -> None:
    (key,) = released(1)
    given = ship_requests([Dispatch(key, "sf", "SF1"), Dispatch(key, "sf", "SF2")], context=now())
    assert refusals(given) == [(1, "already_shipped")]
    assert Shipment.objects.get().waybill == "SF1"


def test_a_waybill_is_used_once_per_carrier() -> None:
    ids = released(4)
    ship_requests([Dispatch(ids[0], "sf", "1")], context=now())
    rows = [Dispatch(ids[1], "sf", "1"), Dispatch(ids[2], "yto", "1"), Dispatch(ids[3], "yto", "1")]
    given = ship_requests(rows, context=now())
    assert refusals(given) == [(0, "waybill_used"), (2, "waybill_used")]
    assert sorted(Shipment.objects.values_list("carrier", "waybill")) == [("sf", "1"), ("yto", "1")]


def test_a_parcel_without_a_waybill_does_not_leave() -> None:
    ids = released(2)
    given = ship_requests([Dispatch(ids[0], "sf", ""), Dispatch(ids[1], "sf", "SF1")], context=now())
    assert refusals(given) == [(0, "waybill_missing")]
    assert Shipment.objects.get().waybill == "SF1"


def test_an_open_request_is_cancelled_once() -> None:
    ids = released(2)
    ship_requests(dispatches(ids[1:]), context=now())
    given = cancel_requests([ids[0], ids[0], ids[1], 999], context=now())
    assert [row.index for row in given.accepted] == [0]
    assert refusals(given) == [(1, "cancelled"), (2, "already_shipped"), (3, "unknown")]
    assert list(FulfilmentRequest.objects.order_by("id").values_list("state", flat=True)) == ["cancelled", "shipped"]
