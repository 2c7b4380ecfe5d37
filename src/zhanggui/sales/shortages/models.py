"""Shortages: what an order lacks, what its customer was told and offered, and what was agreed."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zhanggui.catalog.models import Sku
from zhanggui.sales.orders.models import Order
from zhanggui.sales.shortages.records import CHANNELS, OPEN_STAGES, OPTIONS, OUTCOMES, STAGES, NoticeState, Stage

IS_OPEN = Q(state__in=[stage.value for stage in OPEN_STAGES])


class ShortageCase(models.Model):
    """One negotiation about one short order. Born when the order is first found short; over when nothing is missing.

    `cycle` counts the rounds: a promise that fails begins another one. `option`, `promised` and `agreed_at` are of the
    round that runs; `carried_out`: what was agreed is done, or needs no doing. `round_at` is when the round began.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    opened_at = models.DateTimeField()
    state = models.CharField(max_length=8, default=Stage.TO_TELL.value)
    cycle = models.IntegerField(default=1)
    round_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    agreed_at = models.DateTimeField(null=True)
    option = models.CharField(max_length=12, default="")
    promised = models.DateField(null=True)
    carried_out = models.BooleanField(default=False)
    outcome = models.CharField(max_length=12, default="")
    closed_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "order_id", "opened_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order"], condition=IS_OPEN, name="case_open_once"),
            models.CheckConstraint(condition=Q(state__in=STAGES), name="case_stage"),
            models.CheckConstraint(condition=Q(option__in=["", *OPTIONS]), name="case_option"),
            models.CheckConstraint(condition=Q(outcome__in=OUTCOMES), name="case_outcome"),
            models.CheckConstraint(
                condition=~Q(state=Stage.AGREED.value) | (Q(agreed_at__isnull=False) & ~Q(option="")),
                name="case_agreed_on_something",
            ),
            models.CheckConstraint(
                condition=Q(state=Stage.CLOSED.value, closed_at__isnull=False) & ~Q(outcome="")
                | ~Q(state=Stage.CLOSED.value) & Q(closed_at__isnull=True, outcome=""),
                name="case_closed_for_a_reason",
            ),
        )
        indexes: ClassVar = [
            models.Index(fields=["state", "round_at", "id"], name="case_by_stage"),
            models.Index(fields=["order", "id"], name="case_of_order"),
        ]


class ShortageLine(models.Model):
    """How many pieces of one SKU an order lacked when it was found short. Never changes."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    case = models.ForeignKey(ShortageCase, on_delete=models.PROTECT, db_index=False)
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT)
    missing = models.BigIntegerField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "case_id", "sku_id", "missing")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["case", "sku"], name="shortage_line_once"),
            models.CheckConstraint(condition=Q(missing__gt=0), name="shortage_line_lacks"),
        )


class ShortageOffer(models.Model):
    """What was proposed to a customer, behind an address that only its reader knows. Replaced by the next one.

    `seed` makes the address together with our key; of the address itself only a hash is kept. `substitutes` are SKU
    codes, `options` what may be chosen, both separated by commas.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    case = models.ForeignKey(ShortageCase, on_delete=models.PROTECT)
    cycle = models.IntegerField()
    options = models.CharField(max_length=60)
    promised = models.DateField(null=True)
    substitutes = models.TextField(default="")
    seed = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "case_id", "cycle", "options", "promised", "substitutes", "token_hash", "made_at", "expires_at",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["case"], condition=Q(replaced_at__isnull=True), name="offer_standing_once"),
        )


class ShortageNotice(models.Model):
    """That a customer was told, or is being told. Through the outbox (`message_id`), or by a person in `words`."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    case = models.ForeignKey(ShortageCase, on_delete=models.PROTECT)
    cycle = models.IntegerField()
    channel = models.CharField(max_length=12)
    message_id = models.BigIntegerField(null=True)
    words = models.TextField(default="")
    written_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, default=NoticeState.QUEUED.value)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "case_id", "cycle", "channel", "message_id", "written_at")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="notice_channel"),
            models.CheckConstraint(
                condition=Q(state=NoticeState.TOLD.value, told_at__isnull=False)
                | (~Q(state=NoticeState.TOLD.value) & Q(told_at__isnull=True, message_id__isnull=False)),
                name="notice_told",
            ),
        )
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(state=NoticeState.QUEUED.value), name="notice_queued"),
        ]


class ShortageAnswer(models.Model):
    """What was agreed in one round: one answer wins. Never changes. `offer` is empty where staff wrote it down."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    case = models.ForeignKey(ShortageCase, on_delete=models.PROTECT, db_index=False)
    cycle = models.IntegerField()
    offer = models.ForeignKey(ShortageOffer, on_delete=models.PROTECT, null=True)
    option = models.CharField(max_length=12)
    promised = models.DateField(null=True)
    substitute = models.CharField(max_length=64, default="")
    words = models.CharField(max_length=500, default="")
    answered_at = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "case_id", "cycle", "offer_id", "option", "promised", "substitute", "answered_at",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["case", "cycle"], name="answer_once_a_round"),
            models.CheckConstraint(condition=Q(option__in=OPTIONS), name="answer_option"),
        )
