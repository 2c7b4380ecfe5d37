"""Orders of all channels, their lines, and why some of them wait."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from zhanggui.catalog.models import Sku
from zhanggui.sales.orders.records import IN_WORK, STATES, BlockKind, HoldState, Origin, Payment, State

STILL_HERE = Q(platform_due_at__isnull=False, shipped_at__isnull=True, cancelled_at__isnull=True)
STANDS_SHORT = Q(short_at__isnull=False, reserved_at__isnull=True, cancelled_at__isnull=True)


class Shop(models.Model):
    """A shop on a channel; amounts of its orders are in the minor unit of its currency.

    rules_off: the rules of validity that its orders are not judged by, joined by commas; `ShopRule` tells since when.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    channel = models.CharField(max_length=32)
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3)
    zone = models.CharField(max_length=40)
    rules_off = models.CharField(max_length=400, default="")

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "channel", "code", "currency", "zone")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["channel", "code"], name="shop_once"),)


class Order(models.Model):
    """One order of a customer. Born by intake in state `received`; what was bought never changes afterwards.

    What its channel says of it (payment, standing, refund, flag, marks, its own limit) follows the channel; state,
    moments and number follow our own work. `version` counts the state changes (O9). Personal fields live in
    `OrderContact`; here stands their keyed digest. `parent` is the order that this one was split from or re-sends;
    `ship_with` the order in whose parcel it goes. A larger `priority` is served first. `stopped`: a
    reason to wait came up after the confirmation; the order keeps its state and nothing moves it on.
    `hand_over_by`, fixed at confirmation, is by when logistics must have it (2.1.3.3); the time from `short_at`, when
    stock was first found short, until the reservation does not count.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, db_index=False)
    external_id = models.CharField(max_length=64)
    content_hash = models.CharField(max_length=64)
    contact_digest = models.CharField(max_length=64)
    placed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    goods_fen = models.BigIntegerField()
    freight_fen = models.BigIntegerField(default=0)
    discount_fen = models.BigIntegerField(default=0)
    total_fen = models.BigIntegerField()
    platform_discount_fen = models.BigIntegerField(default=0)
    stated_fen = models.BigIntegerField(null=True)
    origin = models.CharField(max_length=12, default="channel")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    ship_with = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="fellows")
    payment = models.CharField(max_length=8, default="paid")
    paid_at = models.DateTimeField(null=True)
    presale = models.CharField(max_length=8, default="")
    standing = models.CharField(max_length=8, default="open")
    status_word = models.CharField(max_length=60, default="")
    refund = models.CharField(max_length=8, default="")
    flag = models.CharField(max_length=8, default="")
    marks = models.CharField(max_length=60, default="")
    platform_due_at = models.DateTimeField(null=True)
    priority = models.IntegerField(default=0)
    stopped = models.BooleanField(default=False)
    order_no = models.CharField(max_length=32, unique=True, null=True)
    state = models.CharField(max_length=16, default=State.RECEIVED.value)
    version = models.IntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True)
    hand_over_by = models.DateTimeField(null=True)
    short_at = models.DateTimeField(null=True)
    reserved_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "shop_id", "external_id", "content_hash", "contact_digest", "placed_at", "received_at",
        "goods_fen", "freight_fen", "discount_fen", "total_fen", "platform_discount_fen", "stated_fen", "origin",
        "parent_id",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["shop", "external_id"], name="order_once"),
            models.CheckConstraint(
                condition=Q(total_fen=F("goods_fen") + F("freight_fen") - F("discount_fen")), name="order_adds_up"
            ),
            models.CheckConstraint(condition=Q(state__in=STATES), name="order_state"),
            models.CheckConstraint(condition=Q(payment__in=[str(one) for one in Payment]), name="order_payment"),
            models.CheckConstraint(condition=Q(origin__in=[str(one) for one in Origin]), name="order_origin"),
            models.CheckConstraint(
                condition=~Q(state__in=[one.value for one in (*IN_WORK, State.SHIPPED)]) | ~Q(payment="unpaid"),
                name="order_paid_before_work",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=F("received_at")),
                name="order_confirmed_after",
            ),
            models.CheckConstraint(
                condition=Q(hand_over_by__isnull=True)
                | Q(confirmed_at__isnull=False, hand_over_by__gt=F("confirmed_at")),
                name="order_hand_over_after",
            ),
            models.CheckConstraint(
                condition=Q(short_at__isnull=True) | Q(confirmed_at__isnull=False, short_at__gte=F("confirmed_at")),
                name="order_short_after",
            ),
            models.CheckConstraint(
                condition=Q(short_at__isnull=True) | Q(reserved_at__isnull=True) | Q(reserved_at__gte=F("short_at")),
                name="order_reserved_after_short",
            ),
            models.CheckConstraint(
                condition=Q(reserved_at__isnull=True) | Q(reserved_at__gte=F("confirmed_at")),
                name="order_reserved_after",
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=F("reserved_at")),
                name="order_released_after",
            ),
            models.CheckConstraint(
                condition=Q(shipped_at__isnull=True) | Q(shipped_at__gte=F("released_at")), name="order_shipped_after"
            ),
        )
        indexes: ClassVar = [
            models.Index(fields=["placed_at", "id"], name="order_placed"),
            models.Index(fields=["state", "placed_at", "id"], name="order_by_state"),
            models.Index("state", -F("priority"), Coalesce("paid_at", "placed_at"), "id", name="order_by_turn"),
            models.Index(fields=["platform_due_at", "id"], condition=STILL_HERE, name="order_platform_due"),
            models.Index(fields=["shop", "placed_at", "id"], name="order_by_shop"),
            models.Index(fields=["placed_at", "id"], condition=Q(stopped=True), name="order_stopped"),
            models.Index(fields=["placed_at", "id"], condition=STANDS_SHORT, name="order_short"),
            models.Index(fields=["confirmed_at"], condition=Q(confirmed_at__isnull=False), name="order_confirmed"),
        ]


class OrderContact(models.Model):
    """Who bought and who receives: personal data, shown masked, erasable without touching the journal."""

    id = models.BigIntegerField(primary_key=True)
    order = models.OneToOneField(Order, on_delete=models.PROTECT)
    buyer = models.CharField(max_length=100, default="")
    receiver = models.CharField(max_length=100, default="")
    phone = models.CharField(max_length=40, default="")
    province = models.CharField(max_length=60, default="")
    city = models.CharField(max_length=60, default="")
    district = models.CharField(max_length=60, default="")
    address = models.CharField(max_length=300, default="")
    country = models.CharField(max_length=60, default="")
    kind = models.CharField(max_length=8, default="plain")
    merge_key = models.CharField(max_length=200, default="")
    email = models.CharField(max_length=254, default="")
    buyer_note = models.CharField(max_length=500, default="")
    seller_note = models.CharField(max_length=500, default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["buyer"], name="contact_buyer"),
            models.Index(fields=["receiver"], name="contact_receiver"),
        ]


class OrderLine(models.Model):
    """One line of an order, as the customer bought it. Born with its order; never changes.

    Its identity is its external id, else the occurrence number of equal content.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    identity = models.CharField(max_length=120)
    merchant_code = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    quantity = models.BigIntegerField()
    unit_price_fen = models.BigIntegerField()
    discount_fen = models.BigIntegerField(default=0)
    amount_fen = models.BigIntegerField()

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "order_id", "identity", "merchant_code", "title",
        "quantity", "unit_price_fen", "discount_fen", "amount_fen",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["order", "identity"], name="line_once"),
            models.CheckConstraint(
                condition=Q(amount_fen=F("quantity") * F("unit_price_fen") - F("discount_fen")), name="line_adds_up"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_buys"),
        )


