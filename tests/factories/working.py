"""Working time counted the plain way: every interval of the calendar is cut to the stretch, and the pieces added."""

import numpy as np

from zhanggui.kernel.moments import Moments
from zhanggui.obligations.calendars import rules
from zhanggui.obligations.calendars.models import CalendarVersion
from zhanggui.obligations.calendars.queries import shift_plans_in, special_days_in
from zhanggui.obligations.calendars.records import Calendar


def working_us_between(from_us: Moments, until_us: Moments, calendar: Calendar) -> Moments:
    """Return the working microseconds of each half-open stretch that runs forwards."""
    pieces = [
        np.minimum(calendar.ends_us, until) - np.maximum(calendar.starts_us, begin)
        for begin, until in zip(from_us, until_us, strict=True)
    ]
    return np.array([np.maximum(lengths, 0).sum() for lengths in pieces], dtype=np.int64)


def broken_versions() -> list[int]:
    """Return the calendar's versions whose days and shifts do not give their hash."""
    known = CalendarVersion.objects.order_by("number").values_list("number", "zone", "content_hash")
    return [
        number
        for number, zone, kept in known
        if rules.content_hash(zone, special_days_in(number), shift_plans_in(number)) != kept
    ]
