"""Every step of products, stock, fulfilment and orders with rows that it accepts, for tests that hold for all steps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.apps import apps
from tests.factories.invoices import issued, issues, wished
from tests.factories.orders import BUYER, Company, bring, dispatches, now, open_company, order_in, orders_in, results
from tests.factories.shortages import short_cases

from zhanggui.catalog.records import CodeIn, SkuIn
from zhanggui.catalog.steps import set_codes, take_in_skus
from zhanggui.delivery.models import OutboxMessage
from zhanggui.journal.steps import Step
from zhanggui.logistics.fulfilment.records import Asked
from zhanggui.logistics.fulfilment.steps import cancel_requests, ship_requests, take_requests
from zhanggui.logistics.inventory.models import Reservation
from zhanggui.logistics.inventory.records import Claimed, Demand, Preference, Receipt, WarehouseEdit
from zhanggui.logistics.inventory.steps import (
    open_warehouses,
    prefer_warehouses,
    receive_stock,
    reserve_stock,
    set_warehouses,
)
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.records import Assignment
from zhanggui.obligations.steps import assign_clocks
from zhanggui.people.models import Staff
from zhanggui.processes.intake import bring_in_orders
from zhanggui.processes.orders import cancel_orders, release_orders, reserve_orders, ship_orders
from zhanggui.processes.parcels import merge_orders, unmerge_orders
from zhanggui.processes.reshaping import resend_orders, split_orders
from zhanggui.processes.shortages import carry_out_answers, receive_goods
from zhanggui.sales.invoices.models import Invoice
from zhanggui.sales.invoices.records import Content, Wish
from zhanggui.sales.invoices.steps import (
    cancel_invoices,
    export_invoices,
    issue_invoices,
    mark_sent,
    take_back_invoices,
)
from zhanggui.sales.invoices.wishes import follow_orders, take_wishes
from zhanggui.sales.orders.corrections import edit_contact
from zhanggui.sales.orders.holds import assign_holds, keep_content, release_holds, resolve_holds
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.judging import judge_again
from zhanggui.sales.orders.models import OrderPart
from zhanggui.sales.orders.records import (
    Assign,
    Blocked,
    Favour,
    Joining,
    Pieces,
    ReceiverEdit,
    Release,
    RuleSwitch,
    ShopKey,
    Turn,
)
from zhanggui.sales.orders.steps import confirm_orders
from zhanggui.sales.orders.switches import edit_blocklist, set_shop_rules
from zhanggui.sales.orders.turns import edit_favoured, raise_urgent, set_priority
from zhanggui.sales.shortages.answers import renew_promises, take_answers
from zhanggui.sales.shortages.models import ShortageCase, ShortageNotice
from zhanggui.sales.shortages.records import AnswerIn, Proposal, Told
from zhanggui.sales.shortages.steps import note_sent, propose, record_told

LINES = {"TEA": 2, "CUP": 1}
WRITTEN = ["catalog", "inventory", "fulfilment", "orders", "invoices", "shortages", "obligations", "regulation"]
Rows = list[Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A step and what makes rows for it: `rows(company, n)` prepares a company for n rows and returns them.

    below: it takes fewer statements than this, for any number of rows.
    """

    step: Step[Any]
    rows: Callable[[Company, int], Rows]
    most: int = 2_000
    below: int = 20


def _at(state: str) -> Callable[[Company, int], Rows]:
    return lambda company, n: bring(company, n, LINES, state)


def _held(company: Company, n: int) -> Rows:
    ids = results(take_in_orders([order_in(company, f"H{at}", {"LATER": 1}) for at in range(n)], context=now()))
    take_in_skus([SkuIn("LATER", "later")], context=now())
    return ids


def _changed(company: Company, n: int) -> Rows:
    first = [order_in(company, f"C{at}", {"TEA": 1}) for at in range(n)]
    ids = results(take_in_orders(first, context=now()))
    again = [order_in(company, f"C{at}", {"TEA": 2}) for at in range(n)]
    assert {row.result for row in take_in_orders(again, context=now()).accepted} == {"changed"}
    return ids


def _talking(company: Company, n: int) -> Rows:
    orders = [
        order_in(company, f"M{at}", {"TEA": 1}, contact=replace(BUYER, buyer=f"M{at}", buyer_note="请发顺丰"))
        for at in range(n)
    ]
    return results(take_in_orders(orders, context=now()))


def _corrections(company: Company, n: int) -> Rows:
    return [
        ReceiverEdit(key, "沈雨", "13900000002", "江苏省", "苏州市", "", f"平江路 {key} 号")
        for key in bring(company, n, {"TEA": 1})
    ]


def _switches(company: Company, n: int) -> Rows:
    keys = [ShopKey("tmall", f"r{at}", "CNY", "Asia/Shanghai") for at in range(n)]
    shops = [
        shop for first in range(0, n, 100) for shop in results(open_shops(keys[first : first + 100], context=now()))
    ]
    return [RuleSwitch(shop, "risk", on=False) for shop in shops]


