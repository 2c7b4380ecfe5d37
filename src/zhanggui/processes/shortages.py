"""Shortages over both wings: goods come and go to who waits; what customers chose is carried out; promises are kept.

`attend` is the whole of it as a tick of the worker, each part a run of its own.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from zhanggui.catalog.models import Sku
from zhanggui.journal.records import Context
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.inventory.records import Demand, Receipt
from zhanggui.logistics.inventory.steps import receive_stock, reserve_stock, shelves_of
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import close_obligations
from zhanggui.processes.missing import lacks_of
from zhanggui.processes.orders import cancel_orders, reserve_orders
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_for
from zhanggui.sales.orders.models import Order, OrderContact, OrderLine, OrderPart
from zhanggui.sales.orders.parts import parts_of
from zhanggui.sales.orders.records import Origin, State
from zhanggui.sales.orders.rules import ConfirmTerms, HandOverTerms, ShipTerms
from zhanggui.sales.orders.steps import mark_reserved
from zhanggui.sales.shortages import queries
from zhanggui.sales.shortages.answers import begin_round, note_carried_out, renew_promises, take_answers
from zhanggui.sales.shortages.models import ShortageAnswer, ShortageLine
from zhanggui.sales.shortages.records import AnswerIn, Option, Outcome, Refusal, Stage
from zhanggui.sales.shortages.steps import Case, close_cases, lock_cases, note_sent, standing

AT_ONCE = 500
HOUR = 3600
Shelves = list[dict[int, int]]


# ---- goods come -------------------------------------------------------------------------------------------


@step("processes.receive_goods", clause="2.1.3.2")
def receive_goods(batch: Sequence[Receipt], *, context: Inside) -> Answer:
    """Book receipts, and give what came to the orders that wait for it before any other order can take it.

    Clause: 2.1.3.2. Gives and rejects: as `inventory.receive_stock`.
    Writes: movements, balances; reservations of waiting orders by priority and payment, their cases closed.
    """
    waiting = queries.waiting_orders(skus=sorted({row.sku_id for row in batch if row.quantity > 0}))
    if waiting:
        context.run.lock(Order, "id", sorted(waiting), ["id"])
    given = receive_stock(batch, context=context)
    if waiting:
        reserve_orders(waiting, context=context)
    return given


def serve_waiting(context: Context) -> int:
    """Reserve for the waiting orders whose goods are there, in their order, and tell how many were served."""
    waiting = queries.waiting_orders()
    lacks = lacks_of(waiting)
    there = [key for key in waiting if not lacks.get(key, ("unknown",))]
    return len(reserve_orders(there, context=context).accepted) if there else 0


# ---- what was chosen --------------------------------------------------------------------------------------


def answer_and_carry_out(answers: Sequence[AnswerIn], context: Context) -> Answer:
    """Take answers and carry them out at once; if that fails, the next tick does it: the answer is on record."""
    given = take_answers(answers, context=context)
    taken = [answers[row.index].case_id for row in given.accepted if row.result != Option.WAIT]
    if taken and not given.replayed:
        carry_out_answers(taken, context=replace(context, key=None))
    return given


@step("processes.carry_out_answers", clause="2.1.3.2", limit=500)
def carry_out_answers(batch: Sequence[int], *, context: Inside) -> Answer:
    """Do what customers chose: send a part now, send other goods, or cancel and ask for the refund.

    Clause: 2.1.3.2. Gives: split (a part goes now), whole (everything is there by now), nothing_there (the rest waits
    for everything), substituted, cancelled, asked_again (the other goods are gone too: another round).
    Rejects: unknown_case, order_ended, wrong_stage, stopped (a reason to wait speaks against the order), later.
    Writes: orders, parts, reservations, clocks, cases.
    """
    cases = lock_cases(batch, context=context)
    ready: dict[int, Case] = {}
    rejected: list[Rejected] = []
    stopped = _stopped([case.order_id for case, _ in cases.values()], context)
    for index, key in enumerate(batch):
        case, code = standing(key, cases, (Stage.AGREED,), context)
        if case is None or case.carried_out or case in ready.values():
            rejected.append(Rejected(index, code or Refusal.WRONG_STAGE))
        elif case.order_id in stopped and case.option != Option.CANCEL:
            rejected.append(Rejected(index, "stopped"))
        else:
            ready[index] = case
    done = _cancelled([case for case in ready.values() if case.option == Option.CANCEL], context)
    done |= _changed([case for case in ready.values() if case.option != Option.CANCEL], context)
    rejected += [Rejected(index, "later") for index, case in ready.items() if case.id not in done]
    return answer([Accepted(index, done[case.id]) for index, case in ready.items() if case.id in done], rejected)


def _stopped(orders: Sequence[int], context: Inside) -> set[int]:
    rows = context.run.lock(Order, "id", sorted(orders), ["id", "stopped", "state"], lock=False)
    return {key for key, stopped, state in rows if stopped or state != State.CONFIRMED}


def _cancelled(cases: Sequence[Case], context: Inside) -> dict[int, str]:
    """Cancel the orders of cases; the money of paid ones is to go back."""
    if not cases:
        return {}
    orders = [case.order_id for case in cases]
    paid = context.run.lock(Order, "id", sorted(orders), ["id", "payment"], lock=False)
    context.run.update(Order, [key for key, payment in paid if payment == "paid"], {"refund": "asked"})
    given = cancel_orders(orders, context=context)
    return {cases[row.index].id: "cancelled" for row in given.accepted}


@dataclass(frozen=True, slots=True)
class _Piece:
    """Pieces to be reserved: for which part of which line, of which SKU; fresh: they get a part of their own."""

    part: int
    line: int
    sku: int
    pieces: int
    fresh: bool = False


@dataclass(slots=True)
class _Plan:
    """What is to be done for a case: its word, what is reserved for it, and the parts that this belongs to."""

    case: Case
    word: str
    lines: tuple[_Piece, ...] = ()
    parts: tuple[int, ...] = field(default=())

    @property
    def made(self) -> list[tuple[int, _Piece]]:
        """Return the parts that are made, with their pieces."""
        return [(part, piece) for part, piece in zip(self.parts, self.lines, strict=True) if piece.fresh]


def _changed(cases: Sequence[Case], context: Inside) -> dict[int, str]:
    """Carry out partial and substitute deliveries, first answered first; return the word for each case."""
    if not cases:
        return {}
    plans = list(_plans(sorted(cases, key=lambda case: (case.agreed_at, case.id)), context))
    made = iter(context.run.ids(sum(piece.fresh for plan in plans for piece in plan.lines)))
    for plan in plans:
        plan.parts = tuple(next(made) if piece.fresh else piece.part for piece in plan.lines)
    asking = [plan for plan in plans if plan.lines]
    children = _child_ids(asking, context)
    demands = [
        Demand(children.get(plan.case.id, plan.case.order_id), tuple(
            (part, piece.sku, piece.pieces) for part, piece in zip(plan.parts, plan.lines, strict=True)
        ))
        for plan in asking
    ]  # fmt: skip
    given = reserve_stock(demands, context=context) if demands else answer([], [])
    refused = {asking[row.index].case.id for row in given.rejected}
    granted = [plan for plan in asking if plan.case.id not in refused]
    _write(granted, children, [plan.case for plan in plans if plan.word == "asked_again"], context)
    note_carried_out([plan.case.id for plan in plans if plan.word == "nothing_there"], context=context)
    return {plan.case.id: plan.word for plan in plans if plan.case.id not in refused}


def _plans(cases: Sequence[Case], context: Inside) -> Iterator[_Plan]:
    """Decide case by case what can go, counting what the ones before take."""
    orders = [case.order_id for case in cases]
    wants: dict[int, list[_Piece]] = {key: [] for key in orders}
    rows = parts_of(orders, ["id", "line_id", "sku_id", "wanted"], context=context)
    others = _substitutes(cases, context)
    known = sorted({row[3] for row in rows} | {sku for sku, _ in others.values()})
    stocked = {key for key, held in context.run.lock(Sku, "id", known, ["id", "stocked"], lock=False) if held}
    for order, part, line, sku, pieces in rows:
        if sku in stocked and pieces:
            wants[order].append(_Piece(part, line, sku, pieces))
    free = [{sku: left for sku, (_, left) in shelf.items()} for shelf in shelves_of(known, context=context)]
    for case in cases:
        lines = wants[case.order_id]
        if case.option == Option.SUBSTITUTE:
            lines = _replaced(lines, *others[case.id])
            goes = len({(one.line, one.sku) for one in lines}) == len(lines) and _take(lines, free)
            yield _Plan(case, "substituted" if goes else "asked_again", tuple(lines) if goes else ())
        elif _take(lines, free):
            yield _Plan(case, "whole", tuple(lines))
        else:
            there = _take_some(lines, free)
            yield _Plan(case, "split" if there else "nothing_there", tuple(there))


def _replaced(lines: Sequence[_Piece], instead: int, missing: Collection[int]) -> list[_Piece]:
    """Return the pieces with another SKU in place of those that are missing, piece for piece."""
    return [replace(one, sku=instead, fresh=True) if one.sku in missing else one for one in lines]


def _substitutes(cases: Sequence[Case], context: Inside) -> dict[int, tuple[int, set[int]]]:
    """Return per case that goes with other goods: the SKU that was picked, and the SKUs that it takes the place of."""
    run, wanted = context.run, {case.id: case.cycle for case in cases if case.option == Option.SUBSTITUTE}
    rows = run.lock(ShortageAnswer, "case_id", sorted(wanted), ["case_id", "cycle", "substitute"], lock=False)
    codes = {case: code for case, cycle, code in rows if wanted[case] == cycle}
    named: dict[str, int] = dict(run.lock(Sku, "code", sorted(set(codes.values())), ["code", "id"], lock=False))
    missing: dict[int, set[int]] = {case: set() for case in codes}
    for case, sku in run.lock(ShortageLine, "case_id", sorted(codes), ["case_id", "sku_id"], lock=False):
        missing[case].add(sku)
    return {case: (named[code], missing[case]) for case, code in codes.items()}


def _take(lines: Sequence[_Piece], free: Shelves) -> bool:
    """Take everything from the first warehouse that has it all; tell whether there was one."""
    needed: dict[int, int] = {}
    for one in lines:
        needed[one.sku] = needed.get(one.sku, 0) + one.pieces
    for shelf in free:
        if all(shelf.get(sku, 0) >= pieces for sku, pieces in needed.items()):
            for sku, pieces in needed.items():
                shelf[sku] -= pieces
            return True
    return False


def _take_some(lines: Sequence[_Piece], free: Shelves) -> list[_Piece]:
    """Take what there is from the warehouse that has most of it; return the pieces that were there."""
    best: list[_Piece] = []
    chosen: dict[int, int] = {}
    for shelf in free:
        left, found = dict(shelf), []
        for one in lines:
            there = min(one.pieces, left.get(one.sku, 0))
            if there > 0:
                left[one.sku] -= there
                found.append(replace(one, pieces=there, fresh=True))
        if sum(one.pieces for one in found) > sum(one.pieces for one in best):
            best, chosen = found, shelf
    for one in best:
        chosen[one.sku] -= one.pieces
    return best


# ---- what that writes -------------------------------------------------------------------------------------


def _child_ids(plans: Sequence[_Plan], context: Inside) -> dict[int, int]:
    splitting = [plan.case.id for plan in plans if plan.word == "split"]
    return dict(zip(splitting, context.run.ids(len(splitting)), strict=True))


def _write(granted: Sequence[_Plan], children: Mapping[int, int], again: Sequence[Case], context: Inside) -> None:
    """Write what was granted: children with their parts, other goods in place of the missing, orders reserved."""
    splits = {children[plan.case.id]: plan for plan in granted if plan.word == "split"}
    replaced = [plan for plan in granted if plan.word == "substituted"]
    whole = [plan for plan in granted if plan.word != "split"]
    _insert_parts(splits, replaced, context)
    mark_reserved([plan.case.order_id for plan in whole], context=context)
    close_cases([plan.case for plan in whole if plan.word == "whole"], Outcome.STOCKED, context=context)
    close_cases([plan.case for plan in replaced], Outcome.SUBSTITUTED, context=context)
    clocks = _insert_children(splits, context)
    begin_round(again, more=clocks, context=context)
    close_obligations("2.1.3.1", "order", list(splits), context=context)
    note_carried_out([plan.case.id for plan in splits.values()], context=context)


def _insert_parts(splits: Mapping[int, _Plan], replaced: Sequence[_Plan], context: Inside) -> None:
    """Write the parts that take the place of others, and what is left of those; parts of children are without money."""
    run = context.run
    lines = _child_lines(splits, context)
    rows: list[tuple[int, int, int, int, int, int | None]] = []
    taken: dict[int, int] = {}
    owners = [(child, plan) for child, plan in splits.items()] + [(0, plan) for plan in replaced]
    for child, plan in owners:
        for new, one in plan.made:
            line, instead = (lines[new], None) if child else (one.line, one.part)
            rows.append((new, child or plan.case.order_id, line, one.sku, one.pieces, instead))
            taken[one.part] = taken.get(one.part, 0) + one.pieces
    wanted: dict[int, int] = dict(run.lock(OrderPart, "id", sorted(taken), ["id", "wanted"]))
    run.update(OrderPart, list(taken), {"wanted": [wanted[key] - pieces for key, pieces in taken.items()]})
    rows.sort()
    names = ("id", "order_id", "line_id", "sku_id", "quantity", "replaces_id")
    columns: dict[str, object] = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    run.insert(OrderPart, {**_defaults(OrderPart, columns), **columns, "wanted": columns["quantity"], "amount_fen": 0})


def _child_lines(splits: Mapping[int, _Plan], context: Inside) -> dict[int, int]:
    """Write a line without money for each part of a child. Gives: line by part."""
    run = context.run
    parts = [(part, child, one) for child, plan in splits.items() for part, one in plan.made]
    parents = sorted({one.line for _, _, one in parts})
    known = {row[0]: row[1:] for row in run.lock(
        OrderLine, "id", parents, ["id", "identity", "title"], lock=False
    )}  # fmt: skip
    skus = sorted({one.sku for _, _, one in parts})
    codes: dict[int, str] = dict(run.lock(Sku, "id", skus, ["id", "code"], lock=False))
    ids = run.ids(len(parts))
    columns: dict[str, object] = {
        "id": ids, "order_id": [row[1] for row in parts],
        "identity": [f"{known[one.line][0][:80]}/{one.part}" for _, _, one in parts],
        "merchant_code": [codes[one.sku] for _, _, one in parts],
        "title": [known[one.line][1] for _, _, one in parts], "quantity": [one.pieces for _, _, one in parts],
        "unit_price_fen": 0, "discount_fen": 0, "amount_fen": 0,
    }  # fmt: skip
    run.insert(OrderLine, {**_defaults(OrderLine, columns), **columns})
    return {row[0]: line for row, line in zip(parts, ids, strict=True)}


COPIED = ("shop_id", "external_id", "contact_digest", "payment", "paid_at", "platform_due_at", "priority")


def _insert_children(splits: Mapping[int, _Plan], context: Inside) -> list[Opening]:
    """Write the orders in which a part goes now: confirmed and reserved at birth, without money, beside their parent.

    Gives: the clocks that they are born with.
    """
    if not splits:
        return []
    run, ids = context.run, list(splits)
    parents = {child: plan.case.order_id for child, plan in splits.items()}
    rows = run.lock(Order, "id", sorted(parents.values()), ["id", *COPIED], lock=False)
    told = {row[0]: dict(zip(COPIED, row[1:], strict=True)) for row in rows}
    before = run.lock(Order, "parent_id", sorted(parents.values()), ["parent_id"], lock=False)
    numbers = {key: 1 + sum(row[0] == key for row in before) for key in parents.values()}
    names = {child: f"{told[key]['external_id'][:58]}#S{numbers[key]}" for child, key in parents.items()}
    columns: dict[str, object] = {name: [told[parents[child]][name] for child in ids] for name in COPIED}
    columns |= {
        "id": ids, "parent_id": [parents[child] for child in ids], "origin": str(Origin.SPLIT),
        "external_id": [names[child] for child in ids],
        "content_hash": [hashlib.sha256(names[child].encode()).hexdigest() for child in ids],
        "placed_at": context.as_of, "received_at": context.as_of, "confirmed_at": context.as_of,
        "reserved_at": context.as_of, "hand_over_by": _hand_over_by(context), "state": str(State.RESERVED),
        "version": 2, "goods_fen": 0, "total_fen": 0,
    }  # fmt: skip
    run.insert(Order, {**_defaults(Order, columns), **columns})
    run.move("order", ids, str(State.RECEIVED), str(State.CONFIRMED))
    run.move("order", ids, str(State.CONFIRMED), str(State.RESERVED))
    urgent = [child for child in ids if told[parents[child]]["priority"]]
    run.move("priority", urgent, "0", [str(told[parents[child]]["priority"]) for child in urgent])
    _copy_contacts(parents, context)
    return [_clock("2.1.3.1", ConfirmTerms, ids, context), _clock("2.3.2.1", ShipTerms, ids, context)]


def _copy_contacts(parents: Mapping[int, int], context: Inside) -> None:
    run = context.run
    names = [str(one.column) for one in OrderContact._meta.concrete_fields if one.column not in ("id", "order_id")]
    rows = run.lock(OrderContact, "order_id", sorted(parents.values()), ["order_id", *names], lock=False)
    told = {row[0]: row[1:] for row in rows}
    ids = run.ids(len(parents))
    columns: dict[str, object] = {name: [told[key][at] for key in parents.values()] for at, name in enumerate(names)}
    run.insert(OrderContact, {**columns, "id": ids, "order_id": list(parents)}, stamped="run_id" in names)


def _hand_over_by(context: Inside) -> datetime:
    terms = terms_for(HandOverTerms, [context.as_of])
    context.run.terms["2.1.3.3"] = int(terms.version[0])
    return context.as_of + timedelta(minutes=terms.row(0).sync_minutes)


def _clock(clause: str, kind: type[Any], ids: list[int], context: Inside) -> Opening:
    terms = terms_for(kind, [context.as_of])
    version, now = int(terms.version[0]), terms.row(0)
    context.run.terms[clause] = version
    hours = now.confirm_hours if clause == "2.1.3.1" else now.ship_hours
    owner = str(clause_of(clause).owner)
    return Opening(clause, "order", owner, ids, context.as_of, hours * HOUR, version, now.time_basis)


def _defaults(model: type[Model], given: Mapping[str, object]) -> dict[str, object]:
    """Return the values of the columns that a new row must have and nobody gives."""
    wanted = [one for one in model._meta.concrete_fields if not one.null and one.column not in given]
    return {str(one.column): one.get_default() for one in wanted if one.column not in ("id", "run_id")}


# ---- the tick ---------------------------------------------------------------------------------------------


def attend(context: Context, *, stopping: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Do all that shortages need now: note what was sent, carry out answers, serve who waits, renew failed promises.

    Gives: how many cases each part did something for. Each batch is a run; nothing to do makes none.
    """
    counts = {"noted": 0, "carried_out": 0, "served": 0, "renewed": 0}
    if notices := queries.queued_notices():
        counts["noted"] = len(note_sent(notices, context=context).accepted)
    if not stopping() and (answered := queries.answers_to_carry_out(AT_ONCE)):
        counts["carried_out"] = len(carry_out_answers(answered, context=context).accepted)
    if not stopping():
        counts["served"] = serve_waiting(context)
    if not stopping() and (failed := queries.failed_promises(context.as_of)):
        counts["renewed"] = len(renew_promises(failed, context=context).accepted)
    return counts
