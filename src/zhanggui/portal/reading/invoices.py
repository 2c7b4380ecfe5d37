"""Invoices as pages show them: the queue with its totals, one invoice, and those of an order. Buyers are masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Count as CountOf
from django.db.models import Q, QuerySet, Sum

from zhanggui.kernel.text import mask_personal
from zhanggui.portal.reading.orders import masked
from zhanggui.portal.reading.paging import CAP, Count, Page, count_up_to
from zhanggui.sales.invoices.models import Invoice, InvoiceBuyer, InvoiceNumber
from zhanggui.sales.invoices.queries import contents_of
from zhanggui.sales.invoices.records import GONE, IN_HAND, OPEN, TO_ISSUE, Content, State
from zhanggui.sales.invoices.rules import is_person
from zhanggui.sales.orders.models import Order, Shop

FOUND = 500
TABS: Mapping[str, Q] = {
    "to_correct": Q(colour="blue", state="to_correct"),
    "waiting": Q(colour="blue", state="waiting"),
    "ready": Q(colour="blue", state="ready"),
    "exported": Q(colour="blue", state="exported"),
    "issued": Q(colour="blue", state="issued"),
    "sent": Q(colour="blue", state="sent"),
    "red": Q(colour="red"),
    "cancelled": Q(colour="blue", state__in=[one.value for one in GONE]),
}
EXPORTED_FROM = ("ready", "exported", "red")


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices are asked for; empty means all. Days are of the company's zone, both ends included."""

    tab: str = "to_correct"
    words: str = ""
    shop: int | None = None
    kind: str = ""
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One line of the queue."""

    id: int
    order_id: int
    order_number: str
    channel: str
    shop: str
    currency: str
    red: bool
    title: str
    tax_no: str
    email: str
    kind: str
    amount_fen: int
    state: str
    findings: tuple[str, ...]
    created_at: datetime
    number: str
    issued_on: date | None
    link: str

    @property
    def open(self) -> bool:
        """Tell whether it is not issued yet."""
        return self.state in OPEN

    @property
    def to_issue(self) -> bool:
        """Tell whether it waits for its number."""
        return self.state in TO_ISSUE

    @property
    def in_hand(self) -> bool:
        """Tell whether it is issued and stands."""
        return self.state in IN_HAND


@dataclass(frozen=True, slots=True)
class InvoiceTotals:
    """How many invoices match, and what they come to; both of at most the cap. `cut`: the search found more."""

    count: Count
    amount_fen: int
    cut: bool


@dataclass(frozen=True, slots=True)
class InvoiceWhole:
    """One invoice with the run that made it and its counterpart, the original or the red letter."""

    row: InvoiceRow
    run_id: int
    counterpart: InvoiceRow | None
    content: Content


def counts_by_tab() -> dict[str, Count]:
    """Count the invoices of each tab. Cost: one statement per tab, each stops at its cap."""
    return {tab: count_up_to(Invoice.objects.filter(where)) for tab, where in TABS.items()}


def queue(
    wanted: InvoiceFilter, known: Mapping[int, Shop], after: int | None, size: int = 50
) -> tuple[Page[InvoiceRow], InvoiceTotals]:
    """Return a page of the queue, the oldest first, and the totals of all that match. Cost: eight statements."""
    matching, cut = _matching(wanted, known)
    rows = matching.filter(id__gt=after) if after else matching
    ids = list(rows.order_by("id").values_list("id", flat=True)[: size + 1])
    following = str(ids[size - 1]) if len(ids) > size else ""
    looked_at = matching.order_by().values("id", "amount_fen")[: CAP + 1]
    found = looked_at.aggregate(rows=CountOf("id"), amount=Sum("amount_fen"))
    count = Count(min(found["rows"], CAP), found["rows"] > CAP)
    return Page(_rows(ids[:size]), following, after is None), InvoiceTotals(count, found["amount"] or 0, cut)


def to_export(wanted: InvoiceFilter, known: Mapping[int, Shop], limit: int) -> list[int]:
    """Return the invoices that match and can go to the invoicing tool, the oldest first."""
    matching, _ = _matching(wanted, known)
    able = matching.filter(state__in=[one.value for one in TO_ISSUE])
    return list(able.order_by("id").values_list("id", flat=True)[:limit])


def _matching(wanted: InvoiceFilter, known: Mapping[int, Shop]) -> tuple[QuerySet[Invoice], bool]:
    """Return the invoices that match, and whether the search found more than it looks at."""
    rows = Invoice.objects.filter(TABS[wanted.tab])
    if wanted.shop is not None:
        rows = rows.filter(order__shop_id=wanted.shop)
    if wanted.kind:
        rows = rows.filter(invoicebuyer__kind=wanted.kind)
    if wanted.first_day:
        rows = rows.filter(created_at__gte=_midnight(wanted.first_day))
    if wanted.last_day:
        rows = rows.filter(created_at__lt=_midnight(wanted.last_day + timedelta(days=1)))
    if not wanted.words:
        return rows, False
    ids = _ids_of(wanted.words, list(known))
    return rows.filter(id__in=ids[:FOUND]), len(ids) > FOUND


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=settings.COMPANY_ZONE)


def _ids_of(words: str, shop_ids: list[int]) -> list[int]:
    """Return the invoices whose order, number or title begins with the words, the newest first.

    Cost: four statements over an index each.
    """
    last = words + "\uffff"
    numbered = Order.objects.filter(shop_id__in=shop_ids, external_id__gte=words, external_id__lt=last)
    orders = list(numbered.order_by("-id").values_list("id", flat=True)[: FOUND + 1])
    found = set(Invoice.objects.filter(order_id__in=orders).values_list("id", flat=True))
    numbers = InvoiceNumber.objects.filter(number__gte=words, number__lt=last)
    found.update(numbers.values_list("invoice_id", flat=True)[: FOUND + 1])
    titled = InvoiceBuyer.objects.filter(title__gte=words, title__lt=last)
    found.update(titled.order_by("-id").values_list("id", flat=True)[: FOUND + 1])
    return sorted(found, reverse=True)


def _rows(ids: list[int]) -> tuple[InvoiceRow, ...]:
    invoices = Invoice.objects.filter(id__in=ids).select_related("order__shop").order_by("id")
    buyers = contents_of(ids)
    numbers = {row.invoice_id: row for row in InvoiceNumber.objects.filter(invoice_id__in=ids)}
    return tuple(_row(one, buyers.get(one.id, Content()), numbers.get(one.id)) for one in invoices)


def _row(one: Invoice, buyer: Content, number: InvoiceNumber | None) -> InvoiceRow:
    return InvoiceRow(
        one.id, one.order_id, one.order.external_id, one.order.shop.channel, one.order.shop.code,
        one.order.shop.currency, one.colour == "red", masked_title(buyer.title), masked_number(buyer.tax_no),
        mask_personal(buyer.email), buyer.kind, one.amount_fen, one.state,
        tuple(filter(None, one.findings.split(","))), one.created_at, number.number if number else "",
        number.issued_on if number else None, number.link if number else "",
    )  # fmt: skip


def masked_title(title: str) -> str:
    """Return a title whose person cannot be read; a company's is public."""
    if title.startswith("个人") and is_person(title):
        return "个人"
    return masked(title) if is_person(title) else title


