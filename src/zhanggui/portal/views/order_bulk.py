"""One act on all orders that match: first what and how many, then at once or in the background."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from zhanggui.delivery.records import JobRequest
from zhanggui.delivery.steps import enqueue_jobs
from zhanggui.journal.records import Busy, KeyReused
from zhanggui.kernel import clock, ids
from zhanggui.portal import asking, wording_orders
from zhanggui.portal.acting import carried_out, context_of, key_of, reason_of
from zhanggui.portal.reading import orders
from zhanggui.portal.reading.paging import count_up_to
from zhanggui.portal.views.order_questions import Question, question
from zhanggui.portal.views.orders import ACT_OF_STATE, priority_of, tell
from zhanggui.processes.bulk import ACTS, AT_ONCE, BULK_JOB, NEEDS_REASON, act_on_all
from zhanggui.sales.orders.finding import OrderFilter, asked, newest_id

MOST = 100_000


def all_that_match(request: HttpRequest) -> HttpResponse:
    """Show how many orders match and what can be done to them, and do it. What comes in later is never among them."""
    known = orders.shops()
    found = question(request, known)
    if request.method == "POST":
        return _do(request, found)
    highest = newest_id()
    act = asking.choice(request, "act", ACTS) or ACT_OF_STATE.get(found.wanted.state, "process")
    count = count_up_to(asked(replace(found.wanted, highest=highest)).rows, MOST)
    facts: dict[str, object] = {
        "asked": found,
        "count": count,
        "highest": highest,
        "acts": wording_orders.ACTS,
        "chosen": act,
        "priorities": wording_orders.PRIORITIES,
        "tab": wording_orders.TABS.get(found.wanted.state, ""),
        "at_once": AT_ONCE,
        "key": ids.token(),
    }
    return render(request, "portal/orders_all.html", facts)


def _do(request: HttpRequest, found: Question) -> HttpResponse:
    act, highest = request.POST.get("act", ""), request.POST.get("highest", "")
    if act not in ACTS or not (highest.isascii() and highest.isdigit() and len(highest) <= 18):
        raise BadRequest("unknown act or place")
    context = context_of(request, reason=reason_of(request))
    if act in NEEDS_REASON and not context.reason:
        messages.warning(request, _("Say why; the reason stands in the journal for good."))
        return HttpResponseRedirect(f"{reverse('orders-all')}?{found.query}&act={act}")
    priority = priority_of(request) if act == "priority" else 0
    wanted = replace(found.wanted, highest=int(highest))
    back = HttpResponseRedirect(f"{reverse('orders')}?{found.query or 'all=1'}")
    if count_up_to(asked(wanted).rows, AT_ONCE).capped:
        _in_background(request, act, wanted, priority)
        return back
    try:
        count = act_on_all(wanted, act, context=context, priority=priority, moment=clock.now)
    except (Busy, KeyReused):
        messages.error(request, _("The database is busy. What is done is done; press again in a moment."))
        return back
    tell(request, act, count.accepted, count.stayed)
    if not count.accepted and not count.stayed:
        messages.info(request, _("No order matches any more."))
    return back


def _in_background(request: HttpRequest, act: str, wanted: OrderFilter, priority: int) -> None:
    context = context_of(request, reason=reason_of(request))
    payload: dict[str, str | int] = {
        "actor_kind": context.actor.kind, "actor_id": context.actor.id, "act": act, "priority": priority,
        "reason": context.reason, "question": wanted.packed(),
    }  # fmt: skip
    job = JobRequest(BULK_JOB, key_of(request) or ids.token(), payload)
    if carried_out(request, enqueue_jobs, [job], context):
        messages.info(
            request, _("There are many orders: this is done in the background. Reload this page to see how far.")
        )
