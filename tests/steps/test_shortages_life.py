"""A shortage from the first look at the shelf to its end: told, agreed, carried out, served when goods come."""

from datetime import timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.orders import bring, now, open_company, receive, refusals, states
from tests.factories.shortages import NEXT_MONDAY, cases_of, chosen, offered, short_cases, short_orders
from tests.factories.truths import broken

from zhanggui.journal.steps import seal_runs
from zhanggui.logistics.inventory.records import Receipt
from zhanggui.obligations.models import Obligation
from zhanggui.oversight.verification.queries import verify
from zhanggui.processes.orders import cancel_orders, reserve_orders
from zhanggui.processes.shortages import answer_and_carry_out, attend, carry_out_answers, receive_goods
from zhanggui.sales.orders.models import Order, OrderPart
from zhanggui.sales.shortages.answers import renew_promises, take_answers
from zhanggui.sales.shortages.models import ShortageAnswer, ShortageCase, ShortageLine, ShortageOffer
from zhanggui.sales.shortages.records import Proposal, Told, hash_of
from zhanggui.sales.shortages.steps import propose, record_told

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LATER = MONDAY_MORNING + HOUR
AFTER_THE_DAY = MONDAY_MORNING + timedelta(days=8)


def clocks(case: int) -> dict[str, tuple[str, int]]:
    """Kind of clock to its state and round, the newest round of each."""
    rows = Obligation.objects.filter(subject_kind__startswith="shortage_", subject_id=case).order_by("cycle")
    return {row.subject_kind: (row.state, row.cycle) for row in rows}


def ship_clock(order: int) -> str:
    return str(Obligation.objects.get(subject_kind="order", subject_id=order, clause="2.3.2.1").state)


def sound() -> None:
    """Everything that the checker knows holds."""
    seal_runs()
    found = {row.id: row.findings for row in verify(AFTER_THE_DAY).invariants if row.violations and row.id != "D4"}
    assert (found, broken()) == ({}, {})


def goods(company: object, code: str, pieces: int, cause: str = "new") -> Receipt:
    return Receipt(company.skus[code], company.warehouse, pieces, "receipt", cause)  # type: ignore[attr-defined]


def test_a_short_order_has_a_case_with_two_clocks() -> None:
    company = open_company(TEA=1, CUP=9)
    order, other = short_orders(company, 2, {"TEA": 3, "CUP": 1})
    case = ShortageCase.objects.get(order_id=order)
    assert (case.state, case.cycle) == ("to_tell", 1)
    assert list(ShortageLine.objects.filter(case=case).values_list("sku_id", "missing")) == [(company.skus["TEA"], 2)]
    due = dict(Obligation.objects.filter(subject_id=case.id).values_list("subject_kind", "due_at"))
    assert due["shortage_notice"] == MONDAY_MORNING + 2 * HOUR
    assert due["shortage_answer"] == MONDAY_MORNING + 48 * HOUR
    reserve_orders([order, other], context=now(LATER))
    assert ShortageCase.objects.count() == 2
    sound()


def test_telling_by_hand_meets_the_telling_clock() -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 1})
    given = record_told([Told(case, "phone", "客户知道了")], context=now(LATER))
    assert not given.rejected
    assert clocks(case) == {"shortage_notice": ("met", 1), "shortage_answer": ("open", 1)}
    assert ShortageCase.objects.get(id=case).told_at == LATER
    sound()


@pytest.mark.parametrize(("channel", "words"), [("phone", ""), ("smoke", "words")])
def test_telling_needs_a_way_and_words(channel: str, words: str) -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 1})
    assert refusals(record_told([Told(case, channel, words)], context=now())) == [(0, "words_missing")]


def test_the_offer_names_what_may_be_chosen_and_keeps_no_token() -> None:
    company = open_company(TEA=1, CUP=5, MUG=5)
    (case,) = short_cases(company, 1, {"TEA": 3, "CUP": 1})
    (token,) = offered([case], "MUG")
    offer = ShortageOffer.objects.get()
    assert offer.options == "wait,part,substitute,cancel"
    assert (offer.token_hash, token in str(vars(offer))) == (hash_of(token), False)
    assert len(token) == 32
    sound()


def test_a_new_offer_takes_the_place_of_the_one_before() -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 1})
    (first,), (second,) = offered([case]), offered([case], promised=None)
    assert list(ShortageOffer.objects.order_by("id").values_list("options", flat=True)) == ["wait,cancel", "cancel"]
    old, new = chosen(case, "wait", hash_of(first)), chosen(case, "wait", hash_of(second))
    assert refusals(take_answers([old], context=now())) == [(0, "offer_replaced")]
    assert refusals(take_answers([new], context=now())) == [(0, "not_offered")]


