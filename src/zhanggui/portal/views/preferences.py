"""The reader's own choices: language and light or dark. Kept in cookies, so they hold before signing in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from zhanggui.portal.context import THEME_COOKIE, THEMES
from zhanggui.portal.views.entry import next_address

YEAR = 365 * 24 * 3600


def prefer(request: HttpRequest) -> HttpResponse:
    """Keep a choice and return to the page it was made on; an unknown value changes nothing."""
    response = HttpResponseRedirect(next_address(request))
    language, theme = request.POST.get("language", ""), request.POST.get("theme", "")
    if language in {code for code, _ in settings.LANGUAGES}:
        _keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    if theme in THEMES:
        _keep(response, THEME_COOKIE, theme)
    return response


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
