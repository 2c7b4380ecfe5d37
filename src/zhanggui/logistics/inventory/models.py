"""Stock: movements are the truth, balances their sum, reservations their claim. Stock is never negative."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from zhanggui.catalog.models import Sku
from zhanggui.logistics.inventory.records import ClaimState

IS_OPEN = Q(state=ClaimState.OPEN.value)


class Warehouse(models.Model):
    """A place that holds stock; a smaller priority number is asked first."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=100)
    priority = models.IntegerField(default=100)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "code")


class WarehousePreference(models.Model):
    """From which warehouse a province is served: its warehouses in turn, the rest by their own priority.

    Born when somebody says so; never changes but for its state, when another list takes its place.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    province = models.CharField(max_length=60)
    turn = models.IntegerField()
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, db_index=False)
    state = models.CharField(max_length=8, default="current")

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "province", "turn", "warehouse_id")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["province", "turn"], condition=Q(state="current"), name="preference_turn"),
            models.UniqueConstraint(
                fields=["province", "warehouse"], condition=Q(state="current"), name="preference_once"
            ),
            models.CheckConstraint(condition=Q(state__in=["current", "replaced"]), name="preference_state"),
        )


class StockBalance(models.Model):
    """What one SKU has in one warehouse. A cache of its movements and open reservations, checked by S1 and S2."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT)
    on_hand = models.BigIntegerField()
    reserved = models.BigIntegerField(default=0)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "sku_id", "warehouse_id")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["sku", "warehouse"], name="balance_once"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")), name="balance_never_negative"
            ),
        )


class StockMovement(models.Model):
    """One change of stock, signed. Append-only; `cause_key` makes the same cause count once."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    balance = models.ForeignKey(StockBalance, on_delete=models.PROTECT, db_index=False)
    quantity = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    cause_key = models.CharField(max_length=160, unique=True)
    moved_at = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "balance_id", "quantity", "kind", "cause_key", "moved_at")

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves"),)
        indexes: ClassVar = [models.Index(fields=["balance", "id"], name="movement_of_balance")]


class Reservation(models.Model):
    """A claim on stock for one demand line of somebody else (opaque ids). Opened and closed exactly once."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    balance = models.ForeignKey(StockBalance, on_delete=models.PROTECT, db_index=False)
    demand_id = models.BigIntegerField()
    line_id = models.BigIntegerField()
    quantity = models.BigIntegerField()
    state = models.CharField(max_length=16, default=ClaimState.OPEN.value)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "balance_id", "demand_id", "line_id", "quantity")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_claims"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in ClaimState]), name="reservation_state"
            ),
            models.UniqueConstraint(fields=["line_id"], condition=IS_OPEN, name="reservation_open_once"),
        )
        indexes: ClassVar = [
            models.Index(fields=["demand_id"], name="reservation_of_demand"),
            models.Index(fields=["balance"], condition=IS_OPEN, name="reservation_open_of_balance"),
        ]