def test_waiting_stops_the_ship_clock_until_the_goods_are_there() -> None:
    company = open_company(TEA=0)
    (order,) = short_orders(company, 1, {"TEA": 2})
    (case,) = cases_of([order])
    (token,) = offered([case])
    given = answer_and_carry_out([chosen(case, "wait", hash_of(token), words="好的")], now(LATER))
    assert [row.result for row in given.accepted] == ["wait"]
    assert clocks(case) == {
        "shortage_notice": ("met", 1), "shortage_answer": ("met", 1), "shortage_promise": ("open", 1),
    }  # fmt: skip
    promise = Obligation.objects.get(subject_kind="shortage_promise")
    assert promise.due_at.isoformat() == "2026-03-09T16:00:00+00:00"
    assert ship_clock(order) == "paused"
    sound()
    receive_goods([goods(company, "TEA", 2)], context=now(MONDAY_MORNING + timedelta(days=3)))
    assert (states([order]), ship_clock(order), clocks(case)["shortage_promise"]) == (["reserved"], "open", ("met", 1))
    assert ShortageCase.objects.get().outcome == "stocked"
    sound()


def test_a_promise_that_fails_begins_another_round() -> None:
    company = open_company(TEA=0)
    (order,) = short_orders(company, 1, {"TEA": 2})
    (case,) = cases_of([order])
    offered([case])
    answer_and_carry_out([chosen(case, "wait")], now(LATER))
    last = ShortageOffer.objects.get()
    too_early = now(MONDAY_MORNING + timedelta(days=7))
    assert refusals(renew_promises([case], context=too_early)) == [(0, "wrong_stage")]
    assert attend(now(AFTER_THE_DAY))["renewed"] == 1
    assert clocks(case) == {
        "shortage_notice": ("open", 2), "shortage_answer": ("open", 2), "shortage_promise": ("late", 1),
    }  # fmt: skip
    assert ship_clock(order) == "open"
    clock = Obligation.objects.get(subject_kind="order", subject_id=order, clause="2.3.2.1")
    assert clock.due_at == MONDAY_MORNING + 48 * HOUR + (Obligation.objects.get(
        subject_kind="shortage_promise").due_at - LATER)  # fmt: skip
    offer = ShortageOffer.objects.order_by("id").last()
    assert offer is not None
    assert offer.id != last.id
    assert (offer.cycle, offer.promised.isoformat() if offer.promised else "") == (2, "2026-03-17")
    assert attend(now(AFTER_THE_DAY))["renewed"] == 0
    sound()


def test_a_part_goes_now_and_the_rest_waits() -> None:
    company = open_company(TEA=1, CUP=5)
    (order,) = short_orders(company, 1, {"TEA": 3, "CUP": 1})
    (case,) = cases_of([order])
    (token,) = offered([case])
    answer_and_carry_out([chosen(case, "part", hash_of(token))], now(LATER))
    child = Order.objects.get(parent_id=order)
    assert (child.origin, child.state, child.total_fen, child.external_id) == ("split", "reserved", 0, "S00000#S1")
    assert sorted(OrderPart.objects.filter(order=child).values_list("wanted", "amount_fen")) == [(1, 0), (1, 0)]
    assert sorted(OrderPart.objects.filter(order=order).values_list("quantity", "wanted")) == [(1, 0), (3, 2)]
    assert (ship_clock(order), ship_clock(child.id)) == ("paused", "open")
    assert carry_out_answers([case], context=now(LATER)).codes == {"wrong_stage": 1}
    receive_goods([goods(company, "TEA", 2)], context=now(LATER + HOUR))
    assert states([order]) == ["reserved"]
    sound()


def test_other_goods_take_the_place_and_the_money_stays() -> None:
    company = open_company(TEA=0, CUP=5, MUG=5)
    (order,) = short_orders(company, 1, {"TEA": 3, "CUP": 1})
    (case,) = cases_of([order])
    (token,) = offered([case], "MUG")
    answer_and_carry_out([chosen(case, "substitute", hash_of(token), substitute="MUG")], now(LATER))
    assert states([order]) == ["reserved"]
    rows = OrderPart.objects.filter(order=order).order_by("id").values_list("sku__code", "wanted", "amount_fen")
    assert list(rows) == [("TEA", 0, 5970), ("CUP", 1, 1990), ("MUG", 3, 0)]
    assert ShortageCase.objects.get().outcome == "substituted"
    assert clocks(case)["shortage_answer"] == ("met", 1)
    sound()


def test_other_goods_that_are_gone_too_begin_another_round() -> None:
    company = open_company(TEA=0, MUG=3)
    first, second = short_cases(company, 2, {"TEA": 2})
    tokens = offered([first, second], "MUG")
    rows = [
        chosen(case, "substitute", hash_of(token), substitute="MUG")
        for case, token in zip((first, second), tokens, strict=True)
    ]
    answer_and_carry_out(rows, now(LATER))
    assert list(ShortageCase.objects.order_by("id").values_list("state", "cycle")) == [("closed", 1), ("to_tell", 2)]
    assert ShortageAnswer.objects.count() == 2
    sound()


def test_cancelling_ends_the_order_and_asks_for_the_refund() -> None:
    company = open_company(TEA=0)
    (order,) = short_orders(company, 1, {"TEA": 2})
    (case,) = cases_of([order])
    (token,) = offered([case])
    answer_and_carry_out([chosen(case, "cancel", hash_of(token))], now(LATER))
    found = Order.objects.get(id=order)
    assert (found.state, found.refund) == ("cancelled", "asked")
    assert ShortageCase.objects.get().outcome == "order_ended"
    assert set(clocks(case).values()) == {("met", 1)}
    sound()


