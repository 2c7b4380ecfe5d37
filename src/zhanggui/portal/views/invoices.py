"""Invoices: the queue, export to the invoicing tool, numbers back from it, one invoice, and the wish of an order."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from zhanggui.connectors.intake.messages import file_message
from zhanggui.connectors.invoicing import read_numbers, take_numbers, write_for_tool, write_refused
from zhanggui.connectors.spreadsheets.records import FileRefused
from zhanggui.connectors.spreadsheets.writing import TableTooLong
from zhanggui.journal.records import StepRefused
from zhanggui.kernel import clock, ids
from zhanggui.kernel.batch import Answer
from zhanggui.portal import asking, wording, wording_invoices
from zhanggui.portal.acting import REASON_MAX, carried_out, context_of, may, staff_of
from zhanggui.portal.reading import invoices as reading
from zhanggui.portal.reading import orders, runs
from zhanggui.portal.views.entry import next_address
from zhanggui.regulation.queries import terms_at
from zhanggui.sales.invoices.records import CONTENT, Content, Issue, Kind, Wish
from zhanggui.sales.invoices.rules import InvoiceTerms
from zhanggui.sales.invoices.steps import (
    cancel_invoices,
    export_invoices,
    issue_invoices,
    mark_sent,
    take_back_invoices,
)
from zhanggui.sales.invoices.wishes import take_wishes

ACTS: dict[str, Callable[..., Answer]] = {"cancel": cancel_invoices, "send": mark_sent, "red": take_back_invoices}
ACTS_OF_TAB = {
    "to_correct": ("cancel",),
    "waiting": ("cancel",),
    "ready": ("cancel",),
    "exported": ("cancel",),
    "issued": ("send",),
    "red": ("send", "cancel"),
}
EXPORT_MAX = 20_000
AT_ONCE = 5_000
FILE_BYTES = 20 * 1024 * 1024


def queue(request: HttpRequest) -> HttpResponse:
    """Show a page of the invoice queue; the whole question stands in the address."""
    known = orders.shops()
    wanted = _wanted(request)
    page, totals = reading.queue(wanted, known, asking.whole(request, "after"))
    run = may(request, "invoices.run")
    facts: dict[str, object] = {
        "wanted": wanted,
        "page": page,
        "totals": totals,
        "shops": known.values(),
        "kinds": wording_invoices.KINDS,
        "tabs": [(tab, wording_invoices.TABS[tab], count) for tab, count in reading.counts_by_tab().items()],
        "filtered": any((wanted.words, wanted.shop, wanted.kind, wanted.first_day, wanted.last_day)),
        "acts": ACTS_OF_TAB.get(wanted.tab, ()) if run else (),
        "may_run": run,
        "may_export": run and wanted.tab in reading.EXPORTED_FROM,
        "rate_bp": terms_at(InvoiceTerms, clock.now()).invoice_tax_rate_bp,
        "refused_file": run and _refused_file(request).is_file(),
        "key": ids.token(),
    }
    return asking.render_page(request, "portal/invoices.html", "portal/_invoice_rows.html", facts)


def _wanted(request: HttpRequest) -> reading.InvoiceFilter:
    shop = asking.whole(request, "shop")
    if shop is not None and shop not in orders.shops():
        raise BadRequest("unknown shop")
    return reading.InvoiceFilter(
        asking.choice(request, "tab", reading.TABS, "to_correct"),
        asking.words(request, "q"),
        shop,
        asking.choice(request, "kind", [str(kind) for kind in Kind]),
        asking.day(request, "from"),
        asking.day(request, "to"),
    )


def export(request: HttpRequest) -> HttpResponse | FileResponse:
    """Send all that match as a workbook for the invoicing tool, and note that they went there."""
    found = reading.to_export(_wanted(request), orders.shops(), EXPORT_MAX)
    context = context_of(request)
    taken: list[int] = []
    for at in range(0, len(found), AT_ONCE):
        given = carried_out(request, export_invoices, found[at : at + AT_ONCE], context)
        taken += [int(row.result) for row in given.accepted] if given else []
    if not taken:
        messages.info(request, _("Nothing here can go to the invoicing tool."))
        return HttpResponseRedirect(f"{reverse('invoices')}?{request.GET.urlencode()}")
    place = NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    try:
        write_for_tool(place.name, taken, terms_at(InvoiceTerms, context.as_of).invoice_tax_rate_bp)
    except TableTooLong:
        place.close()
        messages.error(request, _("This is more than a sheet holds. Narrow the filter and export in parts."))
        return redirect("invoices")
    day = context.as_of.astimezone(settings.COMPANY_ZONE)
    return FileResponse(place, as_attachment=True, filename=f"{_('invoices')}-{day:%Y%m%d-%H%M}.xlsx")


def move(request: HttpRequest) -> HttpResponse:
    """Give up, mark as sent or take back chosen invoices, and say why the others stayed."""
    named, chosen = request.POST.get("act", ""), request.POST.getlist("id")
    if named not in ACTS or not all(key.isascii() and key.isdigit() and len(key) <= 18 for key in chosen):
        raise BadRequest("unknown act or id")
    reason = request.POST.get("reason", "").strip()[:REASON_MAX]
    if not chosen:
        messages.info(request, _("No invoice was selected. Tick at least one, or press x on a row."))
    elif named == "red" and not reason:
        messages.warning(request, _("Say why it is taken back; the reason stands in the journal for good."))
    else:
        key = request.POST.get("key", "")[:64] or None
        given = carried_out(
            request, ACTS[named], [int(one) for one in chosen], context_of(request, key=key, reason=reason)
        )
        _tell(request, named, given)
    return HttpResponseRedirect(next_address(request))


def _tell(request: HttpRequest, named: str, given: Answer | None) -> None:
    if given is None:
        return
    if done := len(given.accepted):
        messages.success(request, wording_invoices.done_words(named, done))
    for code, count in sorted(given.codes.items()):
        words = ngettext("%(n)d invoice stayed: %(why)s.", "%(n)d invoices stayed: %(why)s.", count)
        messages.warning(request, words % {"n": count, "why": _why(code)})


def _why(code: str) -> str:
    return str(wording.REFUSALS.get(code, code))


def numbers(request: HttpRequest) -> HttpResponse:
    """Take the numbers of the invoicing tool's file; rows that belong to no invoice are kept for the person."""
    given = request.FILES.get("file")
    kept = _refused_file(request)
    if not isinstance(given, UploadedFile) or not given.size or given.size > FILE_BYTES:
        messages.error(request, _("Choose a file that is not empty, of at most 20 MB."))
        return redirect("invoices")
    try:
        taken = take_numbers(read_numbers(given.read(), given.name or ""), context=context_of(request))
    except FileRefused as refusal:
        messages.error(request, _refused_words(refusal))
        return redirect("invoices")
    except StepRefused:
        messages.error(request, _("The database is busy. What is noted is noted; bring the file again in a moment."))
        return redirect("invoices")
    kept.unlink(missing_ok=True)
    if taken.issued or not taken.refused:
        messages.success(request, wording_invoices.done_words("number", taken.issued))
    if taken.unchanged:
        messages.info(request, _("%(n)d stood here already.") % {"n": taken.unchanged})
    if taken.refused:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_refused(kept, taken, _why)
        words = ngettext("%(n)d row was not taken.", "%(n)d rows were not taken.", len(taken.refused))
        messages.warning(request, words % {"n": len(taken.refused)})
    return HttpResponseRedirect(f"{reverse('invoices')}?tab=issued")


