"""The verdict on a figure, and the period that is looked at when nobody names one."""

from datetime import datetime, timedelta

from zhanggui.oversight.compliance.records import Period, Standing

RECENT = timedelta(days=30)


def verdict(kept: int, cases: int) -> Standing:
    """Return how a clause stands of whose cases so many were kept; without any case it is neither kept nor broken."""
    if cases == 0:
        return Standing.NOT_APPLICABLE
    return Standing.PASS if kept == cases else Standing.FAIL


def recent(as_of: datetime) -> Period:
    """Return the last 30 days; its end is open, so that what happens at this very moment belongs to it."""
    return Period(as_of - RECENT)
