"""Sending: one order with its carrier and waybill, and everything that is open as far as it can go."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.delivery.records import JobRequest
from zhanggui.delivery.steps import enqueue_jobs
from zhanggui.journal.records import Busy
from zhanggui.kernel import clock, ids
from zhanggui.kernel.text import clean_id, clean_name
from zhanggui.logistics.fulfilment.models import Shipment
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.portal import wording
from zhanggui.portal.acting import carried_out, context_of, key_of
from zhanggui.portal.views.orders import carry_out
from zhanggui.processes.orders import ship_orders
from zhanggui.processes.records import PROCESS_JOB, StageCount
from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.queries import open_orders

AT_ONCE = 500


def _longest(column: str) -> int:
    field: Any = Shipment._meta.get_field(column)
    return int(field.max_length)


CARRIER_MAX, WAYBILL_MAX = _longest("carrier"), _longest("waybill")


def ship(request: HttpRequest, order_id: int) -> HttpResponse:
    """Ship one order with the carrier and waybill that were typed; what is too long is refused, never cut."""
    carrier, waybill = clean_name(request.POST.get("carrier", "")), clean_id(request.POST.get("waybill", ""))
    if len(carrier) > CARRIER_MAX or len(waybill) > WAYBILL_MAX:
        words = _("Too long: a carrier has at most %(carrier)d characters, a waybill number %(waybill)d.")
        messages.warning(request, words % {"carrier": CARRIER_MAX, "waybill": WAYBILL_MAX})
    elif carrier and waybill:
        context = context_of(request, key=key_of(request))
        carry_out(request, "ship", ship_orders, [Dispatch(order_id, carrier, waybill)], context)
    else:
        messages.warning(request, _("Name both the carrier and the waybill number."))
    return redirect("order", order_id)


def process_all(request: HttpRequest) -> HttpResponse:
    """Take every open order as far as it can go: at once when they are few, else as a job in the background."""
    context = context_of(request)
    if open_orders() > AT_ONCE:
        payload = {"actor_kind": context.actor.kind, "actor_id": context.actor.id}
        key = key_of(request) or ids.token()
        if carried_out(request, enqueue_jobs, [JobRequest(PROCESS_JOB, key, payload)], context):
            words = _("There are many orders: they are processed in the background. Reload this page to see how far.")
            messages.info(request, words)
        return redirect("orders")
    try:
        stages = process_orders(context, moment=clock.now)
    except Busy:
        messages.error(request, _("The database is busy. What is done is done; press again in a moment."))
        return redirect("orders")
    _tell(request, stages)
    return redirect("orders")


def _tell(request: HttpRequest, stages: Mapping[str, StageCount]) -> None:
    """Say per stage how many orders went, and per reason how many wait."""
    refused: Counter[str] = Counter()
    for name, count in stages.items():
        refused.update(count.rejected)
        if count.accepted:
            messages.success(request, wording.done_words(name, count.accepted))
    for code, n in sorted(refused.items()):
        words = ngettext("%(n)d order stayed: %(why)s.", "%(n)d orders stayed: %(why)s.", n)
        messages.warning(request, words % {"n": n, "why": wording.REFUSALS.get(code, code)})
    if not refused and not any(count.accepted for count in stages.values()):
        messages.info(request, _("No order is open."))
