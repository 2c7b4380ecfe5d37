"""Pages for what went wrong. They hold no data and need no database."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from zhanggui.portal.context import theme_of
from zhanggui.portal.wording import roles_of


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request could not be read."""
    return _page(
        request, 400, _("This request could not be read"),
        _("A part of the address or form is missing or doubled. Go back, reload the page and try again."),
    )  # fmt: skip


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the person lacks the right, and which roles have it."""
    remedy = _("Your role does not have the right for it. Ask your administrator if your work needs it.")
    if roles := roles_of(str(exception)):
        remedy += " " + _("It is for: %(roles)s.") % {"roles": roles}
    return _page(request, 403, _("You may not open this page"), remedy)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a form came from elsewhere or is too old."""
    return _page(
        request, 403, _("This form has expired"),
        _("Nothing was changed. Go back, reload the page and send the form again."),
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is no such page."""
    return _page(
        request, 404, _("There is no such page"),
        _("The link may be old, or what it showed was never here. Search from the top of the workbench."),
    )  # fmt: skip


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that we failed."""
    return _page(
        request, 500, _("Something failed on our side"),
        _("The failure was logged. What you sent may have been saved or not: look before sending it again."),
    )  # fmt: skip


def _page(request: HttpRequest, status: int, title: str, remedy: str) -> HttpResponse:
    text = render_to_string(
        "portal/errors/error.html",
        {
            "status": status, "title": title, "remedy": remedy,
            "language": get_language() or "zh-hans", "theme": theme_of(request),
        },
    )  # fmt: skip
    return HttpResponse(text, status=status)
