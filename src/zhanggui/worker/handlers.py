"""Which function does which kind of job, and the schedule.

A handler does one job and may be killed at any point. One that `finishes` ends its job itself, with
`finish_job` in the transaction of its effect; for the others, whose effect may be repeated without harm, the
runner ends it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from zhanggui.connectors.intake.queries import CHECK_JOB, COMMIT_JOB
from zhanggui.connectors.intake.records import Choices
from zhanggui.connectors.intake.taking_in import Stopped, check_as_asked, commit_intake
from zhanggui.connectors.order_sheets import EXPORT_JOB, sheet_of, write_orders
from zhanggui.delivery import steps as delivery
from zhanggui.delivery.queries import outgoing
from zhanggui.delivery.records import (
    SEND,
    Claim,
    Every,
    LeaseLost,
    MessageRequest,
    NotSent,
    OutcomeUnknown,
    Priority,
    ScheduleEntry,
)
from zhanggui.journal.records import SYSTEM, Actor, Context
from zhanggui.journal.steps import seal_runs
from zhanggui.kernel import clock
from zhanggui.obligations.steps import sweep_all
from zhanggui.people.models import Staff
from zhanggui.people.queries import rights
from zhanggui.processes.bulk import BULK_JOB, act_on_all
from zhanggui.processes.confirming import confirm_by_itself
from zhanggui.processes.judging import JUDGE_JOB, judge_all
from zhanggui.processes.records import PROCESS_JOB
from zhanggui.processes.shortages import attend
from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.finding import unpacked
from zhanggui.worker.ports import CHAIN_HEAD, port_for

CONFIRM = "orders.confirm_ready"
CLOCKS = "clocks"
GENERAL = "general"
FILES = "files"
SEAL = "journal.seal"
SWEEP = "obligations.sweep"
SWEPT_AT_ONCE = 5_000
TIDY = "delivery.tidy"
SHORTAGES = "shortages.attend"


class StoppedEarly(Exception):
    """A long handler kept its progress and left, because its worker must stop; the job is given back."""


@dataclass(frozen=True, slots=True)
class Work:
    """A job as its handler gets it. Long handlers ask `stopping()` between parts."""

    claim: Claim
    as_of: datetime
    stopping: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Handler:
    """How a kind of job is done: in which lane (a thread of the worker), under how long a lease."""

    run: Callable[[Work], None]
    finishes: bool = False
    lane: str = GENERAL
    lease_seconds: int = 60


def send_message(work: Work) -> None:
    """Send one message of the outbox and end its job with the outcome."""
    claim, message = work.claim, outgoing(int(work.claim.payload["message"]))
    port = port_for(message.kind)
    if port is None:
        failure = NotSent("no_port", permanent=True)
        delivery.note_not_sent(claim, message.message_id, failure, permanent=failure.code, as_of=work.as_of)
        return
    if not delivery.begin_sending(claim, message.message_id) and not port.repeatable:
        unknown = OutcomeUnknown("worker_died")
        delivery.note_not_sent(claim, message.message_id, unknown, permanent="outcome_unknown", as_of=work.as_of)
        return
    try:
        provider_id = port.send(message)
    except NotSent as failure:
        permanent = failure.code if failure.permanent else ""
        delivery.note_not_sent(claim, message.message_id, failure, permanent=permanent, as_of=work.as_of)
    except OutcomeUnknown as failure:
        permanent = "" if port.repeatable else "outcome_unknown"
        delivery.note_not_sent(claim, message.message_id, failure, permanent=permanent, as_of=work.as_of)
    else:
        delivery.mark_sent(claim, message.message_id, provider_id, as_of=work.as_of)


def seal(work: Work) -> None:
    """Link waiting runs into the chain and queue the new head for the outside."""
    head = seal_runs(limit=5_000)
    if head.seq:
        request = MessageRequest(CHAIN_HEAD, str(head.seq), "heads.log", {"seq": head.seq, "hash": head.hash})
        delivery.queue_head(request, as_of=work.as_of)


def sweep(work: Work) -> None:
    """Turn clocks that are due, part by part until none is left."""
    if not sweep_all(context=Context(SYSTEM, work.as_of), limit=SWEPT_AT_ONCE, stopping=work.stopping):
        raise StoppedEarly


def attend_shortages(work: Work) -> None:
    """Note what customers were told, carry out what they chose, serve who waits, ask anew where a promise failed."""
    attend(Context(SYSTEM, work.as_of), stopping=work.stopping)


def tidy(work: Work) -> None:
    """Delete what the queue no longer needs."""
    delivery.tidy_queue(as_of=work.as_of)


def check_file(work: Work) -> None:
    """Check a file in the name of who brought it; the job holds how far the check is.

    A check that was killed or had to stop begins anew: it wrote nothing.
    """
    payload = work.claim.payload
    asked_at = datetime.fromisoformat(str(payload["as_of"]))

    def told(done: int, total: int) -> None:
        with transaction.atomic():
            delivery.save_progress(work.claim, done, total)

    try:
        check_as_asked(
            int(payload["intake"]), int(payload["attempt"]), context=Context(_asker(work), asked_at),
            choices=Choices(**json.loads(str(payload["choices"]))), told=told, stopping=work.stopping,
        )  # fmt: skip
    except Stopped as stopped:
        raise StoppedEarly from stopped


def commit_file(work: Work) -> None:
    """Commit what is left of a file, part by part, in the name of who began it; the file holds how far it is."""
    lease = HANDLERS[COMMIT_JOB].lease_seconds

    def still_held(_done: int, _total: int) -> None:
        if not delivery.renew_lease(work.claim, lease_seconds=lease, as_of=clock.now()):
            raise LeaseLost(f"job {work.claim.job_id}, fence {work.claim.fence}")

    context = Context(_asker(work), work.as_of)
    intake_id = int(work.claim.payload["intake"])
    if not commit_intake(intake_id, context=context, told=still_held, stopping=work.stopping):
        raise StoppedEarly


def process_all(work: Work) -> None:
    """Take every open order as far as it can go, in the name of who asked; each batch is a run: a kill loses none."""
    lease = HANDLERS[PROCESS_JOB].lease_seconds

    def between(_stage: str, _done: int) -> None:
        if not delivery.renew_lease(work.claim, lease_seconds=lease, as_of=clock.now()):
            raise LeaseLost(f"job {work.claim.job_id}, fence {work.claim.fence}")
        if work.stopping():
            raise StoppedEarly

    process_orders(Context(_asker(work), work.as_of), progress=between, moment=clock.now)


def confirm_ready(work: Work) -> None:
    """Let orders go on that nothing speaks against, where clause 2.1.3.1 says so; each batch is a run of its own."""
    confirm_by_itself(Context(SYSTEM, work.as_of), moment=clock.now, progress=_holding_on(work, CONFIRM))


def judge_again(work: Work) -> None:
    """Judge unconfirmed orders by changed rules, in the name of who changed them; each batch is a run of its own."""
    shop = int(work.claim.payload["shop"]) or None
    context = Context(_asker(work), work.as_of, reason=str(work.claim.payload["reason"]))
    judge_all(context, shop=shop, moment=clock.now, progress=_holding_on(work, JUDGE_JOB))


def _holding_on(work: Work, kind: str) -> Callable[[str, int], None]:
    """Return what a long handler calls between batches: it keeps its lease, or leaves."""

    def between(_stage: str, _done: int) -> None:
        if not delivery.renew_lease(work.claim, lease_seconds=HANDLERS[kind].lease_seconds, as_of=clock.now()):
            raise LeaseLost(f"job {work.claim.job_id}, fence {work.claim.fence}")
        if work.stopping():
            raise StoppedEarly

    return between


def act_on_matching(work: Work) -> None:
    """Carry one act out on all orders that match, in the name of who asked, as long as they may still do so."""
    payload = work.claim.payload
    _still_may(work, "orders.process")
    act_on_all(
        unpacked(str(payload["question"])), str(payload["act"]),
        context=Context(_asker(work), work.as_of, reason=str(payload["reason"])),
        priority=int(payload["priority"]), moment=clock.now, progress=lambda done: _counted(work, done),
    )  # fmt: skip


def write_sheet(work: Work) -> None:
    """Write orders into a file for who asked, as long as they may still have it."""
    sheet = sheet_of(work.claim.payload)
    _still_may(work, "contacts.export" if sheet.plain else "orders.see")
    write_orders(sheet, lambda done: _counted(work, done))


def _counted(work: Work, done: int) -> None:
    """Keep the lease and show how many orders were passed."""
    if not delivery.renew_lease(work.claim, lease_seconds=HANDLERS[work.claim.kind].lease_seconds, as_of=clock.now()):
        raise LeaseLost(f"job {work.claim.job_id}, fence {work.claim.fence}")
    with transaction.atomic():
        delivery.save_progress(work.claim, done, 0)
    if work.stopping():
        raise StoppedEarly


def _still_may(work: Work, right: str) -> None:
    """Ask again whether who asked has the right: it may have been taken away since. Raises: PermissionDenied."""
    staff = Staff.objects.filter(pk=int(work.claim.payload["actor_id"])).first()
    if staff is None or right not in rights(staff):
        raise PermissionDenied(right)


def _asker(work: Work) -> Actor:
    return Actor(str(work.claim.payload["actor_kind"]), str(work.claim.payload["actor_id"]))


HANDLERS: dict[str, Handler] = {
    SEND: Handler(send_message, finishes=True),
    SEAL: Handler(seal, lane=CLOCKS),
    SWEEP: Handler(sweep, lane=CLOCKS),
    TIDY: Handler(tidy),
    SHORTAGES: Handler(attend_shortages),
    CHECK_JOB: Handler(check_file, lane=FILES),
    COMMIT_JOB: Handler(commit_file, lane=FILES),
    PROCESS_JOB: Handler(process_all, lane=FILES, lease_seconds=300),
    CONFIRM: Handler(confirm_ready, lane=FILES, lease_seconds=300),
    BULK_JOB: Handler(act_on_matching, lane=FILES, lease_seconds=300),
    EXPORT_JOB: Handler(write_sheet, lane=FILES, lease_seconds=300),
    JUDGE_JOB: Handler(judge_again, lane=FILES, lease_seconds=300),
}

SCHEDULE: list[ScheduleEntry] = [
    ScheduleEntry(SEAL, Every(2), Priority.CLOCK),
    ScheduleEntry(SWEEP, Every(10), Priority.CLOCK),
    ScheduleEntry(SHORTAGES, Every(10), Priority.CLOCK),
    ScheduleEntry(TIDY, Every(3600), Priority.BULK),
    ScheduleEntry(CONFIRM, Every(60)),
]
