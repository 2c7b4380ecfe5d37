"""Reads about files taken in."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from django.db.models import Count, Max, Min, Sum

from zhanggui.catalog.models import Sku
from zhanggui.connectors.intake.models import HalfOrder, IntakeFile, RefusedRow, SavedMapping
from zhanggui.connectors.intake.platforms.shapes import LIST
from zhanggui.connectors.intake.records import (
    Choices,
    HalfState,
    IntakeView,
    MappingView,
    Reading,
    RowRefused,
    Stage,
    Standing,
    State,
    Waiting,
    Work,
)
from zhanggui.connectors.spreadsheets.mapping import Subject
from zhanggui.delivery.models import Job
from zhanggui.delivery.records import JobState
from zhanggui.sales.orders.models import Shop

TRIED = "choices"
CHECK_JOB, COMMIT_JOB = "intake.check", "intake.commit"
TAKEN_UP_WITHIN = timedelta(seconds=15)
SHOWN = (
    "id", "subject", "channel", "shop", "name", "sha256", "size", "attempt", "layout", "encoding", "currency",
    "rows_total", "rows_done", "rows_refused", "entries", "position", "lines", "new", "changed", "unchanged",
    "waiting", "amount_fen", "uploaded_by", "uploaded_at", "checked_at", "done_at", "refusal",
)  # fmt: skip


def intake(intake_id: int) -> IntakeView | None:
    """Return one file with its figures; None if there is none of that id."""
    row = IntakeFile.objects.filter(id=intake_id).first()
    return _view(row) if row else None


def recent_intakes(*, limit: int = 50) -> list[IntakeView]:
    """Return the newest files, the newest first."""
    return [_view(row) for row in IntakeFile.objects.order_by("-id")[:limit]]


def _view(row: IntakeFile) -> IntakeView:
    return IntakeView(
        **{name: getattr(row, name) for name in SHOWN}, state=State(row.state), details=json.loads(row.details),
        reading=reading_from(row.reading),
    )  # fmt: skip


def choices_text(choices: Choices) -> str:
    """Return choices as they are kept."""
    return json.dumps({name: getattr(choices, name) for name in Choices.__slots__}, ensure_ascii=False)


def tried_choices(file: IntakeView) -> Choices | None:
    """Return what a person chose for the check that refused the file; None where nothing was chosen."""
    kept = file.details.get(TRIED)
    return Choices(**json.loads(kept)) if isinstance(kept, str) else None


def reading_text(reading: Reading) -> str:
    """Return a reading as it is kept."""
    return json.dumps({name: getattr(reading, name) for name in Reading.__slots__}, ensure_ascii=False)


def reading_from(text: str) -> Reading | None:
    """Return a kept reading; None where none was kept."""
    if not text:
        return None
    kept = json.loads(text)
    return Reading(**{**kept, "warnings": tuple(kept["warnings"]), "unused": tuple(kept.get("unused", ()))})


def refused_rows(
    intake_id: int, stages: Iterable[Stage] | None = None, *, limit: int | None = None
) -> list[RowRefused]:
    """Return the refused rows of the newest attempt by row: of the commit once it has begun, of its forecast before."""
    file = IntakeFile.objects.filter(id=intake_id).values_list("attempt", "state").first()
    if file is None:
        return []
    begun = file[1] in (State.COMMITTING, State.DONE)
    wanted = stages or (Stage.CHECK, Stage.COMMIT if begun else Stage.FORECAST)
    rows = RefusedRow.objects.filter(intake_id=intake_id, attempt=file[0], stage__in=[str(stage) for stage in wanted])
    columns = rows.order_by("row", "id").values_list("row", "code", "field", "expected")
    return [RowRefused(*row) for row in columns[:limit]]


def saved_mapping(subject: Subject, channel: str, fingerprint: str) -> tuple[str, Mapping[str, int]] | None:
    """Return the layout's name and the mapping that people settled on for files with this header."""
    found = SavedMapping.objects.filter(subject=subject, channel=channel, fingerprint=fingerprint, gone=False)
    row = found.values_list("layout", "columns").first()
    return (row[0], json.loads(row[1])) if row else None


