# ruff: noqa: S608 - statements are put together from constants only
"""D2 beyond plain arithmetic: pauses and working time day by day; terms and calendars against their versions."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from zhanggui.oversight.verification.queries.reading import Offence, rows
from zhanggui.oversight.verification.records import Asked, CouldNotCheck
from zhanggui.oversight.verification.rules import STANDARD, Hours, Stretch, calendar_hash, due_moment
from zhanggui.regulation.queries import register

SECONDS = {"hours": 3600, "minutes": 60, "seconds": 1}
WALKED = """
    SELECT c.id, MICROS(c.started_at), c.allowed_seconds, c.time_basis, c.calendar_version, c.department, c.warned,
           MICROS(c.due_at), MICROS(c.most_at), MICROS(c.warn_at), MICROS(p.from_at), MICROS(p.until_at)
    FROM obligations_obligation c
    LEFT JOIN obligations_obligationpause p ON p.obligation_id = c.id AND p.until_at IS NOT NULL
    WHERE p.id IS NOT NULL OR c.time_basis <> 'elapsed' ORDER BY c.id, p.id
"""
ALLOWED = """
    SELECT clause, terms_version, allowed_seconds, MIN(id), COUNT(*) FROM obligations_obligation
    WHERE subject_kind <> 'shortage_promise'
    GROUP BY clause, terms_version, allowed_seconds ORDER BY 1, 2, 3
"""
NAMED = """
    SELECT c.run_id, c.clause, MAX(c.terms_version), MIN(r.terms) FROM obligations_obligation c
    LEFT JOIN journal_run r ON r.id = c.run_id
    WHERE c.subject_kind = 'order' AND c.clause IN ('2.1.3.1', '2.3.2.1')
    GROUP BY c.run_id, c.clause ORDER BY 1, 2
"""
# What was split off after its confirmation is due when the order is that it comes from.
HANDED = """
    SELECT r.terms, MICROS(o.hand_over_by) - MICROS(o.confirmed_at), MIN(o.id), COUNT(*) FROM orders_order o
    LEFT JOIN journal_transition t ON t.kind = 'order' AND t.subject_id = o.id AND t.to_state = 'confirmed'
    LEFT JOIN journal_run r ON r.id = t.run_id
    LEFT JOIN orders_order p ON p.id = o.parent_id AND o.origin = 'split' AND p.confirmed_at = o.confirmed_at
      AND MICROS(o.hand_over_by) = MICROS(p.hand_over_by)
          + COALESCE(CASE WHEN o.reserved_at = p.reserved_at THEN MICROS(p.reserved_at) - MICROS(p.short_at) END, 0)
    WHERE (o.confirmed_at IS NOT NULL OR o.hand_over_by IS NOT NULL) AND p.id IS NULL GROUP BY 1, 2 ORDER BY 3
"""
DECIDED = """
    SELECT id, clause, parameter, value FROM regulation_parameterversion
    UNION ALL SELECT id, clause, parameter, value FROM regulation_parameteroverlay
