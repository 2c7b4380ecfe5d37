"""Writes of shortages. Lock order: the orders by id, then their cases, then everything reached through them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from zhanggui.catalog.models import Sku
from zhanggui.delivery.models import OutboxMessage
from zhanggui.delivery.records import MessageRequest, MessageState
from zhanggui.delivery.steps import queue_messages
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel import ids as tokens
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import (
    close_obligations,
    open_obligations,
    resume_obligations,
    withdraw_obligations,
)
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import terms_at, terms_for
from zhanggui.sales.orders.models import Order, OrderContact, OrderPart, Shop
from zhanggui.sales.shortages import rules
from zhanggui.sales.shortages.models import (
    ShortageCase,
    ShortageLine,
    ShortageNotice,
    ShortageOffer,
)
from zhanggui.sales.shortages.records import (
    AGREEMENT,
    CHANNELS,
    CLOCKS,
    NOTICE,
    PROMISE,
    Channel,
    Lacking,
    NoticeState,
    Option,
    Outcome,
    Proposal,
    Refusal,
    Stage,
    Told,
    hash_of,
)

CLAUSE, SHIP = "2.1.3.2", "2.3.2.1"
HOUR = 3600
RESTOCK = "restock"
NO_CHANNEL = "none"
CASE = ("id", "order_id", "state", "cycle", "round_at", "option", "promised", "carried_out", "told_at", "agreed_at")


@dataclass(frozen=True, slots=True)
class Case:
    """A locked case as it stands."""

    id: int
    order_id: int
    state: str
    cycle: int
    round_at: datetime
    option: str
    promised: date | None
    carried_out: bool
    told_at: datetime | None
    agreed_at: datetime | None

    @property
    def awaits_change(self) -> bool:
        """Tell whether the customer chose other goods or to cancel, and that is still to be carried out."""
        return self.state == Stage.AGREED and not self.carried_out and self.option in (Option.SUBSTITUTE, Option.CANCEL)

    @property
    def last_at(self) -> datetime:
        """Return the latest moment on record for it."""
        return max(moment for moment in (self.round_at, self.told_at, self.agreed_at) if moment is not None)


# ---- the life of a case -----------------------------------------------------------------------------------


def open_cases(found: Sequence[Lacking], *, context: Inside) -> None:
    """Open a case for each order that was found short and has none; the clocks of telling and agreeing start.

    Clause: 2.1.3.2. Takes: orders that are locked. Writes: cases, their lines, two clocks each.
    """
    if not found:
        return
    run = context.run
    rows = run.lock(ShortageCase, "order_id", [one.order_id for one in found], ["order_id", "state"])
    known = {order for order, state in rows if state != Stage.CLOSED}
    new = [one for one in found if one.order_id not in known and one.missing]
    if not new:
        return
    ids = run.ids(len(new))
    run.insert(ShortageCase, {
        "id": ids, "order_id": [one.order_id for one in new], "opened_at": context.as_of, "round_at": context.as_of,
        "state": str(Stage.TO_TELL), "cycle": 1, "option": "", "outcome": "", "carried_out": False,
    })  # fmt: skip
    lines = [(case, sku, pieces) for case, one in zip(ids, new, strict=True) for sku, pieces in one.missing]
    run.insert(ShortageLine, {
        "id": run.ids(len(lines)), "case_id": [row[0] for row in lines], "sku_id": [row[1] for row in lines],
        "missing": [row[2] for row in lines],
    })  # fmt: skip
    open_obligations(round_clocks({1: ids}, context=context), context=context)


def round_clocks(cases: Mapping[int, Sequence[int]], *, context: Inside) -> list[Opening]:
    """Return the clocks of telling and of agreeing, which start now. Takes: cases by the round that begins."""
    terms = terms_for(rules.ShortTerms, [context.as_of])
    now = terms.row(0)
    hours = {NOTICE: ("notice_hours", now.notice_hours), AGREEMENT: ("agreement_hours", now.agreement_hours)}
    owner = str(clause_of(CLAUSE).owner)
    context.run.terms[CLAUSE] = max(int(terms.versions[name][0]) for name, _ in hours.values())
    return [
        Opening(
            CLAUSE, kind, owner, list(ids), context.as_of, length * HOUR, int(terms.versions[name][0]),
            now.time_basis, cycle,
        )
        for cycle, ids in sorted(cases.items())
        for kind, (name, length) in hours.items()
    ]  # fmt: skip


def lock_cases(case_ids: Sequence[int], *, context: Inside) -> dict[int, tuple[Case, str]]:
    """Lock the orders of cases, then the cases. Gives: by id, the case and the state that its order is in."""
    run = context.run
    owners = run.lock(ShortageCase, "id", list(case_ids), ["order_id"], lock=False)
    states: dict[int, str] = dict(run.lock(Order, "id", sorted({row[0] for row in owners}), ["id", "state"]))
    rows = run.lock(ShortageCase, "id", list(case_ids), CASE)
    return {row[0]: (_case(row), states[row[1]]) for row in rows}


def _case(row: Sequence[Any]) -> Case:
    promised = date.fromisoformat(row[6]) if isinstance(row[6], str) else row[6]
    values: list[Any] = [*row[:6], promised, bool(row[7]), *row[8:]]
    return Case(*values)


def cases_of(order_ids: Sequence[int], *, context: Inside) -> list[Case]:
    """Return and lock the open cases of locked orders."""
    rows = context.run.lock(ShortageCase, "order_id", list(order_ids), CASE, order=("order_id", "id"))
    return [_case(row) for row in rows if row[2] != Stage.CLOSED]


def move_cases(cases: Sequence[Case], to_stage: Stage, values: Mapping[str, object], *, context: Inside) -> None:
    """Move locked cases to another stage, where they are not there yet."""
    ids = [case.id for case in cases]
    context.run.update(ShortageCase, ids, {"state": str(to_stage), **values})
    moving = [case for case in cases if case.state != to_stage]
    context.run.move("shortage_case", [one.id for one in moving], [one.state for one in moving], str(to_stage))


def close_cases(cases: Sequence[Case], outcome: Outcome, *, context: Inside) -> None:
    """Close locked cases: nothing is missing any more, or the order has ended; clocks end with them.

    A promise whose goods are here is met; what nobody has to be told any more is withdrawn. The ship clock goes on.
    """
    if not cases:
        return
    ids, orders = [case.id for case in cases], [case.order_id for case in cases]
    if outcome != Outcome.ORDER_ENDED:
        close_obligations(CLAUSE, PROMISE, ids, context=context)
        resume_obligations(SHIP, "order", orders, context=context)
    for kind in CLOCKS:
        withdraw_obligations(kind, ids, context=context)
    move_cases(cases, Stage.CLOSED, {"outcome": str(outcome), "closed_at": context.as_of}, context=context)


# ---- offers and notices -----------------------------------------------------------------------------------


@step("shortages.propose", clause="2.1.3.2", limit=2_000)
def propose(batch: Sequence[Proposal], *, context: Inside) -> Answer:
    """Make an offer to the customers of cases and send it by the best way there is.

    Clause: 2.1.3.2. Gives: the channel by which it goes out; "by_hand" where none is set up for the customer, so that
    a person tells it.
    Rejects: unknown_case, twice_in_batch, wrong_stage (agreed or over), order_ended, later_on_record, date_past,
    sku_unknown (not known, or in the order itself).
    Writes: offers (the one before is replaced), notices, messages. The telling clock ends when the message was sent.
    """
    cases = lock_cases([row.case_id for row in batch], context=context)
    skus = _stocked(batch, context)
    ready: dict[int, Case] = {}
    rejected: list[Rejected] = []
    own = _own_skus([case for case, _ in cases.values()], context)
    for index, row in enumerate(batch):
        case, code = _to_propose(row, cases, ready, skus, own, context)
        if case is None:
            rejected.append(Rejected(index, code))
        else:
            ready[index] = case
    given = send_offers([(batch[index], case) for index, case in ready.items()], context=context)
    return answer([Accepted(index, way) for index, way in zip(ready, given, strict=True)], rejected)


def _to_propose(
    row: Proposal, cases: Mapping[int, tuple[Case, str]], ready: Mapping[int, Case], skus: Mapping[str, int],
    own: Mapping[int, Mapping[int, int]], context: Inside,
) -> tuple[Case | None, str]:  # fmt: skip
    """Return the case that a proposal is about, or why it cannot be made."""
    case, code = standing(row.case_id, cases, (Stage.TO_TELL, Stage.TOLD), context)
    if case is None:
        return None, code
    if row.case_id in {one.id for one in ready.values()}:
        return None, Refusal.TWICE_IN_BATCH
    today = context.as_of.astimezone(settings.COMPANY_ZONE).date()
    if fault := rules.day_fault(row.promised, today):
        return None, fault
    wanted = own.get(case.order_id, {})
    if any(skus.get(code, 0) in wanted or code not in skus for code in row.substitutes):
        return None, Refusal.SKU_UNKNOWN
    return case, ""


def standing(
    case_id: int, cases: Mapping[int, tuple[Case, str]], stages: Sequence[Stage], context: Inside
) -> tuple[Case | None, str]:
    """Return a locked case if it is in one of the stages and its order goes on, else the reason."""
    if case_id not in cases:
        return None, Refusal.UNKNOWN
    case, order_state = cases[case_id]
    if order_state in ("cancelled", "shipped"):
        return None, Refusal.ORDER_ENDED
    if case.state not in stages:
        return None, Refusal.ANSWERED if case.state == Stage.AGREED else Refusal.WRONG_STAGE
    if context.as_of < case.last_at:
        return None, Refusal.LATER_ON_RECORD
    return case, ""


def _stocked(batch: Sequence[Proposal], context: Inside) -> dict[str, int]:
    codes = sorted({code for row in batch for code in row.substitutes})
    rows = context.run.lock(Sku, "code", codes, ["code", "id", "stocked"], lock=False) if codes else []
    return {code: key for code, key, stocked in rows if stocked}


def _own_skus(cases: Sequence[Case], context: Inside) -> dict[int, dict[int, int]]:
    """Return the pieces by SKU that the orders of cases want."""
    orders = [case.order_id for case in cases]
    rows = context.run.lock(OrderPart, "order_id", orders, ["order_id", "sku_id", "wanted"], lock=False)
    found: dict[int, dict[int, int]] = {}
    for order, sku, wanted in rows:
        pieces = found.setdefault(order, {})
        pieces[sku] = pieces.get(sku, 0) + wanted
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who is told: the order's number and shop, and how the customer can be reached."""

    external_id: str
    shop: str
    channel: str
    kind: str
    phone: str
    email: str


