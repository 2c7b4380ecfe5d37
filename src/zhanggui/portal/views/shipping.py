"""Sending: one order with its carrier and waybill, and everything that is open as far as it can go."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.delivery.records import JobRequest, JobState
from zhanggui.delivery.steps import enqueue_jobs
from zhanggui.journal.records import Busy, Context
from zhanggui.kernel import clock, ids
from zhanggui.kernel.text import clean_id, clean_name
from zhanggui.logistics.fulfilment.models import Shipment
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.portal import wording
from zhanggui.portal.acting import carried_out, context_of, key_of
from zhanggui.portal.reading import jobs
from zhanggui.portal.reading.paging import KEY_MAX
from zhanggui.portal.views.orders import carry_out
from zhanggui.processes.orders import ship_orders
from zhanggui.processes.records import PROCESS_JOB, StageCount
from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.queries import numbers_of, open_orders

AT_ONCE = 500


def _longest(column: str) -> int:
    field: Any = Shipment._meta.get_field(column)
    return int(field.max_length)


CARRIER_MAX, WAYBILL_MAX = _longest("carrier"), _longest("waybill")


def ship(request: HttpRequest, order_id: int) -> HttpResponse:
    """Ship one order with the carrier and waybill that were typed; what is too long is refused, never cut."""
    if order_id > KEY_MAX or order_id not in numbers_of([order_id]):
        raise Http404
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
        _leave_to_the_worker(request, context)
        return redirect("orders")
    try:
        stages = process_orders(context, moment=clock.now)
    except Busy:
        messages.error(request, _("The database is busy. What is done is done; press again in a moment."))
        return redirect("orders")
    _tell(request, stages)
    return redirect("orders")


def _leave_to_the_worker(request: HttpRequest, context: Context) -> None:
    """Ask for one job that processes all orders, unless one is under way; say what truly happens."""
    if jobs.under_way(PROCESS_JOB):
        messages.info(request, _("The orders are being processed in the background already. Reload to see how far."))
        return
    payload = {"actor_kind": context.actor.kind, "actor_id": context.actor.id}
    request_of = JobRequest(PROCESS_JOB, key_of(request) or ids.token(), payload)
    answer = carried_out(request, enqueue_jobs, [request_of], context)
    if answer is None:
        return
    state = jobs.state_of(int(answer.accepted[0].result)) if answer.accepted else ""
    if state in (JobState.WAITING, JobState.RUNNING):
        words = _("There are many orders: they are processed in the background. Reload this page to see how far.")
        messages.info(request, words)
    elif state == JobState.PARKED:
        messages.warning(request, _("This form's work was laid aside: it waits for a person under Background work."))
    else:
        messages.warning(request, _("This form was used before, and nothing new began. Press again on this page."))


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
