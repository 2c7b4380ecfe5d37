"""The envelope of every step, and the sealer.

A step is called with a `Context` and answers per row. Around its body stand: the batch limit, one transaction, the
idempotency key with its input hash, dry run, retry on deadlock, and the run record whose digest is made from the very
columns that the writing statements carried. A step called with an `Inside` joins the run it is called in.
"""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache, wraps
from operator import attrgetter
from typing import Any, Protocol, TypeVar, cast

from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from zhanggui.journal import rules
from zhanggui.journal.models import ChainHead, PendingSeal, Run, Seal
from zhanggui.journal.records import (
    BatchTooLarge,
    Busy,
    Context,
    Contradicted,
    Head,
    KeyReused,
    StepInfo,
    StepRefused,
)
from zhanggui.journal.writing import Inside, OpenRun
from zhanggui.kernel import clock
from zhanggui.kernel.batch import Accepted, Answer, Rejected
from zhanggui.kernel.crash import crash_point

Row = TypeVar("Row", contravariant=True)
RETRIES = 3
STEPS: dict[str, StepInfo] = {}


class Step(Protocol[Row]):
    """What callers see of a step."""

    def __call__(self, batch: Sequence[Row], *, context: Context | Inside) -> Answer: ...


def step(name: str, *, clause: str, limit: int = 10_000) -> Callable[[Callable[..., Answer]], Step[Any]]:
    """Register a function as a step and put the envelope around it.

    Takes: name, `<app>.<verb>`; clause, the number it serves; limit, the most rows of one batch.
    Raises (from the step): BatchTooLarge, KeyReused, Busy.
    """

    def register(body: Callable[..., Answer]) -> Step[Any]:
        info = StepInfo(name, clause, limit, body.__module__, body.__name__)
        STEPS[name] = info

        @wraps(body)
        def call(batch: Sequence[Any], *, context: Context | Inside) -> Answer:
            if isinstance(context, Inside):
                return body(batch, context=context)
            return _carry_out(info, body, batch, context)

        return call

    return register


def _carry_out(info: StepInfo, body: Callable[..., Answer], batch: Sequence[Any], context: Context) -> Answer:
    try:
        if len(batch) > info.limit:
            raise BatchTooLarge(rows=len(batch), limit=info.limit)
        return _with_retries(info, body, batch, context)
    except StepRefused as refusal:
        _record_refusal(info, context, refusal, len(batch))
        raise


def _with_retries(info: StepInfo, body: Callable[..., Answer], batch: Sequence[Any], context: Context) -> Answer:
    input_hash = rules.fingerprint([_fingerprint(row) for row in batch], settings.CHAIN_KEY)
    for attempt in range(RETRIES):
        try:
            return _once(info, body, batch, context, input_hash)
        except OperationalError as error:
            if not _worth_retrying(error):
                raise
            if attempt == RETRIES - 1:
                raise Busy(step=info.name) from error
        except IntegrityError as error:
            if context.key and (stored := _stored_answer(info, context.key, input_hash)):
                return stored
            if attempt == RETRIES - 1:
                raise Contradicted(step=info.name, what=str(error).splitlines()[0]) from error
    raise Busy(step=info.name)


def _worth_retrying(error: DatabaseError) -> bool:
    """Tell a deadlock, a serialization failure, a lock that took too long, and a busy SQLite from everything else."""
    code = getattr(error.__cause__, "sqlstate", None)
    return code in ("40001", "40P01", "55P03") or "locked" in str(error)


def _once(
    info: StepInfo, body: Callable[..., Answer], batch: Sequence[Any], context: Context, input_hash: str
) -> Answer:
    started = clock.monotonic()
    with transaction.atomic():
        if context.key and (stored := _stored_answer(info, context.key, input_hash)):
            return stored
        run = OpenRun()
        given = body(batch, context=Inside(context.actor, context.as_of, run, context.reason))
        if context.dry_run:
            transaction.set_rollback(True)
            return given
        _close(run, info, context, given, input_hash, started)
        crash_point(f"{info.name}.before_commit")
    crash_point(f"{info.name}.after_commit")
    return Answer(given.accepted, given.rejected, run.id)


def _close(run: OpenRun, info: StepInfo, context: Context, given: Answer, input_hash: str, started: float) -> None:
    digest = run.flush()
    _insert_run(
        run, info, context, digest=digest, input_hash=input_hash, outcome="done",
        accepted=len(given.accepted), rejected=len(given.rejected), codes=given.codes,
        answer=_answer_text(given) if context.key else None,
        duration_us=int((clock.monotonic() - started) * 1_000_000),
    )  # fmt: skip


