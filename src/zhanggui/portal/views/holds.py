"""The hold queue: orders that wait for a person, claimed, released or rejected; comparisons; a receiver corrected."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.journal.records import Context
from zhanggui.kernel import clock, ids
from zhanggui.kernel.batch import Answer
from zhanggui.people.queries import colleagues
from zhanggui.portal import asking, hold_words, wording
from zhanggui.portal.acting import REASON_MAX, carried_out, context_of, may, staff_of
from zhanggui.portal.reading import holds as reading
from zhanggui.portal.reading import orders
from zhanggui.portal.views.entry import next_address
from zhanggui.processes.orders import cancel_orders
from zhanggui.sales.orders.corrections import CAN_CHANGE, LONGEST, edit_contact
from zhanggui.sales.orders.holds import assign_holds, keep_content, release_holds, resolve_holds
from zhanggui.sales.orders.records import Assign, ReceiverEdit, Release

WHOSE = ("mine", "nobody")
DECIDES = "holds.decide"
BATCH = 5_000
NEED_REASON = ("release", "reject", "keep")


def queue(request: HttpRequest) -> HttpResponse:
    """Show the orders that wait for a person; reason, shop and whose they are stand in the address."""
    known = orders.shops()
    wanted = _wanted(request, known)
    facts: dict[str, object] = {
        "as_of": clock.now(),
        "wanted": wanted,
        "page": reading.waiting(wanted, known, request.GET.get("after", "")),
        "counts": reading.counts_by_reason(wanted),
        "shops": known.values(),
        "may_decide": may(request, DECIDES),
        "people": colleagues() if may(request, DECIDES) else {},
        "filtered": bool(wanted.shop or wanted.whose),
        "key": ids.token(),
    }
    return asking.render_page(request, "portal/holds.html", "portal/_hold_rows.html", facts)


def _wanted(request: HttpRequest, known: dict[int, Any]) -> reading.HoldFilter:
    shop = asking.whole(request, "shop")
    if shop is not None and shop not in known:
        raise BadRequest("unknown shop")
    return reading.HoldFilter(
        asking.choice(request, "reason", reading.CODES), shop, asking.choice(request, "whose", WHOSE),
        str(staff_of(request).pk),
    )  # fmt: skip


def act(request: HttpRequest) -> HttpResponse:
    """Claim, assign, check, release or reject the chosen orders, or all that match the filter of this address."""
    named = request.POST.get("act", "")
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    wanted = _wanted(request, orders.shops())
    if named not in ACTS:
        raise BadRequest("unknown act")
    chosen = reading.waiting_ids(wanted) if request.POST.get("whole") else _chosen(request)
    if not chosen:
        messages.info(request, _("No order was selected. Tick at least one, or press x on a row."))
    elif named in NEED_REASON and not reason:
        messages.warning(request, _("Say why; the reason stays with the orders for good."))
    else:
        key = request.POST.get("key", "")[:64]
        context = context_of(request, key=key or None, reason=reason)
        _carry_out(request, named, chosen, context)
    return HttpResponseRedirect(next_address(request))


def _chosen(request: HttpRequest) -> list[int]:
    chosen = request.POST.getlist("id")
    if not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in chosen):
        raise BadRequest("unknown id")
    return [int(one) for one in chosen]


def _carry_out(request: HttpRequest, named: str, chosen: Sequence[int], context: Context) -> None:
    """Do the act in batches, each a run of its own, and say how many orders went and why others stayed."""
    done, waits = 0, 0
    stayed: dict[str, int] = {}
    step, row_of = ACTS[named]
    for number, part in enumerate(_parts(chosen)):
        key = f"{context.key}:{number}" if context.key and number else context.key
        now = Context(context.actor, clock.now(), key, reason=context.reason)
        answer = carried_out(request, step, [row_of(request, one) for one in part], now)
        if answer is None:
            return
        waits += sum(row.result == "waits" for row in answer.accepted)
        done += len(answer.accepted)
        for code, count in answer.codes.items():
            stayed[code] = stayed.get(code, 0) + count
    _tell(request, named, done - waits, waits, stayed)


def _parts(chosen: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(chosen), BATCH):
        yield chosen[first : first + BATCH]


def _tell(request: HttpRequest, named: str, done: int, waits: int, stayed: dict[str, int]) -> None:
    if done:
        messages.success(request, hold_words.done_words(named, done))
    if waits:
        words = ngettext(
            "%(n)d order still waits for another reason.", "%(n)d orders still wait for another reason.", waits
        )
        messages.info(request, words % {"n": waits})
    for code, count in sorted(stayed.items()):
        words = ngettext("%(n)d order stayed: %(why)s.", "%(n)d orders stayed: %(why)s.", count)
        messages.warning(request, words % {"n": count, "why": wording.REFUSALS.get(code, code)})


def _release(request: HttpRequest, key: int) -> Release:
    return Release(key, asking.choice(request, "reason", reading.CODES))


def _claim(request: HttpRequest, key: int) -> Assign:
    return Assign(key, str(staff_of(request).pk))


def _assign(request: HttpRequest, key: int) -> Assign:
    person = request.POST.get("person", "")
    if person and not (person.isascii() and person.isdigit() and int(person) in colleagues()):
        raise BadRequest("unknown person")
    return Assign(key, person)


def _itself(_request: HttpRequest, key: int) -> int:
    return key


ACTS: dict[str, tuple[Callable[..., Answer], Callable[[HttpRequest, int], object]]] = {
    "claim": (assign_holds, _claim),
    "assign": (assign_holds, _assign),
    "resolve": (resolve_holds, _itself),
    "release": (release_holds, _release),
    "keep": (keep_content, _itself),
    "reject": (cancel_orders, _itself),
}


def hold(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show one order that waits: every reason, what it is compared with, and what a person can do."""
    found = reading.waiting_order(order_id, orders.shops())
    if found is None:
        raise Http404
    facts = {"as_of": clock.now(), "one": found, "may_decide": may(request, DECIDES), "key": ids.token()}
    return render(request, "portal/hold.html", facts)


