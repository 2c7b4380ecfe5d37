"""The life of a wish for an invoice: it comes with its order, is corrected, issued, and taken back."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.invoices import COMPANY, DAY, TAX_NO, TITLE, issued, issues, number, one_wanting, wanting, wished
from tests.factories.orders import Company, bring, now, open_company, order_in, orders_in, refusals, results
from tests.factories.truths import broken

from zhanggui.journal.models import Run, Transition
from zhanggui.processes.intake import bring_in_orders
from zhanggui.processes.orders import cancel_orders
from zhanggui.sales.invoices.models import Invoice, InvoiceBuyer, InvoiceNumber
from zhanggui.sales.invoices.records import Content, Issue, Wish
from zhanggui.sales.invoices.steps import (
    cancel_invoices,
    export_invoices,
    issue_invoices,
    mark_sent,
    take_back_invoices,
)
from zhanggui.sales.invoices.wishes import take_wishes
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import InvoiceWish, OrderIn

pytestmark = pytest.mark.django_db
PERSON = InvoiceWish("个人")


@pytest.fixture
def company() -> Company:
    return open_company(TEA=1_000, CUP=1_000)


def brought(*orders: OrderIn) -> list[str]:
    return [str(row.result) for row in bring_in_orders(orders, context=now()).accepted]


def the_state() -> str:
    return Invoice.objects.get().state


def test_a_wish_comes_in_with_its_order(company: Company) -> None:
    brought(one_wanting(company))
    wish = Invoice.objects.get()
    assert (wish.state, wish.amount_fen, wish.findings, wish.colour) == ("ready", 5_970, "", "blue")
    buyer = InvoiceBuyer.objects.get(id=wish.id)
    assert (buyer.title, buyer.tax_no, buyer.kind, buyer.email) == (TITLE, TAX_NO, "normal", "li@example.com")
    assert broken() == {}


def test_what_is_wrong_with_a_wish_never_keeps_the_order_out(company: Company) -> None:
    brought(one_wanting(company, wish=InvoiceWish("某公司", "123", "special", "nobody")))
    wish = Invoice.objects.get()
    assert wish.state == "to_correct"
    assert wish.findings == "tax_no_invalid,address_missing,bank_missing,email_implausible"
    assert Order.objects.get().state == "received"


def test_the_amount_is_what_the_buyer_paid(company: Company) -> None:
    order = replace(one_wanting(company), freight_fen=800, discount_fen=300, platform_discount_fen=470)
    brought(order)
    assert Invoice.objects.get().amount_fen == 5_970 + 800 - 300 - 470
    assert broken() == {}


def test_a_file_brought_again_changes_nothing(company: Company) -> None:
    brought(one_wanting(company))
    n_moves = Transition.objects.count()
    assert brought(one_wanting(company)) == ["unchanged"]
    assert (Invoice.objects.count(), Transition.objects.count()) == (1, n_moves)


def test_a_wish_added_or_changed_on_the_channel_is_followed_until_it_is_issued(company: Company) -> None:
    brought(one_wanting(company, wish=None))
    assert not Invoice.objects.exists()
    brought(one_wanting(company, wish=PERSON))
    brought(one_wanting(company, wish=replace(COMPANY, tax_no="1")))
    assert the_state() == "to_correct"
    brought(one_wanting(company))
    wish = Invoice.objects.get()
    assert (wish.state, wish.version) == ("ready", 2)
    results(issue_invoices(issues([wish.id]), context=now()))
    assert brought(one_wanting(company, wish=PERSON)) == ["unchanged"]
    assert InvoiceBuyer.objects.get().title == TITLE
    assert broken() == {}


def test_the_same_file_does_not_undo_what_a_person_corrected(company: Company) -> None:
    wrong = one_wanting(company, wish=replace(COMPANY, tax_no="91330100MA0000000D"))
    brought(wrong)
    wish = Invoice.objects.get()
    results(take_wishes([Wish(wish.order_id, Content(TITLE, TAX_NO), by_hand=True)], context=now()))
    assert the_state() == "ready"
    brought(wrong)
    assert InvoiceBuyer.objects.get().tax_no == TAX_NO
    brought(one_wanting(company, wish=replace(COMPANY, title="另一家公司")))
    assert InvoiceBuyer.objects.get().title == "另一家公司"


def test_an_edit_after_the_export_must_be_exported_again(company: Company) -> None:
    (key,) = results(export_invoices(wished(company, 1), context=now()))
    order = Invoice.objects.get().order_id
    same = Content(TITLE, TAX_NO, email="li@example.com")
    assert take_wishes([Wish(order, same, by_hand=True)], context=now()).accepted[0].result == "unchanged"
    assert the_state() == "exported"
    results(take_wishes([Wish(order, Content("个人"), by_hand=True)], context=now()))
    assert the_state() == "ready"
    assert Transition.objects.filter(kind="invoice_content", subject_id=key).count() == 1
    assert broken() == {}


def test_an_unpaid_order_makes_its_wish_wait_until_it_is_paid(company: Company) -> None:
    brought(replace(one_wanting(company), payment="unpaid"))
    assert the_state() == "waiting"
    (key,) = Invoice.objects.values_list("id", flat=True)
    assert refusals(export_invoices([key], context=now())) == [(0, "invoice_wrong_state")]
    brought(replace(one_wanting(company), payment="paid", paid_at=MONDAY_MORNING - timedelta(minutes=9)))
    assert the_state() == "ready"


def test_a_refund_that_is_asked_makes_it_wait_and_one_that_is_done_ends_it(company: Company) -> None:
    brought(one_wanting(company))
    brought(replace(one_wanting(company), refund="asked"))
    assert the_state() == "waiting"
    brought(one_wanting(company))
    assert the_state() == "ready"
    brought(replace(one_wanting(company), refund="done"))
    assert the_state() == "cancelled"
    assert broken() == {}


def test_a_cancelled_order_takes_its_wish_along(company: Company) -> None:
    brought(one_wanting(company))
    results(cancel_orders([Order.objects.get().id], context=now()))
    assert the_state() == "cancelled"
    assert broken() == {}


def test_an_order_that_came_in_ended_gets_no_invoice(company: Company) -> None:
    brought(replace(one_wanting(company), standing="closed"))
    assert not Invoice.objects.exists()
    order = Order.objects.get().id
    given = take_wishes([Wish(order, Content("个人"), by_hand=True), Wish(1, Content("个人"))], context=now())
    assert refusals(given) == [(0, "order_ended"), (1, "unknown_order")]


def test_a_wish_by_hand_for_an_order_without_one(company: Company) -> None:
    (order,) = bring(company, 1, {"TEA": 1})
    rows = [Wish(order, Content("个人"), by_hand=True), Wish(order, Content("另"), by_hand=True)]
    assert refusals(take_wishes(rows, context=now())) == [(1, "twice_in_batch")]
    assert the_state() == "ready"


def test_a_given_up_wish_stays_so_until_another_is_asked(company: Company) -> None:
    (key,) = wished(company, 1)
    results(cancel_invoices([key], context=now()))
    again = [wanting(order) for order in orders_in(company, 1, {"TEA": 2, "CUP": 1}, "W")]
    brought(*again)
    assert the_state() == "cancelled"
    brought(wanting(again[0], PERSON))
    assert sorted(Invoice.objects.values_list("state", flat=True)) == ["cancelled", "ready"]
    assert broken() == {}


def test_an_issued_number_is_kept_with_whom_it_was_made_out_to(company: Company) -> None:
    (key,) = issued(company, 1)
    kept = InvoiceNumber.objects.get()
    wish = Invoice.objects.get()
    assert (kept.number, kept.issued_on, kept.amount_fen) == (number(key), DAY, 5_970)
    assert (wish.state, kept.content_digest) == ("issued", wish.content_digest)
    results(mark_sent([key], context=now()))
    assert (the_state(), Invoice.objects.get().sent_at) == ("sent", MONDAY_MORNING)
    assert broken() == {}


def test_numbers_are_refused_by_reason_and_change_nothing(company: Company) -> None:
    (done,) = issued(company, 1, "D")
    a, b, c, d, e, f = wished(company, 6)
    results(cancel_invoices([f], context=now()))
    rows = [
        Issue(a, number(done), DAY),
        Issue(b, "12345678", DAY),
        Issue(c, number(c), DAY + timedelta(days=1)),
        Issue(d, number(d), DAY, "javascript:alert(1)"),
        Issue(e, number(e), DAY),
        Issue(e, number(99), DAY),
        Issue(f, number(f), DAY),
        Issue(7, number(7), DAY),
        Issue(done, number(done), DAY),
        Issue(done, number(98), DAY),
    ]
    given = issue_invoices(rows, context=now())
    assert refusals(given) == [
        (0, "invoice_number_used"), (1, "invoice_number_invalid"), (2, "invoice_date_invalid"),
        (3, "invoice_link_invalid"), (5, "twice_in_batch"), (6, "invoice_wrong_state"), (7, "unknown_invoice"),
        (9, "invoice_wrong_state"),
    ]  # fmt: skip
    assert [(row.index, row.result) for row in given.accepted] == [(4, e), (8, "unchanged")]
    assert set(Invoice.objects.filter(id__in=[a, b, c, d]).values_list("state", flat=True)) == {"ready"}
    assert InvoiceNumber.objects.count() == 2


def test_one_number_twice_in_a_batch_is_given_once(company: Company) -> None:
    a, b = wished(company, 2)
    given = issue_invoices([Issue(a, number(a), DAY), Issue(b, f" {number(a)} ", DAY)], context=now())
    assert refusals(given) == [(1, "invoice_number_used")]


def test_a_refund_after_the_issue_wants_a_red_letter_that_ends_the_original(company: Company) -> None:
    (key,) = issued(company, 1)
    order = wanting(orders_in(company, 1, {"TEA": 2, "CUP": 1}, "W")[0])
    for _ in range(2):
        brought(replace(order, refund="done"))
    red = Invoice.objects.get(colour="red")
    assert (red.original_id, red.amount_fen, red.state) == (key, -5_970, "ready")
    assert broken() == {}
    results(export_invoices([red.id], context=now()))
    results(issue_invoices(issues([red.id]), context=now()))
    assert dict(Invoice.objects.values_list("id", "state")) == {key: "reversed", red.id: "issued"}
    assert InvoiceNumber.objects.count() == 2
    assert broken() == {}


def test_a_number_that_comes_after_the_refund_is_taken_back_at_once(company: Company) -> None:
    (key,) = results(export_invoices(wished(company, 1), context=now()))
    results(cancel_orders([Order.objects.get().id], context=now()))
    assert the_state() == "exported"
    assert refusals(export_invoices([key], context=now())) == [(0, "not_a_sale")]
    results(issue_invoices(issues([key]), context=now()))
    assert Invoice.objects.get(colour="red").original_id == key
    assert broken() == {}


def test_a_wrong_title_is_taken_back_and_issued_anew(company: Company) -> None:
    (key,) = issued(company, 1)
    order = Invoice.objects.get().order_id
    wish = Wish(order, Content("个人"), by_hand=True)
    assert refusals(take_wishes([wish], context=now())) == [(0, "already_issued")]
    results(take_back_invoices([key], context=now()))
    assert refusals(take_back_invoices([key], context=now())) == [(0, "already_red")]
    red = Invoice.objects.get(colour="red").id
    assert refusals(take_back_invoices([red], context=now())) == [(0, "invoice_wrong_state")]
    results(cancel_invoices([red], context=now()))
    results(take_back_invoices([key], context=now()))
    red = Invoice.objects.filter(colour="red").latest("id").id
    results(issue_invoices(issues([red]), context=now()))
    results(take_wishes([wish], context=now()))
    assert sorted(Invoice.objects.values_list("colour", "state")) == [
        ("blue", "ready"), ("blue", "reversed"), ("red", "cancelled"), ("red", "issued"),
    ]  # fmt: skip
    assert broken() == {}


def test_one_batch_brings_cancels_and_takes_back_in_one_run(company: Company) -> None:
    issued(company, 1)
    first = wanting(orders_in(company, 1, {"TEA": 2, "CUP": 1}, "W")[0])
    rows = [replace(first, refund="done"), wanting(order_in(company, "NEW", {"TEA": 1}), PERSON)]
    given = bring_in_orders(rows, context=now())
    assert not given.rejected
    assert sorted(Invoice.objects.values_list("colour", "state")) == [
        ("blue", "issued"), ("blue", "ready"), ("red", "ready"),
    ]  # fmt: skip
    assert set(Invoice.objects.filter(colour="red").values_list("run_id", flat=True)) == {given.run_id}
    assert broken() == {}


def test_sending_and_giving_up_are_refused_out_of_turn(company: Company) -> None:
    (key,) = wished(company, 1)
    assert refusals(mark_sent([key, 5], context=now())) == [(0, "invoice_wrong_state"), (1, "unknown_invoice")]
    results(issue_invoices(issues([key]), context=now()))
    assert refusals(cancel_invoices([key], context=now())) == [(0, "invoice_wrong_state")]


def test_no_statement_more_for_fifty_wishes_than_for_one(company: Company) -> None:
    def statements(n: int, prefix: str) -> list[int]:
        ids = wished(company, n, prefix)
        born = Run.objects.latest("id").statements
        export_invoices(ids, context=now())
        exported = Run.objects.latest("id").statements
        issue_invoices(issues(ids), context=now())
        return [born, exported, Run.objects.latest("id").statements]

    assert statements(1, "A") == statements(50, "B")


def test_personal_texts_stand_in_no_run(company: Company) -> None:
    issued(company, 1)
    told = " ".join(f"{run.reason} {run.answer} {run.codes} {run.terms}" for run in Run.objects.all())
    for text in (TITLE, TAX_NO, "li@example.com"):
        assert text not in told


def test_a_day_is_kept_as_a_day(company: Company) -> None:
    issued(company, 1)
    assert InvoiceNumber.objects.get().issued_on == date(2026, 3, 2)