def test_what_was_chosen_keeps_the_goods_from_being_reserved_before_it_is_carried_out() -> None:
    company = open_company(TEA=0)
    (order,) = short_orders(company, 1, {"TEA": 2})
    (case,) = cases_of([order])
    offered([case])
    take_answers([chosen(case, "cancel")], context=now(LATER))
    receive(company, {"TEA": 5}, "new")
    assert refusals(reserve_orders([order], context=now(LATER))) == [(0, "answer_waits")]
    assert attend(now(LATER))["carried_out"] == 1
    assert states([order]) == ["cancelled"]
    sound()


def test_a_cancelled_order_closes_its_case_and_takes_no_answer() -> None:
    (order,) = short_orders(open_company(TEA=0), 1, {"TEA": 2})
    (case,) = cases_of([order])
    (token,) = offered([case])
    cancel_orders([order], context=now(LATER))
    assert clocks(case) == {"shortage_notice": ("withdrawn", 1), "shortage_answer": ("withdrawn", 1)}
    assert refusals(take_answers([chosen(case, "wait", hash_of(token))], context=now(LATER))) == [(0, "order_ended")]
    sound()


def test_the_first_answer_wins_and_the_second_is_told() -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 2})
    (token,) = offered([case])
    answer = chosen(case, "wait", hash_of(token))
    assert not take_answers([answer], context=now(LATER)).rejected
    given = take_answers([chosen(case, "cancel", hash_of(token))], context=now(LATER))
    assert refusals(given) == [(0, "answered_already")]
    assert ShortageAnswer.objects.get().option == "wait"


def test_an_offer_that_has_expired_takes_no_answer() -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 2})
    (token,) = offered([case])
    over = now(MONDAY_MORNING + timedelta(days=7))
    assert refusals(take_answers([chosen(case, "cancel", hash_of(token))], context=over)) == [(0, "offer_expired")]
    just = now(MONDAY_MORNING + timedelta(days=7, seconds=-1))
    assert not take_answers([chosen(case, "cancel", hash_of(token))], context=just).rejected


def test_goods_go_to_who_waits_by_priority_and_payment_before_a_new_order() -> None:
    company = open_company(TEA=0)
    ids = short_orders(company, 3, {"TEA": 1})
    Order.objects.filter(id=ids[2]).update(priority=5)
    Order.objects.filter(id=ids[0]).update(paid_at=MONDAY_MORNING)
    Order.objects.filter(id=ids[1]).update(paid_at=MONDAY_MORNING - HOUR)
    (new,) = bring(company, 1, {"TEA": 1}, "confirmed", "NEW")
    receive_goods([goods(company, "TEA", 1, "a")], context=now(LATER))
    assert states([*ids, new]) == ["confirmed", "confirmed", "reserved", "confirmed"]
    receive_goods([goods(company, "TEA", 1, "b")], context=now(LATER))
    assert states([*ids, new]) == ["confirmed", "reserved", "reserved", "confirmed"]
    receive_goods([goods(company, "TEA", 2, "c")], context=now(LATER))
    assert states([*ids, new]) == ["reserved", "reserved", "reserved", "confirmed"]


def test_the_tick_serves_who_waits_when_goods_came_another_way() -> None:
    company = open_company(TEA=0)
    ids = short_orders(company, 2, {"TEA": 2})
    assert attend(now(LATER)) == {"noted": 0, "carried_out": 0, "served": 0, "renewed": 0}
    receive(company, {"TEA": 3}, "new")
    assert attend(now(LATER))["served"] == 1
    assert states(ids) == ["reserved", "confirmed"]
    sound()


@pytest.mark.parametrize(
    ("proposal", "code"),
    [
        ({"promised": NEXT_MONDAY.replace(month=2)}, "date_past"),
        ({"substitutes": ("NOTHING",)}, "sku_unknown"),
        ({"substitutes": ("TEA",)}, "sku_unknown"),
    ],
)
def test_a_proposal_that_nobody_could_keep_is_refused(proposal: dict[str, object], code: str) -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 2})
    given = propose([Proposal(case, **proposal), Proposal(0)], context=now())  # type: ignore[arg-type]
    assert refusals(given) == [(0, code), (1, "unknown_case")]
    assert not ShortageOffer.objects.exists()


def test_staff_write_down_another_day_than_was_offered() -> None:
    (case,) = short_cases(open_company(TEA=0), 1, {"TEA": 2})
    row = chosen(case, "wait", words="月底也行")
    assert refusals(take_answers([row], context=now())) == [(0, "date_missing")]
    day = NEXT_MONDAY.replace(day=30)
    answer_and_carry_out([chosen(case, "wait", promised=day, words="月底也行")], now(LATER))  # type: ignore[arg-type]
    assert (ShortageCase.objects.get().promised, ShortageAnswer.objects.get().words) == (day, "月底也行")
    sound()
