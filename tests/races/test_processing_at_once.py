"""Several processes take all open orders through at the same time: each order once, and nobody is told of a refusal."""

import pytest
from tests.factories.orders import bring, go_on, open_company, states
from tests.factories.truths import broken
from tests.races.crew import Crew, errors, every, request

from zhanggui.journal.models import Transition

pytestmark = pytest.mark.postgres
STAGES = ("confirmed", "reserved", "released", "shipped")


def test_orders_that_another_process_moved_on_are_no_refusals(crew: Crew) -> None:
    company = open_company(TEA=10_000)
    ids = bring(company, 300, {"TEA": 1})
    begun = bring(company, 100, {"TEA": 1}, prefix="B")
    go_on(begun, "received", "reserved")
    replies = crew.race([request("processed", [[]])] * crew.size)
    assert errors(replies) == []
    counted = [answer["stages"] for answer in every(replies)]
    assert {str(stage["rejected"]) for stages in counted for stage in stages.values()} == {"{}"}
    assert [sum(stages[name]["accepted"] for stages in counted) for name in STAGES] == [300, 300, 400, 400]
    overtaken = sum(stage["overtaken"] for stages in counted for stage in stages.values())
    assert overtaken > 0, "nobody was overtaken: the race did not happen"
    assert set(states(ids + begun)) == {"shipped"}
    assert Transition.objects.filter(kind="order", to_state="shipped").count() == 400
    assert broken() == {}


def test_what_is_refused_for_its_own_sake_is_still_told(crew: Crew) -> None:
    ids = bring(open_company(TEA=5), 8, {"TEA": 1})
    replies = crew.race([request("processed", [[]])] * 4)
    assert errors(replies) == []
    told = [answer["stages"]["reserved"]["rejected"] for answer in every(replies)]
    assert any(told)
    assert all(set(codes) <= {"short"} for codes in told)
    assert sorted(states(ids)) == ["confirmed"] * 3 + ["shipped"] * 5
    assert Transition.objects.filter(kind="shortage").count() == 3
    assert broken() == {}
