"""A small company in the middle of its day, made by the ordinary steps: something of everything that the checker knows.

Orders in every state and one short of stock, clocks open, paused, breached, met, late and withdrawn, stock received
twice, jobs waiting and parked, a message to be sent, a calendar with a working-time clock, and a sealed chain.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tests.cast import MONDAY_MORNING, PASSWORD, SUN
from tests.factories.invoices import issues
from tests.factories.orders import BUYER, Company, bring, go_on, open_company, order_in, receive, results

from zhanggui.catalog.records import CodeIn, SkuIn
from zhanggui.catalog.steps import set_codes, take_in_skus
from zhanggui.connectors.intake.records import Checked, Entries, Entry, Parsed, Reading, Upload
from zhanggui.connectors.intake.steps import note_checks, upload_files
from zhanggui.delivery.records import JobRequest, MessageRequest
from zhanggui.delivery.steps import claim_jobs, enqueue_jobs, fail_job, queue_messages
from zhanggui.journal.records import Context
from zhanggui.journal.steps import Inside, seal_runs, step
from zhanggui.kernel import clock
from zhanggui.kernel.batch import Accepted, Answer, answer
from zhanggui.logistics.inventory.records import Preference
from zhanggui.logistics.inventory.steps import prefer_warehouses
from zhanggui.obligations.calendars.queries import published_days
from zhanggui.obligations.calendars.records import Shift, ShiftPlan
from zhanggui.obligations.calendars.steps import seed_calendar_days, set_shifts
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import (
    open_obligations,
    pause_obligations,
    resume_obligations,
    sweep_obligations,
)
from zhanggui.people.records import NewStaff
from zhanggui.people.steps import invite, join_staff
from zhanggui.processes.orders import cancel_orders, reserve_orders
from zhanggui.processes.parcels import merge_orders
from zhanggui.processes.reshaping import resend_orders, split_orders
from zhanggui.sales.invoices.models import Invoice
from zhanggui.sales.invoices.records import Content, Wish
from zhanggui.sales.invoices.steps import issue_invoices, take_back_invoices
from zhanggui.sales.invoices.wishes import take_wishes
from zhanggui.sales.orders.holds import resolve_holds
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import OrderPart
from zhanggui.sales.orders.records import Favour, Joining, Pieces
from zhanggui.sales.orders.turns import edit_favoured
from zhanggui.sales.shortages.answers import take_answers
from zhanggui.sales.shortages.models import ShortageCase
from zhanggui.sales.shortages.records import AnswerIn, Proposal, Told
from zhanggui.sales.shortages.steps import propose, record_told

CONFIRM = ("2.1.3.1", "order")
HOUR = timedelta(hours=1)
EVENING = MONDAY_MORNING + 12 * HOUR


@dataclass(frozen=True, slots=True)
class Day:
    """What a test may name of the company: its shop and stock, and its orders by where they stand."""

    company: Company
    orders: dict[str, list[int]]


@step("tests.pause_confirming", clause="1.2")
def pause_confirming(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let the confirm clocks of orders stand still, as the wait for a payment does."""
    held = pause_obligations(*CONFIRM, batch, "payment", context=context)
    return answer([Accepted(index, key) for index, key in enumerate(held)], [])


