"""The workbench: what is due, by when, under which clause, and who has it."""

from django.http import HttpRequest, HttpResponse

from zhanggui.kernel import clock
from zhanggui.people.rules import DEPARTMENTS
from zhanggui.portal import asking
from zhanggui.portal.reading import clocks, orders
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
    }
    return asking.render_page(request, "portal/workbench.html", "portal/_work.html", facts)
