"""`demo` makes the same company from the same seed, and the company is in order."""

from tests.cli.conftest import NewHome
from tests.cli.homes import Home

COUNTED = (
    "SELECT (SELECT COUNT(*) FROM orders_order), (SELECT COUNT(*) FROM orders_orderline),"
    " (SELECT SUM(total_fen) FROM orders_order), (SELECT COUNT(*) FROM fulfilment_shipment),"
    " (SELECT COUNT(*) FROM journal_transition WHERE kind IN ('order', 'hold', 'reservation', 'request')),"
    " (SELECT COUNT(*) FROM journal_run WHERE step LIKE 'orders.%' OR step LIKE 'processes.%')"
)


def test_the_same_seed_makes_the_same_company_and_another_seed_another(company: Home, new_home: NewHome) -> None:
    twin, other = new_home(), new_home()
    assert twin.ask("demo", "--days", 3, "--seed", 1).code == 0
    assert other.ask("demo", "--days", 3, "--seed", 2).code == 0
    assert twin.sql(COUNTED) == company.sql(COUNTED)
    assert other.sql(COUNTED) != company.sql(COUNTED)


def test_the_company_verifies_and_nothing_waits_for_its_seal(company: Home) -> None:
    proof = company.ask("verify")
    assert (proof.code, sum(row["violations"] for row in proof.document["invariants"])) == (0, 0)
    assert company.sql("SELECT COUNT(*) FROM journal_pendingseal") == [(0,)]


def test_a_home_that_holds_orders_is_left_alone(company: Home) -> None:
    before = company.sql(COUNTED)
    refused = company.ask("demo", "--days", 3)
    assert (refused.code, refused.out) == (2, "")
    assert "ZHANGGUI_HOME" in refused.err
    quiet = company.ask("demo", "--if-empty")
    assert (quiet.code, quiet.document["orders"]) == (0, 0)
    assert company.sql(COUNTED) == before


def test_days_out_of_reach_are_refused(new_home: NewHome) -> None:
    home = new_home()
    assert [home.ask("demo", "--days", days).code for days in (0, 367)] == [2, 2]
