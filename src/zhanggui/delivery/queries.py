"""Reads about the queue and the outbox."""

import json
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count, Min, Q

from zhanggui.delivery.models import Alarm, Job, OutboxMessage, SchedulerLease
from zhanggui.delivery.records import JobState, OutgoingMessage, QueueFigures


def queue_figures(as_of: datetime) -> QueueFigures:
    """Return how the queue stands; two statements."""
    counts = Job.objects.aggregate(
        waiting=Count("id", filter=Q(state=JobState.WAITING)),
        running=Count("id", filter=Q(state=JobState.RUNNING)),
        parked=Count("id", filter=Q(state=JobState.PARKED)),
        oldest=Min("run_at", filter=Q(state=JobState.WAITING, run_at__lte=as_of)),
    )
    alarms = Alarm.objects.filter(answered_at__isnull=True).count()
    return QueueFigures(counts["waiting"], counts["running"], counts["parked"], counts["oldest"], alarms)


def job_progress(kind: str, key: str) -> Mapping[str, int | str] | None:
    """Return state, attempts, progress and last error of a job, for a page that shows long work."""
    columns = ("state", "attempts", "max_attempts", "progress_done", "progress_total", "last_error")
    found: dict[str, int | str] | None = Job.objects.filter(kind=kind, key=key).values(*columns).first()
    return found


def parked_jobs(limit: int = 100) -> list[Job]:
    """Return the jobs that wait for a person, oldest first."""
    return list(Job.objects.filter(state=JobState.PARKED).order_by("id")[:limit])


def outgoing(message_id: int) -> OutgoingMessage:
    """Return a message as its port gets it."""
    row = OutboxMessage.objects.get(id=message_id)
    return OutgoingMessage(row.id, row.kind, row.key, row.target, json.loads(row.payload))


def rival_scheduler(after: datetime) -> str:
    """Return the name of a second scheduler that asked to lead after this moment, or nothing."""
    lease = SchedulerLease.objects.filter(rival_at__gt=after).first()
    return lease.rival if lease else ""
