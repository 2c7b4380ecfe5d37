"""Tables of working time. Every change makes a new version; what an older one held can always be read again.

A row holds for the versions from `version_from` up to, not including, `version_to` (empty: still).
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

STILL = Q(version_to__isnull=True)


class CalendarVersion(models.Model):
    """One edition of all special days and shifts. Born with the run that changed them; never changes.

    `content_hash` stands for everything that the version holds, so that a checker can prove it whole.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    number = models.IntegerField(unique=True)
    zone = models.CharField(max_length=48)
    content_hash = models.CharField(max_length=64)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "number", "zone", "content_hash")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(number__gte=1), name="calendar_version_counts"),)


class CalendarDay(models.Model):
    """What the table says about one day of a region. Changes only when a version ends it."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    region = models.CharField(max_length=8, default="CN")
    day = models.DateField()
    kind = models.CharField(max_length=8)
    name_zh = models.CharField(max_length=64)
    name_en = models.CharField(max_length=64)
    source = models.CharField(max_length=12)
    version_from = models.IntegerField()
    version_to = models.IntegerField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "region", "day", "kind", "name_zh", "name_en", "source", "version_from",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["region", "day", "version_from"], name="calendar_day_once"),
            models.UniqueConstraint(
                fields=["region", "day"],
                condition=STILL,
                name="calendar_day_current_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=("holiday", "workday")), name="calendar_day_kind"),
            models.CheckConstraint(condition=Q(source__in=("published", "manual")), name="calendar_day_source"),
            models.CheckConstraint(
                condition=STILL | Q(version_to__gt=F("version_from")),
                name="calendar_day_versions",
            ),
        )


class ShiftPattern(models.Model):
    """One interval of work of a department on certain kinds of day. Changes only when a version ends it.

    `days`: bit 0 Monday … bit 6 Sunday, bit 7 public holidays. Minutes of the local day, half-open; an end
    beyond 1440 is on the next day. Department `all` stands for every department without shifts of its own.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    department = models.CharField(max_length=24)
    days = models.SmallIntegerField()
    starts_minute = models.SmallIntegerField()
    ends_minute = models.SmallIntegerField()
    version_from = models.IntegerField()
    version_to = models.IntegerField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "department", "days", "starts_minute", "ends_minute", "version_from",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=255), name="shift_days"),
            models.CheckConstraint(condition=Q(starts_minute__gte=0, starts_minute__lt=1440), name="shift_start"),
            models.CheckConstraint(
                condition=Q(ends_minute__gt=F("starts_minute"), ends_minute__lte=2880), name="shift_end"
            ),
            models.CheckConstraint(
                condition=STILL | Q(version_to__gt=F("version_from")),
                name="shift_versions",
            ),
        )
        indexes: ClassVar = [models.Index(fields=["department", "version_from"], name="shift_of_department")]
