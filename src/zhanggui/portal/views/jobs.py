"""Work behind the pages: what waits, runs or was laid aside, and letting it go on."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.delivery.records import JobState
from zhanggui.delivery.steps import release_jobs
from zhanggui.kernel import clock, ids
from zhanggui.portal import asking
from zhanggui.portal.acting import carried_out, context_of, key_of, may, reason_of
from zhanggui.portal.reading import jobs as reading


def jobs(request: HttpRequest) -> HttpResponse:
    """Show the jobs of a state, at first those that wait for a person."""
    state = asking.choice(request, "state", [*JobState], JobState.PARKED.value)
    facts: dict[str, object] = {
        "as_of": clock.now(),
        "state": state,
        "counts": reading.counts(),
        "page": reading.jobs(state, asking.whole(request, "before")),
        "may_release": may(request, "jobs.release"),
        "may_see_runs": may(request, "journal.see"),
        "key": ids.token(),
    }
    return asking.render_page(request, "portal/jobs.html", "portal/_job_rows.html", facts)


def release(request: HttpRequest) -> HttpResponse:
    """Let chosen jobs run again, with the reason of who decided it."""
    chosen, reason = request.POST.getlist("id"), reason_of(request)
    if not all(key.isascii() and key.isdigit() and len(key) <= 18 for key in chosen):
        raise BadRequest("unknown id")
    if not chosen:
        messages.info(request, _("No job was selected. Tick at least one, or press x on a row."))
    elif not reason:
        messages.error(request, _("Say what was wrong and what you did about it; it stays with the run."))
    else:
        _tell(request, [int(one) for one in chosen], key_of(request), reason)
    return redirect("jobs")


def _tell(request: HttpRequest, chosen: list[int], key: str | None, reason: str) -> None:
    answer = carried_out(request, release_jobs, chosen, context_of(request, key=key, reason=reason))
    if answer is None:
        return
    if done := len(answer.accepted):
        words = ngettext("%(n)d job runs again.", "%(n)d jobs run again.", done)
        messages.success(request, words % {"n": done})
    if stayed := len(answer.rejected):
        words = ngettext(
            "%(n)d job was not waiting for a person any more.",
            "%(n)d jobs were not waiting for a person any more.",
            stayed,
        )
        messages.warning(request, words % {"n": stayed})
