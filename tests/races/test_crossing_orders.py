"""Orders that want the same SKUs in opposite order, in eight processes: nobody meets a deadlock."""

import pytest
from django.db import connection
from tests.factories.orders import bring, open_company
from tests.factories.truths import unproven
from tests.races.crew import Crew, accepted, errors, request

pytestmark = pytest.mark.postgres

PAIRS = 500
FORWARD = {"A": 1, "B": 1, "C": 1, "D": 1}
BACKWARD = {"D": 1, "C": 1, "B": 1, "A": 1}


def deadlocks() -> int:
    """Deadlocks that the server has resolved in this database so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def test_five_hundred_crossing_pairs_meet_no_deadlock(crew: Crew) -> None:
    before = deadlocks()
    company = open_company(A=5_000, B=5_000, C=5_000, D=5_000)
    forward = bring(company, PAIRS, FORWARD, "confirmed", "F")
    backward = bring(company, PAIRS, BACKWARD, "confirmed", "B")
    half = crew.size // 2
    shares = [forward[at::half] for at in range(half)] + [backward[at::half] for at in range(half)]
    replies = crew.race([request("reserved", [[key] for key in share]) for share in shares])
    assert errors(replies) == []
    assert len(accepted(replies)) == 2 * PAIRS
    replies = crew.race(
        [request("cancelled", [share[at : at + 5] for at in range(0, len(share), 5)]) for share in shares]
    )
    assert errors(replies) == []
    assert len(accepted(replies)) == 2 * PAIRS
    assert deadlocks() == before
    assert unproven() == {}


def test_batches_over_the_same_orders_in_opposite_order_meet_no_deadlock(crew: Crew) -> None:
    before = deadlocks()
    company = open_company(A=5_000, B=5_000, C=5_000, D=5_000)
    ids = bring(company, 200, FORWARD) + bring(company, 200, BACKWARD, prefix="B")
    for target in ("confirmed", "reserved", "released", "shipped"):
        turns = [ids[at * 50 :] + ids[: at * 50] for at in range(crew.size)]
        turns = [turn[::-1] if at % 2 else turn for at, turn in enumerate(turns)]
        replies = crew.race([request(target, [turn[at : at + 40] for at in range(0, 400, 40)]) for turn in turns])
        assert errors(replies) == []
        assert len(accepted(replies)) == len(ids)
    assert deadlocks() == before
    assert unproven() == {}
