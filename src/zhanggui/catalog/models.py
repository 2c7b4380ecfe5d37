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
