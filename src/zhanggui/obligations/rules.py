"""When a clock falls due, and how it ends."""

from datetime import datetime, timedelta

from zhanggui.obligations.records import ClockState

Verdict = tuple[ClockState, int | None]
HALF, MOST = 50, 80


def elapsed_due(started_at: datetime, allowed_seconds: int, percent: int = 100) -> datetime:
    """Return when this share of the allowed time has run, nights and holidays counting.

    Takes: aware moments in UTC; 24 hours are 24 hours in every zone.
    """
    return started_at + timedelta(microseconds=allowed_seconds * percent * 10_000)


def verdict(due_at: datetime, event_at: datetime) -> Verdict:
    """Return how a clock ends that is answered at `event_at`: met (the due instant included) or late by microseconds."""
    if event_at <= due_at:
        return ClockState.MET, None
    return ClockState.LATE, (event_at - due_at) // timedelta(microseconds=1)
