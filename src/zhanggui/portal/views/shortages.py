"""Shortages for staff: who is to be told, what was agreed, and one negotiation with its file."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.journal.records import StepRefused
from zhanggui.kernel import clock, ids
from zhanggui.kernel.batch import Answer
from zhanggui.kernel.text import clean_id, clean_name
from zhanggui.portal import asking, wording, wording_shortages
from zhanggui.portal.acting import carried_out, context_of, may
from zhanggui.portal.reading import runs
from zhanggui.portal.reading import shortages as reading
from zhanggui.portal.views.entry import next_address
from zhanggui.processes.shortages import answer_and_carry_out
from zhanggui.regulation.queries import terms_at
from zhanggui.sales.shortages import queries
from zhanggui.sales.shortages.records import OPTIONS, AnswerIn, Proposal, Told
from zhanggui.sales.shortages.rules import OfferTerms
from zhanggui.sales.shortages.steps import propose, record_told

WORDS_MAX = 500
MOST_SUBSTITUTES = 5


def shortages(request: HttpRequest) -> HttpResponse:
    """Show a page of negotiations by stage, with what is missing most."""
    as_of = clock.now()
    tab = asking.choice(request, "tab", reading.TABS, "to_tell")
    counts = queries.counts(as_of)
    facts: dict[str, object] = {
        "as_of": as_of,
        "tab": tab,
        "tabs": [(name, wording_shortages.TABS[name], counts[name]) for name in reading.TABS],
        "page": reading.cases(tab, request.GET.get("after", ""), as_of),
        "lacking": queries.lacking_most(),
        "may_run": may(request, "shortages.run"),
        "day": queries.soonest_day(as_of, terms_at(OfferTerms, as_of).restock_days),
        "today": queries.soonest_day(as_of, 0),
        "key": ids.token(),
    }
    return asking.render_page(request, "portal/shortages.html", "portal/_shortage_rows.html", facts)


def offer(request: HttpRequest) -> HttpResponse:
    """Make an offer to the customers of chosen negotiations, and send it where a way is set up."""
    chosen = request.POST.getlist("id")
    if not all(key.isascii() and key.isdigit() and len(key) <= 18 for key in chosen):
        raise BadRequest("unknown id")
    promised = _day(request)
    codes = tuple(filter(None, (clean_id(code) for code in request.POST.get("substitutes", "").split(","))))
    channel = request.POST.get("channel", "")
    if channel not in ("", "none", *wording_shortages.CHANNELS):
        raise BadRequest("unknown channel")
    if not chosen:
        messages.info(request, _("Nothing was selected. Tick at least one, or press x on a row."))
        return HttpResponseRedirect(next_address(request))
    rows = [Proposal(int(key), promised, codes[:MOST_SUBSTITUTES], channel) for key in chosen]
    given = carried_out(request, propose, rows, context_of(request, key=_key(request)))
    if given is not None:
        _tell_offers(request, given)
    return HttpResponseRedirect(next_address(request))


def _tell_offers(request: HttpRequest, given: Answer) -> None:
    sent = sum(row.result != "by_hand" for row in given.accepted)
    by_hand = len(given.accepted) - sent
    if sent:
        words = ngettext("%(n)d customer is being told.", "%(n)d customers are being told.", sent)
        messages.success(request, words % {"n": sent})
    if by_hand:
        words = ngettext(
            "%(n)d customer cannot be reached from here: open the negotiation, copy the text, note the answer.",
            "%(n)d customers cannot be reached from here: open each negotiation, copy the text, note the answer.",
            by_hand,
        )
        messages.warning(request, words % {"n": by_hand})
    _tell_refusals(request, given)


def _tell_refusals(request: HttpRequest, given: Answer) -> None:
    for code, n in sorted(given.codes.items()):
        words = ngettext("%(n)d order stayed: %(why)s.", "%(n)d orders stayed: %(why)s.", n)
        messages.warning(request, words % {"n": n, "why": wording.REFUSALS.get(code, code)})


def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """Show one negotiation: what is missing, its clocks, its file, and what may be done now."""
    whole = reading.whole_case(case_id)
    if whole is None:
        raise Http404
    as_of = clock.now()
    subjects = [
        ("shortage_case", [case_id]),
        ("shortage_notice", list(whole.notices)),
        ("obligation", [one.id for one in whole.clocks]),
    ]
    facts = {
        "as_of": as_of,
        "whole": whole,
        "timeline": runs.timeline(subjects, [whole.case.run_id]),
        "may_run": may(request, "shortages.run") and whole.case.state in ("to_tell", "told"),
        "may_see_runs": may(request, "journal.see"),
        "channels": [(code, wording_shortages.CHANNELS[code]) for code in wording_shortages.BY_HAND],
        "options": wording_shortages.OPTIONS,
        "day": queries.soonest_day(as_of, terms_at(OfferTerms, as_of).restock_days),
        "today": queries.soonest_day(as_of, 0),
        "key": ids.token(),
    }
    return render(request, "portal/shortage.html", facts)


def told(request: HttpRequest, case_id: int) -> HttpResponse:
    """Write down that the customer was told by hand."""
    row = Told(case_id, request.POST.get("channel", "")[:12], clean_name(request.POST.get("words", ""))[:WORDS_MAX])
    given = carried_out(request, record_told, [row], context_of(request, key=_key(request)))
    if given is not None:
        if given.accepted:
            messages.success(request, _("It is on record that the customer was told."))
        _tell_refusals(request, given)
    return redirect("shortage", case_id)


def answer(request: HttpRequest, case_id: int) -> HttpResponse:
    """Write down what was agreed with the customer, and carry it out."""
    option = request.POST.get("option", "")
    if option not in OPTIONS:
        raise BadRequest("unknown option")
    words = clean_name(request.POST.get("words", ""))[:WORDS_MAX]
    if not words:
        messages.warning(request, _("Write down what the customer said; it is the proof of what was agreed."))
        return redirect("shortage", case_id)
    substitute = clean_id(request.POST.get("substitute", ""))[:64] if option == "substitute" else ""
    row = AnswerIn(case_id, option, substitute=substitute, promised=_day(request), words=words)
    given = agreed(request, row)
    if given is not None:
        if given.accepted:
            messages.success(request, _("What was agreed is on record and is carried out."))
        _tell_refusals(request, given)
    return redirect("shortage", case_id)


def agreed(request: HttpRequest, row: AnswerIn) -> Answer | None:
    """Take an answer for a page; nothing where the whole call was refused, which is told."""
    try:
        return answer_and_carry_out([row], context_of(request, key=_key(request)))
    except StepRefused:
        messages.error(request, _("This could not be taken now. Look at how it stands, then try again."))
        return None


def _key(request: HttpRequest) -> str | None:
    return request.POST.get("key", "")[:64] or None


def _day(request: HttpRequest) -> date | None:
    """Return the day of a form, or nothing. Raises: BadRequest."""
    value = request.POST.get("promised", "")
    try:
        found = date.fromisoformat(value) if value else None
    except ValueError as error:
        raise BadRequest("promised is not a day") from error
    if found and not 1990 <= found.year < 2200:
        raise BadRequest("promised lies outside the years 1990 to 2199")
    return found
