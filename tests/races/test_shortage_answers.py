"""Several people at one offer in the same moment: one answer wins; no order is both agreed on and cancelled."""

from collections import Counter

import pytest
from tests.factories.orders import open_company, states
from tests.factories.shortages import cases_of, offered, short_cases, short_orders
from tests.factories.truths import unproven
from tests.races.crew import Crew, accepted, codes, errors, request

from zhanggui.obligations.models import Obligation
from zhanggui.sales.orders.models import Order
from zhanggui.sales.shortages.models import ShortageAnswer, ShortageCase
from zhanggui.sales.shortages.records import hash_of

pytestmark = pytest.mark.postgres


def test_eight_answers_to_one_offer_are_one_agreement(crew: Crew) -> None:
    cases = short_cases(open_company(TEA=0), 30, {"TEA": 1})
    tokens = [hash_of(token) for token in offered(cases)]
    rows = [
        [[[case, "wait" if at % 2 else "cancel", token]] for case, token in zip(cases, tokens, strict=True)]
        for at in range(crew.size)
    ]
    turns = [turn[4 * at :] + turn[: 4 * at] for at, turn in enumerate(rows)]
    replies = crew.race([request("answered", turn) for turn in turns])
    assert errors(replies) == []
    assert len(accepted(replies)) == 30
    assert codes(replies) == {"answered_already": 30 * (crew.size - 1)}
    assert ShortageAnswer.objects.count() == 30
    won = Counter(ShortageAnswer.objects.values_list("option", flat=True))
    assert set(won) == {"wait", "cancel"}, "one side never won: the race did not happen"
    assert Obligation.objects.filter(subject_kind="shortage_promise").count() == won["wait"]
    assert unproven() == {}


def test_an_answer_and_a_cancellation_never_contradict_each_other(crew: Crew) -> None:
    orders = short_orders(open_company(TEA=0), 40, {"TEA": 1})
    cases = cases_of(orders)
    tokens = [hash_of(token) for token in offered(cases)]
    answering = [[[case, "wait", token]] for case, token in zip(cases, tokens, strict=True)]
    cancelling = [[key] for key in orders]
    replies = crew.race([
        request("answered", answering), request("cancelled", cancelling), request("answered", answering[::-1]),
        request("cancelled", cancelling[::-1]),
    ])  # fmt: skip
    assert errors(replies) == []
    assert set(states(orders)) == {"cancelled"}
    assert set(ShortageCase.objects.values_list("state", "outcome")) == {("closed", "order_ended")}
    refused = codes(replies)
    assert refused["order_ended"] + refused["answered_already"] == 80 - ShortageAnswer.objects.count()
    assert not Obligation.objects.filter(state__in=("open", "paused", "breached")).exists()
    assert unproven() == {}


def test_what_was_agreed_is_carried_out_once(crew: Crew) -> None:
    company = open_company(TEA=0, CUP=40)
    orders = short_orders(company, 20, {"TEA": 1, "CUP": 2})
    cases = cases_of(orders)
    offered(cases)
    rows = [[case, "part", ""] for case in cases]
    assert errors(crew.race([request("answered", [rows])])) == []
    replies = crew.race([request("carried_out", [[case] for case in cases])] * crew.size)
    assert errors(replies) == []
    assert accepted(replies) == ["split"] * 20
    assert Order.objects.filter(parent_id__in=orders, state="reserved").count() == 20
    assert unproven() == {}
