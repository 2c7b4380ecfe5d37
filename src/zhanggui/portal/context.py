"""What the shell around every page shows: navigation with counters, language, theme, the person."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from zhanggui.kernel import clock
from zhanggui.people.models import Staff
from zhanggui.people.queries import rights
from zhanggui.portal.reading.clocks import overdue_count
from zhanggui.portal.reading.jobs import parked_count

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "zhanggui_theme"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation. `count` of None shows no counter; `alarm` paints it red."""

    label: str | Promise
    icon: str
    address: str
    current: bool
    count: int | None = None
    capped: bool = False
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading."""

    label: str | Promise
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything around the page's own content."""

    language: str
    theme: str
    groups: tuple[Group, ...]
    path: str
    search: str
    imports: str


_MAP: tuple[tuple[str | Promise, tuple[tuple[str, str | Promise, str, str], ...]], ...] = (
    ("", (("workbench", _("Workbench"), "layout-dashboard", "work.see"),)),
    (
        _("Orders"),
        (
            ("orders", _("Order queue"), "list-checks", "orders.see"),
            ("holds", _("On hold"), "circle-pause", "orders.see"),
            ("shortages", _("Shortages"), "package-x", "orders.see"),
            ("parcels", _("Shared parcels"), "package-plus", "orders.process"),
            ("rules", _("Rules of validity"), "list-filter", "orders.see"),
            ("warehouses", _("Warehouses"), "warehouse", "orders.see"),
            ("invoices", _("Invoices"), "receipt-text", "invoices.see"),
            ("imports", _("Imports"), "file-up", "import.see"),
        ),
    ),
    (
        _("Regulation"),
        (
            ("clauses", _("Clauses"), "book-open", "clauses.see"),
            ("runs", _("Journal"), "history", "journal.see"),
        ),
    ),
    (
        _("Company"),
        (
            ("calendar", _("Working time"), "calendar-days", "work.see"),
            ("jobs", _("Background work"), "list-todo", "jobs.see"),
        ),
    ),
    (_("Help"), (("help", _("First steps and keyboard"), "circle-question-mark", "work.see"),)),
)


def shell(request: HttpRequest) -> dict[str, object]:
    """Return the shell for the templates; built only if a template asks for it."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request))}


def shell_of(request: HttpRequest) -> Shell:
    """Return the shell of this request's person: only the entries that they have the right to open."""
    user = getattr(request, "user", None)
    groups: tuple[Group, ...] = ()
    search = imports = ""
    if isinstance(user, Staff):
        held = rights(user)
        groups = _groups(request, held)
        search = _address("orders") if "orders.see" in held else ""
        imports = _address("imports") if "import.run" in held else ""
    return Shell(get_language() or "zh-hans", theme_of(request), groups, request.get_full_path(), search, imports)


def theme_of(request: HttpRequest) -> str:
    """Return auto, light or dark, as the cookie says."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def _groups(request: HttpRequest, held: frozenset[str]) -> tuple[Group, ...]:
    groups = []
    for label, lines in _MAP:
        entries = tuple(
            _entry(request, name, text, icon, address)
            for name, text, icon, right in lines
            if right in held and (address := _address(name))
        )
        if entries:
            groups.append(Group(label, entries))
    return tuple(groups)


def _entry(request: HttpRequest, name: str, text: str | Promise, icon: str, address: str) -> Entry:
    """Return a line of the navigation; overdue clocks and jobs that wait for a person are counted in it."""
    current = _is_current(request, address)
    if name not in ("workbench", "jobs"):
        return Entry(text, icon, address, current)
    alarm = overdue_count(clock.now()) if name == "workbench" else parked_count()
    return Entry(text, icon, address, current, alarm.rows, alarm.capped, alarm=True)


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _is_current(request: HttpRequest, address: str) -> bool:
    """Tell whether a line of the navigation leads to this page; of two that begin alike the longer one does."""
    if address == "/" or request.path == address:
        return request.path == address
    entries = [_address(name) for _label, lines in _MAP for name, *_rest in lines]
    longer = (one for one in entries if one != address and one.startswith(address))
    return request.path.startswith(address) and not any(request.path.startswith(one) for one in longer)