def send_offers(wanted: Sequence[tuple[Proposal, Case]], *, context: Inside) -> list[str]:
    """Write offers for locked cases and queue what tells their customers.

    Gives: the channel of each, or by_hand. Writes: offers, notices, messages.
    """
    if not wanted:
        return []
    run, cases = context.run, [case for _, case in wanted]
    ids = run.ids(len(wanted), spare=2 * len(wanted))
    links = _insert_offers(ids, wanted, context)
    readers = _readers(cases, context)
    ways = [_way(proposal, readers[case.order_id]) for proposal, case in wanted]
    lines = _lines(cases, context)
    sending = [place for place, (way, _) in enumerate(ways) if way]
    requests = [
        _message(f"{case.id}:{ids[place]}", ways[place], readers[case.order_id], lines[case.id], links[place], case)
        for place, case in ((place, cases[place]) for place in sending)
    ]
    queued = queue_messages(requests, context=context).accepted if requests else ()
    messages = {sending[row.index]: int(row.result) for row in queued}
    told = [(cases[place], ways[place][0], message) for place, message in messages.items()]
    run.insert(ShortageNotice, {
        "id": run.ids(len(told)), "case_id": [case.id for case, _, _ in told],
        "cycle": [case.cycle for case, _, _ in told], "channel": [way for _, way, _ in told],
        "message_id": [message for _, _, message in told], "written_at": context.as_of, "words": "",
        "state": str(NoticeState.QUEUED),
    })  # fmt: skip
    return [way or "by_hand" for way, _ in ways]


