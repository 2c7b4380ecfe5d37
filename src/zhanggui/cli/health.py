"""What `doctor` looks at."""

import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from zhanggui.delivery.queries import parked_jobs, queue_figures, rival_scheduler
from zhanggui.journal.queries import head, highest_fact_id, key_fits, last_fact_id, tail
from zhanggui.kernel import clock
from zhanggui.obligations.calendars.queries import current_version, missing_years_warning
from zhanggui.people.queries import has_staff
from zhanggui.regulation.queries import register
from zhanggui.regulation.records import RegulationError

NOTICE_BY = (12, 20)
"""Month and day from which the holiday notice of the next year must have been entered."""


def keys_missing() -> str:
    """Say what to do where the keys in use are not those that made the chain."""
    return (
        f"put the old chain.key and secret.key into {settings.HOME} (from where they are kept beside the backups);"
        " until then `verify` reports links, entries and contacts as if they had been tampered with"
    )


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: what was found, and what to do where it is not well."""

    name: str
    ok: bool
    found: str
    remedy: str = ""


def examine(as_of: datetime) -> list[Check]:
    """Return everything looked at, the good and the bad."""
    return [*_ground(), *_engine(), *_numbers(), *_company(as_of), *_queue(as_of)]


def _ground() -> Iterator[Check]:
    yield Check("python", sys.version_info >= (3, 11), sys.version.split()[0], "use Python 3.11 or newer")
    free = settings.STATIC_ROOT / "staticfiles.json"
    yield Check("static files", free.exists(), str(settings.STATIC_ROOT), "run `make setup`")
    for name, wanted in (("home folder", "700"), ("secret.key", "600"), ("chain.key", "600")):
        path = settings.HOME if name == "home folder" else settings.HOME / name
        if path.exists():
            mode = stat.S_IMODE(path.stat().st_mode)
            yield Check(name, mode & 0o077 == 0, f"{mode:o}", f"chmod {wanted} {path}")


def _engine() -> Iterator[Check]:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Check("schema", not plan, f"{len(plan)} migrations missing", "run any zhanggui command to migrate")
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for pragma, wanted in (("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1")):
                cursor.execute(f"PRAGMA {pragma}")
                found = str(cursor.fetchone()[0])
                yield Check(f"sqlite {pragma}", found == wanted, found, f"expected {wanted}; check the settings")
            return
        for setting, bad in (("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")):
            cursor.execute("SELECT current_setting(%s)", [setting])
            found = str(cursor.fetchone()[0])
            yield Check(f"postgresql {setting}", found != bad, found, "an answered write could be lost: switch it on")


def _numbers() -> Iterator[Check]:
    """Look whether the next fact gets a number of its own: a counter behind the facts makes every write fail."""
    last, highest = last_fact_id(), highest_fact_id()
    yield Check(
        "numbers of facts",
        (last or 0) >= highest,
        f"last given {'none' if last is None else last}, highest in use {highest}",
        "stop zhanggui, then `zhanggui backup FILE` and `zhanggui restore FILE` into an empty home with the same keys:"
        " restoring sets the counter behind the highest number",
    )


def _company(as_of: datetime) -> Iterator[Check]:
    try:
        yield Check("clause register", True, f"{len(register())} clauses")
    except RegulationError as error:
        yield Check("clause register", False, str(error), f"mend the files in {settings.REGULATION_DIR}")
    missing = missing_years_warning(as_of)
    found = f"version {current_version()}" + (f", not published: {', '.join(map(str, missing))}" if missing else "")
    local = as_of.astimezone(settings.COMPANY_ZONE)
    urgent = [year for year in missing if year <= local.year or (local.month, local.day) >= NOTICE_BY]
    if missing and not urgent:
        found += "; enter the notice on the page Working time (/calendar/) when it is published, by 20 December"
    remedy = "enter the yearly holiday notice on the page Working time (/calendar/); until then weekdays count"
    yield Check("working calendar", not urgent, found, remedy)
    signed = has_staff()
    found = "someone can sign in" if signed else "nobody yet"
    yield Check("staff", signed, found, "run `zhanggui invite --roles owner`")
    fits = key_fits()
    found = "made this chain" if fits else "another key than the one that made this chain"
    yield Check("chain.key and secret.key", fits, found, keys_missing())
    waiting = tail()
    stale = waiting.oldest_at is not None and waiting.oldest_at < clock.now() - timedelta(seconds=60)
    yield Check(
        "hash chain",
        not stale,
        f"{head().seq} sealed, {waiting.runs} waiting",
        "start `zhanggui serve`: its worker seals",
    )


def _queue(as_of: datetime) -> Iterator[Check]:
    """Look for work that was laid aside until a person lets it go on, and name a scheduler that waits in reserve."""
    rival = rival_scheduler(clock.now() - timedelta(minutes=1))
    yield Check("scheduler", True, f"{rival} waits behind the one that leads" if rival else "no second one waits")
    figures = queue_figures(as_of)
    names = ", ".join(f"{job.kind} {job.key}" for job in parked_jobs(limit=3))
    found = f"{figures.parked} jobs wait for a person, {figures.open_alarms} alarms unanswered"
    yield Check(
        "parked work",
        figures.parked == 0 and figures.open_alarms == 0,
        f"{found}: {names}" if names else found,
        "mend what the job's last error names; an import goes on from its own page, under Imports",
    )
