"""The regulation: all clauses, and one clause with its values in force and the clocks under it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from zhanggui.kernel import clock
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.queries import derivation
from zhanggui.oversight.compliance.queries import standings
from zhanggui.oversight.compliance.records import ClauseStanding, Standing
from zhanggui.oversight.compliance.rules import recent
from zhanggui.portal import asking, wording
from zhanggui.portal.acting import may
from zhanggui.portal.reading import clocks, parameters
from zhanggui.regulation.queries import clause as clause_of
from zhanggui.regulation.queries import in_force, register
from zhanggui.regulation.records import Section, UnknownClause


def clauses(request: HttpRequest) -> HttpResponse:
    """Show the register in the order of the document."""
    book = register()
    figures = {one.clause: one for one in standings(clock.now())}
    headings = sorted(book.sections, key=lambda one: [int(part) for part in one.number.split(".")])
    parts = [
        (head, [(one, figures[one.number]) for one in book if _under(one.number, head.number, headings)])
        for head in headings
    ]
    facts = {"parts": parts, "total": len(book), "counts": _counts(figures), "period": wording.recent_words()}
    return render(request, "portal/clauses.html", facts)


def _counts(figures: Mapping[str, ClauseStanding]) -> dict[str, int]:
    """Return how many clauses have each standing, all standings named."""
    return {state: sum(1 for one in figures.values() if one.state == state) for state in Standing}


def _under(number: str, heading: str, headings: Sequence[Section]) -> bool:
    """Tell whether a heading is the nearest one above a clause."""
    above = [one.number for one in headings if number.startswith(one.number + ".")]
    return bool(above) and max(above, key=len) == heading


def clock_panel(request: HttpRequest, clock_id: int) -> HttpResponse:
    """Fill the side panel with the sum behind a clock's due moment."""
    try:
        found = derivation(clock_id)
    except Obligation.DoesNotExist as error:
        raise Http404 from error
    return render(request, "portal/_clock_panel.html", {"lines": found.lines})


def clause(request: HttpRequest, number: str) -> HttpResponse:
    """Show one clause."""
    try:
        found = clause_of(number)
    except UnknownClause as error:
        raise Http404 from error
    as_of = clock.now()
    group = asking.choice(request, "state", clocks.GROUPS)
    facts: dict[str, object] = {
        "as_of": as_of,
        "clause": found,
        "rows_at": _rows_of(found.measured_by, as_of),
        "figure": standings(as_of, numbers=[number])[0],
        "period": wording.recent_words(),
        "in_force": in_force(number, as_of),
        "history": parameters.history_lines(number, as_of),
        "may_change": may(request, "regulation.change"),
        "may_see_runs": may(request, "journal.see"),
        "group": group,
        "counts": clocks.groups_of_clause(number, as_of),
        "page": clocks.clocks_of_clause(number, group, as_of, request.GET.get("after", "")),
    }
    return asking.render_page(request, "portal/clause.html", "portal/_clause_rows.html", facts)


def _rows_of(figure: str, as_of: datetime) -> list[tuple[object, str]]:
    """Return the lists behind a figure that no clock counts, as (words, address).

    Orders are exactly those that the figure counts. Changes are counted one by one, but shown as the runs that made
    them: those of the same period that moved anything.
    """
    if figure == "orders_handed_over":
        return [(words, f"{reverse('orders')}?handed={part}") for part, words in wording.ROWS_OF_FIGURE.items()]
    if figure == "changes_attributed":
        period = recent(as_of)
        ends = {"from": period.from_at, "until": period.until_at}
        query = {name: moment.isoformat() for name, moment in ends.items() if moment} | {"moved": "yes"}
        return [(wording.RUNS_OF_FIGURE, f"{reverse('runs')}?{urlencode(query)}")]
    return []