def _refused_words(refusal: FileRefused) -> str:
    if refusal.code == "columns_missing":
        words = _("The file lacks these columns: %(names)s. Keep the tool's own header.")
        return words % {"names": str(refusal.details["fields"]).replace(",", "、")}
    if refusal.code == "too_many_rows":
        return _("The file has more than %(n)d rows. Split it.") % {"n": refusal.details["limit_rows"]}
    return file_message(refusal, "orders")


def _refused_file(request: HttpRequest) -> Path:
    """Return where the rows that were not taken of this person's last file are kept."""
    return Path(settings.HOME) / "files" / "invoices" / f"{staff_of(request).pk}.xlsx"


def errors(request: HttpRequest) -> FileResponse:
    """Send the rows of this person's last file that were not taken, with their reasons."""
    kept = _refused_file(request)
    if not kept.is_file():
        raise Http404
    return FileResponse(kept.open("rb"), as_attachment=True, filename=f"{_('invoices')}-{_('refused')}.xlsx")


def invoice(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Show one invoice: for whom, what is wrong with it, its number, and every run that touched it."""
    whole = reading.whole_invoice(invoice_id)
    if whole is None:
        raise Http404
    run = may(request, "invoices.run")
    facts = {
        "whole": whole,
        "row": whole.row,
        "findings": [wording_invoices.FINDINGS.get(code, code) for code in whole.row.findings],
        "timeline": runs.timeline([(kind, [invoice_id]) for kind in ("invoice", "invoice_content")], [whole.run_id]),
        "may_run": run,
        "may_see_runs": may(request, "journal.see"),
        "today": clock.now().astimezone(settings.COMPANY_ZONE).date(),
        "key": ids.token(),
    }
    return render(request, "portal/invoice.html", facts)


def number(request: HttpRequest, invoice_id: int) -> HttpResponse:
    """Note the number of one invoice that was typed."""
    day = _day(request.POST.get("day", ""))
    link = request.POST.get("link", "").strip()[:490]
    if day is None:
        messages.warning(request, _("Choose the day of issue."))
        return redirect("invoice", invoice_id)
    issue = Issue(invoice_id, request.POST.get("number", "")[:60], day, link)
    key = request.POST.get("key", "")[:64] or None
    _tell(request, "number", carried_out(request, issue_invoices, [issue], context_of(request, key=key)))
    return redirect("invoice", invoice_id)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def wish(request: HttpRequest, order_id: int) -> HttpResponse:
    """Show the form of an order's invoice, and keep what was typed; what is wrong with it stands on its page."""
    order, kept = reading.wish_of(order_id)
    if order is None:
        raise Http404
    if request.method == "POST":
        given = carried_out(request, take_wishes, [Wish(order_id, _typed(request), by_hand=True)], context_of(request))
        if given is not None and given.accepted:
            messages.success(request, _("The invoice is noted as you typed it."))
            return redirect("invoice", next(one.id for one in reversed(reading.of_order(order_id)) if not one.red))
        _tell(request, "number", given)
        kept = _typed(request)
    facts: dict[str, object] = {"order": order, "given": kept, "kinds": wording_invoices.KINDS}
    return render(request, "portal/invoice_wish.html", facts)


def invoices_of_order(request: HttpRequest, order_id: int) -> dict[str, object]:
    """Return what the page of an order shows of its invoices, to whoever may see them."""
    if not may(request, "invoices.see"):
        return {"may_see_invoices": False}
    found = reading.of_order(order_id)
    may_change = may(request, "invoices.run") and reading.accepts_wish(found)
    return {"may_see_invoices": True, "invoices": found, "may_invoice": may_change}


def _typed(request: HttpRequest) -> Content:
    return Content(*(request.POST.get(name, "")[:300] for name in CONTENT))
