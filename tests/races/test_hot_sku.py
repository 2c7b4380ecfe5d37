"""Eight processes want the last pieces of one SKU: exactly what is there is sold, and without locks it would not be."""

import pytest
from django.db import connection
from tests.factories.orders import bring, open_company
from tests.factories.truths import broken, unproven
from tests.races.crew import Crew, Replies, accepted, codes, errors, request

from zhanggui.logistics.inventory.models import Reservation, StockBalance

pytestmark = pytest.mark.postgres

BUYERS_EACH = 100
CHECK = "balance_never_negative"


def everybody_buys(crew: Crew, units: int, *, buyers_each: int = BUYERS_EACH, blind: bool = False) -> list[Replies]:
    """Let every process reserve one piece for each of its buyers, one call each."""
    company = open_company(HOT=units)
    ids = bring(company, crew.size * buyers_each, {"HOT": 1}, "confirmed")
    buyers = [[[key] for key in ids[at :: crew.size]] for at in range(crew.size)]
    return crew.race([request("reserved", batches, blind=blind) for batches in buyers])


@pytest.mark.parametrize("units", [200, 1])
def test_exactly_the_pieces_that_are_there_are_sold(crew: Crew, units: int) -> None:
    replies = everybody_buys(crew, units)
    assert errors(replies) == []
    assert len(accepted(replies)) == units
    assert codes(replies) == {"short": crew.size * BUYERS_EACH - units}
    balance = StockBalance.objects.get()
    assert (balance.on_hand, balance.reserved) == (units, units)
    assert Reservation.objects.filter(state="open").count() == units
    assert unproven() == {}


def test_without_locks_the_constraint_still_refuses_to_oversell(crew: Crew) -> None:
    replies = everybody_buys(crew, 40, buyers_each=20, blind=True)
    refused = [text for text in errors(replies) if CHECK in text]
    assert len(accepted(replies)) == StockBalance.objects.get().reserved <= 40
    assert len(errors(replies)) == len(refused)
    assert unproven() == {}


def test_without_locks_and_constraint_stock_is_oversold(crew: Crew) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [CHECK])
        (definition,) = cursor.fetchone()
        cursor.execute(f"ALTER TABLE inventory_stockbalance DROP CONSTRAINT {CHECK}")
    try:
        replies = everybody_buys(crew, 40, buyers_each=20, blind=True)
        assert len(accepted(replies)) > 40
        assert list(broken()) == ["S3 stock is never negative, nor less than reserved"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE inventory_stockbalance SET on_hand = reserved WHERE reserved > on_hand")
            cursor.execute(f"ALTER TABLE inventory_stockbalance ADD CONSTRAINT {CHECK} {definition}")
