"""The journal: every run, and what it moved."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhanggui.journal.steps import STEPS
from zhanggui.portal import asking, wording
from zhanggui.portal.reading import runs
from zhanggui.regulation.queries import register


def journal(request: HttpRequest) -> HttpResponse:
    """Show the runs, the newest first."""
    known = register().by_number
    wanted = runs.RunFilter(
        asking.choice(request, "clause", known),
        asking.choice(request, "step", STEPS),
        asking.choice(request, "outcome", runs.OUTCOMES),
        asking.moment(request, "from"),
        asking.moment(request, "until"),
        asking.choice(request, "moved", ("yes",)) == "yes",
    )
    facts: dict[str, object] = {
        "wanted": wanted,
        "page": runs.journal(wanted, asking.whole(request, "before")),
        "outcomes": list(runs.OUTCOMES),
        "clauses": sorted({info.clause for info in STEPS.values()}),
        "steps": _named_once(),
    }
    return asking.render_page(request, "portal/runs.html", "portal/_run_rows.html", facts)


def _named_once() -> list[tuple[str, str]]:
    """Return one step for each thing that people do, with its words, in the order of the words."""
    named = {str(wording.steps_words(step)): step for step in sorted(STEPS, reverse=True)}
    return sorted(((step, words) for words, step in named.items()), key=lambda one: one[1])


def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """Show one run with its proof."""
    whole = runs.whole_run(run_id, asking.whole(request, "after"), asking.whole(request, "born"))
    if whole is None:
        raise Http404
    return render(request, "portal/run.html", {"whole": whole, "clause": register().by_number.get(whole.run.clause)})
