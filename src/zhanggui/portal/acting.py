"""Who acts in a request, and when: what an edge hands to a step, and how a refused batch is told."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from zhanggui.journal.records import Actor, BatchTooLarge, Busy, Context, Contradicted, KeyReused
from zhanggui.kernel import clock
from zhanggui.kernel.batch import Answer
from zhanggui.people.models import Staff
from zhanggui.people.queries import rights

KEY_MAX, REASON_MAX = 64, 500


def staff_of(request: HttpRequest) -> Staff:
    """Return the signed-in member of staff; pages behind a right always have one."""
    assert isinstance(request.user, Staff)
    return request.user


def may(request: HttpRequest, right: str) -> bool:
    """Tell whether this request's person has a right."""
    return right in rights(staff_of(request))


def key_of(request: HttpRequest) -> str | None:
    """Return the key of a posted form, by which the same form sent twice acts once."""
    return request.POST.get("key", "")[:KEY_MAX] or None


def reason_of(request: HttpRequest) -> str:
    """Return the reason that was typed into a form, as long as the journal shows it."""
    return request.POST.get("reason", "").strip()[:REASON_MAX]


def context_of(request: HttpRequest, *, key: str | None = None, reason: str = "", dry_run: bool = False) -> Context:
    """Return the context of a step called by this request's person now; the clock is read once, here."""
    return Context(Actor("staff", str(staff_of(request).pk)), clock.now(), key=key, reason=reason, dry_run=dry_run)


def carried_out(
    request: HttpRequest,
    step: Callable[..., Answer],
    batch: Sequence[Any],
    context: Context,
    *,
    same: Callable[[], bool] = lambda: False,
) -> Answer | None:
    """Call a step for a page; a batch that is refused as a whole is told, and nothing is returned.

    Takes: same, asked when the form's key was used with other input: whether that meant the same and is done.
    """
    try:
        answer = step(batch, context=context)
    except KeyReused:
        if same():
            messages.info(request, _("This was done already; it was not done twice."))
            return Answer((), (), replayed=True)
        words = _("This form was sent before with other content. Look at how it stands, then begin again.")
    except Contradicted:
        words = _("This contradicts what is on record already, such as a later moment. Nothing changed.")
    except BatchTooLarge as refusal:
        limit = {"n": refusal.details["limit"]}
        words = _("These are too many at once: choose at most %(n)d. Nothing changed.") % limit
    except Busy:
        words = _("The database is busy. Nothing was changed; try again in a moment.")
    else:
        if answer.replayed:
            messages.info(request, _("This was done already; it was not done twice."))
        return answer
    messages.error(request, words)
    return None
