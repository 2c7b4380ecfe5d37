"""Orders taken apart, put together, sent again, and given their turn."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.kernel import ids
from zhanggui.kernel.batch import Answer
from zhanggui.portal import wording, wording_reshaping
from zhanggui.portal.acting import REASON_MAX, carried_out, context_of
from zhanggui.portal.reading import reshaping as reading
from zhanggui.portal.views.entry import next_address
from zhanggui.processes.parcels import merge_orders, unmerge_orders
from zhanggui.processes.reshaping import resend_orders, split_orders
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import Joining, Pieces, Turn
from zhanggui.sales.orders.turns import MOST, set_priority

COUNT_MAX = 9


def split(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show the parts of an order, and split the chosen pieces off into an order of their own."""
    return _choose(request, order_id, "split", split_orders)


def resend(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show what was shipped, and send the chosen pieces again without a price."""
    return _choose(request, order_id, "resend", resend_orders)


def _choose(request: HttpRequest, order_id: int, act: str, step: Callable[..., Answer]) -> HttpResponse:
    order = Order.objects.select_related("shop").filter(id=order_id).first()
    if order is None:
        raise Http404
    lines = reading.parts_of_order(order_id, shipped=act == "resend")
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    wrong: dict[str, str] = {}
    if request.method == "POST":
        given = {line.id: request.POST.get(f"pieces-{line.id}", "").strip() for line in lines}
        wrong = _wrong(given, reason, act)
        if not wrong:
            parts = tuple((key, int(text)) for key, text in given.items() if text and int(text))
            context = context_of(request, key=request.POST.get("key", "")[:64] or None, reason=reason)
            answer = carried_out(request, step, [Pieces(order_id, parts)], context)
            if answer is not None and answer.accepted:
                messages.success(request, wording_reshaping.done_words(act, 1))
                return redirect("order", int(answer.accepted[0].result))
            for row in answer.rejected if answer else ():
                wrong["pieces"] = str(wording.REFUSALS.get(row.code, row.code))
        lines = [reading.PartLine(one.id, one.code, one.title, one.pieces, given[one.id]) for one in lines]
    facts = {"order": order, "act": act, "lines": lines, "wrong": wrong, "reason": reason, "key": ids.token()}
    return render(request, "portal/pieces.html", facts, status=422 if wrong else 200)


def _wrong(given: dict[int, str], reason: str, act: str) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not all(_is_count(text) for text in given.values() if text):
        wrong["pieces"] = _("Pieces are whole numbers.")
    elif not any(int(text) for text in given.values() if text):
        wrong["pieces"] = _("Choose at least one piece.")
    if act == "resend" and not reason:
        wrong["reason"] = _("Say why; the reason stays with the order for good.")
    return wrong


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= COUNT_MAX


def parcels(request: HttpRequest) -> HttpResponse:
    """Show orders that go to one receiver and could share a parcel."""
    return render(request, "portal/parcels.html", {"parcels": reading.parcels_to_be(), "key": ids.token()})


def merge(request: HttpRequest) -> HttpResponse:
    """Put the chosen orders in one parcel, behind the oldest of them."""
    chosen = _chosen(request)
    if len(chosen) < 2:
        messages.info(request, _("Choose at least two orders for one parcel."))
        return HttpResponseRedirect(next_address(request))
    oldest = list(Order.objects.filter(id__in=chosen).order_by("placed_at", "id").values_list("id", flat=True))
    rows = [Joining(key, oldest[0]) for key in oldest[1:]]
    _tell(request, "merge", rows, merge_orders)
    return HttpResponseRedirect(next_address(request))


def unmerge(request: HttpRequest) -> HttpResponse:
    """Take the chosen orders out of their parcels."""
    _tell(request, "unmerge", _chosen(request), unmerge_orders)
    return HttpResponseRedirect(next_address(request))


def priority(request: HttpRequest) -> HttpResponse:
    """Give the chosen orders a priority."""
    text, chosen = request.POST.get("priority", "").strip(), _chosen(request)
    if not _is_count(text) or int(text) > MOST:
        messages.warning(request, _("A priority is a whole number from 0 (ordinary) to 100 (first)."))
    elif not chosen:
        messages.info(request, _("No order was selected. Tick at least one, or press x on a row."))
    else:
        _tell(request, "priority", [Turn(key, int(text)) for key in chosen], set_priority)
    return HttpResponseRedirect(next_address(request))


def _chosen(request: HttpRequest) -> list[int]:
    chosen = request.POST.getlist("id")
    if not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in chosen):
        raise BadRequest("unknown id")
    return list(dict.fromkeys(int(one) for one in chosen))


def _tell(request: HttpRequest, act: str, rows: Sequence[Any], step: Callable[..., Answer]) -> None:
    """Carry out an act, and say how many orders it took and why the others stayed."""
    answer = carried_out(request, step, rows, context_of(request, key=request.POST.get("key", "")[:64] or None))
    if answer is None:
        return
    if done := len(answer.accepted):
        messages.success(request, wording_reshaping.done_words(act, done))
    for code, count in sorted(answer.codes.items()):
        words = ngettext("%(n)d order stayed: %(why)s.", "%(n)d orders stayed: %(why)s.", count)
        messages.warning(request, words % {"n": count, "why": wording.REFUSALS.get(code, code)})
