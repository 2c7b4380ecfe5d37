"""When a failed job is tried again, which slots a plan has, and what a claim asks of the database."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo

from zhanggui.delivery.records import Daily, Every, Priority, ScheduleEntry
from zhanggui.kernel.moments import EPOCH

FIRST_WAIT = 5
LONGEST_WAIT = {Priority.CLOCK: 10, Priority.NORMAL: 3600, Priority.BULK: 3600}
CATCH_UP = timedelta(days=7)
MOST_MISSED = 100
EXHAUSTED = (
    "SELECT id, fence FROM delivery_job WHERE state = 'running' AND lease_until <= %s AND attempts >= max_attempts"
    " ORDER BY lease_until, id LIMIT 1000"
)
CLAIM = (
    "UPDATE delivery_job"
    " SET state = %s, worker = %s, fence = fence + 1, attempts = attempts + 1, lease_until = %s"
    " WHERE id IN (SELECT id FROM picked) RETURNING priority, run_at, id, kind, key, payload,"
    " fence, attempts, max_attempts, progress_done, progress_total"
)


def wait_before_retry(attempt: int, fraction: float, priority: Priority = Priority.NORMAL) -> timedelta:
    """Return how long a job waits after its attempt failed.

    Takes: attempt, 1 for the first; fraction, in [0, 1), spreads the wait over half to one and a half times,
    so that what failed together does not come back together.
    Example: 5 s, 20 s, 80 s, 320 s … up to an hour (10 s for what serves the clocks), each times 0.5 to 1.5.
    """
    base = min(LONGEST_WAIT[priority], FIRST_WAIT * 4 ** (attempt - 1))
    return timedelta(seconds=base * (0.5 + fraction))


def slots_between(plan: Every | Daily, start: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    """Return the plan's slots in [start, end), in UTC, oldest first, at most the newest hundred.

    A daily slot in a gap of the wall clock (summer time begins) comes right after the gap by the old offset;
    a wall time that comes twice (summer time ends) counts the first time. So there is exactly one slot each
    day.
    """
    if start >= end:
        return []
    return _every(plan.seconds, start, end) if isinstance(plan, Every) else _daily(plan, start, end, zone)


def _every(seconds: int, start: datetime, end: datetime) -> list[datetime]:
    step = timedelta(seconds=seconds)
    first = -((EPOCH - start) // step)
    behind_last = -((EPOCH - end) // step)
    first = max(first, behind_last - MOST_MISSED)
    return [EPOCH + number * step for number in range(first, behind_last)]


def _daily(plan: Daily, start: datetime, end: datetime, zone: tzinfo) -> list[datetime]:
    day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    day = max(day, last - timedelta(days=MOST_MISSED))
    slots = []
    while day <= last:
        slot = datetime.combine(day, time(plan.hour, plan.minute), tzinfo=zone).astimezone(UTC)
        if start <= slot < end:
            slots.append(slot)
        day += timedelta(days=1)
    return slots


def due_slots(
    entry: ScheduleEntry, newest: datetime | None, since: datetime, as_of: datetime, zone: tzinfo
) -> list[datetime]:
    """Return the slots for which jobs are to be made now.

    Takes: newest, the latest slot up to now that was opened before; since, when the schedule began to be
    kept.
    Gives: the slots after both, before as_of and not older than a week; only the newest unless every missed
    one counts.
    """
    start = max(since, as_of - CATCH_UP)
    if newest is not None:
        start = max(start, newest + timedelta(microseconds=1))
    slots = slots_between(entry.plan, start, as_of, zone)
    return slots if entry.every_missed else slots[-1:]


def claim_statement(engine: str, n_kinds: int) -> tuple[str, list[Priority | None]]:
    """Return the claim's SQL and its sources in order: one index range per priority, then the expired leases.

    Each range is read in its index order and stops at the limit, so a back-log of 100,000 costs as much as an
    empty one: the states stand there as words, since a bound one would keep SQLite from its partial indexes.
    PostgreSQL skips what another worker is claiming; SQLite has one writer.
    """
    skip = " FOR UPDATE SKIP LOCKED" if engine == "postgresql" else ""
    kinds = f"kind IN ({', '.join(['%s'] * n_kinds)})"
    waiting = "state = 'waiting' AND priority = %s AND run_at <= %s", "run_at, id"
    expired = "state = 'running' AND lease_until <= %s AND attempts < max_attempts", "lease_until, id"
    sources: list[Priority | None] = [*Priority, None]
    parts = []
    for number, priority in enumerate(sources):
        test, order = expired if priority is None else waiting
        parts.append(
            f"s{number} AS (SELECT id, priority, run_at FROM delivery_job"  # noqa: S608 - constants only
            f" WHERE {test} AND {kinds} ORDER BY {order} LIMIT %s{skip})"
        )
    union = " UNION ALL ".join(f"SELECT id, priority, run_at FROM s{n}" for n in range(len(sources)))  # noqa: S608
    parts.append(f"picked AS (SELECT id FROM ({union}) AS s ORDER BY priority, run_at, id LIMIT %s)")  # noqa: S608
    return f"WITH {', '.join(parts)} {CLAIM}", sources


def payload_text(payload: Mapping[str, str | int]) -> str:
    """Return a payload as the one JSON text that is stored and compared."""
    return json.dumps(dict(payload), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def failure_text(error: BaseException) -> str:
    """Return what is kept of an error: its class and place, never its words, which may hold personal data."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f" at {code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__}{place}"[:200]
