"""Reads about shortages."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q, Sum

from zhanggui.catalog.models import Sku
from zhanggui.delivery.models import OutboxMessage
from zhanggui.delivery.records import MessageState
from zhanggui.sales.orders.models import OrderContact
from zhanggui.sales.shortages.models import (
    ShortageAnswer,
    ShortageCase,
    ShortageLine,
    ShortageNotice,
    ShortageOffer,
)
from zhanggui.sales.shortages.records import OPEN_STAGES, Choice, Line, NoticeState, OfferShown, Stage, hash_of
from zhanggui.sales.shortages.rules import token_of


def waiting_orders(*, skus: Sequence[int] | None = None, limit: int = 5_000) -> list[int]:
    """Return the orders that wait for goods, in the order in which they are served.

    A larger priority first, then who paid first, then who placed first. Takes: skus, of which at least one is missing.
    """
    rows = ShortageCase.objects.filter(state__in=OPEN_STAGES, order__state="confirmed", order__stopped=False)
    if skus is not None:
        lacking = ShortageLine.objects.filter(sku_id__in=list(skus)).values("case_id")
        rows = rows.filter(id__in=lacking)
    order = ("-order__priority", F("order__paid_at").asc(nulls_last=True), "order__placed_at", "order_id")
    return list(rows.order_by(*order).values_list("order_id", flat=True)[:limit])


def queued_notices(limit: int = 1_000) -> list[int]:
    """Return the notices whose message was sent or given up since they were written."""
    rows = ShortageNotice.objects.filter(state=NoticeState.QUEUED).order_by("id").values_list("id", "message_id")
    waiting = dict(rows[:limit])
    ended = OutboxMessage.objects.filter(id__in=list(waiting.values())).exclude(state=MessageState.WAITING)
    over = set(ended.values_list("id", flat=True))
    return [key for key, message in waiting.items() if message in over]


def failed_promises(as_of: datetime, limit: int = 1_000) -> list[int]:
    """Return the cases whose promised business day went by without the goods."""
    today = as_of.astimezone(settings.COMPANY_ZONE).date()
    rows = ShortageCase.objects.filter(state=Stage.AGREED, promised__lt=today, order__state="confirmed")
    return list(rows.order_by("promised", "id").values_list("id", flat=True)[:limit])


def answers_to_carry_out(limit: int = 1_000) -> list[int]:
    """Return the cases whose answer is on record and not carried out yet, first answered first."""
    rows = ShortageCase.objects.filter(state=Stage.AGREED, carried_out=False)
    return list(rows.order_by("agreed_at", "id").values_list("id", flat=True)[:limit])


def open_case_of(order_id: int) -> ShortageCase | None:
    """Return the open case of an order, if it has one."""
    return ShortageCase.objects.filter(order_id=order_id, state__in=OPEN_STAGES).first()


def cases_of_orders(order_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Return (case, stage) of the orders that have an open case; one statement."""
    rows = ShortageCase.objects.filter(order_id__in=list(order_ids), state__in=OPEN_STAGES)
    return {order: (key, stage) for order, key, stage in rows.values_list("order_id", "id", "state")}


def counts(as_of: datetime) -> dict[str, int]:
    """Return how many cases stand in each stage, and how many promises fall due today; one statement."""
    today = as_of.astimezone(settings.COMPANY_ZONE).date()
    due = Q(state=Stage.AGREED, promised__lte=today)
    named = {stage.value: Count("id", filter=Q(state=stage)) for stage in Stage}
    return dict(ShortageCase.objects.aggregate(**named, promise_due=Count("id", filter=due)))


def lacking_most(limit: int = 12) -> list[tuple[str, str, int, int]]:
    """Return what open cases lack: (SKU code, name, pieces, cases), the most pieces first."""
    rows = ShortageLine.objects.filter(case__state__in=OPEN_STAGES).values("sku__code", "sku__name")
    found = rows.annotate(pieces=Sum("missing"), cases=Count("case_id")).order_by("-pieces", "sku__code")[:limit]
    return [(row["sku__code"], row["sku__name"], row["pieces"], row["cases"]) for row in found]


def lines_of(case_ids: Sequence[int]) -> dict[int, tuple[Line, ...]]:
    """Return what cases lack; one statement."""
    found: dict[int, list[Line]] = {}
    rows = ShortageLine.objects.filter(case_id__in=list(case_ids)).order_by("id")
    for case, sku, code, name, missing in rows.values_list("case_id", "sku_id", "sku__code", "sku__name", "missing"):
        found.setdefault(case, []).append(Line(sku, code, name, missing))
    return {case: tuple(lines) for case, lines in found.items()}


def substitutes_of(codes: Sequence[str]) -> tuple[Choice, ...]:
    """Return SKUs that are on offer, in the order in which they were proposed."""
    names = dict(Sku.objects.filter(code__in=list(codes)).values_list("code", "name"))
    return tuple(Choice(code, names[code]) for code in codes if code in names)


def offer_behind(token: str) -> OfferShown | None:
    """Return the offer behind a page's token, with what was chosen; nothing for a token that nobody was given.

    Cost: five statements.
    """
    found = ShortageOffer.objects.select_related("case__order__shop").filter(token_hash=hash_of(token)).first()
    return _shown(found) if found else None


def _shown(offer: ShortageOffer) -> OfferShown:
    case, order = offer.case, offer.case.order
    given = ShortageAnswer.objects.filter(case_id=case.id, cycle=offer.cycle).first()
    contact = OrderContact.objects.filter(order_id=order.id).first()
    return OfferShown(
        offer_id=offer.id, case_id=case.id, order_id=order.id, external_id=order.external_id, shop=order.shop.name,
        currency=order.shop.currency, receiver=contact.receiver if contact else "",
        options=tuple(offer.options.split(",")), promised=offer.promised,
        substitutes=substitutes_of([code for code in offer.substitutes.split(",") if code]),
        lines=lines_of([case.id]).get(case.id, ()), expires_at=offer.expires_at,
        replaced=offer.replaced_at is not None, stage=case.state, order_state=order.state,
        chosen=given.option if given else "", chosen_promised=given.promised if given else None,
        chosen_substitute=given.substitute if given else "", chosen_at=given.answered_at if given else None,
    )  # fmt: skip


def link_of(offer: ShortageOffer) -> str:
    """Return the address of an offer's page; staff who may process orders copy it into a message."""
    return f"{settings.PUBLIC_URL}/offer/{token_of(offer.seed, settings.SECRET_KEY)}/"


def soonest_day(as_of: datetime, days: int) -> date:
    """Return the business day that lies so many days ahead."""
    return as_of.astimezone(settings.COMPANY_ZONE).date() + timedelta(days=days)
