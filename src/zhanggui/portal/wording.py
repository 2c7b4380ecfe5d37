"""How figures, moments, states and time left are said. Pure: no query, no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

Words = str | Promise

SIGNS = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "JPY": "¥"}
NO_MINOR_UNIT = frozenset({"JPY", "KRW", "VND"})


class Label(NamedTuple):
    """A state as people read it; `tone` chooses the colour: plain, info, good, warn, bad."""

    words: Words
    tone: str


STATES: dict[str, dict[str, Label]] = {
    "order": {
        "received": Label(gettext_lazy("To confirm"), "warn"),
        "held": Label(gettext_lazy("On hold"), "bad"),
        "confirmed": Label(gettext_lazy("To reserve"), "info"),
        "reserved": Label(gettext_lazy("To release"), "info"),
        "released": Label(gettext_lazy("To ship"), "info"),
        "shipped": Label(gettext_lazy("Shipped"), "good"),
        "cancelled": Label(gettext_lazy("Cancelled"), "plain"),
    },
    "clock": {
        "open": Label(gettext_lazy("Running"), "info"),
        "paused": Label(gettext_lazy("Paused"), "plain"),
        "breached": Label(gettext_lazy("Overdue"), "bad"),
        "met": Label(gettext_lazy("Met in time"), "good"),
        "late": Label(gettext_lazy("Met late"), "warn"),
        "withdrawn": Label(gettext_lazy("Withdrawn"), "plain"),
    },
    "clause": {
        "pass": Label(gettext_lazy("Kept"), "good"),
        "fail": Label(gettext_lazy("Broken"), "bad"),
        "not_applicable": Label(gettext_lazy("No case yet"), "plain"),
        "error": Label(gettext_lazy("Check failed"), "bad"),
        "not_checked": Label(gettext_lazy("Not checked"), "hollow"),
    },
    "run": {
        "done": Label(gettext_lazy("Done"), "good"),
        "refused": Label(gettext_lazy("Refused"), "bad"),
    },
}
DEPARTMENTS: dict[str, Words] = {
    "management": gettext_lazy("Management"),
    "sales": gettext_lazy("Sales"),
    "operations": gettext_lazy("Operations"),
    "service": gettext_lazy("Customer service"),
    "logistics": gettext_lazy("Logistics"),
}


@dataclass(frozen=True, slots=True)
class TimeLeft:
    """How a clock stands: its mood (calm, warn, late, paused, done), the words, and the moment behind."""

    mood: str
    words: str
    due_at: datetime


def label_of(kind: str, state: str) -> Label:
    """Return the label of a state; a state without words is shown as it is, never hidden."""
    return STATES.get(kind, {}).get(state, Label(state, "plain"))


def time_left(
    due_at: datetime, as_of: datetime, *, state: str = "open", warn_at: datetime | None = None
) -> TimeLeft:
    """Say how much time a clock has left, or by how much it is late.

    Takes: state of the clock; warn_at, from when it is urgent (without it, the last hour).
    """
    if state in ("met", "late", "withdrawn"):
        return TimeLeft("done", str(label_of("clock", state).words), due_at)
    if state == "paused":
        return TimeLeft("paused", _("Paused"), due_at)
    if as_of > due_at:
        return TimeLeft("late", _("%(time)s late") % {"time": duration(as_of - due_at)}, due_at)
    urgent = as_of >= (warn_at if warn_at is not None else due_at - timedelta(hours=1))
    return TimeLeft(
        "warn" if urgent else "calm", _("%(time)s left") % {"time": duration(due_at - as_of)}, due_at
    )


def duration(span: timedelta) -> str:
    """Say a length of time in its two largest units, rounded down to the minute."""
    minutes = int(span.total_seconds()) // 60
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)d min") % {"minutes": rest}


def money(minor: int, currency: str = "CNY") -> str:
    """Write an amount of minor units with its currency: `¥1,234.50`, or with its code."""
    sign = SIGNS.get(currency, f"{currency} ")
    amount = abs(minor)
    text = f"{amount:,}" if currency in NO_MINOR_UNIT else f"{amount // 100:,}.{amount % 100:02d}"
    return f"{'-' if minor < 0 else ''}{sign}{text}"


def share(numerator: int, denominator: int) -> str:
    """Write a share in percent, rounded down: 99.99 % never reads as 100 %. Nothing of nothing is a dash."""
    if denominator == 0:
        return "–"
    tenths = numerator * 1000 // denominator
    return f"{tenths // 10}.{tenths % 10} %"