def _insert_offers(ids: Sequence[int], wanted: Sequence[tuple[Proposal, Case]], context: Inside) -> list[str]:
    """Write offers, each in place of the one before; return their addresses."""
    run, cases = context.run, [case for _, case in wanted]
    before = run.lock(ShortageOffer, "case_id", [case.id for case in cases], ["id", "replaced_at"])
    run.update(ShortageOffer, [key for key, replaced in before if replaced is None], {"replaced_at": context.as_of})
    missing = {case: sum(pieces for _, _, pieces in lines) for case, lines in _lines(cases, context).items()}
    own = {order: sum(pieces.values()) for order, pieces in _own_skus(cases, context).items()}
    terms = terms_at(rules.OfferTerms, context.as_of)
    seeds = [tokens.token(16) for _ in wanted]
    parts = [rules.token_of(seed, settings.SECRET_KEY) for seed in seeds]
    options = [
        rules.options_of(row.promised, row.substitutes, missing.get(case.id, 0), own.get(case.order_id, 0))
        for row, case in wanted
    ]
    run.insert(ShortageOffer, {
        "id": list(ids), "case_id": [case.id for case in cases], "cycle": [case.cycle for case in cases],
        "options": [",".join(given) for given in options],
        "promised": [row.promised and row.promised.isoformat() for row, _ in wanted],
        "substitutes": [",".join(row.substitutes) for row, _ in wanted], "seed": seeds,
        "token_hash": [hash_of(part) for part in parts], "made_at": context.as_of,
        "expires_at": context.as_of + timedelta(days=terms.offer_days),
    })  # fmt: skip
    return [f"{settings.PUBLIC_URL}/offer/{part}/" for part in parts]


