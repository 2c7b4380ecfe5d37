"""Orders: the queue, moving chosen orders on, and one order with everything that happened to it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.journal.records import Context
from zhanggui.kernel import clock, ids
from zhanggui.kernel.batch import Answer
from zhanggui.people.lists import columns_of, filters_of, opening_of
from zhanggui.people.queries import rights
from zhanggui.portal import asking, wording, wording_orders
from zhanggui.portal.acting import carried_out, context_of, key_of, may, reason_of, staff_of
from zhanggui.portal.hold_words import HOLDS
from zhanggui.portal.reading import order_queue, orders, runs
from zhanggui.portal.views.entry import next_address
from zhanggui.portal.views.invoices import invoices_of_order
from zhanggui.portal.views.order_questions import Question, question
from zhanggui.processes.bulk import STEPS
from zhanggui.processes.missing import lacks_of
from zhanggui.sales.orders.records import Turn
from zhanggui.sales.orders.turns import set_priority
from zhanggui.sales.shortages.queries import cases_of_orders

PAGE = "orders"
ACT_OF_STATE = {
    "received": "confirm",
    "held": "resolve",
    "confirmed": "reserve",
    "short": "reserve",
    "reserved": "release",
    "released": "ship",
}
ENDED = ("shipped", "cancelled", "history")


def queue(request: HttpRequest) -> HttpResponse:
    """Show a page of the order queue; the whole question stands in the address."""
    me = staff_of(request).pk
    if not request.GET and (opening := opening_of(me, PAGE)):
        return HttpResponseRedirect(f"{reverse('orders')}?{opening}")
    known = orders.shops()
    asked = question(request, known)
    found = order_queue.queue(asked.wanted, known, request.GET.get("after", ""), asked.sort)
    state = asked.wanted.state
    process = may(request, "orders.process")
    facts: dict[str, object] = {
        "as_of": clock.now(),
        "asked": asked,
        "page": found.page,
        "looked": found.looked,
        "totals": found.totals,
        "tabs": [(tab, wording_orders.TABS[tab], count) for tab, count in order_queue.counts_by_tab().items()],
        "alarming": wording_orders.ALARMING,
        "columns": columns_of(me, PAGE, order_queue.DEFAULT_COLUMNS),
        "act": ACT_OF_STATE.get(state, "") if process else "",
        "may_process": process,
        "may_move": process and state not in ENDED,
        "may_import": may(request, "import.run"),
        "filtered": bool(asked.chips),
        "key": ids.token(),
    }
    if request.headers.get("HX-Target") != "list":
        facts |= _around(asked, me, known)
    return asking.render_page(request, "portal/orders.html", "portal/_order_rows.html", facts)


def _around(asked: Question, me: int, known: Any) -> dict[str, object]:
    """Return what stands around the rows: the choices of the filter, saved filters, columns."""
    return {
        "shops": known.values(),
        "saved": filters_of(me, PAGE),
        "holds": HOLDS,
        "words": wording_orders,
        "priorities": wording_orders.PRIORITIES,
        "all_columns": wording_orders.COLUMNS,
        "form": asked.form,
    }


def move(request: HttpRequest) -> HttpResponse:
    """Move chosen orders on by one step, and say how many went and why the others stayed."""
    named, chosen = request.POST.get("act", ""), request.POST.getlist("id")
    if named not in (*STEPS, "priority") or not all(_is_id(key) for key in chosen):
        raise BadRequest("unknown act or id")
    if not chosen:
        messages.info(request, _("No order was selected. Tick at least one, or press x on a row."))
        return HttpResponseRedirect(next_address(request))
    context = context_of(request, key=key_of(request), reason=reason_of(request))
    rows = [int(one) for one in chosen]
    if named == "priority":
        carry_out(request, named, set_priority, [Turn(key, priority_of(request)) for key in rows], context)
    elif named == "cancel" and not context.reason:
        messages.warning(request, _("Say why these orders are cancelled; the reason stands in the journal for good."))
    else:
        carry_out(request, named, STEPS[named], rows, context)
    return HttpResponseRedirect(next_address(request))


def _is_id(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 18


def priority_of(request: HttpRequest) -> int:
    """Return the priority that a form holds. Raises: BadRequest."""
    text = request.POST.get("priority", "")
    if not _is_id(text) or int(text) not in wording_orders.PRIORITIES:
        raise BadRequest("unknown priority")
    return int(text)


def carry_out(request: HttpRequest, named: str, act: Callable[..., Answer], rows: list[Any], context: Context) -> None:
    """Call a step for some orders, and say how many it took and why the others stayed."""
    answer = carried_out(request, act, rows, context)
    if answer is not None:
        tell(request, named, len(answer.accepted), answer.codes)


def tell(request: HttpRequest, named: str, done: int, stayed: Any) -> None:
    """Say how many orders an act took, and how many stayed for which reason."""
    if done:
        own = named in ("priority", "process")
        messages.success(request, wording_orders.done_words(named, done) if own else wording.done_words(named, done))
    for code, count in sorted(stayed.items()):
        words = ngettext("%(n)d order stayed: %(why)s.", "%(n)d orders stayed: %(why)s.", count)
        messages.warning(request, words % {"n": count, "why": wording.REFUSALS.get(code, code)})


def order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show one order: what it is, its clocks, and every run that touched it."""
    return render(request, "portal/order.html", _facts(request, order_id))


def peek(request: HttpRequest, order_id: int) -> HttpResponse:
    """Fill the side panel with an order."""
    return render(request, "portal/_order_panel.html", _facts(request, order_id))


def _facts(request: HttpRequest, order_id: int) -> dict[str, object]:
    whole = orders.whole_order(order_id)
    if whole is None:
        raise Http404
    process = may(request, "orders.process")
    act = ACT_OF_STATE.get(whole.order.state, "")
    return {
        "as_of": clock.now(),
        "whole": whole,
        "timeline": runs.timeline(whole.subjects, [whole.order.run_id]),
        "lacks": lacks_of([order_id]).get(order_id),
        "shortage": cases_of_orders([order_id]).get(order_id, (None, ""))[0],
        "act": act if process else "",
        "may_cancel": process and whole.order.state not in ENDED,
        "key": ids.token(),
        "may_see_runs": "journal.see" in rights(staff_of(request)),
        **invoices_of_order(request, order_id),
    }
