"""Jobs as pages show them: where each stands, why it was laid aside, when it is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from zhanggui.delivery.models import Alarm, Job
from zhanggui.delivery.records import JobState
from zhanggui.portal.reading.paging import Count, Page, count_up_to, spelled

CONDITIONS = {state: spelled(f"delivery_job.state = '{state.value}'") for state in JobState}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job. why: the code of its open alarm, with the moment it was laid aside; next_at: when it may run next."""

    id: int
    kind: str
    key: str
    state: str
    attempts: int
    max_attempts: int
    last_error: str
    next_at: datetime | None
    made_at: datetime
    made_in: int | None
    why: str
    parked_at: datetime | None


def jobs(state: str, before: int | None, size: int = 50) -> Page[JobRow]:
    """Return the jobs in a state, the newest first. Cost: two statements."""
    rows = Job.objects.filter(CONDITIONS[JobState(state)])
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: size + 1])
    kept = found[:size]
    alarms = Alarm.objects.filter(job_id__in=[job.id for job in kept], answered_at__isnull=True)
    raised = {alarm.job_id: alarm for alarm in alarms}
    following = str(kept[-1].id) if len(found) > size else ""
    return Page(tuple(_row(job, raised) for job in kept), following, before is None)


def _row(job: Job, raised: Mapping[int, Alarm]) -> JobRow:
    alarm = raised.get(job.id)
    return JobRow(
        id=job.id,
        kind=job.kind,
        key=job.key,
        state=job.state,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        last_error=job.last_error,
        next_at=job.run_at if job.state == JobState.WAITING else None,
        made_at=job.created_at,
        made_in=job.created_run_id,
        why=alarm.code if alarm else "",
        parked_at=alarm.raised_at if alarm else None,
    )


def counts() -> dict[str, Count]:
    """Count the jobs of each state, those that wait for a person first. Cost: four statements, each capped."""
    order = (JobState.PARKED, JobState.WAITING, JobState.RUNNING, JobState.DONE)
    return {state.value: count_up_to(Job.objects.filter(CONDITIONS[state])) for state in order}


def under_way(kind: str) -> bool:
    """Tell whether a job of this kind waits or runs. Cost: one statement."""
    return Job.objects.filter(kind=kind, state__in=(JobState.WAITING, JobState.RUNNING)).exists()


def state_of(job_id: int) -> str:
    """Return where a job stands. Cost: one statement."""
    return str(Job.objects.values_list("state", flat=True).get(id=job_id))


def parked_count(cap: int = 999) -> Count:
    """Count the jobs that wait for a person, for the navigation."""
    return count_up_to(Job.objects.filter(CONDITIONS[JobState.PARKED]), cap)
