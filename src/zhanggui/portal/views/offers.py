"""The customer's page about a shortage: no sign-in, nothing personal but what is masked, one answer.

Its address is the secret. The page speaks the language that the customer's browser asks for, and leaves nothing
behind: no cache, no referrer, no place in a search engine. Its form carries no cookie, so that a phone that blocks
them can answer too; who holds the address may answer, nobody else can know it.
"""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csrf import csrf_exempt

from zhanggui.journal.records import Actor, Context, StepRefused
from zhanggui.kernel import clock
from zhanggui.kernel.moments import micros
from zhanggui.kernel.text import clean_id, clean_name
from zhanggui.portal.addresses import address_of
from zhanggui.portal.reading.orders import masked
from zhanggui.processes.shortages import answer_and_carry_out
from zhanggui.sales.shortages.queries import offer_behind
from zhanggui.sales.shortages.records import AnswerIn, OfferShown, hash_of

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store, private",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Vary": "Accept-Language",
}
WORDS_MAX = 200
TRIES, TRIES_SECONDS = 60, 60


@csrf_exempt
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """Show what a customer may choose, or take the choice."""
    with translation.override(language_of(request)):
        if _too_often(request):
            response = _page(request, None, "too_often", 429)
            response.headers["Retry-After"] = str(TRIES_SECONDS)
            return response
        shown = offer_behind(token)
        if shown is None:
            return _page(request, None, "unknown", 404)
        refused = _take(request, shown, token) if request.method == "POST" else ""
        if request.method == "POST":
            shown = offer_behind(token) or shown
        return _page(request, shown, refused, 409 if refused else 200)


def _take(request: HttpRequest, shown: OfferShown, token: str) -> str:
    """Take the choice of a form; return the reason where it was refused."""
    option = request.POST.get("option", "")
    substitute = clean_id(request.POST.get("substitute", ""))[:64] if option == "substitute" else ""
    words = clean_name(request.POST.get("words", ""))[:WORDS_MAX]
    row = AnswerIn(shown.case_id, option, hash_of(token), substitute, None, words)
    context = Context(Actor("customer", f"offer {shown.offer_id}"), clock.now())
    try:
        given = answer_and_carry_out([row], context)
    except StepRefused as refusal:
        return refusal.code
    code = str(given.rejected[0].code) if given.rejected else ""
    return "" if code == "answered_already" and _same(shown.case_id, option, token) else code


def _same(case_id: int, option: str, token: str) -> bool:
    """Tell whether the very same was chosen before: a second press of the button is no conflict."""
    found = offer_behind(token)
    return found is not None and found.case_id == case_id and found.chosen == option


def _page(request: HttpRequest, shown: OfferShown | None, refused: str, status: int) -> HttpResponse:
    as_of = clock.now()
    over = shown is not None and (shown.replaced or shown.expires_at <= as_of)
    facts = {
        "shown": shown,
        "receiver": masked(shown.receiver) if shown else "",
        "refused": refused,
        "over": over,
        "ended": bool(shown and not shown.chosen and (shown.stage == "closed" or shown.order_state == "cancelled")),
        "only": shown.substitutes[0].code if shown and len(shown.substitutes) == 1 else "",
        "as_of": as_of,
        "language": translation.get_language(),
    }
    request.user = AnonymousUser()
    response = render(request, "portal/offer.html", facts, status=status)
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers["Content-Language"] = str(translation.get_language())
    return response


def language_of(request: HttpRequest) -> str:
    """Return the language that the customer's browser asks for, of those that the product speaks; else Chinese."""
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        try:
            found = get_supported_language_variant("zh-hans" if code.startswith("zh") else code)
        except LookupError:
            continue
        return found
    return settings.LANGUAGE_CODE


def _too_often(request: HttpRequest) -> bool:
    """Tell whether one address asks more often than a customer does; guessing tokens is hopeless, but costs us."""
    key = f"offers:{address_of(request)}:{micros(clock.now()) // (TRIES_SECONDS * 1_000_000)}"
    cache.add(key, 0, TRIES_SECONDS)
    return cache.incr(key) > TRIES
