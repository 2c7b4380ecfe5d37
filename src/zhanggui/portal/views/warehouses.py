"""Warehouses: their turn, which provinces they serve first, and whose orders are served before others."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from zhanggui.kernel import ids
from zhanggui.kernel.text import clean_name
from zhanggui.logistics.inventory.records import Preference, WarehouseEdit
from zhanggui.logistics.inventory.steps import prefer_warehouses, set_warehouses
from zhanggui.portal import wording
from zhanggui.portal.acting import REASON_MAX, carried_out, context_of, may
from zhanggui.portal.reading import reshaping as reading
from zhanggui.sales.orders.models import FavouredBuyer
from zhanggui.sales.orders.records import Favour
from zhanggui.sales.orders.regions import PROVINCES
from zhanggui.sales.orders.turns import edit_favoured

NAME_MAX = 100


def warehouses(request: HttpRequest) -> HttpResponse:
    """Show the warehouses in their turn, and which of them each province prefers."""
    places = reading.places()
    facts = {
        "places": places,
        "provinces": reading.provinces(places),
        "may_change": may(request, "orders.process"),
        "key": ids.token(),
    }
    return render(request, "portal/warehouses.html", facts)


def set_places(request: HttpRequest) -> HttpResponse:
    """Name the warehouses and set their turn."""
    rows = []
    for place in reading.places():
        name = clean_name(request.POST.get(f"name-{place.id}", ""))[:NAME_MAX]
        turn = request.POST.get(f"turn-{place.id}", "").strip()
        if not (turn.isascii() and turn.isdigit() and len(turn) <= 6):
            messages.warning(request, _("The turn of a warehouse is a whole number; the smallest is asked first."))
            return redirect("warehouses")
        rows.append(WarehouseEdit(place.id, name, int(turn)))
    answer = carried_out(
        request, set_warehouses, rows, context_of(request, key=request.POST.get("key", "")[:64] or None)
    )
    _tell(
        request,
        answer.codes if answer else {},
        any(row.result == "changed" for row in answer.accepted) if answer else 0,
    )
    return redirect("warehouses")


def prefer(request: HttpRequest) -> HttpResponse:
    """Say which warehouses serve the chosen provinces first."""
    chosen = request.POST.getlist("province")
    if not set(chosen) <= PROVINCES.keys():
        raise BadRequest("unknown province")
    wanted = [request.POST.get(f"place-{turn}", "") for turn in (1, 2, 3)]
    if not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in wanted if one):
        raise BadRequest("unknown warehouse")
    keys = tuple(dict.fromkeys(int(one) for one in wanted if one))
    if not chosen:
        messages.info(request, _("No province was chosen."))
        return redirect("warehouses")
    context = context_of(request, key=request.POST.get("key", "")[:64] or None)
    answer = carried_out(request, prefer_warehouses, [Preference(name, keys) for name in chosen], context)
    _tell(request, answer.codes if answer else {}, len(answer.accepted) if answer else 0)
    return redirect("warehouses")


def favoured(request: HttpRequest) -> HttpResponse:
    """Show the buyers who are served first, with a form that adds to them and takes off."""
    facts = {"rows": reading.favoured(), "may_change": may(request, "rules.change"), "key": ids.token()}
    return render(request, "portal/favoured.html", facts)


def set_favoured(request: HttpRequest) -> HttpResponse:
    """Add a buyer to the list, or take chosen ones off it."""
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    rows = _taken_off(request) if request.POST.get("act") == "remove" else _added(request)
    if not rows:
        messages.info(request, _("Nothing was given. Name a buyer and a priority from 1 to 100, or tick who is to go."))
    else:
        context = context_of(request, key=request.POST.get("key", "")[:64] or None, reason=reason)
        answer = carried_out(request, edit_favoured, rows, context)
        _tell(request, answer.codes if answer else {}, len(answer.accepted) if answer else 0)
    return redirect("favoured")


def _added(request: HttpRequest) -> list[Favour]:
    buyer, turn = request.POST.get("buyer", "").strip()[:NAME_MAX], request.POST.get("priority", "").strip()
    if not buyer or not (turn.isascii() and turn.isdigit() and len(turn) <= 3):
        return []
    return [Favour(buyer, int(turn), request.POST.get("note", "").strip()[:200])]


def _taken_off(request: HttpRequest) -> list[Favour]:
    chosen = request.POST.getlist("id")
    if not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in chosen):
        raise BadRequest("unknown id")
    rows = FavouredBuyer.objects.filter(id__in=[int(one) for one in chosen], state="listed").order_by("id")
    return [Favour(row.value, row.priority, on=False) for row in rows]


def _tell(request: HttpRequest, codes: dict[str, int], done: int) -> None:
    if done:
        messages.success(request, _("Saved."))
    for code in sorted(codes):
        messages.warning(request, _("Nothing changed: %(why)s.") % {"why": wording.REFUSALS.get(code, code)})
    if not done and not codes:
        messages.info(request, _("Nothing changed."))