"""
HELD = "version_from <= %(version)s AND (version_to IS NULL OR version_to > %(version)s)"
DAYS = f"SELECT day, kind, name_zh, name_en, source FROM calendars_calendarday WHERE region = 'CN' AND {HELD}"
SHIFTS = f"SELECT department, days, starts_minute, ends_minute FROM calendars_shiftpattern WHERE {HELD} ORDER BY id"
ZONE = "SELECT zone FROM calendars_calendarversion WHERE number = %(version)s"
VERSIONS = "SELECT number, zone, content_hash FROM calendars_calendarversion ORDER BY number"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wrong_due_moments(asked: Asked) -> Iterator[Offence]:
    """Give the clocks with ended pauses or in working time whose moments do not come out again."""
    hours_of = lru_cache(maxsize=256)(_hours)
    for _, stretches in groupby(rows(WALKED), key=itemgetter(0)):
        held = list(stretches)
        key, started, seconds, basis, version, department, warned, *stored = held[0][:10]
        if basis not in ("elapsed", "working"):
            yield f"clock {key}", f"time_basis={basis} is unknown"
            continue
        pauses = [(_moment(row[10]), _moment(row[11])) for row in held if row[10] is not None]
        hours = hours_of(version, department) if basis == "working" else None
        due, half, most = (_walked(started, seconds, share, pauses, hours) for share in (100, 50, 80))
        wanted = [due, most, half if warned < 50 else most if warned < 80 else None]
        if wanted != stored:
            told = zip(("due_at", "most_at", "warn_at"), stored, wanted, strict=True)
            facts = [f"{name}={_shown(have)} recomputed={_shown(want)}" for name, have, want in told if have != want]
            yield f"clock {key}", " ".join(facts)


def _walked(started: int, seconds: int, share: int, pauses: list[Stretch], hours: Hours | None) -> int | None:
    allowed = timedelta(microseconds=seconds * share * 10_000)
    due = due_moment(_moment(started), allowed, pauses, hours)
    return None if due is None else (due - EPOCH) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=int(micros))


def _shown(micros: int | None) -> str:
    return "none" if micros is None else _moment(micros).isoformat()


def _hours(version: int, department: str) -> Hours:
    """Read a department's working time in a calendar version: its own shifts, else the company's, else the standard."""
    zones = [row[0] for row in rows(ZONE, {"version": version})]
    if version and not zones:
        raise CouldNotCheck("D2", f"calendar version {version} is missing")
    plans: dict[str, list[tuple[int, int, int]]] = {}
    for name, days, first, last in rows(SHIFTS, {"version": version}):
        plans.setdefault(name, []).append((days, first, last))
    special = {_day(row[0]): str(row[1]) for row in rows(DAYS, {"version": version})}
    intervals = plans.get(department) or plans.get("all") or list(STANDARD)
    return Hours(ZoneInfo(zones[0] if zones else "Asia/Shanghai"), tuple(intervals), special)


def _day(stored: Any) -> date:
    return stored if isinstance(stored, date) else date.fromisoformat(stored)


def wrong_terms(asked: Asked) -> Iterator[Offence]:
    """Give the clocks whose allowed time is not what their version of the rule says, or is not what their run names."""
    follows = _follows_the_rule()
    for clause, version, seconds, first, count in rows(ALLOWED):
        if not follows(clause, version, seconds):
            yield f"clock {first}", f"clause={clause} terms_version={version} allowed_seconds={seconds} clocks={count}"
    for run, clause, version, terms in rows(NAMED):
        told = json.loads(terms or "{}").get(clause)
        if told != version:
            yield f"run {run}", f"clause={clause} terms={told} newest terms_version={version}"


def wrong_hand_overs(asked: Asked) -> Iterator[Offence]:
    """Give the orders that are due at logistics at another moment than the rule their confirmation names says."""
    follows = _follows_the_rule()
    for terms, allowed_us, first, count in rows(HANDED):
        version = json.loads(terms or "{}").get("2.1.3.3")
        whole = allowed_us is not None and allowed_us % 1_000_000 == 0
        if version is None or not whole or not follows("2.1.3.3", version, allowed_us // 1_000_000):
            yield f"order {first}", f"clause=2.1.3.3 terms={version} allowed_us={allowed_us} orders={count}"


def _follows_the_rule() -> Callable[[str, int, int], bool]:
    """Return what tells whether (clause, version, seconds) is what the register or a decision says."""
    shipped: dict[str, set[int]] = {}
    units: dict[tuple[str, str], int] = {}
    for clause in register():
        for parameter in clause.parameters:
            if parameter.unit in SECONDS:
                units[clause.number, parameter.name] = SECONDS[parameter.unit]
                values = {int(held.value) * SECONDS[parameter.unit] for held in parameter.values}
                shipped.setdefault(clause.number, set()).update(values)
    decided = {key: (clause, name, value) for key, clause, name, value in rows(DECIDED)}

    def follows(number: str, version: int, seconds: int) -> bool:
        if version == 0:
            return number not in shipped or seconds in shipped[number]
        about, name, value = decided.get(version, ("", "", "null"))
        return bool(about == number and seconds == json.loads(value) * units.get((about, name), 0))

    return follows


def wrong_calendars(asked: Asked) -> Iterator[Offence]:
    """Give the calendar versions whose days and shifts no longer give their hash."""
    for number, zone, stored in list(rows(VERSIONS)):
        days = [(_day(day).isoformat(), *rest) for day, *rest in rows(DAYS, {"version": number})]
        found = calendar_hash(zone, days, rows(SHIFTS, {"version": number}))
        if found != stored:
            yield f"calendar {number}", f"content_hash={stored} recomputed={found}"
