"""The scheduler: turns due slots of the schedule into jobs; any number may run, each slot is taken once."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import close_old_connections, connection

from zhanggui.delivery import steps as delivery
from zhanggui.delivery.records import ScheduleEntry
from zhanggui.kernel import clock, ids
from zhanggui.worker import handlers

logger = logging.getLogger(__name__)
LEASE_SECONDS = 15
PAUSE_SECONDS = 0.5
_told: dict[str, str] = {}


def do_one(as_of: datetime, *, name: str = "scheduler", schedule: Sequence[ScheduleEntry] | None = None) -> bool:
    """Open the slots that are due, if this scheduler leads; tell whether there were any."""
    lead = delivery.lead_scheduler(name, lease_seconds=LEASE_SECONDS, as_of=as_of)
    if not lead.is_mine:
        _warn_once(name, lead.holder)
        return False
    table = handlers.SCHEDULE if schedule is None else schedule
    return delivery.open_slots(table, since=lead.since, zone=settings.COMPANY_ZONE, as_of=as_of) > 0


def _warn_once(name: str, holder: str) -> None:
    """Name the second scheduler in the log when it begins to wait, not at each of its tries."""
    if _told.get(name) != holder:
        _told[name] = holder
        logger.warning("a second scheduler, %s, waits: %s leads", name, holder)


def main() -> int:
    """Run a scheduler until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    name = f"{socket.gethostname()[:32]}:{os.getpid()}:{ids.token(4)}"
    while not stop.is_set():
        try:
            close_old_connections()
            do_one(clock.now(), name=name)
        except Exception:
            logger.exception("the schedule could not be kept; trying again")
            connection.close()
        stop.wait(PAUSE_SECONDS)
    delivery.yield_lead(name, as_of=clock.now())
    return 0
