"""Tables of the queue, the outbox, the schedule and the alarms.

Jobs, slots and the scheduler's lease are machinery and stand outside the journal (docs/decisions/0005);
messages and alarms are facts of a run.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from zhanggui.delivery.records import JobState, MessageState, Priority


class Job(models.Model):
    """One piece of work, named once by (kind, key). Born when asked for; changes until done or parked.

    `lease_until` and `worker` say who holds it; `fence` grows with every claim. `max_attempts` counts claims,
    not errors: a job that kills its worker leaves no error.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=64)
    key = models.CharField(max_length=200)
    payload = models.TextField(default="{}")
    state = models.CharField(max_length=8, default=JobState.WAITING)
    priority = models.SmallIntegerField(default=Priority.NORMAL)
    run_at = models.DateTimeField()
    attempts = models.SmallIntegerField(default=0)
    max_attempts = models.SmallIntegerField()
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, default="")
    fence = models.BigIntegerField(default=0)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(default=0)
    last_error = models.CharField(max_length=200, default="")
    created_run_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "key"], name="job_once"),
            models.CheckConstraint(
                condition=Q(attempts__gte=0, max_attempts__gte=1, attempts__lte=F("max_attempts")),
                name="job_attempts",
            ),
            models.CheckConstraint(condition=Q(state__in=[*JobState]), name="job_state"),
            models.CheckConstraint(condition=Q(priority__in=[*Priority]), name="job_priority"),
            models.CheckConstraint(
                condition=Q(state=JobState.RUNNING, lease_until__isnull=False)
                | (~Q(state=JobState.RUNNING) & Q(lease_until__isnull=True)),
                name="job_lease",
            ),
            models.CheckConstraint(condition=Q(progress_done__gte=0, progress_total__gte=0), name="job_progress"),
        )
        indexes: ClassVar = [
            models.Index("priority", "run_at", "id", condition=Q(state=JobState.WAITING), name="job_waiting"),
            models.Index("lease_until", "id", condition=Q(state=JobState.RUNNING), name="job_running"),
            models.Index("id", condition=Q(state=JobState.PARKED), name="job_parked"),
            models.Index(fields=["kind", "state"], name="job_kind_state"),
        ]


class OutboxMessage(models.Model):
    """Something told outside, named once by (kind, key). Born in the run whose change it tells.

    `in_flight`: the outside is being asked, or was and nobody knows how it ended. `run_id` is empty only for
    heads of the chain, which tell about the journal itself. Target and text enter the run's digest as
    `content_digest`.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(null=True, db_index=True)
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=160)
    target = models.CharField(max_length=254)
    payload = models.TextField()
    content_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=8, default=MessageState.WAITING)
    attempts = models.SmallIntegerField(default=0)
    in_flight = models.BooleanField(default=False)
    provider_id = models.CharField(max_length=200, default="")
    last_error = models.CharField(max_length=200, default="")
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "kind", "key", "content_digest", "queued_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "key"], name="message_once"),
            models.UniqueConstraint(
                fields=["kind", "provider_id"], condition=~Q(provider_id=""), name="message_provider_id_once"
            ),
            models.CheckConstraint(condition=Q(state__in=[*MessageState]), name="message_state"),
            models.CheckConstraint(condition=Q(attempts__gte=0), name="message_attempts"),
            models.CheckConstraint(
                condition=(Q(state=MessageState.SENT, sent_at__isnull=False) & ~Q(provider_id=""))
                | (~Q(state=MessageState.SENT) & Q(sent_at__isnull=True, provider_id="")),
                name="message_sent",
            ),
        )
        indexes: ClassVar = [
            models.Index("queued_at", "id", condition=~Q(state=MessageState.SENT), name="message_open"),
        ]


class Alarm(models.Model):
    """A parked job that asks for a person. Born in the run that parks it; answered at the release."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    code = models.CharField(max_length=64)
    job_id = models.BigIntegerField()
    raised_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "code", "job_id", "raised_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["job_id"], condition=Q(answered_at__isnull=True), name="alarm_open_once"),
        )


class ScheduleSlot(models.Model):
    """One slot of one schedule line, taken once by whichever scheduler. Never changes; swept later."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=64)
    slot = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "slot"], name="schedule_slot_once"),)


class SchedulerLease(models.Model):
    """The one row that says which scheduler leads, and who else tried last."""

    id = models.SmallIntegerField(primary_key=True)
    holder = models.CharField(max_length=64)
    lease_until = models.DateTimeField()
    since = models.DateTimeField()
    rival = models.CharField(max_length=64, default="")
    rival_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="scheduler_one_leader"),)
