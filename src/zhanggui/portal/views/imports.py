"""Files of other systems: upload, columns, check, import; and the rows that stayed out."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from zhanggui.catalog.queries import any_skus
from zhanggui.connectors.channels import CHANNELS
from zhanggui.connectors.intake.error_files import write_errors
from zhanggui.connectors.intake.mappings import edit_mappings
from zhanggui.connectors.intake.messages import file_message
from zhanggui.connectors.intake.parsing import DEFAULT_SHOP, GUESSING
from zhanggui.connectors.intake.platforms import PLATFORMS
from zhanggui.connectors.intake.queries import intake, recent_intakes, saved_mappings, work_of
from zhanggui.connectors.intake.records import Begin, Choices, IntakeView, MappingEdit, Standing, State
from zhanggui.connectors.intake.steps import begin_commits, cancel_checks
from zhanggui.connectors.intake.taking_in import Overtaken, check_soon, take_file
from zhanggui.connectors.spreadsheets.mapping import FIELDS, Subject
from zhanggui.connectors.spreadsheets.records import FileRefused
from zhanggui.connectors.spreadsheets.text_files import DELIMITERS, ENCODINGS
from zhanggui.connectors.spreadsheets.writing import Kind
from zhanggui.delivery.steps import release_jobs
from zhanggui.people.queries import rights
from zhanggui.portal.acting import context_of, staff_of
from zhanggui.portal.reading import imports as reading
from zhanggui.portal.reading.orders import shops as known_shops
from zhanggui.sales.orders.models import Shop

SUBJECTS: tuple[Subject, ...] = ("products", "stock", "orders")


def imports(request: HttpRequest) -> HttpResponse:
    """Show the files taken in, and where to bring a new one."""
    return _list(request)


def upload(request: HttpRequest) -> HttpResponse:
    """Keep a file and check it: a small one at once, a large one by the worker. What is wrong stands on its page."""
    subject = next((one for one in SUBJECTS if one == request.POST.get("subject")), None)
    channel, shop = request.POST.get("channel", ""), request.POST.get("shop", "").strip()[:32]
    given = request.FILES.get("file")
    if subject is None or (subject == "orders" and channel not in CHANNELS):
        raise BadRequest("unknown subject or channel")
    if not isinstance(given, UploadedFile) or not given.size:
        return _list(request, _("Choose a file that is not empty."), subject)
    try:
        key = take_file(
            given.chunks(), subject, given.name or "", channel=channel, shop=shop, context=context_of(request)
        )
    except FileRefused as refusal:
        return _list(request, file_message(refusal, subject), subject)
    file = _file(key)
    if file.state in (State.DONE, State.COMMITTING, State.CHECKING):
        messages.info(request, _("This very file was brought before. Here is how it stands."))
    else:
        _check(request, file, GUESSING)
    return redirect("import", intake_id=key)


def _list(request: HttpRequest, wrong: str = "", subject: str = "") -> HttpResponse:
    known = known_shops()
    facts = {
        "files": recent_intakes(limit=50),
        "subjects": SUBJECTS,
        "subject": subject or _usual_subject(),
        "channels": _offered(known),
        "shops": sorted({shop.code for shop in known.values()}),
        "channel": request.POST.get("channel", ""),
        "shop": request.POST.get("shop", "") or DEFAULT_SHOP,
        "wrong": wrong,
        "may_run": _may_run(request),
        "waiting": reading.waiting_shown(),
    }
    return render(request, "portal/imports.html", facts, status=422 if wrong else 200)


def _offered(known: Mapping[int, Shop]) -> list[str]:
    """Return the channels to choose from: those in yuan, and one in another currency where a shop of it exists."""
    held = {shop.channel for shop in known.values()}
    return [code for code, channel in CHANNELS.items() if channel.currency == "CNY" or code in held]


def _usual_subject() -> Subject:
    """Return what a file most likely holds: products for a company that has none yet, else orders."""
    return "orders" if any_skus() else "products"


def file(request: HttpRequest, intake_id: int) -> HttpResponse:
    """Show how one file stands; while it is checked or comes in, the page asks again by itself."""
    found = _file(intake_id)
    work = work_of(found, context_of(request).as_of)
    moving = found.state in (State.CHECKING, State.COMMITTING)
    facts: dict[str, object] = {
        "file": found,
        "may_run": _may_run(request),
        "reasons": reading.reasons_of(found),
        "refusal": reading.refusal_of(found),
        "work": work,
        "moving": moving and not (work and work.standing == Standing.PARKED),
        "warnings": reading.warnings_of(found),
        "missing": reading.missing_file(found),
        "foreseen": found.state != State.CHECKED or found.new + found.changed + found.unchanged > 0,
    }
    part = request.headers.get("HX-Target") == "stage"
    return render(request, "portal/_import_stage.html" if part else "portal/import.html", facts)


def columns(request: HttpRequest, intake_id: int) -> HttpResponse:
    """Show which column fills which field, to be corrected."""
    found = _file(intake_id)
    options = reading.options_of(found)
    facts: dict[str, object] = {
        "file": found, "encodings": ENCODINGS, "delimiters": DELIMITERS, "tab": "\t", "options": options,
        "layouts": tuple(PLATFORMS) if found.subject == "orders" else (),
        "refusal": reading.refusal_of(found), "tried": found.refusal and options.columns is not None,
    }  # fmt: skip
    try:
        facts["columns"] = reading.columns_of(found, options)
    except FileRefused as refusal:
        facts["wrong"] = file_message(refusal, found.subject)
    return render(request, "portal/import_columns.html", facts)


def check(request: HttpRequest, intake_id: int) -> HttpResponse:
    """Check a file anew with the columns that the person chose, or call its check off, or let it go on."""
    found = _file(intake_id)
    if request.POST.get("do") == "cancel":
        _cancel(request, found)
    elif request.POST.get("do") == "resume":
        _resume(request, found)
    else:
        _check(request, found, _choices(request, found.subject))
    return redirect("import", intake_id=intake_id)


def _check(request: HttpRequest, found: IntakeView, choices: Choices) -> None:
    try:
        check_soon(found.id, context=context_of(request), choices=choices)
    except FileRefused:
        return  # the refusal is kept with the file and stands on its page
    except Overtaken:
        _tell_overtaken(request)


def _tell_overtaken(request: HttpRequest) -> None:
    messages.warning(request, _("Somebody else checked this file or began to import it. Here is how it stands."))


def _cancel(request: HttpRequest, found: IntakeView) -> None:
    if cancel_checks([Begin(found.id, found.attempt)], context=context_of(request)).rejected:
        _tell_overtaken(request)
    else:
        messages.success(request, _("The check was called off. Nothing was changed."))


def _resume(request: HttpRequest, found: IntakeView) -> None:
    context = context_of(request)
    work = work_of(found, context.as_of)
    if work is None or work.standing != Standing.PARKED or release_jobs([work.job_id], context=context).rejected:
        _tell_overtaken(request)


def _choices(request: HttpRequest, subject: Subject) -> Choices:
    """Return the choices of the form; fields without a column are left out.

    Raises: BadRequest.
    """
    layout = request.POST.get("layout", "")
    if layout and layout not in PLATFORMS:
        raise BadRequest("unknown layout")
    chosen = {one.name: request.POST.get(f"column-{one.name}", "") for one in FIELDS[subject]}
    if not all(text == "" or (text.isascii() and text.isdigit() and len(text) < 5) for text in chosen.values()):
        raise BadRequest("a column is a number")
    encoding, delimiter = request.POST.get("encoding", ""), request.POST.get("delimiter", "")
    if (encoding and encoding not in ENCODINGS) or (delimiter and delimiter not in DELIMITERS):
        raise BadRequest("unknown encoding or delimiter")
    return Choices(
        columns=None if layout else {name: int(text) for name, text in chosen.items() if text} or None,
        layout=layout or "auto",
        encoding=encoding or None,
        delimiter=delimiter or None,
        sheet=request.POST.get("sheet", "")[:100] or None,
    )


def mappings(request: HttpRequest) -> HttpResponse:
    """Show the columns that people settled on for files, which the next file with the same header is read by."""
    rows = [(one, reading.mapping_fields(one.fields, one.subject)) for one in saved_mappings()]
    return render(request, "portal/mappings.html", {"rows": rows, "may_run": _may_run(request)})


def set_mapping(request: HttpRequest, mapping_id: int) -> HttpResponse:
    """Give saved columns another name, or take them away."""
    edit = MappingEdit(mapping_id, request.POST.get("name", ""), gone=request.POST.get("do") == "remove")
    refused = edit_mappings([edit], context=context_of(request)).rejected
    if refused and refused[0].code == "name_missing":
        messages.error(request, _("Write a name."))
    elif refused:
        messages.warning(request, _("Somebody has taken these columns away meanwhile."))
    elif edit.gone:
        messages.success(request, _("Taken away. The next file with that header is guessed at again."))
    else:
        messages.success(request, _("The name was changed."))
    return redirect("import-mappings")


def commit(request: HttpRequest, intake_id: int) -> HttpResponse:
    """Let what was checked come in, by a job that goes on when the page is left."""
    attempt = request.POST.get("attempt", "")
    if not (attempt.isascii() and attempt.isdigit() and len(attempt) < 10):
        raise BadRequest("unknown attempt")
    answer = begin_commits([Begin(intake_id, int(attempt), as_job=True)], context=context_of(request))
    if answer.rejected and answer.rejected[0].code == "unknown_file":
        raise Http404
    if answer.rejected:
        _tell_overtaken(request)
    return redirect("import", intake_id=intake_id)


def errors(request: HttpRequest, intake_id: int) -> HttpResponse | FileResponse:
    """Send the refused rows back as a file, with reason and remedy, to be corrected and imported again."""
    found = _file(intake_id)
    if found.reading is None or not found.rows_refused:
        raise Http404
    kind: Kind = "csv" if found.reading.kind in ("csv", "tsv") else "xlsx"
    place = NamedTemporaryFile(suffix=f".{kind}")  # noqa: SIM115 - the response closes it
    try:
        write_errors(intake_id, Path(place.name), kind=kind)
    except FileRefused as refusal:
        place.close()
        messages.error(request, file_message(refusal, found.subject))
        return redirect("import", intake_id=intake_id)
    refused = _("refused")
    return FileResponse(place, as_attachment=True, filename=f"{Path(found.name).stem or 'rows'}-{refused}.{kind}")


def _file(intake_id: int) -> IntakeView:
    found = intake(intake_id)
    if found is None:
        raise Http404
    return found


def _may_run(request: HttpRequest) -> bool:
    return "import.run" in rights(staff_of(request))
