"""An empty or older home becomes a current one: schema, calendar."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.obligations.calendars.queries import current_version, published_days
from zhanggui.obligations.calendars.rules import STANDARD_HOURS
from zhanggui.obligations.calendars.steps import seed_calendar_days, set_shifts


def ensure_home() -> None:
    """Bring the database up to date and seed the working calendar once. Repeats cost a few milliseconds."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
    if current_version() == 0:
        context = Context(SYSTEM, clock.now(), reason="first start")
        seed_calendar_days(published_days(), context=context)
        set_shifts([STANDARD_HOURS], context=context)