class OrderPart(models.Model):
    """What leaves the shelf for a line: one SKU, its pieces, and its share of the line's money.

    Born when the line's merchant code is known; a bundle has several, a gift's share is 0. The shares of a line add
    up to its amount, so that money goes back by what was stored, never by a new division. `wanted` is what
    is left after pieces were split off into another order. A part that `replaces` another one has no money of its own:
    the customer took other goods, and what was paid stays with the part that they took the place of.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT)
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, db_index=False)
    quantity = models.BigIntegerField()
    wanted = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    shipped = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "order_id", "line_id", "sku_id", "quantity", "amount_fen", "replaces_id",
    )  # fmt: skip

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["line", "sku"], name="part_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(shipped__gte=0)
                & Q(cancelled__gte=0)
                & Q(wanted__lte=F("quantity"))
                & Q(wanted__gte=F("shipped") + F("cancelled")),
                name="part_quantities",
            ),
        )


class OrderHold(models.Model):
    """One reason for which an order waits for a person. Closed when it no longer stands."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    code = models.CharField(max_length=32)
    details = models.TextField(default="")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    assignee = models.CharField(max_length=64, default="")
    state = models.CharField(max_length=16, default=HoldState.OPEN.value)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "order_id", "code", "details", "opened_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["order", "code"], condition=Q(state=HoldState.OPEN.value), name="hold_open_once"
            ),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in HoldState]), name="hold_state"),
        )
        indexes: ClassVar = [
            models.Index(fields=["code", "opened_at", "id"], name="hold_by_code"),
            models.Index(fields=["opened_at", "id"], condition=Q(state=HoldState.OPEN.value), name="hold_still_open"),
        ]


class ShopRule(models.Model):
    """A rule of validity that was turned on or off for a shop. Never changes; the newest row holds."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT)
    code = models.CharField(max_length=32)
    turned = models.CharField(max_length=3)
    turned_at = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "shop_id", "code", "turned", "turned_at")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(turned__in=["on", "off"]), name="shop_rule_turned"),)


class ContactEdit(models.Model):
    """A correction of an order's receiver before it went to logistics: what stands for the contact from then on.

    The order keeps the digest of what came in, so that the same file again brings no news.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT)
    contact_digest = models.CharField(max_length=64)
    edited_at = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "order_id", "contact_digest", "edited_at")


class FavouredBuyer(models.Model):
    """A buyer whose orders are served before others. `value` is the buyer as names are compared, shown masked.

    Never changes but for its state: another priority takes the place of the one before.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    value = models.CharField(max_length=120, db_index=True)
    value_digest = models.CharField(max_length=64)
    priority = models.IntegerField()
    note = models.CharField(max_length=200, default="")
    listed_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="listed")

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "value_digest", "priority", "listed_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["value"], condition=Q(state="listed"), name="favoured_once"),
            models.CheckConstraint(condition=Q(priority__gt=0), name="favoured_before_others"),
            models.CheckConstraint(condition=Q(state__in=["listed", "removed"]), name="favoured_state"),
        )


class BlockEntry(models.Model):
    """A buyer, telephone number or piece of an address whose orders wait for a person.

    `value` is personal data in the form in which it is compared, shown masked; its keyed digest enters the journal.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=120, db_index=True)
    value_digest = models.CharField(max_length=64)
    note = models.CharField(max_length=200, default="")
    listed_at = models.DateTimeField()
    state = models.CharField(max_length=8, default="listed")

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "kind", "value_digest", "listed_at")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "value"], condition=Q(state="listed"), name="block_once"),
            models.CheckConstraint(condition=Q(kind__in=[str(kind) for kind in BlockKind]), name="block_kind"),
            models.CheckConstraint(condition=Q(state__in=["listed", "removed"]), name="block_state"),
        )
