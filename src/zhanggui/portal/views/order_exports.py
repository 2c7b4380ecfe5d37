"""Orders as a file: asked for with all that matches, noted in the journal, written at once or in the background."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhanggui.connectors.order_sheets import AT_ONCE, EXPORT_JOB, KEPT_DAYS, ROWS_MAX, Sheet, file_of, write_orders
from zhanggui.delivery.queries import job_progress
from zhanggui.delivery.records import JobRequest
from zhanggui.delivery.steps import enqueue_jobs
from zhanggui.kernel import clock, ids
from zhanggui.people.models import DataExport
from zhanggui.people.records import ExportWish
from zhanggui.people.steps import note_exports
from zhanggui.portal import wording
from zhanggui.portal.acting import carried_out, context_of, key_of, may, reason_of, staff_of
from zhanggui.portal.reading import orders
from zhanggui.portal.reading.paging import count_up_to
from zhanggui.portal.views.order_questions import Question, question
from zhanggui.sales.orders.finding import asked
from zhanggui.sales.orders.masking import masked


def export(request: HttpRequest) -> HttpResponse | FileResponse:
    """Show what would go out, and what this person took out in the last days; take it out when the form is sent."""
    found = question(request, orders.shops())
    count = count_up_to(asked(found.wanted).rows, ROWS_MAX)
    if request.method == "POST":
        return _take_out(request, found, count.rows, capped=count.capped)
    facts: dict[str, object] = {
        "asked": found,
        "count": count,
        "most": ROWS_MAX,
        "days": KEPT_DAYS,
        "may_plain": may(request, "contacts.export"),
        "files": _files(staff_of(request).pk),
        "key": ids.token(),
    }
    return render(request, "portal/orders_export.html", facts)


def _take_out(request: HttpRequest, found: Question, rows: int, *, capped: bool) -> HttpResponse | FileResponse:
    again = HttpResponseRedirect(f"{reverse('orders-export')}?{found.query}")
    plain = bool(request.POST.get("plain"))
    if capped or not rows:
        messages.warning(
            request, _("More match than one file holds. Narrow the filter.") if capped else _("No order matches.")
        )
        return again
    staff, context = staff_of(request), context_of(request, key=key_of(request), reason=reason_of(request))
    wish = ExportWish(staff.pk, "orders", _on_record(found), rows, plain)
    noted = carried_out(request, note_exports, [wish], context)
    if noted is None:
        return again
    if noted.rejected:
        messages.warning(request, str(wording.REFUSALS.get(noted.rejected[0].code, noted.rejected[0].code)))
        return again
    key = int(noted.accepted[0].result)
    sheet = Sheet(key, found.wanted, staff.pk, str(staff), context.as_of, get_language() or "zh-hans", plain=plain)
    if rows <= AT_ONCE:
        write_orders(sheet)
        return _file(sheet.export_id)
    job = JobRequest(EXPORT_JOB, str(key), sheet.packed())
    if carried_out(request, enqueue_jobs, [job], context_of(request)):
        messages.info(request, _("The file is being written. It stands below when it is ready; reload this page."))
    return again


def _on_record(found: Question) -> str:
    """Return the question as it is kept for good: searched words may be a person's name, so they are masked."""
    kept = QueryDict(found.query, mutable=True)
    if "q" in kept:
        kept["q"] = masked(str(kept["q"]))
    return kept.urlencode()[:2_000]


def _files(staff_id: int) -> list[dict[str, Any]]:
    """Return what a person took out in the last days, the newest first, and how far each file is."""
    since = clock.now() - timedelta(days=KEPT_DAYS)
    rows = DataExport.objects.filter(staff_id=staff_id, subject="orders", asked_at__gte=since).order_by("-id")[:20]
    return [
        {"row": row, "ready": file_of(row.pk).is_file(), "job": job_progress(EXPORT_JOB, str(row.pk))} for row in rows
    ]


def download(request: HttpRequest, export_id: int) -> FileResponse:
    """Send a file again to the person who took it out."""
    row = DataExport.objects.filter(pk=export_id, staff_id=staff_of(request).pk, subject="orders").first()
    if row is None or (row.plain and not may(request, "contacts.export")):
        raise Http404
    return _file(export_id)


def _file(export_id: int) -> FileResponse:
    place = file_of(export_id)
    if not place.is_file():
        raise Http404
    day = clock.now().astimezone(settings.COMPANY_ZONE)
    return FileResponse(place.open("rb"), as_attachment=True, filename=f"{_('orders')}-{day:%Y%m%d-%H%M}.xlsx")