def _readers(cases: Sequence[Case], context: Inside) -> dict[int, _Reader]:
    run, orders = context.run, [case.order_id for case in cases]
    contacts = run.lock(OrderContact, "order_id", orders, ["order_id", "kind", "phone", "email"], lock=False)
    reach = {order: rest for order, *rest in contacts}
    rows = run.lock(Order, "id", orders, ["id", "external_id", "shop_id"], lock=False)
    shops = run.lock(Shop, "id", sorted({row[2] for row in rows}), ["id", "name", "channel"], lock=False)
    named = {key: (name, channel) for key, name, channel in shops}
    return {
        order: _Reader(external_id, *named[shop], *reach.get(order, ("none", "", "")))
        for order, external_id, shop in rows
    }


def _lines(cases: Sequence[Case], context: Inside) -> dict[int, list[tuple[str, str, int]]]:
    """Return (code, name, missing pieces) of each product that cases lack."""
    run = context.run
    rows = run.lock(ShortageLine, "case_id", [case.id for case in cases], ["case_id", "sku_id", "missing"], lock=False)
    skus = run.lock(Sku, "id", sorted({row[1] for row in rows}), ["id", "code", "name"], lock=False)
    named = {key: (code, name) for key, code, name in skus}
    found: dict[int, list[tuple[str, str, int]]] = {}
    for case, sku, missing in rows:
        found.setdefault(case, []).append((*named[sku], missing))
    return found


def _way(proposal: Proposal, reader: _Reader) -> tuple[str, str]:
    if proposal.channel == NO_CHANNEL:
        return "", ""
    ways = settings.MESSAGE_WAYS if not proposal.channel else settings.MESSAGE_WAYS & {proposal.channel}
    return rules.best_channel(reader, reader.channel, ways)


def _message(
    key: str, way: tuple[str, str], reader: _Reader, lines: Sequence[tuple[str, str, int]], link: str, case: Case
) -> MessageRequest:
    """Return the message that tells an offer by a channel at an address."""
    channel, target = way
    if channel == Channel.MAIL:
        goods = [(name, missing) for _, name, missing in lines]
        body = rules.letter(reader.shop, reader.external_id, goods, link, again=case.cycle > 1)
        payload: dict[str, str | int] = {"subject": rules.subject(reader.external_id), "body": body}
    else:
        payload = {"text": rules.short_words(reader.shop, reader.external_id, link), "order": reader.external_id}
    return MessageRequest(channel, f"shortage:{key}", target, payload)


