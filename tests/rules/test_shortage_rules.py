"""What may be offered about a short order, by when it is owed, and by which way a customer is told."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.sales.shortages import rules

DAY = date(2026, 3, 9)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Contact:
    """How a customer can be reached."""

    email: str = ""
    phone: str = ""
    kind: str = "plain"


@pytest.mark.parametrize(
    ("promised", "substitutes", "missing", "wanted", "options"),
    [
        (DAY, (), 2, 2, ("wait", "cancel")),
        (DAY, (), 2, 3, ("wait", "part", "cancel")),
        (None, (), 2, 3, ("cancel",)),
        (None, ("MUG",), 2, 3, ("substitute", "cancel")),
        (DAY, ("MUG",), 1, 3, ("wait", "part", "substitute", "cancel")),
    ],
)
def test_what_may_be_chosen(
    promised: date | None, substitutes: tuple[str, ...], missing: int, wanted: int, options: tuple[str, ...]
) -> None:
    assert rules.options_of(promised, substitutes, missing, wanted) == options


@pytest.mark.parametrize(("days", "fault"), [(-1, "date_past"), (0, None), (365, None), (366, "date_past")])
def test_a_day_lies_between_today_and_a_year_ahead(days: int, fault: str | None) -> None:
    assert rules.day_fault(DAY + timedelta(days=days), DAY) == fault


def test_a_promised_day_ends_where_the_next_one_begins() -> None:
    assert rules.end_of(DAY, SHANGHAI).isoformat() == "2026-03-10T00:00:00+08:00"


@pytest.mark.parametrize(
    ("contact", "channel", "ways", "found"),
    [
        (Contact("a@b.cn", "13800000001"), "taobao", {"mail", "sms"}, ("mail", "a@b.cn")),
        (Contact("", "13800000001"), "taobao", {"mail", "sms"}, ("sms", "13800000001")),
        (Contact("", "13800000001", "masked"), "taobao", {"sms"}, ("", "")),
        (Contact("", "138****0001", "masked"), "taobao", {"sms", "platform"}, ("platform", "taobao")),
        (Contact("", "", "none"), "manual", {"platform"}, ("", "")),
        (Contact("a@b.cn"), "taobao", set(), ("", "")),
        (Contact("not an address"), "taobao", {"mail"}, ("", "")),
    ],
)
def test_the_best_way_to_a_customer(contact: Contact, channel: str, ways: set[str], found: tuple[str, str]) -> None:
    assert rules.best_channel(contact, channel, ways) == found


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40), st.text(min_size=1))
def test_a_token_needs_seed_and_key(seed: str, other: str, key: str) -> None:
    token = rules.token_of(seed, key)
    assert len(token) == 32
    assert token == rules.token_of(seed, key)
    assert (token == rules.token_of(other, key)) == (seed == other)
    assert token != rules.token_of(seed, key + "x")