def saved_mappings(*, limit: int = 200) -> list[MappingView]:
    """Return the mappings that are in use, the newest first."""
    rows = SavedMapping.objects.filter(gone=False).order_by("-settled_at", "-id")[:limit]
    return [
        MappingView(
            row.id, cast(Subject, row.subject), row.channel, row.name, row.layout, tuple(json.loads(row.columns)),
            row.settled_by,
            row.settled_at,
        )
        for row in rows
    ]  # fmt: skip


def waiting_halves(*, limit: int = 50) -> list[Waiting]:
    """Return the orders that wait for their other half, by shop and half, the longest waiting first."""
    rows = (
        HalfOrder.objects.filter(state=HalfState.WAITING)
        .values("channel", "shop", "half")
        .annotate(count=Count("id"), since_at=Min("since_at"), intake_id=Max("intake_id"))
        .order_by("since_at", "channel", "shop", "half")
    )
    return [Waiting(**row) for row in rows[:limit]]


def waiting_since(*, limit: int = 200) -> list[tuple[str, str, str, str, datetime, int]]:
    """Return orders that wait for their other half, oldest first: (number, channel, shop, half, since, file)."""
    waiting = HalfOrder.objects.filter(state=HalfState.WAITING).order_by("since_at", "id")
    columns = ("external_id", "channel", "shop", "half", "since_at", "intake_id")
    return list(waiting.values_list(*columns)[:limit])


def sales_of(channel: str, shop: str, external_ids: Sequence[str]) -> int:
    """Return what those of these orders come to that the lists here count as sales."""
    found = HalfOrder.objects.filter(channel=channel, shop=shop, half=LIST, external_id__in=external_ids)
    return int(found.aggregate(total=Sum("goods_fen"))["total"] or 0)


def shop_terms(channel: str, code: str) -> tuple[str, str] | None:
    """Return currency and zone of a shop that is known already."""
    return Shop.objects.filter(channel=channel, code=code).values_list("currency", "zone").first()


def known_products(codes: Sequence[str], fields: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return these fields of the products with these codes."""
    rows = Sku.objects.filter(code__in=set(codes)).values_list("code", *fields)
    return {row[0]: dict(zip(fields, row[1:], strict=True)) for row in rows}


def parked_jobs_of(kind: str, keys: Sequence[str]) -> list[int]:
    """Return the ids of those jobs of these keys that were laid aside for a person."""
    parked = Job.objects.filter(kind=kind, key__in=keys, state=JobState.PARKED)
    return list(parked.order_by("id").values_list("id", flat=True))


def work_of(file: IntakeView, as_of: datetime) -> Work | None:
    """Return how the worker stands to a file that is checked or comes in; None if nothing was left to it.

    Cost: one statement, a second one while the job waits.
    """
    kinds = {State.CHECKING: CHECK_JOB, State.COMMITTING: COMMIT_JOB}
    kind = kinds.get(file.state)
    job = Job.objects.filter(kind=kind, key=f"{file.id}:{file.attempt}").first() if kind else None
    if job is None or job.state == JobState.DONE:
        return None
    standing = _standing(job, as_of)
    return Work(job.id, standing, job.progress_done, job.progress_total, job.last_error, job.run_at)


def _standing(job: Job, as_of: datetime) -> Standing:
    if job.state == JobState.PARKED:
        return Standing.PARKED
    if job.lease_until:
        return Standing.RUNNING if job.lease_until > as_of else Standing.SILENT
    if job.run_at > as_of and job.last_error:
        return Standing.AGAIN
    busy = Job.objects.filter(kind__in=(CHECK_JOB, COMMIT_JOB), state=JobState.RUNNING, lease_until__gt=as_of)
    if busy.exists():
        return Standing.BEHIND
    return Standing.NOBODY if job.run_at + TAKEN_UP_WITHIN < as_of else Standing.WAITING
