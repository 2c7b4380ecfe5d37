"""Products as they are stocked and sold."""

from typing import ClassVar

from django.db import models


class Sku(models.Model):
    """One stock-keeping unit. Born by import; name, price and the like may change.

    Its code never changes, nor whether it carries stock: orders and stock rely on both.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=300)
    specification = models.CharField(max_length=200, default="")
    unit = models.CharField(max_length=16, default="")
    barcode = models.CharField(max_length=32, default="")
    price_fen = models.BigIntegerField(null=True)
    stocked = models.BooleanField(default=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "code")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=~models.Q(code=""), name="sku_code_given"),
            models.CheckConstraint(
                condition=models.Q(price_fen__isnull=True) | models.Q(price_fen__gte=0), name="sku_price"
            ),
        )


class MerchantCode(models.Model):
    """One SKU behind a merchant code of a shop: a bundle has several rows, an alias one, a gift weighs nothing.

    shop_id: whose code it is; 0 for every shop that has no row of its own. weight: this SKU's part of the money.
    Replaced as a whole by `set_codes`; `current` rows are those in force.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    shop_id = models.BigIntegerField(default=0)
    code = models.CharField(max_length=64)
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT)
    quantity = models.BigIntegerField()
    weight = models.BigIntegerField(default=1)
    state = models.CharField(max_length=12, default="current")

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "shop_id", "code", "sku_id", "quantity", "weight")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["code", "shop_id", "sku"], condition=models.Q(state="current"), name="merchant_code_once"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0) & models.Q(weight__gte=0), name="merchant_code_pieces"
            ),
            models.CheckConstraint(condition=models.Q(state__in=["current", "replaced"]), name="merchant_code_state"),
        )