def _demands(company: Company, n: int) -> Rows:
    return [Demand(at, ((at, company.skus["TEA"], 2),)) for at in range(1, n + 1)]


def _assignments(company: Company, n: int) -> Rows:
    bring(company, n, LINES, "received")
    person, _ = Staff.objects.get_or_create(
        username="clerk",
        defaults={"display_name": "Clerk", "department": "sales", "roles": "sales", "joined_at": now().as_of},
    )
    return [Assignment(key, person.pk) for key in Obligation.objects.order_by("id").values_list("id", flat=True)[:n]]


def _requests(company: Company, n: int) -> Rows:
    ids = bring(company, n, {"TEA": 2}, "reserved")
    rows = Reservation.objects.values_list("id", "demand_id", "balance_id", "quantity")
    claims = {row[1]: Claimed(*row) for row in rows}
    return [Asked(key, f"NO{key}", company.warehouse, (claims[key],)) for key in ids]


def _short(company: Company, n: int) -> list[int]:
    return short_cases(company, n, {"TEA": 20_000, "CUP": 1})


def _sent(company: Company, n: int) -> Rows:
    """Notices whose messages were sent, as the outbox leaves them."""
    cases = _short(company, n)
    moment = now().as_of
    told = [OutboxMessage(id=10_000_000 + key, kind="mail", key=f"k{key}", target="a@example.com", payload="{}",
                          content_digest="", state="sent", provider_id=f"p{key}", queued_at=moment, sent_at=moment)
            for key in cases]  # fmt: skip
    OutboxMessage.objects.bulk_create(told)
    ShortageNotice.objects.bulk_create([
        ShortageNotice(id=20_000_000 + key, run_id=1, case_id=key, cycle=1, channel="mail",
                       message_id=10_000_000 + key, written_at=moment)
        for key in cases
    ])  # fmt: skip
    return [20_000_000 + key for key in cases]


def _failed(company: Company, n: int) -> Rows:
    """Cases whose promised day is over already."""
    cases = _answered("wait")(company, n)
    ShortageCase.objects.filter(id__in=cases).update(promised=date(2026, 3, 1))
    return cases


def _answered(option: str) -> Callable[[Company, int], Rows]:
    def rows(company: Company, n: int) -> Rows:
        cases = _short(company, n)
        answers = [AnswerIn(key, option, promised=date(2026, 3, 9)) for key in cases]
        for first in range(0, n, 1_000):
            assert not take_answers(answers[first : first + 1_000], context=now()).rejected
        return cases

    return rows


def _codes(company: Company, n: int) -> Rows:
    return [CodeIn(company.shop, f"SET{at}", (("TEA", 1, 2), ("CUP", 2, 1))) for at in range(n)]


def _wishes(company: Company, n: int) -> Rows:
    return [Wish(key, Content("个人"), by_hand=True) for key in bring(company, n, {"TEA": 1})]


def _followed(company: Company, n: int) -> Rows:
    rows = Invoice.objects.filter(id__in=wished(company, n)).order_by("id")
    return list(rows.values_list("order_id", flat=True))


def _pieces(state: str) -> Callable[[Company, int], Rows]:
    def rows(company: Company, n: int) -> Rows:
        ids = bring(company, n, LINES, state)
        parts: dict[int, int] = {}
        for order, part in OrderPart.objects.filter(order_id__in=ids).order_by("id").values_list("order_id", "id"):
            parts.setdefault(order, part)
        return [Pieces(key, ((parts[key], 1),)) for key in ids]

    return rows


def _twins(company: Company, n: int) -> list[int]:
    """Orders of one receiver, of which the first leads."""
    rows = [
        replace(row, contact=replace(BUYER, buyer=f"T{at}")) for at, row in enumerate(orders_in(company, n + 1, LINES))
    ]
    return results(take_in_orders(rows, context=now()))


def _joined(company: Company, n: int) -> Rows:
    first, *others = _twins(company, n)
    for at in range(0, n, 2_000):
        merge_orders([Joining(key, first) for key in others[at : at + 2_000]], context=now())
    return others


def _near_limit(company: Company, n: int) -> Rows:
    rows = [replace(row, platform_due_at=now().as_of) for row in orders_in(company, n, LINES)]
    return results(take_in_orders(rows, context=now()))


def _warehouse_edits(_: Company, n: int) -> Rows:
    ids = results(open_warehouses([f"W{at}" for at in range(n)], context=now()))
    return [WarehouseEdit(key, f"name {key}", 5) for key in ids]


