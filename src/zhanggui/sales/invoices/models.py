"""Wishes for invoices, for whom they are made out, and the numbers they got."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from zhanggui.sales.invoices.records import GONE, STATES, Colour, Kind, State
from zhanggui.sales.orders.models import Order


class Invoice(models.Model):
    """One invoice that is wanted for an order, or a red-letter one that takes it back. Born `ready`, then moved.

    The amount is what the buyer paid, fixed at birth; on a red-letter wish it is the original's, negative. `findings`
    are what keeps it from being issued. `asked_digest` stands for what the channel asked for, so that a file
    brought again does not undo what was corrected by hand; `content_digest` for what is kept now. `version` counts
    the changes of that content.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    colour = models.CharField(max_length=4, default=Colour.BLUE.value)
    original = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="takes_back")
    amount_fen = models.BigIntegerField()
    created_at = models.DateTimeField()
    findings = models.CharField(max_length=200, default="")
    asked_digest = models.CharField(max_length=64, default="")
    content_digest = models.CharField(max_length=64)
    version = models.IntegerField(default=0)
    state = models.CharField(max_length=12, default=State.READY.value)
    exported_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "order_id", "colour", "original_id", "amount_fen", "created_at")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(state__in=STATES), name="invoice_state"),
            models.CheckConstraint(
                condition=Q(colour=Colour.BLUE.value, original__isnull=True, amount_fen__gte=0)
                | Q(colour=Colour.RED.value, original__isnull=False, amount_fen__lt=0, original__lt=F("id")),
                name="invoice_colour",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.READY.value, State.EXPORTED.value]) | Q(findings=""),
                name="invoice_ready_is_right",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(colour=Colour.BLUE.value) & ~Q(state__in=[one.value for one in GONE]),
                name="invoice_once",
            ),
            models.UniqueConstraint(
                fields=["original"],
                condition=Q(colour=Colour.RED.value) & ~Q(state=State.CANCELLED.value),
                name="invoice_red_once",
            ),
        )
        indexes: ClassVar = [models.Index(fields=["colour", "state", "id"], name="invoice_by_state")]


class InvoiceBuyer(models.Model):
    """For whom an invoice is made out: personal data, shown masked, erasable without touching the journal.

    Its id is the invoice's. It changes until the invoice is issued.
    """

    id = models.BigIntegerField(primary_key=True)
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT)
    title = models.CharField(max_length=100, default="", db_index=True)
    tax_no = models.CharField(max_length=30, default="")
    kind = models.CharField(max_length=8, default=Kind.NORMAL.value)
    email = models.CharField(max_length=120, default="")
    address = models.CharField(max_length=200, default="")
    phone = models.CharField(max_length=40, default="")
    bank = models.CharField(max_length=100, default="")
    account = models.CharField(max_length=40, default="")


class InvoiceNumber(models.Model):
    """The number under which an invoice was issued. Born when it becomes known; never changes.

    `content_digest` stands for whom it was made out to at that moment.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT)
    number = models.CharField(max_length=20, unique=True)
    issued_on = models.DateField()
    amount_fen = models.BigIntegerField()
    content_digest = models.CharField(max_length=64)
    link = models.CharField(max_length=500, default="")

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "invoice_id", "number", "issued_on", "amount_fen", "content_digest", "link",
    )  # fmt: skip
