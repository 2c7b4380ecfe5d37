"""Tables of the journal: runs, transitions, and the chain that seals them. All but the queue are append-only."""

from typing import ClassVar

from django.db import models


class Run(models.Model):
    """One carried out (or refused) call of a step. Born at its commit; never changes."""

    id = models.BigIntegerField(primary_key=True)
    step = models.CharField(max_length=64)
    clause = models.CharField(max_length=16)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.CharField(max_length=64)
    as_of = models.DateTimeField()
    recorded_at = models.DateTimeField()
    reason = models.TextField(default="")
    key = models.CharField(max_length=200, null=True)
    input_hash = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16)
    accepted = models.IntegerField()
    rejected = models.IntegerField()
    codes = models.TextField(default="{}")
    terms = models.TextField(default="{}")
    statements = models.IntegerField(default=0)
    duration_us = models.BigIntegerField(default=0)
    answer = models.TextField(null=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["step", "key"], name="run_key_once"),
            models.CheckConstraint(condition=models.Q(accepted__gte=0, rejected__gte=0), name="run_counts"),
        )
        indexes: ClassVar = [models.Index(fields=["as_of", "id"], name="run_as_of")]


class Transition(models.Model):
    """One state change of one subject. Born with its run; never changes.

    `run_id` carries no foreign key: its check costs as much as the row, and the checker (A2) proves it.
    """

    id = models.BigAutoField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=24)
    subject_id = models.BigIntegerField()
    from_state = models.CharField(max_length=24)
    to_state = models.CharField(max_length=24)

    fixed_columns: ClassVar[tuple[str, ...]] = ("kind", "subject_id", "from_state", "to_state")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["kind", "subject_id", "id"], name="transition_subject")]


class PendingSeal(models.Model):
    """A run that the sealer has not linked yet. Born with its run by a trigger, removed when linked."""

    run_id = models.BigIntegerField(primary_key=True)


class Seal(models.Model):
    """One link of the hash chain: the run at place `seq`. Never changes."""

    seq = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(unique=True)
    previous = models.CharField(max_length=64, unique=True)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()


class ChainHead(models.Model):
    """The one row that the sealer locks: the newest link."""

    id = models.SmallIntegerField(primary_key=True)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="chain_one_head"),)


class IdCounter(models.Model):
    """SQLite's stand-in for the sequence of fact ids: the last id given out."""

    id = models.SmallIntegerField(primary_key=True)
    last = models.BigIntegerField()
