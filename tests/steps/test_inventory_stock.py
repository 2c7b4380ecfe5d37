"""Stock moves once per cause, never below what is reserved; claims are all or nothing, first come first served."""

import pytest
from django.db import IntegrityError, transaction
from tests.factories.orders import Company, now, open_company, receive, refusals
from tests.factories.steps import contents
from tests.factories.truths import broken

from zhanggui.journal.records import Contradicted
from zhanggui.logistics.inventory.models import Reservation, StockBalance, StockMovement, Warehouse
from zhanggui.logistics.inventory.records import Demand, Receipt
from zhanggui.logistics.inventory.steps import open_warehouses, receive_stock, reserve_stock

pytestmark = pytest.mark.django_db


def on_hand(company: Company, code: str) -> tuple[int, int]:
    return StockBalance.objects.values_list("on_hand", "reserved").get(sku_id=company.skus[code])


def demand(company: Company, key: int, *lines: tuple[str, int]) -> Demand:
    return Demand(key, tuple((key * 100 + at, company.skus[code], n) for at, (code, n) in enumerate(lines)))


def test_a_receipt_moves_stock_once_however_often_it_comes() -> None:
    company = open_company(TEA=0)
    receive(company, {"TEA": 5}, "truck 1")
    again = receive(company, {"TEA": 5}, "truck 1")
    assert [row.result for row in again.accepted] == ["unchanged"]
    assert on_hand(company, "TEA") == (5, 0)
    assert StockMovement.objects.count() == 1


def test_one_cause_twice_in_a_batch_counts_once() -> None:
    company = open_company(TEA=0)
    row = Receipt(company.skus["TEA"], company.warehouse, 5, "receipt", "truck 1")
    given = receive_stock([row, row], context=now())
    assert given.accepted[1].result == "unchanged"
    assert on_hand(company, "TEA") == (5, 0)
    assert broken() == {}


def test_a_cause_with_another_quantity_is_refused_and_named() -> None:
    company = open_company(TEA=0)
    receive(company, {"TEA": 5}, "truck 1")
    before = contents()
    given = receive(company, {"TEA": 6}, "truck 1")
    assert refusals(given) == [(0, "cause_differs")]
    assert given.rejected[0].details == {"booked": 5}
    assert contents() == before


def test_a_correction_goes_down_to_what_is_reserved_and_no_further() -> None:
    company = open_company(TEA=10)
    reserve_stock([demand(company, 1, ("TEA", 4))], context=now())
    assert refusals(receive(company, {"TEA": -7}, "count 1")) == [(0, "below_reserved")]
    assert on_hand(company, "TEA") == (10, 4)
    assert not receive(company, {"TEA": -6}, "count 2").rejected
    assert on_hand(company, "TEA") == (4, 4)
    assert broken() == {}


def test_rows_of_one_batch_see_each_other() -> None:
    company = open_company(TEA=0)
    rows = [
        Receipt(company.skus["TEA"], company.warehouse, n, "count", f"c{at}") for at, n in enumerate((-1, 3, -2, -2))
    ]
    assert refusals(receive_stock(rows, context=now())) == [(0, "below_reserved"), (3, "below_reserved")]
    assert on_hand(company, "TEA") == (1, 0)
    assert broken() == {}


def test_a_receipt_of_nothing_moves_nothing() -> None:
    company = open_company(TEA=0)
    given = receive(company, {"TEA": 0}, "opening")
    assert [row.result for row in given.accepted] == ["unchanged"]
    assert not StockMovement.objects.exists()


def test_a_warehouse_is_opened_once() -> None:
    first = open_warehouses(["B", "A", "B"], context=now())
    again = open_warehouses(["A"], context=now())
    assert first.accepted[0].result == first.accepted[2].result
    assert again.accepted[0].result == first.accepted[1].result
    assert Warehouse.objects.count() == 2


def test_who_comes_first_is_served_first() -> None:
    company = open_company(TEA=5)
    given = reserve_stock([demand(company, key, ("TEA", 2)) for key in (1, 2, 3)], context=now())
    assert [row.result for row in given.accepted] == [1, 2]
    assert refusals(given) == [(2, "short")]
    assert given.rejected[0].details == {"sku_id": company.skus["TEA"], "missing": 1}
    assert on_hand(company, "TEA") == (5, 4)
    assert broken() == {}


def test_who_needs_less_passes_one_who_got_nothing() -> None:
    company = open_company(TEA=3)
    given = reserve_stock([demand(company, 1, ("TEA", 4)), demand(company, 2, ("TEA", 3))], context=now())
    assert ([row.result for row in given.accepted], refusals(given)) == ([2], [(0, "short")])


def test_a_demand_gets_all_of_its_lines_or_none() -> None:
    company = open_company(TEA=5, CUP=1)
    given = reserve_stock([demand(company, 1, ("TEA", 1), ("CUP", 2))], context=now())
    assert refusals(given) == [(0, "short")]
    assert given.rejected[0].details == {"sku_id": company.skus["CUP"], "missing": 1}
    assert not Reservation.objects.exists()


def test_two_lines_of_one_sku_count_together() -> None:
    company = open_company(TEA=5)
    given = reserve_stock([demand(company, 1, ("TEA", 3), ("TEA", 3))], context=now())
    assert refusals(given) == [(0, "short")]
    assert on_hand(company, "TEA") == (5, 0)
    assert not reserve_stock([demand(company, 2, ("TEA", 3), ("TEA", 2))], context=now()).rejected
    assert on_hand(company, "TEA") == (5, 5)
    assert broken() == {}


def test_a_product_that_was_never_received_is_short_by_all_of_it() -> None:
    company = open_company(TEA=0)
    given = reserve_stock([demand(company, 1, ("TEA", 3))], context=now())
    assert given.rejected[0].details == {"sku_id": company.skus["TEA"], "missing": 3}


def test_the_preferred_warehouse_that_has_it_all_is_asked_first() -> None:
    company = open_company(TEA=5, CUP=1)
    second = int(open_warehouses(["SH"], context=now()).accepted[0].result)
    rows = [Receipt(company.skus[code], second, 5, "receipt", f"sh:{code}") for code in ("TEA", "CUP")]
    receive_stock(rows, context=now())
    wanted = [demand(company, 1, ("TEA", 1)), demand(company, 2, ("TEA", 1), ("CUP", 2))]
    assert not reserve_stock(wanted, context=now()).rejected
    places = Reservation.objects.order_by("id").values_list("demand_id", "balance__warehouse_id")
    assert list(places) == [(1, company.warehouse), (2, second), (2, second)]
    assert broken() == {}


def test_the_database_refuses_what_the_step_would_never_write() -> None:
    company = open_company(TEA=5)
    reserve_stock([demand(company, 1, ("TEA", 2))], context=now())
    for change in ({"reserved": 6}, {"reserved": -1}, {"on_hand": 1}):
        with pytest.raises(IntegrityError), transaction.atomic():
            StockBalance.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.update(quantity=0)
    with pytest.raises(Contradicted, match=r"reservation_open_once|line_id"):
        reserve_stock([demand(company, 1, ("TEA", 1))], context=now())
