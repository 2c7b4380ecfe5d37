"""The one clock. Nothing else in the product asks what time it is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, tzinfo

_frozen: list[datetime] = []


def now() -> datetime:
    """Return the present moment, aware, in UTC.

    Gives: a datetime with microseconds; under `frozen` the moment that was set.
    """
    return _frozen[-1] if _frozen else datetime.now(UTC)


def today(zone: tzinfo, moment: datetime | None = None) -> date:
    """Return the day that it is in a zone, now or at a moment that was read before."""
    return (moment or now()).astimezone(zone).date()


def monotonic() -> float:
    """Return seconds on a clock that never steps, for durations only."""
    return time.monotonic()


def busy() -> float:
    """Return the seconds that a processor worked for this process, for measurements only."""
    return time.process_time()


def sleep(seconds: float) -> None:
    """Wait; the runners' loops use it so that virtual time can replace it."""
    time.sleep(seconds)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at a moment, for tests and simulated companies."""
    _frozen.append(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.pop()
