"""What holds for every request and answer: the visitor's scheme, a strict content policy, no caching, the language."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from zhanggui.portal.addresses import speaks_https

Handler = Callable[[HttpRequest], HttpResponse]

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)
PERMISSIONS = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class SchemeMiddleware:
    """Let everything after it see HTTPS where a proxy of ours says so; it stands before what redirects to HTTPS."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if speaks_https(request):
            request.META["wsgi.url_scheme"] = "https"
        return self.get_response(request)


class ContentPolicyMiddleware:
    """Allow only files of our own host, never inline code, and keep pages out of every cache.

    A view that wants other headers (a download, a public page) sets them itself; they are left alone.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class LanguageMiddleware:
    """Speak the language of the signed-in person, else of the cookie, else Chinese; never the browser's."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(chosen_language(request)):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "")
        patch_vary_headers(response, ("Cookie", "HX-Request"))
        return response


def chosen_language(request: HttpRequest) -> str:
    """Return the language code for this request, always one of `settings.LANGUAGES`."""
    known = {code for code, _ in settings.LANGUAGES}
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    for code in (getattr(request.user, "language", ""), cookie):
        if code in known:
            return code
    return settings.LANGUAGE_CODE