CASES = {
    "processes.split_orders": Case(split_orders, _pieces("reserved"), most=1_000, below=40),
    "processes.resend_orders": Case(resend_orders, _pieces("shipped"), most=1_000, below=40),
    "processes.merge_orders": Case(
        merge_orders, lambda company, n: [Joining(key, ids[0]) for ids in [_twins(company, n)] for key in ids[1:]]
    ),
    "processes.unmerge_orders": Case(unmerge_orders, _joined),
    "orders.set_priority": Case(
        set_priority, lambda company, n: [Turn(key, 7) for key in bring(company, n, {"TEA": 1})]
    ),
    "orders.raise_urgent": Case(raise_urgent, _near_limit),
    "orders.edit_favoured": Case(edit_favoured, lambda _, n: [Favour(f"buyer {at}", 9) for at in range(n)]),
    "inventory.set_warehouses": Case(set_warehouses, _warehouse_edits, most=1_000),
    "inventory.prefer_warehouses": Case(
        prefer_warehouses,
        lambda company, n: [Preference(f"province {at}", (company.warehouse,)) for at in range(n)],
        most=500,
    ),
    "invoices.take_wishes": Case(take_wishes, _wishes),
    "invoices.follow_orders": Case(follow_orders, _followed),
    "invoices.export": Case(export_invoices, wished),
    "invoices.issue": Case(issue_invoices, lambda company, n: issues(wished(company, n))),
    "invoices.mark_sent": Case(mark_sent, issued),
    "invoices.cancel": Case(cancel_invoices, wished),
    "invoices.take_back": Case(take_back_invoices, issued),
    "catalog.take_in_skus": Case(take_in_skus, lambda _, n: [SkuIn(f"SKU{at}", f"name {at}") for at in range(n)]),
    "inventory.open_warehouses": Case(open_warehouses, lambda _, n: [f"W{at}" for at in range(n)], most=1_000),
    "inventory.receive_stock": Case(
        receive_stock,
        lambda company, n: [Receipt(company.skus["TEA"], company.warehouse, 1, "receipt", f"r{at}") for at in range(n)],
    ),
    "inventory.reserve_stock": Case(reserve_stock, _demands),
    "fulfilment.take_requests": Case(take_requests, _requests),
    "fulfilment.ship_requests": Case(ship_requests, lambda company, n: dispatches(_at("released")(company, n))),
    "fulfilment.cancel_requests": Case(cancel_requests, _at("released")),
    "obligations.assign": Case(assign_clocks, _assignments, most=1_000),
    "orders.open_shops": Case(
        open_shops, lambda _, n: [ShopKey("tmall", f"s{at}", "CNY", "Asia/Shanghai") for at in range(n)], most=100
    ),
    "orders.take_in": Case(take_in_orders, lambda company, n: orders_in(company, n, LINES)),
    "processes.bring_in_orders": Case(bring_in_orders, lambda company, n: orders_in(company, n, LINES)),
    "catalog.set_codes": Case(set_codes, _codes),
    "orders.confirm": Case(confirm_orders, _at("received")),
    "orders.resolve_holds": Case(resolve_holds, _held),
    "orders.keep_content": Case(keep_content, _changed),
    "orders.release_holds": Case(release_holds, lambda company, n: [Release(key) for key in _talking(company, n)]),
    "orders.assign_holds": Case(assign_holds, lambda company, n: [Assign(key, "7") for key in _talking(company, n)]),
    "orders.judge_again": Case(judge_again, _talking),
    "orders.edit_contact": Case(edit_contact, _corrections),
    "orders.set_shop_rules": Case(set_shop_rules, _switches, most=500),
    "orders.edit_blocklist": Case(
        edit_blocklist, lambda _, n: [Blocked("buyer", f"buyer {at}", "复购后拒收") for at in range(n)]
    ),
    "processes.reserve_orders": Case(reserve_orders, _at("confirmed")),
    "processes.release_orders": Case(release_orders, _at("reserved")),
    "processes.ship_orders": Case(ship_orders, lambda company, n: dispatches(_at("released")(company, n))),
    "shortages.propose": Case(
        propose, lambda company, n: [Proposal(key, date(2026, 3, 9)) for key in _short(company, n)]
    ),
    "shortages.note_sent": Case(note_sent, _sent),
    "shortages.record_told": Case(
        record_told, lambda company, n: [Told(key, "phone", "told") for key in _short(company, n)]
    ),
    "shortages.answer": Case(
        take_answers,
        lambda company, n: [AnswerIn(key, "wait", promised=date(2026, 3, 9)) for key in _short(company, n)],
        most=1_000,
        below=25,
    ),
    "shortages.renew": Case(renew_promises, _failed, most=1_000, below=40),
    "processes.carry_out_answers": Case(carry_out_answers, _answered("part"), most=500, below=45),
    "processes.receive_goods": Case(
        receive_goods,
        lambda company, n: [Receipt(company.skus["TEA"], company.warehouse, 1, "receipt", f"g{at}") for at in range(n)],
    ),
    "processes.cancel_orders": Case(cancel_orders, _at("released")),
}


def prepared(name: str, n: int) -> tuple[Step[Any], Rows]:
    """Open a company and return a step with n rows that it will accept."""
    case = CASES[name]
    return case.step, case.rows(open_company(TEA=10_000, CUP=10_000), n)


def contents(*, journal: bool = False) -> dict[str, list[tuple[object, ...]]]:
    """Every row that a step of the path may write; with `journal` also runs, transitions and seals."""
    labels = [*WRITTEN, "journal"] if journal else WRITTEN
    return {
        model._meta.label: sorted(model._base_manager.values_list(), key=str)
        for label in labels
        for model in apps.get_app_config(label).get_models()
    }
