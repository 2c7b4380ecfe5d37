"""An empty or older home becomes a current one: schema, calendar."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.obligations.calendars.queries import current_version, published_days
from zhanggui.obligations.calendars.rules import STANDARD_HOURS
from zhanggui.obligations.calendars.steps import seed_calendar_days, set_shifts

MIGRATING = 7_203_114


def ensure_home() -> None:
    """Bring the database up to date and seed the working calendar once. Repeats cost a few milliseconds.

    Commands started at the same moment on a new or older home wait for the first.
    """
    if not _is_behind():
        return
    with alone():
        if _is_behind():
            call_command("migrate", verbosity=0, interactive=False)
            if current_version() == 0:
                context = Context(SYSTEM, clock.now(), reason="first start")
                seed_calendar_days(published_days(), context=context)
                set_shifts([STANDARD_HOURS], context=context)


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes())) or current_version() == 0


@contextmanager
def alone() -> Iterator[None]:
    """Let one process at a time change the schema: by a lock of the server, or of a file in the home folder."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])
        return
    with (settings.HOME / "migrating.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
