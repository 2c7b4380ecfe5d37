"""Writes of the queue, the outbox and the schedule.

Asking for work, telling the outside, parking and releasing are steps with a run. Claiming, renewing,
finishing and failing are the queue's own housekeeping: short conditional statements whose row count decides,
the same on both engines, and no run (docs/decisions/0005).
"""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from zhanggui.delivery import rules
from zhanggui.delivery.models import Alarm, Job, OutboxMessage, SchedulerLease, ScheduleSlot
from zhanggui.delivery.records import (
    MESSAGE_ATTEMPTS,
    SEND,
    Claim,
    JobRequest,
    JobState,
    Leadership,
    LeaseLost,
    MessageRequest,
    MessageState,
    OutcomeUnknown,
    ParkRequest,
    Priority,
    ScheduleEntry,
    SendingFailed,
)
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.journal.rules import keyed_digest
from zhanggui.journal.steps import Inside, OpenRun, step
from zhanggui.kernel import ids
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.kernel.crash import crash_point

# ---- asking for work --------------------------------------------------------------------------------------


@step("delivery.enqueue", clause="1.2")
def enqueue_jobs(batch: Sequence[JobRequest], *, context: Inside) -> Answer:
    """Put jobs into the queue; they exist when, and only when, the caller's change is committed.

    Clause: 1.2.
    Gives: the job's id per row; a repeat of (kind, key) gives the id of the job that exists.
    Rejects: key_reused (the same kind and key with another payload).
    Writes: jobs. Cost: two statements, more on SQLite for batches above a few dozen.
    """
    return _insert_jobs(batch, context.as_of, context.run.id)


def _insert_jobs(batch: Sequence[JobRequest], as_of: datetime, run_id: int | None) -> Answer:
    rows = [
        Job(
            kind=request.kind, key=request.key, payload=rules.payload_text(request.payload),
            priority=request.priority, run_at=request.run_at or as_of, max_attempts=request.max_attempts,
            created_run_id=run_id, created_at=as_of,
        )
        for request in batch
    ]  # fmt: skip
    Job.objects.bulk_create(sorted(rows, key=lambda row: (row.kind, row.key)), ignore_conflicts=True)
    wanted = Q(kind__in={row.kind for row in rows}, key__in=[row.key for row in rows])
    known = {(kind, key): (pk, text) for pk, kind, key, text in _identities(wanted)}
    accepted, rejected = [], []
    for index, row in enumerate(rows):
        pk, text = known[row.kind, row.key]
        if text == row.payload:
            accepted.append(Accepted(index, pk))
        else:
            rejected.append(Rejected(index, "key_reused", {"kind": row.kind, "key": row.key}))
    return answer(accepted, rejected)


def _identities(wanted: Q) -> list[tuple[int, str, str, str]]:
    return list(Job.objects.filter(wanted).values_list("id", "kind", "key", "payload"))


# ---- claiming ---------------------------------------------------------------------------------------------


def claim_jobs(worker: str, kinds: Sequence[str], *, limit: int, lease_seconds: int, as_of: datetime) -> list[Claim]:
    """Give the worker up to `limit` due jobs of these kinds, for the length of a lease.

    Jobs whose lease ran out are claimed again here, so rescue depends on nobody else. Those that used up
    their attempts (a job that kills its worker) are parked here with an alarm.
    Order: priority, run_at, id. Writes: worker, fence, attempts, lease of the claimed rows, in one statement.
    """
    park_exhausted(as_of)
    now, lease_until = _stored(as_of), _stored(as_of + timedelta(seconds=lease_seconds))
    text, sources = rules.claim_statement(connection.vendor, len(kinds))
    parameters: list[Any] = []
    for priority in sources:
        parameters += [now, *kinds, limit] if priority is None else [priority, now, *kinds, limit]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(text, [*parameters, limit, JobState.RUNNING, worker, lease_until])
        rows = sorted(cursor.fetchall(), key=lambda row: (row[0], row[1], row[2]))
    if rows:
        crash_point("job.claimed")
    return [
        Claim(pk, kind, key, json.loads(text), worker, Priority(priority), *rest)
        for priority, _, pk, kind, key, text, *rest in rows
    ]


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


