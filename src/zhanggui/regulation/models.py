"""What the company itself decided about parameters: dated values, and overlays that end by themselves."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from zhanggui.regulation.records import ScopeKind

KEYED_SCOPES = [kind.value for kind in ScopeKind if kind is not ScopeKind.ALL]


class ParameterVersion(models.Model):
    """A value of a parameter from a moment on. Born by decision, never changed: a later one takes over.

    `value` is a JSON scalar. Clocks and runs keep this id as the version they worked under.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    clause = models.CharField(max_length=16)
    parameter = models.CharField(max_length=64)
    value = models.TextField()
    valid_from = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "clause", "parameter", "value", "valid_from")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["clause", "parameter", "valid_from"], name="version_once"),)


class ParameterOverlay(models.Model):
    """A value for one scope and a limited time, over the dated one. Born by an adjustment, never changed.

    It holds from `starts_at` until just before `ends_at`. Its id comes from the same sequence as those of
    versions, so one number names either.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    clause = models.CharField(max_length=16)
    parameter = models.CharField(max_length=64)
    value = models.TextField()
    scope_kind = models.CharField(max_length=16)
    scope_key = models.CharField(max_length=64, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "clause", "parameter", "value", "scope_kind", "scope_key", "starts_at", "ends_at",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="overlay_order"),
            models.CheckConstraint(
                condition=Q(scope_kind=ScopeKind.ALL.value, scope_key="")
                | (Q(scope_kind__in=KEYED_SCOPES) & ~Q(scope_key="")),
                name="overlay_scope",
            ),
            models.UniqueConstraint(
                fields=["clause", "parameter", "scope_kind", "scope_key", "starts_at"], name="overlay_once"
            ),
        )
        indexes: ClassVar = [models.Index(fields=["clause", "ends_at"], name="overlay_until")]


class RegulationGate(models.Model):
    """The one row that changes of the regulation lock, so that two of them never pass each other unseen."""

    id = models.SmallIntegerField(primary_key=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="regulation_one_gate"),)
