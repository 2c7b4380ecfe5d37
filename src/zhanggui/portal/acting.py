"""Who acts in a request, and when: what an edge hands to a step."""

from django.http import HttpRequest

from zhanggui.journal.records import Actor, Context
from zhanggui.kernel import clock
from zhanggui.people.models import Staff


def staff_of(request: HttpRequest) -> Staff:
    """Return the signed-in member of staff; pages behind a right always have one."""
    assert isinstance(request.user, Staff)
    return request.user


def context_of(request: HttpRequest, *, key: str | None = None, reason: str = "") -> Context:
    """Return the context of a step called by this request's person now; the clock is read once, here."""
    return Context(Actor("staff", str(staff_of(request).pk)), clock.now(), key=key, reason=reason)
