"""What logistics was asked to send, and what it sent. It knows no orders, only the reference it was given."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zhanggui.logistics.fulfilment.records import RequestState
from zhanggui.logistics.inventory.models import Reservation, Warehouse


class FulfilmentRequest(models.Model):
    """One request to send goods. `reference_id` is the asker's key.

    Each reference has one request that is open or shipped (2.1.3.3); a cancelled one may be followed by another.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    reference_id = models.BigIntegerField(db_index=True)
    reference_no = models.CharField(max_length=32)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True, db_index=False)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=16, default=RequestState.OPEN.value)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "reference_id", "reference_no", "warehouse_id", "requested_at")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RequestState]), name="request_state"
            ),
            models.UniqueConstraint(fields=["reference_id"], condition=~Q(state="cancelled"), name="request_once"),
        )
        indexes: ClassVar = [
            models.Index(fields=["requested_at", "id"], condition=Q(state=RequestState.OPEN.value), name="request_open")
        ]


class FulfilmentLine(models.Model):
    """One reservation that a request sends. Born with its request; never changes."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    request = models.ForeignKey(FulfilmentRequest, on_delete=models.PROTECT)
    reservation = models.OneToOneField(Reservation, on_delete=models.PROTECT)
    quantity = models.BigIntegerField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "request_id", "reservation_id", "quantity")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(quantity__gt=0), name="request_line_asks"),)


class Shipment(models.Model):
    """A parcel that left: one per request, one waybill per carrier. Append-only."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    request = models.OneToOneField(FulfilmentRequest, on_delete=models.PROTECT)
    carrier = models.CharField(max_length=24)
    waybill = models.CharField(max_length=64)
    shipped_at = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "request_id", "carrier", "waybill", "shipped_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["waybill", "carrier"], name="waybill_once"),
            models.CheckConstraint(condition=~Q(waybill=""), name="waybill_given"),
        )
