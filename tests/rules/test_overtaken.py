"""Which refusals of a stage only say that somebody else was faster."""

import pytest

from zhanggui.kernel.batch import Accepted, Answer, Rejected
from zhanggui.processes.records import UNTIL, StageCount, is_overtaken
from zhanggui.sales.orders.records import STATES, State

LATER = {
    "received": {"held", "confirmed", "reserved", "released", "shipped", "cancelled"},
    "held": {"received", "confirmed", "reserved", "released", "shipped", "cancelled"},
    "confirmed": {"reserved", "released", "shipped", "cancelled"},
    "reserved": {"released", "shipped", "cancelled"},
    "released": {"shipped", "cancelled"},
}


@pytest.mark.parametrize("takes", LATER)
def test_an_order_further_on_or_ended_was_overtaken_and_one_further_back_was_not(takes: str) -> None:
    told = {state for state in STATES if is_overtaken(Rejected(0, "wrong_state", {"state": state}), State(takes))}
    assert told == LATER[takes]


@pytest.mark.parametrize("code", ["short", "on_hold", "later_on_record", "unknown_order", "waybill_used"])
def test_every_other_refusal_is_told(code: str) -> None:
    assert not is_overtaken(Rejected(0, code, {"state": "shipped"}), State.RECEIVED)


def test_a_refusal_that_names_no_state_is_told() -> None:
    assert not is_overtaken(Rejected(0, "wrong_state", {}), State.RECEIVED)


def test_a_stage_counts_the_three_apart() -> None:
    count = StageCount()
    refused = (Rejected(1, "wrong_state", {"state": "shipped"}), Rejected(2, "short", {"missing": 3}))
    for _ in range(2):
        count.add(Answer((Accepted(0, 7),), refused), State.CONFIRMED)
    assert (count.accepted, count.overtaken, count.rejected) == (2, 2, {"short": 2})


def test_the_last_stages_that_may_be_asked_for_are_states_on_the_way() -> None:
    assert UNTIL == ("confirmed", "reserved", "released", "shipped")
