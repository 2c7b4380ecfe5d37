"""How a clock ends: "by" includes the instant, and a delay is counted to the microsecond."""

from datetime import UTC, datetime, timedelta

import pytest

from zhanggui.obligations.rules import verdict, withdrawal

DUE = datetime(2026, 3, 3, 9, tzinfo=UTC)
US = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("event_at", "state", "late_us"),
    [
        (DUE - timedelta(seconds=1), "met", None),
        (DUE - US, "met", None),
        (DUE, "met", None),
        (DUE + US, "late", 1),
        (DUE + timedelta(days=2, microseconds=3), "late", 172_800_000_003),
    ],
    ids=["second_before", "before", "at", "after", "days_after"],
)
def test_by_includes_the_instant(event_at: datetime, state: str, late_us: int | None) -> None:
    assert verdict(DUE, event_at) == (state, late_us)


def test_a_withdrawal_after_the_due_instant_is_late_too() -> None:
    assert withdrawal(DUE, DUE) == ("withdrawn", None)
    assert withdrawal(DUE, DUE + US) == ("late", 1)
