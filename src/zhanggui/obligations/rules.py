"""How a clock ends. When it falls due is arithmetic of `calendars.rules`."""

from datetime import datetime

from zhanggui.kernel.moments import span_us
from zhanggui.obligations.records import ClockState

Verdict = tuple[ClockState, int | None]


def verdict(due_at: datetime, event_at: datetime) -> Verdict:
    """Return how a clock answered at `event_at` ends: met (the due instant included), or late by microseconds."""
    if event_at <= due_at:
        return ClockState.MET, None
    return ClockState.LATE, span_us(event_at - due_at)


def withdrawal(due_at: datetime, event_at: datetime) -> Verdict:
    """Return how a clock ends whose subject ended another way: withdrawn, but late when it was due before."""
    return (ClockState.WITHDRAWN, None) if event_at <= due_at else verdict(due_at, event_at)


def holder(assignee: str) -> str:
    """Return who has a clock as the journal writes it: staff:17, or nobody."""
    return f"staff:{assignee}" if assignee else "nobody"
