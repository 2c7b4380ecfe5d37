"""Clocks: what is owed under a clause, by when, by whom, and how it ended."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from zhanggui.obligations.records import RUNNING, STATES, ClockState

IS_OPEN = Q(state=ClockState.OPEN.value)
IS_PAUSED = Q(state=ClockState.PAUSED.value)
IS_RUNNING = Q(state__in=[state.value for state in RUNNING])


class Obligation(models.Model):
    """One duty with its clock. Born when its fact happens, due at a moment whose sum is stored in its columns.

    `state`: open, paused, breached (due has passed, still owed), then once: met, late, or withdrawn.
    `terms_version` and `calendar_version` are those it began under and keeps. `late_us` is what it came too late, in
    microseconds. `warn_at` is the next warning: at half of the time, then at four fifths (`most_at`), then none;
    `warned` is the share already noted.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    clause = models.CharField(max_length=16)
    subject_kind = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    cycle = models.IntegerField(default=1)
    department = models.CharField(max_length=24)
    assignee = models.CharField(max_length=64, default="")
    started_at = models.DateTimeField()
    allowed_seconds = models.BigIntegerField()
    time_basis = models.CharField(max_length=8)
    terms_version = models.BigIntegerField()
    calendar_version = models.BigIntegerField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField(null=True)
    most_at = models.DateTimeField()
    external_due_at = models.DateTimeField(null=True)
    warned = models.SmallIntegerField(default=0)
    state = models.CharField(max_length=12, default=ClockState.OPEN.value)
    closed_at = models.DateTimeField(null=True)
    late_us = models.BigIntegerField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "clause", "subject_kind", "subject_id", "cycle", "department", "started_at", "allowed_seconds",
        "time_basis", "terms_version", "calendar_version",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "clause", "cycle"], name="clock_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="clock_state"),
            models.CheckConstraint(
                condition=~Q(state=ClockState.MET.value) | Q(closed_at__lte=F("due_at"), late_us__isnull=True),
                name="clock_met_in_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=ClockState.LATE.value) | Q(closed_at__gt=F("due_at"), late_us__gt=0),
                name="clock_late_says_how_late",
            ),
        )
        indexes: ClassVar = [
            models.Index(fields=["due_at", "id"], condition=IS_OPEN, name="clock_open_due"),
            models.Index(fields=["warn_at", "id"], condition=IS_OPEN, name="clock_open_warn"),
            models.Index(fields=["most_at", "id"], condition=IS_OPEN, name="clock_open_urgent"),
            models.Index(fields=["due_at", "id"], condition=IS_PAUSED, name="clock_paused"),
            models.Index(fields=["due_at", "id"], condition=IS_RUNNING, name="clock_running"),
            models.Index(fields=["clause", "started_at", "id"], name="clock_of_clause"),
            models.Index(fields=["clause", "state", "started_at"], name="clock_by_state"),
        ]


class ObligationPause(models.Model):
    """A stretch in which a clock stood still. `until_at` is empty while it stands."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    obligation = models.ForeignKey(Obligation, on_delete=models.PROTECT)
    reason = models.CharField(max_length=32)
    from_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "obligation_id", "reason", "from_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["obligation"], condition=Q(until_at__isnull=True), name="pause_open_once"),
            models.CheckConstraint(
                condition=Q(until_at__isnull=True) | Q(until_at__gte=F("from_at")), name="pause_order"
            ),
        )