def receiver(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show the receiver of an order in plain, to be corrected."""
    found = reading.receiver_of(order_id)
    if found is None:
        raise Http404
    return _receiver_page(request, *found, {})


def set_receiver(request: HttpRequest, order_id: int) -> HttpResponse:
    """Correct the receiver of an order, with the reason of who did."""
    found = reading.receiver_of(order_id)
    if found is None:
        raise Http404
    edit = ReceiverEdit(order_id, *(request.POST.get(name, "").strip()[:most] for name, most in LONGEST.items()))
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    wrong = {name: _("This is needed.") for name in ("receiver", "phone", "address") if not getattr(edit, name)}
    if not reason:
        wrong["reason"] = _("Say why; the reason stays with the order for good.")
    if wrong:
        return _receiver_page(request, found[0], edit, wrong, reason)
    context = context_of(request, key=request.POST.get("key", "")[:64] or None, reason=reason)
    answer = carried_out(request, edit_contact, [edit], context)
    for row in answer.rejected if answer else ():
        messages.warning(request, _("Nothing changed: %(why)s.") % {"why": wording.REFUSALS.get(row.code, row.code)})
    for accepted in answer.accepted if answer else ():
        messages.info(request, _RECEIVER_SAID[str(accepted.result)]())
    return redirect("order", order_id)


_RECEIVER_SAID: dict[str, Callable[[], str]] = {
    "changed": lambda: _("The receiver is corrected."),
    "unchanged": lambda: _("The receiver is the same as before."),
    "held": lambda: _("The receiver is corrected, but something still speaks against it; the order waits."),
}


def _receiver_page(
    request: HttpRequest, order: Any, edit: ReceiverEdit, wrong: dict[str, str], reason: str = ""
) -> HttpResponse:
    labels = {
        "receiver": _("Name"),
        "phone": _("Phone"),
        "province": _("Province"),
        "city": _("City"),
        "district": _("District"),
        "address": _("Address"),
    }
    fields = [(name, label, getattr(edit, name), LONGEST[name], wrong.get(name, "")) for name, label in labels.items()]
    locked = order.state not in CAN_CHANGE
    facts = {
        "order": order, "fields": fields, "wrong": wrong, "reason": reason, "locked": locked, "key": ids.token()
    }  # fmt: skip
    return render(request, "portal/receiver.html", facts, status=422 if wrong else 200)
