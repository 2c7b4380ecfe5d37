"""Working hours of one department: intervals of work on certain kinds of day, with the breaks between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from zhanggui.kernel import ids
from zhanggui.obligations.calendars.queries import current_version
from zhanggui.obligations.calendars.records import Shift, ShiftPlan
from zhanggui.obligations.calendars.rules import DAY_MINUTES
from zhanggui.obligations.calendars.steps import set_shifts
from zhanggui.portal import asking, wording
from zhanggui.portal.acting import carried_out, context_of, key_of, reason_of
from zhanggui.portal.reading import calendars as reading
from zhanggui.portal.wording import shift_time

ROWS_MAX = 100
BLANK_ROWS = 2
DAY_FIELDS = tuple(f"days-{row}" for row in range(ROWS_MAX))


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the form: the kinds of day ticked (0 Monday … 7 public holidays), and two times as typed."""

    days: tuple[int, ...] = ()
    starts: str = ""
    ends: str = ""

    @property
    def empty(self) -> bool:
        """Tell whether nothing was entered, so that the row means nothing."""
        return not (self.starts or self.ends)


def shifts(request: HttpRequest, department: str) -> HttpResponse:
    """Show the hours of a department with the form that replaces them."""
    return _page(request, department, _lines(_hours(department).shifts))


def change(request: HttpRequest, department: str) -> HttpResponse:
    """Say what new hours do, and on the second press set them."""
    _hours(department)
    lines, save = _given(request), request.POST.get("act") == "save"
    reason = reason_of(request)
    found, wrong = _shifts(lines)
    if not reason:
        wrong["reason"] = _("Say why; the reason stands in the journal for good.")
    if wrong:
        return _page(request, department, lines, reason, wrong)
    context = context_of(request, key=key_of(request) if save else None, reason=reason, dry_run=not save)
    answer = carried_out(request, set_shifts, [ShiftPlan(department, found, asking.posted_version(request))], context)
    if answer is None:
        return _page(request, department, lines, reason)
    if answer.rejected:
        code = answer.rejected[0].code
        words = reading.overtaken_words() if code == "changed_meanwhile" else wording.REFUSALS.get(code, code)
        return _page(request, department, lines, reason, {"hours": str(words)})
    if not save:
        return _page(request, department, lines, reason, preview=found)
    messages.success(request, _("The hours are set. Clocks that run keep the version they began under."))
    return redirect("calendar")


def _hours(department: str) -> reading.HoursShown:
    found = next((row for row in reading.hours() if row.department == department), None)
    if found is None:
        raise Http404
    return found


def _given(request: HttpRequest) -> list[Line]:
    """Return all rows that were sent, however many.

    Raises: BadRequest for more than anybody types.
    """
    form = request.POST
    numbers = [int(name[5:]) for name in form if name.startswith("from-") and name[5:].isdecimal() and len(name) < 10]
    rows = max(numbers, default=-1) + 1
    if rows > ROWS_MAX:
        raise BadRequest("too many rows")
    return [
        Line(
            tuple(int(bit) for bit in form.getlist(f"days-{row}") if bit in "01234567" and len(bit) == 1),
            form.get(f"from-{row}", "")[:5],
            form.get(f"until-{row}", "")[:5],
        )
        for row in range(rows)
    ]


def _lines(shifts: Sequence[Shift]) -> list[Line]:
    """Return the rows of the form for some shifts, one for each."""
    return [
        Line(
            tuple(bit for bit in range(8) if one.days >> bit & 1), shift_time(one.starts_minute),
            shift_time(one.ends_minute % DAY_MINUTES),
        )
        for one in shifts
    ]  # fmt: skip


def _shown(lines: Sequence[Line]) -> list[tuple[int, Line]]:
    """Return the rows with their numbers, up to the last that holds something, and empty ones for weekdays after it."""
    last = max((number for number, line in enumerate(lines) if not line.empty), default=-1)
    return list(enumerate([*lines[: last + 1], *[Line((0, 1, 2, 3, 4))] * BLANK_ROWS]))


def _shifts(lines: Sequence[Line]) -> tuple[tuple[Shift, ...], dict[str, str]]:
    """Return the shifts of a form; an end at or before its begin lies on the next day."""
    found: list[Shift] = []
    for number, line in enumerate(lines, start=1):
        if line.empty:
            continue
        starts, ends = _minute(line.starts), _minute(line.ends)
        if starts is None or ends is None or not line.days:
            words = _("Row %(n)d: tick at least one day and give both times like 09:00.")
            return (), {"hours": words % {"n": number}}
        days = sum(1 << bit for bit in set(line.days))
        found.append(Shift(days, starts, ends if ends > starts else ends + DAY_MINUTES))
    return tuple(found), {}


def _minute(text: str) -> int | None:
    hours, _sign, minutes = text.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        return None
    found = int(hours) * 60 + int(minutes)
    return found if int(minutes) < 60 and found < DAY_MINUTES else None


def _page(
    request: HttpRequest,
    department: str,
    lines: Sequence[Line],
    reason: str = "",
    wrong: Mapping[str, str] | None = None,
    preview: Sequence[Shift] | None = None,
) -> HttpResponse:
    facts: dict[str, object] = {
        "hours": _hours(department),
        "lines": _shown(lines),
        "bits": list(enumerate(wording.SHORT_DAYS)),
        "reason": reason,
        "wrong": wrong or {},
        "preview": preview,
        "version": (preview and asking.posted_version(request)) or current_version(),
        "affected": reading.affected(None, department),
        "key": ids.token(),
    }
    return render(request, "portal/shifts.html", facts, status=422 if wrong else 200)