# ---- holding and ending a job -----------------------------------------------------------------------------


def _held(claim: Claim) -> Q:
    """Return the condition under which a claim still stands."""
    return Q(id=claim.job_id, worker=claim.worker, fence=claim.fence, state=JobState.RUNNING)


def renew_lease(claim: Claim, *, lease_seconds: int, as_of: datetime) -> bool:
    """Lengthen the lease of a job that is still held; tell whether it was."""
    until = as_of + timedelta(seconds=lease_seconds)
    return Job.objects.filter(_held(claim)).update(lease_until=until) == 1


def finish_job(claim: Claim, *, as_of: datetime) -> None:
    """End a job, inside the transaction of its effect, so that effect and end are one.

    Raises: LeaseLost when the claim no longer stands; the effect must then be rolled back.
    """
    assert connection.in_atomic_block, "a job ends in the transaction of its effect"
    crash_point("job.before_finish")
    changed = Job.objects.filter(_held(claim)).update(
        state=JobState.DONE, done_at=as_of, lease_until=None, last_error=""
    )
    if changed != 1:
        raise LeaseLost(f"job {claim.job_id}, fence {claim.fence}")
    transaction.on_commit(lambda: crash_point("job.after_finish"))


def save_progress(claim: Claim, done: int, total: int) -> None:
    """Keep how far a long job is, inside the transaction of that part of its effect.

    Raises: LeaseLost, as `finish_job`.
    """
    assert connection.in_atomic_block, "progress is kept in the transaction of its effect"
    if Job.objects.filter(_held(claim)).update(progress_done=done, progress_total=total) != 1:
        raise LeaseLost(f"job {claim.job_id}, fence {claim.fence}")


def give_back(claim: Claim, *, as_of: datetime) -> bool:
    """Return a job unfinished, because its worker is asked to stop; the attempt does not count."""
    changed = Job.objects.filter(_held(claim)).update(
        state=JobState.WAITING, run_at=as_of, lease_until=None, worker="", attempts=claim.attempt - 1
    )
    return changed == 1


def fail_job(claim: Claim, error: BaseException, *, as_of: datetime, permanent: str = "") -> JobState | None:
    """End an attempt that failed: wait and try again, or park it when its attempts are used up.

    Takes: permanent, a code that parks it at once.
    Gives: the job's new state, None when the claim no longer stands.
    """
    text = rules.failure_text(error)
    if permanent or claim.attempt >= claim.max_attempts:
        Job.objects.filter(_held(claim)).update(last_error=text)
        request = ParkRequest(claim.job_id, claim.fence, permanent or "attempts_used_up")
        return JobState.PARKED if park_jobs([request], context=Context(SYSTEM, as_of)).accepted else None
    run_at = as_of + rules.wait_before_retry(claim.attempt, ids.random_fraction(), claim.priority)
    changed = Job.objects.filter(_held(claim)).update(
        state=JobState.WAITING, run_at=run_at, lease_until=None, worker="", last_error=text
    )
    return JobState.WAITING if changed else None


# ---- parking and releasing --------------------------------------------------------------------------------


def park_exhausted(as_of: datetime) -> int:
    """Park the jobs whose last attempt ended without a word, and tell how many."""
    with connection.cursor() as cursor:
        cursor.execute(rules.EXHAUSTED, [_stored(as_of)])
        requests = [ParkRequest(pk, fence, "worker_died") for pk, fence in cursor.fetchall()]
    return len(park_jobs(requests, context=Context(SYSTEM, as_of)).accepted) if requests else 0


