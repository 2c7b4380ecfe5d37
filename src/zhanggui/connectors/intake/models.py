"""Files taken in, the rows that stayed out, and the column mappings that people settled on."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

SUBJECTS = ("orders", "products", "stock")
STATES = ("uploaded", "checking", "checked", "committing", "done", "refused")


class IntakeFile(models.Model):
    """One file of one subject, channel and shop: who uploads it again is sent to it. Its bytes are kept by their hash.

    Born by upload. `attempt` counts its checks; figures are those of the newest. `position` is the number of
    entries committed, moved in the very run that commits them, so that a killed commit goes on where it stood.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    subject = models.CharField(max_length=16)
    channel = models.CharField(max_length=32, default="")
    shop = models.CharField(max_length=32, default="")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    uploaded_by = models.CharField(max_length=80)
    uploaded_at = models.DateTimeField()
    state = models.CharField(max_length=16, default="uploaded")
    attempt = models.IntegerField(default=0)
    reading = models.TextField(default="")
    layout = models.CharField(max_length=40, default="")
    encoding = models.CharField(max_length=20, default="")
    currency = models.CharField(max_length=3, default="")
    zone = models.CharField(max_length=40, default="")
    refusal = models.CharField(max_length=40, default="")
    details = models.TextField(default="{}")
    rows_total = models.BigIntegerField(default=0)
    rows_done = models.BigIntegerField(default=0)
    rows_refused = models.BigIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    lines = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    new = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)
    amount_fen = models.BigIntegerField(default=0)
    checked_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "subject", "channel", "shop", "sha256", "size")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["subject", "channel", "shop", "sha256"], name="intake_file_once"),
            models.CheckConstraint(condition=Q(subject__in=SUBJECTS), name="intake_subject"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="intake_state"),
            models.CheckConstraint(
                condition=Q(rows_total__gte=F("rows_done") + F("rows_refused")) & Q(entries__gte=F("position")),
                name="intake_counts",
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(rows_total=F("rows_done") + F("rows_refused")),
                name="intake_all_rows_have_a_fate",
            ),
        )
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="intake_by_state")]


class RefusedRow(models.Model):
    """One row that stayed out in one attempt, and why. Born by check or commit; never changes; holds no cell."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    intake = models.ForeignKey(IntakeFile, on_delete=models.PROTECT, db_index=False)
    attempt = models.IntegerField()
    stage = models.CharField(max_length=16)
    row = models.BigIntegerField()
    code = models.CharField(max_length=40)
    field = models.CharField(max_length=40, default="")
    expected = models.CharField(max_length=80, default="")

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "intake_id", "attempt", "stage", "row", "code", "field")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["intake", "attempt", "stage", "row"], name="refused_row_once"),
            models.CheckConstraint(condition=Q(stage__in=["check", "forecast", "commit"]), name="refused_row_stage"),
        )


class HalfOrder(models.Model):
    """One half of an order that comes in two files: what was bought, or who bought it.

    Born by the commit of its file; a newer file of the same half takes its place. It waits until the other half is
    here, and stays as it is afterwards, so that a later file of the other half still finds it. The payload holds the
    receiver and is personal data.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    channel = models.CharField(max_length=32)
    shop = models.CharField(max_length=32)
    external_id = models.CharField(max_length=64)
    half = models.CharField(max_length=8)
    payload = models.TextField()
    goods_fen = models.BigIntegerField(default=0)
    intake_id = models.BigIntegerField(default=0)
    since_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="waiting")

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "channel", "shop", "external_id", "half", "since_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["external_id", "channel", "shop", "half"], name="half_order_once"),
            models.CheckConstraint(condition=Q(half__in=["list", "detail"]), name="half_order_half"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "joined"]), name="half_order_state"),
        )
        indexes: ClassVar = [models.Index(fields=["since_at"], condition=Q(state="waiting"), name="half_order_waiting")]


class PartCount(models.Model):
    """What became of entries in one attempt: foreseen by its check, or done by one part of its commit.

    Born with the run that writes the file's own figures, which are the sum of these rows; never changes.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    intake = models.ForeignKey(IntakeFile, on_delete=models.PROTECT)
    attempt = models.IntegerField()
    stage = models.CharField(max_length=16)
    entries = models.BigIntegerField()
    new = models.BigIntegerField()
    changed = models.BigIntegerField()
    unchanged = models.BigIntegerField()

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "intake_id", "attempt", "stage", "entries", "new", "changed", "unchanged",
    )  # fmt: skip

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(stage__in=["check", "commit"]), name="part_count_stage"),)


class SavedMapping(models.Model):
    """Which column is which field, for files of one subject and channel with one header. Settled by a commit.

    People may name it and take it away; a mapping taken away is no longer used (`gone`), and comes back when a file is
    settled in that way again.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    subject = models.CharField(max_length=16)
    channel = models.CharField(max_length=32)
    fingerprint = models.CharField(max_length=64)
    layout = models.CharField(max_length=40)
    columns = models.TextField()
    name = models.CharField(max_length=80, default="")
    settled_by = models.CharField(max_length=80, default="")
    settled_at = models.DateTimeField(null=True)
    gone = models.BooleanField(default=False)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "subject", "channel", "fingerprint")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["subject", "channel", "fingerprint"], name="mapping_once"),)