def _insert_run(run: OpenRun, info: StepInfo, context: Context, *, codes: Mapping[str, int], **columns: object) -> None:
    run.insert(Run, {
        "id": run.id, "step": info.name, "clause": info.clause, "actor_kind": context.actor.kind,
        "actor_id": context.actor.id, "as_of": context.as_of, "recorded_at": clock.now(), "reason": context.reason,
        "key": context.key, "codes": json.dumps(codes, sort_keys=True), "terms": json.dumps(run.terms, sort_keys=True),
        "statements": run.statements + 3, **columns,
    }, stamped=False)  # fmt: skip


def _record_refusal(info: StepInfo, context: Context, refusal: StepRefused, n_rows: int) -> None:
    """Leave a small record of a batch that was refused as a whole; without a key, since nothing was done under it."""
    if context.dry_run or isinstance(refusal, Busy):
        return
    with transaction.atomic():
        run = OpenRun()
        keyless = Context(context.actor, context.as_of, None, False, context.reason)
        _insert_run(
            run, info, keyless, digest=run.flush(), input_hash="", outcome="refused", accepted=0,
            rejected=n_rows, codes={refusal.code: n_rows}, answer=None, duration_us=0,
        )  # fmt: skip


def _stored_answer(info: StepInfo, key: str, input_hash: str) -> Answer | None:
    """Return the answer given under this key before.

    Raises: KeyReused when the key stands for other input.
    """
    found = Run.objects.filter(step=info.name, key=key).values_list("id", "input_hash", "answer").first()
    if found is None:
        return None
    run_id, known_hash, text = found
    if known_hash != input_hash:
        raise KeyReused(step=info.name, key=key, run=run_id)
    accepted, rejected = json.loads(text or "[[],[]]")
    return Answer(
        tuple(Accepted(index, result) for index, result in accepted),
        tuple(Rejected(index, code, details) for index, code, details in rejected),
        run_id,
        replayed=True,
    )


def _answer_text(given: Answer) -> str:
    accepted = [[row.index, row.result] for row in given.accepted]
    rejected = [[row.index, row.code, dict(row.details)] for row in given.rejected]
    return json.dumps([accepted, rejected], separators=(",", ":"), ensure_ascii=False)


def _fingerprint(row: object) -> object:
    """Return what stands for a row in the input hash: its own content hash if it has one, else its fields."""
    if isinstance(row, int | str | tuple):
        return row
    return getattr(row, "content_hash", None) or _fields_of(cast(Hashable, type(row)))(row)


@lru_cache(maxsize=256)
def _fields_of(kind: Hashable) -> Callable[[object], object]:
    return attrgetter(*(field.name for field in fields(cast(Any, kind))))


def seal_runs(*, limit: int = 5_000) -> Head:
    """Link committed runs into the hash chain, oldest id first, and give the newest head.

    Clause: 1.2 (traceable). Only one sealer works at a time: it locks the head row; writers never wait for it.
    Cost: seven statements for any number of runs.
    """
    with transaction.atomic():
        ChainHead.objects.get_or_create(id=1, defaults={"seq": 0, "hash": rules.GENESIS})
        head = ChainHead.objects.select_for_update().get(id=1)
        waiting = list(PendingSeal.objects.order_by("run_id").values_list("run_id", flat=True)[:limit])
        if not waiting:
            return Head(head.seq, head.hash)
        runs = {row[0]: row for row in Run.objects.filter(id__in=waiting).values_list(*rules.CHAINED)}
        previous, sealed_at, links = head.hash, clock.now(), []
        for seq, run_id in enumerate(waiting, head.seq + 1):
            linked = rules.link(previous, rules.run_bytes(runs[run_id]), settings.CHAIN_KEY)
            links.append(Seal(seq=seq, run_id=run_id, previous=previous, hash=linked, sealed_at=sealed_at))
            previous = linked
        Seal.objects.bulk_create(links)
        PendingSeal.objects.filter(run_id__in=waiting).delete()
        ChainHead.objects.filter(id=1).update(seq=head.seq + len(links), hash=previous)
    crash_point("seal.after_commit")
    return Head(head.seq + len(links), previous)


__all__ = ["STEPS", "Inside", "OpenRun", "Step", "seal_runs", "step"]
