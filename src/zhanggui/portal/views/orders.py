"""Orders: the queue, moving chosen orders on, and one order with everything that happened to it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.journal.records import Context
from zhanggui.kernel import clock, ids
from zhanggui.kernel.batch import Answer
from zhanggui.people.queries import rights
from zhanggui.portal import asking, wording
from zhanggui.portal.acting import carried_out, context_of, key_of, reason_of, staff_of
from zhanggui.portal.reading import orders, runs
from zhanggui.portal.views.entry import next_address
from zhanggui.portal.views.invoices import invoices_of_order
from zhanggui.processes.missing import lacks_of
from zhanggui.processes.orders import cancel_orders, release_orders, reserve_orders, ship_orders
from zhanggui.processes.through import own_dispatches
from zhanggui.sales.orders.holds import keep_content, resolve_holds
from zhanggui.sales.orders.records import OPEN_STATES, STATES
from zhanggui.sales.orders.steps import confirm_orders
from zhanggui.sales.shortages.queries import cases_of_orders

Act = Callable[..., Answer]


def _ship(chosen: list[int], *, context: Context) -> Answer:
    """Ship with the shop's own delivery; the waybill is the order's number."""
    return ship_orders(own_dispatches(chosen), context=context)


ACTS: dict[str, Act] = {
    "confirm": confirm_orders,
    "resolve": resolve_holds,
    "keep": keep_content,
    "reserve": reserve_orders,
    "release": release_orders,
    "ship": _ship,
    "cancel": cancel_orders,
}
ACT_OF_STATE = {
    "received": "confirm",
    "held": "resolve",
    "confirmed": "reserve",
    "reserved": "release",
    "released": "ship",
}


def queue(request: HttpRequest) -> HttpResponse:
    """Show a page of the order queue; the whole question stands in the address."""
    known = orders.shops()
    state = asking.choice(request, "state", STATES)
    shop = asking.whole(request, "shop")
    if shop is not None and shop not in known:
        raise BadRequest("unknown shop")
    as_of = clock.now()
    wanted = orders.OrderFilter(
        state,
        asking.words(request, "q"),
        shop,
        asking.day(request, "from"),
        asking.day(request, "to"),
        _oldest_first(asking.choice(request, "sort", ("oldest", "newest")), state),
        asking.choice(request, "handed", wording.HANDED),
        as_of,
    )
    page, totals = orders.queue(wanted, known, request.GET.get("after", ""))
    facts: dict[str, object] = {
        "as_of": as_of,
        "wanted": wanted,
        "handed": wording.handed_words(wanted.handed),
        "page": page,
        "totals": totals,
        "shops": known.values(),
        "counts": orders.counts_by_state(),
        "act": ACT_OF_STATE.get(state, "") if _may_process(request) else "",
        "may_import": "import.run" in rights(staff_of(request)),
        "filtered": any((wanted.words, shop, wanted.first_day, wanted.last_day, wanted.handed)),
        "may_process": _may_process(request),
        "key": ids.token(),
    }
    return asking.render_page(request, "portal/orders.html", "portal/_order_rows.html", facts)


def _oldest_first(chosen: str, state: str) -> bool:
    """Put what has waited longest on top of the work, and what is newest on top of everything else."""
    return chosen == "oldest" or (not chosen and state in OPEN_STATES)


def _may_process(request: HttpRequest) -> bool:
    return "orders.process" in rights(staff_of(request))


def move(request: HttpRequest) -> HttpResponse:
    """Move chosen orders on by one step, and say how many went and why the others stayed."""
    act = ACTS.get(request.POST.get("act", ""))
    chosen = request.POST.getlist("id")
    if act is None or not all(key.isascii() and key.isdigit() and len(key) <= 18 for key in chosen):
        raise BadRequest("unknown act or id")
    if not chosen:
        messages.info(request, _("No order was selected. Tick at least one, or press x on a row."))
        return HttpResponseRedirect(next_address(request))
    context = context_of(request, key=key_of(request), reason=reason_of(request))
    carry_out(request, request.POST["act"], act, [int(one) for one in chosen], context)
    return HttpResponseRedirect(next_address(request))


def carry_out(request: HttpRequest, named: str, act: Act, rows: list[Any], context: Context) -> None:
    """Call a step for some orders, and say how many it took and why the others stayed."""
    answer = carried_out(request, act, rows, context)
    if answer is None:
        return
    if done := len(answer.accepted):
        messages.success(request, wording.done_words(named, done))
    for code, count in sorted(answer.codes.items()):
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
    act = ACT_OF_STATE.get(whole.order.state, "")
    return {
        "as_of": clock.now(),
        "whole": whole,
        "timeline": runs.timeline(whole.subjects, [whole.order.run_id]),
        "lacks": lacks_of([order_id]).get(order_id),
        "shortage": cases_of_orders([order_id]).get(order_id, (None, ""))[0],
        "act": act if _may_process(request) else "",
        "may_cancel": _may_process(request) and whole.order.state not in ("shipped", "cancelled"),
        "key": ids.token(),
        "may_see_runs": "journal.see" in rights(staff_of(request)),
        **invoices_of_order(request, order_id),
    }
