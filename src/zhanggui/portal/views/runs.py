"""The journal: every run, and what it moved."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhanggui.journal.steps import STEPS
from zhanggui.portal import asking
from zhanggui.portal.reading import runs
from zhanggui.regulation.queries import register


def journal(request: HttpRequest) -> HttpResponse:
    """Show the runs, the newest first."""
    known = register().by_number
    wanted = runs.RunFilter(
        asking.choice(request, "clause", known),
        asking.choice(request, "step", STEPS),
        asking.choice(request, "outcome", ("done", "refused")),
    )
    facts: dict[str, object] = {
        "wanted": wanted,
        "page": runs.journal(wanted, asking.whole(request, "before")),
        "clauses": sorted({info.clause for info in STEPS.values()}),
        "steps": sorted(STEPS),
    }
    return asking.render_page(request, "portal/runs.html", "portal/_run_rows.html", facts)


def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show one run with its proof."""
    whole = runs.whole_run(run_id)
    if whole is None:
        raise Http404
    return render(request, "portal/run.html", {"whole": whole, "clause": register().by_number.get(whole.run.clause)})
