"""What a caller may ask of the checker: some invariants, few findings; and when it must not say that all is well."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from tests.checker.planting import plant, run
from tests.factories.company import EVENING, Day, build_company, by
from tests.factories.orders import bring, order_in

from zhanggui.kernel import clock
from zhanggui.oversight.verification.queries import CHECKS, INVARIANTS, CouldNotCheck, verify
from zhanggui.sales.orders.intake import take_in_orders

MINUTE = timedelta(minutes=1)


def test_only_the_invariants_asked_for_are_checked(company: Day) -> None:
    assert [row.id for row in verify(EVENING, only=["D2", "S1"]).invariants] == ["S1", "D2"]


def test_every_invariant_has_its_words_in_both_languages() -> None:
    assert set(INVARIANTS) == set(CHECKS)
    assert all(zh and en for zh, en in INVARIANTS.values())


def test_an_invariant_that_does_not_exist_is_no_pass(company: Day) -> None:
    with pytest.raises(CouldNotCheck, match="Z9"):
        verify(EVENING, only=["S1", "Z9"])


def test_a_missing_table_is_no_pass(company: Day) -> None:
    run("ALTER TABLE delivery_alarm RENAME TO delivery_alarm_gone")
    with pytest.raises(CouldNotCheck, match="J3"), transaction.atomic():
        verify(EVENING, only=["J3"])


def test_a_basis_of_time_that_nobody_knows_is_a_finding_and_hides_no_other(company: Day) -> None:
    plant(("obligations_obligation",), "UPDATE obligations_obligation SET time_basis = 'lunar'")
    plant(("inventory_stockbalance",), "UPDATE inventory_stockbalance SET on_hand = on_hand + 1")
    assert set(verify(EVENING, only=["D2", "S1"]).broken) == {"D2", "S1"}


def test_all_findings_are_counted_and_the_first_are_told(company: Day) -> None:
    plant(("orders_order",), "UPDATE orders_order SET version = version + 1")
    (row,) = verify(EVENING, only=["O9"], limit=3).invariants
    assert row.violations == row.checked > 3
    assert len(row.findings) == 3
    assert row.findings[0].subject.startswith("order ")
    assert row.findings[0].text.startswith("version=")


def test_the_unsealed_tail_is_a_figure_first_and_a_finding_after_a_minute(company: Day) -> None:
    bring(company.company, 1, {"TEA": 1}, prefix="NEW")
    assert verify(EVENING).figures["unsealed_runs"] == 1
    assert verify(EVENING, only=["A1"]).clean
    with clock.frozen(EVENING + MINUTE):
        assert verify(EVENING, only=["A1"]).clean
    with clock.frozen(EVENING + MINUTE + timedelta(microseconds=1)):
        assert verify(EVENING, only=["A1"]).broken == ("A1",)
        assert verify(EVENING).figures["unsealed_seconds"] == 60


def test_a_clock_long_due_at_its_birth_has_a_minute_until_the_sweep(company: Day) -> None:
    old = EVENING - timedelta(days=400)
    take_in_orders([order_in(company.company, "OLD", {"TEA": 1}, old)], context=by(EVENING))
    with clock.frozen(EVENING + MINUTE):
        assert verify(EVENING + MINUTE, only=["D4"]).clean
    with clock.frozen(EVENING + MINUTE + timedelta(microseconds=1)):
        assert verify(EVENING + MINUTE, only=["D4"]).broken == ("D4",)


@pytest.mark.django_db(transaction=True)
def test_it_gives_the_connection_back_as_it_was() -> None:
    day = build_company()
    with clock.frozen(EVENING):
        assert verify(EVENING).clean
        assert not connection.in_atomic_block
        bring(day.company, 1, {"TEA": 1}, prefix="AFTER")
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                assert cursor.execute("PRAGMA temp_store").fetchone()[0] == 2
        with transaction.atomic():
            assert verify(EVENING).clean, "inside a caller's transaction it reads that one"