@step("shortages.note_sent", clause="2.1.3.2")
def note_sent(batch: Sequence[int], *, context: Inside) -> Answer:
    """Note of notices what became of their messages: sent ones met the telling clock at that moment.

    Clause: 2.1.3.2. Takes: notices. Gives: told, failed (the outbox gave up: a person tells the customer).
    Rejects: not_queued (not known, noted before, or its message still waits).
    Writes: notices, cases told, telling clocks closed.
    """
    run = context.run
    owners = run.lock(ShortageNotice, "id", list(batch), ["case_id"], lock=False)
    cases = lock_cases(sorted({row[0] for row in owners}), context=context)
    rows = {row[0]: row[1:] for row in run.lock(
        ShortageNotice, "id", list(batch), ["id", "case_id", "cycle", "message_id", "state"]
    )}  # fmt: skip
    queued = {key: row for key, row in rows.items() if row[3] == NoticeState.QUEUED}
    sent = {key: (state, at) for key, state, at in run.lock(
        OutboxMessage, "id", sorted({row[2] for row in queued.values()}), ["id", "state", "sent_at"], lock=False
    )}  # fmt: skip
    told = {key: sent[row[2]][1] for key, row in queued.items() if sent[row[2]][0] == MessageState.SENT}
    failed = [key for key, row in queued.items() if sent[row[2]][0] == MessageState.PARKED]
    run.update(ShortageNotice, list(told), {"state": str(NoticeState.TOLD), "told_at": list(told.values())})
    run.move("shortage_notice", list(told), str(NoticeState.QUEUED), str(NoticeState.TOLD))
    run.update(ShortageNotice, failed, {"state": str(NoticeState.FAILED)})
    run.move("shortage_notice", failed, str(NoticeState.QUEUED), str(NoticeState.FAILED))
    heard: dict[int, datetime] = {}
    for key, moment in told.items():
        case = cases[queued[key][0]][0]
        if case.state == Stage.TO_TELL and case.cycle == queued[key][1]:
            heard[case.id] = min(moment, heard.get(case.id, moment))
    _note_told([cases[key][0] for key in heard], heard, context)
    words = {**dict.fromkeys(told, "told"), **dict.fromkeys(failed, "failed")}
    rejected = [Rejected(index, Refusal.NOT_QUEUED) for index, key in enumerate(batch) if key not in words]
    return answer([Accepted(index, words[key]) for index, key in enumerate(batch) if key in words], rejected)


def _note_told(cases: Sequence[Case], at: Mapping[int, datetime], context: Inside) -> None:
    """Let locked cases be told; their telling clocks end at the moment of it."""
    if cases:
        moments = [max(at[case.id], case.round_at) for case in cases]
        move_cases(cases, Stage.TOLD, {"told_at": moments}, context=context)
        close_obligations(CLAUSE, NOTICE, [case.id for case in cases], context=context, at=at)


@step("shortages.record_told", clause="2.1.3.2", limit=2_000)
def record_told(batch: Sequence[Told], *, context: Inside) -> Answer:
    """Write down that customers were told by hand: by which way, and what was said.

    Clause: 2.1.3.2. Rejects: as `standing`; words_missing, wrong_stage for a way that is none.
    Writes: notices, cases told, telling clocks closed.
    """
    run = context.run
    cases = lock_cases([row.case_id for row in batch], context=context)
    ready: dict[int, Case] = {}
    rejected: list[Rejected] = []
    for index, row in enumerate(batch):
        case, code = standing(row.case_id, cases, (Stage.TO_TELL, Stage.TOLD), context)
        if case is None or case.id in {one.id for one in ready.values()}:
            rejected.append(Rejected(index, code or Refusal.TWICE_IN_BATCH))
        elif not row.words or row.channel not in CHANNELS:
            rejected.append(Rejected(index, Refusal.WORDS_MISSING))
        else:
            ready[index] = case
    told = [(batch[index], case) for index, case in ready.items()]
    keys = run.ids(len(told))
    run.insert(ShortageNotice, {
        "id": keys, "case_id": [case.id for _, case in told], "cycle": [case.cycle for _, case in told],
        "channel": [row.channel for row, _ in told], "words": [row.words for row, _ in told],
        "written_at": context.as_of, "told_at": context.as_of, "state": str(NoticeState.TOLD),
    })  # fmt: skip
    run.move("shortage_notice", keys, str(NoticeState.QUEUED), str(NoticeState.TOLD))
    first = [case for _, case in told if case.state == Stage.TO_TELL]
    _note_told(first, {case.id: context.as_of for case in first}, context)
    return answer([Accepted(index, case.id) for index, case in ready.items()], rejected)
