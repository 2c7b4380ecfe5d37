"""Writes of what is agreed: one answer a round, the promise it makes, and the next round when a promise fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings

from zhanggui.catalog.models import Sku
from zhanggui.journal.records import Plus
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import (
    close_obligations,
    open_obligations,
    pause_obligations,
    resume_obligations,
    withdraw_obligations,
)
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_at
from zhanggui.sales.shortages import rules
from zhanggui.sales.shortages.models import ShortageAnswer, ShortageCase, ShortageOffer
from zhanggui.sales.shortages.records import (
    AGREEMENT,
    CLOCKS,
    NOTICE,
    OPTIONS,
    PROMISE,
    WITH_DATE,
    AnswerIn,
    Option,
    Proposal,
    Refusal,
    Stage,
)
from zhanggui.sales.shortages.steps import (
    CLAUSE,
    RESTOCK,
    SHIP,
    Case,
    lock_cases,
    move_cases,
    round_clocks,
    send_offers,
    standing,
)


@dataclass(frozen=True, slots=True)
class _Offer:
    """A locked offer as it stands."""

    id: int
    options: tuple[str, ...]
    promised: date | None
    substitutes: tuple[str, ...]
    token_hash: str
    expired: bool
    replaced: bool


@dataclass(frozen=True, slots=True)
class _Agreed:
    """What is agreed for a case: the answer as it came, and the day and the offer that hold."""

    case: Case
    row: AnswerIn
    promised: date | None
    offer_id: int | None


@step("shortages.answer", clause="2.1.3.2", limit=1_000)
def take_answers(batch: Sequence[AnswerIn], *, context: Inside) -> Answer:
    """Take what customers chose on their page, or what staff agreed with them; the first answer of a round wins.

    Clause: 2.1.3.2. Gives: the option. What was agreed is carried out by `processes.carry_out_answers`.
    Rejects: unknown_case, order_ended, answered_already (look at what was chosen), wrong_stage, later_on_record,
    twice_in_batch, offer_expired, offer_replaced, not_offered, date_missing, date_past, sku_unknown.
    Writes: answers, cases agreed, agreement clocks closed; for a wait the promise clock is opened, which ends with
    the business day, and the ship clock (2.3.2.1) stands still.
    """
    cases = lock_cases([row.case_id for row in batch], context=context)
    offers = _offers([row.case_id for row in batch], context)
    skus = _known([row.substitute for row in batch if row.substitute], context)
    ready: dict[int, _Agreed] = {}
    rejected: list[Rejected] = []
    taken: set[int] = set()
    for index, row in enumerate(batch):
        agreed, code = _agreed(row, cases, offers, skus, context)
        if agreed is None or row.case_id in taken:
            rejected.append(Rejected(index, code or Refusal.TWICE_IN_BATCH))
        else:
            ready[index] = agreed
            taken.add(row.case_id)
    _write_answers(list(ready.values()), context)
    return answer([Accepted(index, one.row.option) for index, one in ready.items()], rejected)


def _offers(case_ids: Sequence[int], context: Inside) -> dict[int, list[_Offer]]:
    """Return all offers of locked cases, the newest last."""
    columns = ["case_id", "id", "options", "promised", "substitutes", "token_hash", "expires_at", "replaced_at"]
    found: dict[int, list[_Offer]] = {}
    for case, key, options, promised, substitutes, token_hash, expires, replaced in context.run.lock(
        ShortageOffer, "case_id", list(case_ids), columns
    ):
        found.setdefault(case, []).append(_Offer(
            key, tuple(options.split(",")), date.fromisoformat(promised) if isinstance(promised, str) else promised,
            tuple(code for code in substitutes.split(",") if code), token_hash, expires <= context.as_of,
            replaced is not None,
        ))  # fmt: skip
    return found


def _known(codes: Sequence[str], context: Inside) -> set[str]:
    rows = context.run.lock(Sku, "code", sorted(set(codes)), ["code", "stocked"], lock=False) if codes else []
    return {code for code, stocked in rows if stocked}


def _agreed(
    row: AnswerIn, cases: Mapping[int, tuple[Case, str]], offers: Mapping[int, list[_Offer]], skus: set[str],
    context: Inside,
) -> tuple[_Agreed | None, str]:  # fmt: skip
    """Return what a row agrees on, or why it cannot."""
    case, code = standing(row.case_id, cases, (Stage.TO_TELL, Stage.TOLD), context)
    if case is None:
        return None, code
    mine = offers.get(case.id, [])
    offer = next((one for one in mine if one.token_hash == row.token_hash), None)
    if row.token_hash:
        if offer is None:
            return None, Refusal.UNKNOWN
        if offer.replaced or offer.expired:
            return None, Refusal.REPLACED if offer.replaced else Refusal.EXPIRED
    latest = offer or (mine[-1] if mine and not mine[-1].replaced else None)
    promised = _day_of(row, latest)
    picked = offer.substitutes if offer else tuple(skus)
    substitute = row.substitute if row.substitute in picked and row.substitute in skus else ""
    fault = rules.answer_fault(row.option, offer.options if offer else None, promised, substitute)
    today = context.as_of.astimezone(settings.COMPANY_ZONE).date()
    fault = fault or (rules.day_fault(promised, today) if row.option in WITH_DATE else None)
    if fault or row.option not in OPTIONS:
        return None, fault or Refusal.NOT_OFFERED
    return _Agreed(case, row, promised if row.option in WITH_DATE else None, latest.id if latest else None), ""


def _day_of(row: AnswerIn, offer: _Offer | None) -> date | None:
    """Return the day that holds: on the customer's page the offered one, else the one that staff agreed on."""
    if offer is not None and (row.token_hash or row.promised is None):
        return offer.promised
    return row.promised


