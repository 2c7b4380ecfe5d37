"""The workbench: what is due, by when, under which clause, and who has it."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.kernel import clock, ids
from zhanggui.obligations.records import Assignment
from zhanggui.obligations.steps import assign_clocks
from zhanggui.people.queries import colleagues
from zhanggui.people.rules import DEPARTMENTS
from zhanggui.portal import asking, wording
from zhanggui.portal.acting import carried_out, context_of, key_of, may, staff_of
from zhanggui.portal.reading import clocks, imports, orders
from zhanggui.portal.views.entry import next_address
from zhanggui.regulation.queries import register

WHEN = ("overdue", "urgent", "later", "paused")


def workbench(request: HttpRequest) -> HttpResponse:
    """Show the running clocks, the most urgent first."""
    as_of = clock.now()
    known = register().by_number
    wanted = clocks.WorkFilter(
        asking.choice(request, "when", WHEN),
        asking.choice(request, "department", DEPARTMENTS),
        asking.choice(request, "clause", known),
    )
    facts: dict[str, object] = {
        "as_of": as_of,
        "wanted": wanted,
        "page": clocks.work(as_of, wanted, request.GET.get("after", "")),
        "figures": clocks.work_figures(as_of, wanted),
        "counts": orders.counts_by_state(),
        "departments": DEPARTMENTS,
        "clauses": [one for one in known.values() if one.kind == "event"],
        "known": known,
        "people": colleagues() if may(request, "orders.process") else {},
        "me": staff_of(request).pk,
        "key": ids.token(),
        "waiting": imports.waiting_shown(),
    }
    return asking.render_page(request, "portal/workbench.html", "portal/_work.html", facts)


def assign(request: HttpRequest) -> HttpResponse:
    """Give chosen clocks to a member of staff; `me` takes them."""
    person = request.POST.get("person", "")
    chosen = request.POST.getlist("id")
    if not all(one.isascii() and one.isdigit() and len(one) <= 18 for one in (person, *chosen)):
        raise BadRequest("unknown person or clock")
    if not chosen:
        messages.info(request, _("No clock was selected. Tick at least one."))
        return HttpResponseRedirect(next_address(request))
    context = context_of(request, key=key_of(request))
    answer = carried_out(request, assign_clocks, [Assignment(int(one), int(person)) for one in chosen], context)
    if answer and (done := len(answer.accepted)):
        messages.success(request, ngettext("%(n)d clock given.", "%(n)d clocks given.", done) % {"n": done})
    for code, n in sorted(answer.codes.items()) if answer else ():
        words = ngettext("%(n)d clock stayed: %(why)s.", "%(n)d clocks stayed: %(why)s.", n)
        messages.warning(request, words % {"n": n, "why": wording.REFUSALS.get(code, code)})
    return HttpResponseRedirect(next_address(request))