@step("tests.resume_confirming", clause="1.2")
def resume_confirming(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let them go on."""
    held = resume_obligations(*CONFIRM, batch, context=context)
    return answer([Accepted(index, key) for index, key in enumerate(held)], [])


@step("tests.open_reviews", clause="1.2")
def open_reviews(batch: Sequence[int], *, context: Inside) -> Answer:
    """Open clocks of two working days, which no order has."""
    moment, n = context.as_of, len(batch)
    open_obligations(
        [Opening("1.2", "review", "sales", list(batch), [moment] * n, [16 * 3600] * n, [0] * n, "working")],
        context=context,
    )
    return answer([Accepted(index, key) for index, key in enumerate(batch)], [])


def by(moment: datetime) -> Context:
    """孙倩 acts at a moment."""
    return Context(SUN.actor, moment)


def build_company() -> Day:
    """Build the company of Monday, 2 March 2026; the clock is held while it comes to be, and the chain is sealed."""
    with clock.frozen(MONDAY_MORNING):
        seed_calendar_days(published_days(), context=by(MONDAY_MORNING))
        set_shifts([ShiftPlan("sales", (Shift(31, 540, 720), Shift(31, 780, 1080)))], context=by(MONDAY_MORNING))
        company = open_company(TEA=100, CUP=50)
        receive(company, {"TEA": 20, "CUP": -5}, "second")
        take_in_skus([SkuIn("POST", "邮费", stocked=False)], context=by(MONDAY_MORNING))
        set_codes([CodeIn(company.shop, "SET", (("TEA", 2, 3), ("CUP", 1, 0)))], context=by(MONDAY_MORNING))
        orders = _orders(company)
        _invoices(orders)
        open_reviews([1, 2], context=by(MONDAY_MORNING))
        _queue()
        _intake()
        _staff()
    with clock.frozen(EVENING):
        sweep_obligations(context=by(EVENING))
        seal_runs()
    return Day(company, orders)


def _orders(company: Company) -> dict[str, list[int]]:
    lines = {"TEA": 2, "CUP": 1, "POST": 1}
    states = ("received", "confirmed", "reserved", "released", "shipped")
    orders = {state: bring(company, 2, lines, state, prefix=state[:3].upper()) for state in states}
    orders["cancelled"] = [bring(company, 1, lines, state, prefix=f"X{state[:3]}")[0] for state in states[:4]]
    orders["held"] = results(take_in_orders([order_in(company, "H1", {"NEW": 1})], context=by(MONDAY_MORNING)))
    dropped = results(take_in_orders([order_in(company, "H2", {"NEW": 2})], context=by(MONDAY_MORNING)))
    freed = results(take_in_orders([order_in(company, "H3", {"SOON": 2})], context=by(MONDAY_MORNING)))
    take_in_skus([SkuIn("SOON", "新茶")], context=by(MONDAY_MORNING))
    resolve_holds(freed, context=by(MONDAY_MORNING))
    orders["cancelled"] += dropped
    cancel_orders(orders["cancelled"], context=by(MONDAY_MORNING))
    old = MONDAY_MORNING - timedelta(days=9)
    kinds = {"overdue": old, "late": old, "paused": MONDAY_MORNING, "resumed": MONDAY_MORNING}
    for name, placed in kinds.items():
        rows = [order_in(company, name.upper(), lines, placed)]
        orders[name] = results(take_in_orders(rows, context=by(MONDAY_MORNING)))
    go_on(orders["late"], "received", "confirmed")
    orders["short"] = bring(company, 1, {"TEA": 1_000}, "confirmed", "SHORT")
    reserve_orders(orders["short"], context=by(MONDAY_MORNING))
    orders["waiting"] = _waiting(company)
    orders |= _reshaped(company)
    pause_confirming(orders["paused"] + orders["resumed"], context=by(MONDAY_MORNING + HOUR))
    resume_confirming(orders["resumed"], context=by(MONDAY_MORNING + 3 * HOUR))
    return orders


def _reshaped(company: Company) -> dict[str, list[int]]:
    """One order is split, two share a parcel, one was sent again; a province and a buyer are preferred."""
    prefer_warehouses([Preference("浙江", (company.warehouse,))], context=by(MONDAY_MORNING))
    edit_favoured([Favour("重点买家", 30)], context=by(MONDAY_MORNING))
    (whole,) = bring(company, 1, {"TEA": 2}, "reserved", "SPLIT")
    (sent,) = bring(company, 1, {"TEA": 1}, "shipped", "AGAIN")
    part = {
        order: key for key, order in OrderPart.objects.filter(order_id__in=(whole, sent)).values_list("id", "order_id")
    }
    split = results(split_orders([Pieces(whole, ((part[whole], 1),))], context=by(MONDAY_MORNING)))
    again = results(resend_orders([Pieces(sent, ((part[sent], 1),))], context=by(MONDAY_MORNING)))
    rows = [replace(order_in(company, name, {"CUP": 1}), contact=replace(BUYER, buyer=name)) for name in ("P1", "P2")]
    pair = results(take_in_orders(rows, context=by(MONDAY_MORNING)))
    merge_orders([Joining(pair[1], pair[0])], context=by(MONDAY_MORNING))
    go_on(pair, "received", "released")
    return {"split": [whole, *split], "again": [sent, *again], "parcel": pair}


def _invoices(orders: dict[str, list[int]]) -> None:
    """One invoice is ready, one issued, one taken back."""
    wanted = [*orders["shipped"], orders["released"][0]]
    wishes = [Wish(key, Content("个人"), by_hand=True) for key in wanted]
    first, second, _ = results(take_wishes(wishes, context=by(MONDAY_MORNING)))
    issue_invoices(issues([first, second]), context=by(MONDAY_MORNING))
    take_back_invoices([second], context=by(MONDAY_MORNING))
    issue_invoices(issues([Invoice.objects.get(colour="red").id]), context=by(MONDAY_MORNING))


def _waiting(company: Company) -> list[int]:
    """Short orders whose customers were told: one has not answered, one waits until a day."""
    orders = bring(company, 2, {"TEA": 2_000}, "confirmed", "WAIT")
    reserve_orders(orders, context=by(MONDAY_MORNING))
    told, agreed = ShortageCase.objects.filter(order_id__in=orders).order_by("id").values_list("id", flat=True)
    (still,) = ShortageCase.objects.exclude(order_id__in=orders).values_list("id", flat=True)
    propose([Proposal(still), Proposal(told, date(2026, 3, 9)), Proposal(agreed)], context=by(MONDAY_MORNING))
    record_told([Told(still, "phone", "会等"), Told(told, "phone", "再想想")], context=by(MONDAY_MORNING + HOUR))
    take_answers([AnswerIn(agreed, "wait", promised=date(2026, 3, 9))], context=by(MONDAY_MORNING + HOUR))
    return orders


def _staff() -> None:
    token = invite(department=SUN.department, roles=(SUN.roles,), as_of=MONDAY_MORNING)
    join_staff([NewStaff(token, SUN.username, SUN.display_name, PASSWORD)], context=by(MONDAY_MORNING))


def _queue() -> None:
    jobs = [JobRequest("tests.broken", "1", max_attempts=1), JobRequest("tests.waiting", "1", run_at=EVENING)]
    enqueue_jobs(jobs, context=by(MONDAY_MORNING))
    (claim,) = claim_jobs("w1", ["tests.broken"], limit=1, lease_seconds=60, as_of=MONDAY_MORNING)
    fail_job(claim, ValueError(), as_of=MONDAY_MORNING)
    message = MessageRequest("mail", "welcome:1", "shop@example.com", {"subject": "hello"})
    queue_messages([message], context=by(EVENING))


def _intake() -> None:
    """Take in one file that turned out to be unreadable, and one of products that was checked."""
    orders = Upload("orders", "taobao", "main", "orders.csv", "0" * 64, 10)
    files = [orders, Upload("products", "", "", "products.csv", "1" * 64, 9)]
    unreadable, readable = results(upload_files(files, context=by(MONDAY_MORNING)))
    note_checks([Checked(unreadable, 1, None, refusal="unreadable")], context=by(MONDAY_MORNING))
    entries = Entries(array("q"), lambda number: Entry(SkuIn("NONE", "none"), (number,)))
    parsed = Parsed("products", Reading("guess", {}, "0" * 64, "text", "utf-8"), None, 0, entries, ())
    note_checks([Checked(readable, 1, parsed)], context=by(MONDAY_MORNING))


def grow(company: Company, count: int, until: str = "shipped", batch: int = 5_000) -> None:
    """Add many ordinary orders, for figures about speed."""
    for first in range(0, count, batch):
        size = min(batch, count - first)
        receive(company, {"TEA": 2 * size}, f"grow:{first}")
        bring(company, size, {"TEA": 1, "POST": 1}, until, prefix=f"G{first // batch}-")