def _write_answers(agreed: Sequence[_Agreed], context: Inside) -> None:
    if not agreed:
        return
    run, cases = context.run, [one.case for one in agreed]
    run.insert(ShortageAnswer, {
        "id": run.ids(len(agreed)), "case_id": [case.id for case in cases], "cycle": [case.cycle for case in cases],
        "offer_id": [one.offer_id for one in agreed], "option": [one.row.option for one in agreed],
        "promised": [one.promised and one.promised.isoformat() for one in agreed],
        "substitute": [one.row.substitute for one in agreed], "words": [one.row.words for one in agreed],
        "answered_at": context.as_of,
    })  # fmt: skip
    told = [case.told_at or context.as_of for case in cases]
    values = {
        "agreed_at": context.as_of, "told_at": told, "option": [one.row.option for one in agreed],
        "promised": [one.promised and one.promised.isoformat() for one in agreed],
        "carried_out": [one.row.option == Option.WAIT for one in agreed],
    }  # fmt: skip
    move_cases(cases, Stage.AGREED, values, context=context)
    ids = [case.id for case in cases]
    close_obligations(CLAUSE, NOTICE, ids, context=context)  # whoever answers has been told
    close_obligations(CLAUSE, AGREEMENT, ids, context=context)
    waiting = [one for one in agreed if one.promised is not None]
    open_obligations([_promise_clock(one, context) for one in waiting], context=context)
    pause_obligations(SHIP, "order", [one.case.order_id for one in waiting], RESTOCK, context=context)


def _promise_clock(agreed: _Agreed, context: Inside) -> Opening:
    """Return the clock of a promised day: it ends with that business day."""
    assert agreed.promised is not None
    began = context.as_of.replace(microsecond=0)
    allowed = rules.end_of(agreed.promised, settings.COMPANY_ZONE) - began
    owner = str(clause_of(CLAUSE).owner)
    return Opening(
        CLAUSE, PROMISE, owner, [agreed.case.id], began, int(allowed.total_seconds()), 0, cycle=agreed.case.cycle
    )


@step("shortages.renew", clause="2.1.3.2", limit=1_000)
def renew_promises(batch: Sequence[int], *, context: Inside) -> Answer:
    """Begin another round where a promised day went by without the goods: the customer is told and asked anew.

    Clause: 2.1.3.2. Gives: the channel by which the new offer goes out, or by_hand.
    Rejects: unknown_case, order_ended, wrong_stage (no promise is due), later_on_record.
    Writes: cases of the next round with its two clocks, the promise clock ended as late, the ship clock going on from
    the end of the promised day, offers, messages.
    """
    cases = lock_cases(batch, context=context)
    ready: dict[int, Case] = {}
    rejected: list[Rejected] = []
    for index, key in enumerate(batch):
        case, code = standing(key, cases, (Stage.AGREED,), context)
        if case is not None and (case.promised is None or not _is_over(case.promised, context)):
            case, code = None, Refusal.WRONG_STAGE
        if case is None or case in ready.values():
            rejected.append(Rejected(index, code or Refusal.TWICE_IN_BATCH))
        else:
            ready[index] = case
    given = begin_round(list(ready.values()), context=context)
    return answer([Accepted(index, way) for index, way in zip(ready, given, strict=True)], rejected)


def _is_over(promised: date, context: Inside) -> bool:
    return rules.end_of(promised, settings.COMPANY_ZONE) < context.as_of


def begin_round(cases: Sequence[Case], *, more: Sequence[Opening] = (), context: Inside) -> list[str]:
    """Begin another round for locked, agreed cases; the customers get a new offer with the usual days of waiting.

    Takes: more, clocks that the same run opens. Gives: the channel of each, or by_hand.
    """
    if not cases:
        open_obligations(more, context=context)
        return []
    ids = [case.id for case in cases]
    ends = {
        case.order_id: rules.end_of(case.promised, settings.COMPANY_ZONE) for case in cases if case.promised is not None
    }
    resume_obligations(SHIP, "order", [case.order_id for case in cases], context=context, at=ends)
    for kind in CLOCKS:
        withdraw_obligations(kind, ids, context=context)
    move_cases(cases, Stage.TO_TELL, {
        "cycle": Plus(1), "round_at": context.as_of, "option": "", "promised": None, "agreed_at": None,
        "told_at": None, "carried_out": False,
    }, context=context)  # fmt: skip
    rounds: dict[int, list[int]] = {}
    for case in cases:
        rounds.setdefault(case.cycle + 1, []).append(case.id)
    open_obligations([*round_clocks(rounds, context=context), *more], context=context)
    days = terms_at(rules.OfferTerms, context.as_of).restock_days
    promised = context.as_of.astimezone(settings.COMPANY_ZONE).date() + timedelta(days=days)
    begun = lock_cases(ids, context=context)
    return send_offers([(Proposal(key, promised), begun[key][0]) for key in ids], context=context)


def note_carried_out(case_ids: Sequence[int], *, context: Inside) -> None:
    """Note on locked cases that what was agreed is done as far as it can be; they wait for the rest."""
    context.run.update(ShortageCase, list(case_ids), {"carried_out": True})
