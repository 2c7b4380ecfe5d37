"""Orders written as a workbook that people open: formula-safe, with who took it out and when in its last rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from zhanggui.connectors.channels import CHANNELS
from zhanggui.connectors.spreadsheets.writing import write_table
from zhanggui.kernel import clock
from zhanggui.kernel.moments import micros
from zhanggui.sales.orders.finding import OrderFilter, id_batches, unpacked
from zhanggui.sales.orders.masking import masked, masked_phone
from zhanggui.sales.orders.models import Order, OrderContact, OrderLine

EXPORT_JOB = "orders.export"
AT_ONCE, ROWS_MAX, BATCH, KEPT_DAYS = 5_000, 100_000, 1_000, 7
GOODS_MAX = 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """An export to be written: what was asked, by whom (named in the file), and whether personal data stay plain."""

    export_id: int
    wanted: OrderFilter
    staff_id: int
    staff: str
    asked_at: datetime
    language: str
    plain: bool = False

    def packed(self) -> dict[str, str | int]:
        """Return the sheet as a job carries it."""
        return {
            "export": self.export_id, "question": self.wanted.packed(), "actor_kind": "staff",
            "actor_id": str(self.staff_id), "staff": self.staff, "asked_at": self.asked_at.isoformat(),
            "language": self.language, "plain": int(self.plain),
        }  # fmt: skip


def sheet_of(given: Mapping[str, str | int]) -> Sheet:
    """Return the sheet that a job carries."""
    asked_at = datetime.fromisoformat(str(given["asked_at"]))
    return Sheet(
        int(given["export"]), unpacked(str(given["question"])), int(given["actor_id"]), str(given["staff"]), asked_at,
        str(given["language"]), plain=bool(given["plain"]),
    )  # fmt: skip


def file_of(export_id: int) -> Path:
    """Return where the file of an export lies."""
    return Path(settings.HOME) / "files" / "exports" / f"{export_id}.xlsx"


def write_orders(sheet: Sheet, told: Callable[[int], None] | None = None) -> int:
    """Write the orders of a sheet, a row each; return how many. The file appears whole or not at all.

    Takes: told, called with the rows written so far after each batch. Cost: memory for a batch; files older than
    `KEPT_DAYS` are removed.
    """
    place = file_of(sheet.export_id)
    place.parent.mkdir(parents=True, exist_ok=True)
    _tidy(place.parent)
    unfinished = place.with_suffix(".part")
    with translation.override(sheet.language):
        count = write_table(unfinished, _header(), _rows(sheet, told or (lambda _done: None)), "xlsx")
    unfinished.replace(place)
    return count - 2


def _tidy(folder: Path) -> None:
    since = micros(clock.now() - timedelta(days=KEPT_DAYS))
    for old in folder.glob("*.xlsx"):
        if old.stat().st_mtime_ns < since * 1_000:
            old.unlink(missing_ok=True)


def _header() -> list[str]:
    return [
        _("Order"), _("Shop"), _("State"), _("Placed"), _("Buyer"), _("Receiver"), _("Phone"), _("Province"), _("City"),
        _("Address"), _("Goods"), _("Pieces"), _("Amount"), _("Currency"), _("Freight"), _("Discount"), _("Payment"),
        _("Flag"), _("Buyer's message"), _("Seller's memo"), _("Platform's limit"), _("Number in logistics"),
    ]  # fmt: skip


def _rows(sheet: Sheet, told: Callable[[int], None]) -> Iterator[Sequence[object]]:
    done = 0
    for ids in id_batches(sheet.wanted, size=BATCH, most=ROWS_MAX):
        contacts = {row.order_id: row for row in OrderContact.objects.filter(order_id__in=ids)}
        goods = _goods(ids)
        for order in Order.objects.select_related("shop").filter(id__in=ids).order_by("id"):
            yield _cells(order, contacts.get(order.id) or OrderContact(), goods.get(order.id, []), plain=sheet.plain)
        done += len(ids)
        told(done)
    words = _("Taken out by %(who)s at %(at)s; export %(id)d.")
    yield ()
    yield (words % {"who": sheet.staff, "at": _local(sheet.asked_at), "id": sheet.export_id},)


def _goods(ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    goods: dict[int, list[tuple[str, int]]] = {}
    lines = OrderLine.objects.filter(order_id__in=ids).order_by("order_id", "id")
    for key, code, quantity in lines.values_list("order_id", "merchant_code", "quantity"):
        goods.setdefault(key, []).append((code, quantity))
    return goods


def _cells(order: Order, told: OrderContact, goods: Sequence[tuple[str, int]], *, plain: bool) -> Sequence[object]:
    shop = order.shop
    named = CHANNELS.get(shop.channel)
    who = (
        (told.buyer, told.receiver, told.phone)
        if plain
        else (masked(told.buyer), masked(told.receiver), masked_phone(told.phone))
    )
    listed = "; ".join(f"{code} × {quantity}" for code, quantity in goods[:GOODS_MAX]) + (
        "…" if len(goods) > GOODS_MAX else ""
    )
    return (
        order.external_id, f"{_(named.name) if named else shop.channel} · {shop.code}", _state(order.state),
        _local(order.placed_at), *who, told.province, told.city,
        (told.district + told.address) if plain else (f"{told.district} ***" if told.address else told.district),
        listed, sum(quantity for _code, quantity in goods), _units(order.total_fen), shop.currency,
        _units(order.freight_fen), _units(order.discount_fen), _payment(order.payment), order.flag, told.buyer_note,
        told.seller_note, _local(order.platform_due_at), order.order_no or "",
    )  # fmt: skip


def _state(code: str) -> str:
    return {
        "received": _("To confirm"), "unpaid": _("Unpaid"), "held": _("On hold"), "confirmed": _("To reserve"),
        "reserved": _("To release"), "released": _("To ship"), "shipped": _("Shipped"), "cancelled": _("Cancelled"),
        "history": _("Earlier orders"),
    }.get(code, code)  # fmt: skip


def _payment(code: str) -> str:
    return {"paid": _("Paid"), "unpaid": _("Unpaid"), "cod": _("Cash on delivery")}.get(code, code)


def _units(minor: int) -> Decimal:
    return Decimal(minor) / 100


def _local(moment: datetime | None) -> str:
    return moment.astimezone(settings.COMPANY_ZONE).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