def masked_number(tax_no: str) -> str:
    """Return a tax number of which only both ends can be read: that of a person may hold the identity card's."""
    return f"{tax_no[:2]}****{tax_no[-4:]}" if len(tax_no) > 8 else "*" * len(tax_no)


def whole_invoice(invoice_id: int) -> InvoiceWhole | None:
    """Return one invoice, or None. Cost: five statements."""
    one = Invoice.objects.filter(id=invoice_id).first()
    if one is None:
        return None
    reds = Invoice.objects.filter(original_id=invoice_id).exclude(state=State.CANCELLED).values_list("id", flat=True)
    other = one.original_id or next(iter(reds), None)
    rows = {row.id: row for row in _rows([invoice_id, *([other] if other else [])])}
    content = contents_of([invoice_id]).get(invoice_id, Content())
    return InvoiceWhole(rows[invoice_id], one.run_id, rows.get(other) if other else None, content)


def of_order(order_id: int) -> tuple[InvoiceRow, ...]:
    """Return the invoices of an order, the oldest first. Cost: four statements."""
    ids = list(Invoice.objects.filter(order_id=order_id).order_by("id").values_list("id", flat=True)[:50])
    return _rows(ids) if ids else ()


def wish_of(order_id: int) -> tuple[Order | None, Content]:
    """Return an order and what stands on its open wish, plain, for whoever may change it."""
    order = Order.objects.select_related("shop").filter(id=order_id).first()
    states = [one.value for one in OPEN]
    wish = (
        Invoice.objects.filter(order_id=order_id, colour="blue", state__in=states).values_list("id", flat=True).first()
    )
    return order, contents_of([wish]).get(wish, Content()) if wish else Content()


def accepts_wish(invoices: tuple[InvoiceRow, ...]) -> bool:
    """Tell whether an order can still be given a wish: none is issued and stands."""
    return not any(one.in_hand and not one.red for one in invoices)
