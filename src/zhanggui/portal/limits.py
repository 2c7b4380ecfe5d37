"""How much anybody may send: little before signing in, files of the size that an import takes after it."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zhanggui.connectors.spreadsheets.records import LIMITS
from zhanggui.portal.middleware import Handler

ANONYMOUS_BYTES = 64 * 1024
FORM_BYTES = 1024 * 1024


class BodyLimitMiddleware:
    """Refuse a body that is larger than its sender may send, before anything reads or keeps it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("CONTENT_LENGTH") or "0"
        allowed = LIMITS.text_bytes + FORM_BYTES if request.user.is_authenticated else ANONYMOUS_BYTES
        if not given.isdigit() or int(given) > allowed:
            words = _("This is more than can be taken in here: at most %(n)d bytes.") % {"n": allowed}
            return HttpResponse(words, status=413, content_type="text/plain; charset=utf-8")
        return self.get_response(request)