@step("delivery.park", clause="1.2", limit=1_000)
def park_jobs(batch: Sequence[ParkRequest], *, context: Inside) -> Answer:
    """Lay jobs aside for a person and raise an alarm for each; a message they were to send is parked too.

    Clause: 1.2.
    Rejects: not_held (the job was claimed again, or ended, since it was seen).
    Writes: the jobs' state, one alarm each.
    """
    locked = Job.objects.select_for_update().filter(id__in=[row.job_id for row in batch], state=JobState.RUNNING)
    fences = dict(locked.order_by("id").values_list("id", "fence"))
    parked = [row for row in batch if fences.get(row.job_id) == row.fence]
    parked_ids = [row.job_id for row in parked]
    Job.objects.filter(id__in=parked_ids).update(state=JobState.PARKED, lease_until=None, worker="")
    _set_messages(parked_ids, MessageState.WAITING, MessageState.PARKED)
    context.run.insert(Alarm, {
        "id": context.run.ids(len(parked)), "code": [row.code for row in parked],
        "job_id": parked_ids, "raised_at": context.as_of,
    })  # fmt: skip
    return _by_membership([row.job_id for row in batch], set(parked_ids), "not_held")


@step("delivery.release", clause="1.2", limit=1_000)
def release_jobs(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let parked jobs run again, with all their attempts; their alarms are answered.

    Clause: 1.2. Takes: ids of jobs. For a message with an unknown outcome the person who releases it has
    found out that it did not go out.
    Rejects: not_parked. Writes: the jobs' state, the alarms' answer, the messages' state.
    """
    locked = Job.objects.select_for_update().filter(id__in=batch, state=JobState.PARKED)
    released = list(locked.order_by("id").values_list("id", flat=True))
    Job.objects.filter(id__in=released).update(state=JobState.WAITING, run_at=context.as_of, attempts=0)
    Alarm.objects.filter(job_id__in=released, answered_at__isnull=True).update(answered_at=context.as_of)
    _set_messages(released, MessageState.PARKED, MessageState.WAITING)
    return _by_membership(batch, set(released), "not_parked")


def _by_membership(job_ids: Sequence[int], done: set[int], code: str) -> Answer:
    accepted = [Accepted(index, pk) for index, pk in enumerate(job_ids) if pk in done]
    return answer(accepted, [Rejected(index, code, {"job": pk}) for index, pk in enumerate(job_ids) if pk not in done])


def _set_messages(job_ids: Sequence[int], from_state: MessageState, to_state: MessageState) -> None:
    """Let the messages that these jobs send follow their jobs."""
    payloads = Job.objects.filter(id__in=job_ids, kind=SEND).values_list("payload", flat=True)
    messages = [json.loads(text)["message"] for text in payloads]
    OutboxMessage.objects.filter(id__in=messages, state=from_state).update(state=to_state, in_flight=False)


# ---- the outbox -------------------------------------------------------------------------------------------


@step("delivery.queue", clause="1.2")
def queue_messages(batch: Sequence[MessageRequest], *, context: Inside) -> Answer:
    """Write what is to be told outside, in the run whose change it tells; the worker sends it later.

    Clause: 1.2. A run calls it once, with all its messages (one writing statement per table and run).
    Gives: the message's id per row; a repeat of (kind, key) gives the id of the message that exists.
    Rejects: key_reused (the same kind and key with another target or text).
    Writes: messages, and one sending job each.
    """
    rows = {(request.kind, request.key): request for request in batch}
    known = _known_messages(rows)
    fresh = [identity for identity in rows if identity not in known]
    for identity, pk in zip(fresh, context.run.ids(len(fresh)), strict=True):
        known[identity] = (pk, _content_digest(rows[identity]))
    context.run.insert(OutboxMessage, _message_columns([(known[key][0], rows[key]) for key in fresh], context.as_of))
    _insert_jobs([_sending(known[key][0]) for key in fresh], context.as_of, context.run.id)
    accepted, rejected = [], []
    for index, request in enumerate(batch):
        pk, digest = known[request.kind, request.key]
        if digest == _content_digest(request):
            accepted.append(Accepted(index, pk))
        else:
            rejected.append(Rejected(index, "key_reused", {"kind": request.kind, "key": request.key}))
    return answer(accepted, rejected)


def _known_messages(identities: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, str]]:
    wanted = Q(kind__in={kind for kind, _ in identities}, key__in=[key for _, key in identities])
    rows = OutboxMessage.objects.filter(wanted).values_list("kind", "key", "id", "content_digest")
    return {(kind, key): (pk, digest) for kind, key, pk, digest in rows}


def _content_digest(request: MessageRequest) -> str:
    return keyed_digest(settings.CHAIN_KEY, request.target, rules.payload_text(request.payload))


def _message_columns(rows: Sequence[tuple[int, MessageRequest]], as_of: datetime) -> dict[str, object]:
    return {
        "id": [pk for pk, _ in rows], "kind": [request.kind for _, request in rows],
        "key": [request.key for _, request in rows], "target": [request.target for _, request in rows],
        "payload": [rules.payload_text(request.payload) for _, request in rows],
        "content_digest": [_content_digest(request) for _, request in rows],
        "state": MessageState.WAITING, "attempts": 0, "in_flight": False, "provider_id": "", "last_error": "",
        "queued_at": as_of,
    }  # fmt: skip


def _sending(message_id: int) -> JobRequest:
    return JobRequest(SEND, str(message_id), {"message": message_id}, max_attempts=MESSAGE_ATTEMPTS)


def queue_head(request: MessageRequest, *, as_of: datetime) -> None:
    """Queue the newest head of the chain for the outside, once, without a run of its own.

    A run for it would need a head of its own, without end.
    """
    with transaction.atomic():
        if OutboxMessage.objects.filter(kind=request.kind, key=request.key).exists():
            return
        run = OpenRun()
        pk = run.ids(1)[0]
        run.insert(OutboxMessage, {**_message_columns([(pk, request)], as_of), "run_id": None}, stamped=False)
        _insert_jobs([_sending(pk)], as_of, None)


def begin_sending(claim: Claim, message_id: int) -> bool:
    """Note that the outside is about to be asked, committed before the call.

    Gives: whether how earlier attempts ended is known; if not, only a repeatable port may be asked again.
    Raises: LeaseLost when the claim no longer stands.
    """
    with transaction.atomic():
        if not Job.objects.select_for_update().filter(_held(claim)).exists():
            raise LeaseLost(f"job {claim.job_id}, fence {claim.fence}")
        message = OutboxMessage.objects.filter(id=message_id)
        unknown = message.filter(in_flight=True).exists()
        message.update(in_flight=True, attempts=F("attempts") + 1)
    crash_point("message.about_to_be_sent")
    return not unknown


def mark_sent(claim: Claim, message_id: int, provider_id: str, *, as_of: datetime) -> None:
    """Note that a message went out, and end its job, in one transaction.

    Raises: LeaseLost when the claim no longer stands.
    """
    crash_point("message.sent")
    with transaction.atomic():
        finish_job(claim, as_of=as_of)
        OutboxMessage.objects.filter(id=message_id).update(
            state=MessageState.SENT, sent_at=as_of, provider_id=provider_id, in_flight=False, last_error=""
        )


def note_not_sent(
    claim: Claim, message_id: int, failure: SendingFailed, *, permanent: str, as_of: datetime
) -> JobState | None:
    """Note that a message did not go out, and try its job again later or park it, in one transaction."""
    with transaction.atomic():
        if Job.objects.select_for_update().filter(_held(claim)).exists():
            in_flight = isinstance(failure, OutcomeUnknown)
            OutboxMessage.objects.filter(id=message_id).update(in_flight=in_flight, last_error=failure.code)
        return fail_job(claim, failure, as_of=as_of, permanent=permanent)


# ---- the schedule -----------------------------------------------------------------------------------------


def lead_scheduler(name: str, *, lease_seconds: int, as_of: datetime) -> Leadership:
    """Take or keep the scheduler's lease if nobody else holds it; who asks in vain is noted as the rival."""
    until, half = as_of + timedelta(seconds=lease_seconds), timedelta(seconds=lease_seconds / 2)
    lease = SchedulerLease.objects.filter(id=1).first()
    if lease and lease.holder == name and lease.lease_until > as_of + half:
        return Leadership(name, lease.since, True)
    with transaction.atomic():
        SchedulerLease.objects.bulk_create(
            [SchedulerLease(id=1, holder=name, lease_until=until, since=as_of)], ignore_conflicts=True
        )
        free = Q(holder=name) | Q(lease_until__lte=as_of)
        if not SchedulerLease.objects.filter(free, id=1).update(holder=name, lease_until=until):
            SchedulerLease.objects.filter(id=1).update(rival=name, rival_at=as_of)
        lease = SchedulerLease.objects.get(id=1)
    return Leadership(lease.holder, lease.since, lease.holder == name)


def yield_lead(name: str, *, as_of: datetime) -> None:
    """Let go of the scheduler's lease, so that another may lead at once."""
    SchedulerLease.objects.filter(id=1, holder=name).update(lease_until=as_of)


def open_slots(schedule: Sequence[ScheduleEntry], *, since: datetime, zone: tzinfo, as_of: datetime) -> int:
    """Make jobs for the due slots of the schedule and tell how many; a slot is taken once, whoever takes it.

    A kind whose last job is still open gets no further one, unless every missed slot counts.
    Writes: slots, jobs. Cost: two small statements per line of the schedule, four more when something is due.
    """
    wanted = [(entry, slot) for entry in schedule for slot in _due_slots(entry, since=since, zone=zone, as_of=as_of)]
    if not wanted:
        return 0
    with transaction.atomic():
        taken = _take_slots([(entry.kind, slot) for entry, slot in wanted])
        requests = [
            JobRequest(entry.kind, slot.isoformat(), {}, slot, entry.priority)
            for entry, slot in wanted
            if (entry.kind, slot) in taken
        ]
        if requests:
            _insert_jobs(requests, as_of, None)
    return len(requests)


def _due_slots(entry: ScheduleEntry, *, since: datetime, zone: tzinfo, as_of: datetime) -> list[datetime]:
    opened = ScheduleSlot.objects.filter(kind=entry.kind, slot__lte=as_of).order_by("-slot")
    newest = opened.values_list("slot", flat=True).first()
    slots = rules.due_slots(entry, newest, since, as_of, zone)
    is_open = Q(kind=entry.kind, state__in=(JobState.WAITING, JobState.RUNNING))
    if slots and not entry.every_missed and Job.objects.filter(is_open).exists():
        return []
    return slots


def _take_slots(slots: Sequence[tuple[str, datetime]]) -> set[tuple[str, datetime]]:
    """Insert slots and return those that were not there yet."""
    rows = ", ".join(["(%s, %s)"] * len(slots))
    text = (
        f"INSERT INTO delivery_scheduleslot (kind, slot) VALUES {rows}"  # noqa: S608 - marks only
        " ON CONFLICT DO NOTHING RETURNING kind, slot"
    )
    with connection.cursor() as cursor:
        cursor.execute(text, [value for kind, slot in sorted(slots) for value in (kind, _stored(slot))])
        return {(kind, slot if slot.tzinfo else slot.replace(tzinfo=UTC)) for kind, slot in cursor.fetchall()}


def tidy_queue(*, as_of: datetime, keep: timedelta = timedelta(days=1)) -> int:
    """Delete done jobs of the schedule and of sent messages, and slots too old to make up; tell how many."""
    routine = Q(created_run_id__isnull=True) | Q(kind=SEND)
    jobs, _ = Job.objects.filter(routine, state=JobState.DONE, done_at__lt=as_of - keep).delete()
    slots, _ = ScheduleSlot.objects.filter(slot__lt=as_of - rules.CATCH_UP - timedelta(days=1)).delete()
    return jobs + slots
