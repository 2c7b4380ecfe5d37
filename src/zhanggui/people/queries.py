"""Reads about staff."""

from datetime import datetime, timedelta

from zhanggui.people.models import SUBJECT_MAX, Invitation, SignInAttempt, Staff
from zhanggui.people.rules import rights_of, wait_seconds

WINDOW = timedelta(minutes=15)


def has_staff() -> bool:
    """Tell whether anybody can sign in yet."""
    return Staff.objects.exists()


def rights(staff: Staff) -> frozenset[str]:
    """Return the rights a member of staff has now."""
    return rights_of(staff.roles.split(",")) if staff.is_active else frozenset()


def names_of(ids: list[int]) -> dict[int, str]:
    """Return the shown names of members of staff; nobody is asked for when no id is given."""
    return {} if not ids else dict(Staff.objects.filter(id__in=ids).values_list("id", "display_name"))


def colleagues() -> dict[int, str]:
    """Return the shown names of all active members of staff by id."""
    return dict(Staff.objects.filter(is_active=True).order_by("display_name", "id").values_list("id", "display_name"))


def seconds_to_wait(subjects: list[str], as_of: datetime) -> int:
    """Return how many seconds a sign-in under these subjects (account, address) must still wait."""
    longest = 0
    for subject in subjects:
        failed = list(
            SignInAttempt.objects.filter(subject=subject[:SUBJECT_MAX], failed_at__gt=as_of - WINDOW)
            .order_by("-failed_at")
            .values_list("failed_at", flat=True)[:20]
        )
        if failed:
            ready_at = failed[0] + timedelta(seconds=wait_seconds(len(failed)))
            longest = max(longest, int((ready_at - as_of).total_seconds() + 0.999))
    return longest


def link_fault(token_digest: str, as_of: datetime) -> str:
    """Return why a one-time link lets nobody in: `unknown`, `used`, `expired`; empty while it does."""
    found = Invitation.objects.filter(token_digest=token_digest).values_list("used_at", "expires_at").first()
    if found is None:
        return "unknown"
    used_at, expires_at = found
    if used_at is not None:
        return "used"
    return "expired" if expires_at <= as_of else ""
