"""The worker: takes jobs, does them, keeps their leases alive.

`do_one` is the whole of it, one job at a time, for tests and simulated companies; the process runs it in one
thread per lane, so that long work never holds up the clocks, with a heartbeat beside them.
"""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import close_old_connections, connection, transaction

from zhanggui.delivery import steps as delivery
from zhanggui.delivery.records import Claim, LeaseLost
from zhanggui.kernel import clock, ids
from zhanggui.worker import handlers
from zhanggui.worker.handlers import Handler, StoppedEarly, Work

logger = logging.getLogger(__name__)
IDLE_SECONDS = 0.5
GRACE_SECONDS = 20


def _never() -> bool:
    return False


class Heartbeat:
    """Renews the leases of the jobs in work, from a thread with a database connection of its own."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Claim, int]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()

    def hold(self, claim: Claim, lease_seconds: int) -> None:
        """Begin to keep a job's lease alive."""
        with self._lock:
            self._held[claim.job_id] = (claim, lease_seconds)

    def drop(self, claim: Claim) -> None:
        """Leave a job's lease to itself."""
        with self._lock:
            self._held.pop(claim.job_id, None)

    def run(self) -> None:
        """Renew every third of the shortest lease until stopped."""
        while not self._stop.wait(self._pause()):
            close_old_connections()
            self.beat()
        connection.close()

    def _pause(self) -> float:
        with self._lock:
            return min((seconds for _, seconds in self._held.values()), default=1) / 3

    def beat(self) -> None:
        """Renew each lease once; one that is lost is dropped, its handler will learn it when it writes."""
        with self._lock:
            held = list(self._held.values())
        for claim, seconds in held:
            try:
                if not delivery.renew_lease(claim, lease_seconds=seconds, as_of=clock.now()):
                    self.drop(claim)
            except Exception:
                logger.exception("lease of job %s not renewed", claim.job_id)
                connection.close()

    def stop(self) -> None:
        """Let `run` end."""
        self._stop.set()


def do_one(
    as_of: datetime,
    *,
    worker: str = "worker",
    kinds: Sequence[str] | None = None,
    stopping: Callable[[], bool] = _never,
    heartbeat: Heartbeat | None = None,
) -> bool:
    """Take one due job and do it; tell whether there was one.

    Takes: kinds, those that this worker does; None = all that have a handler.
    """
    kinds = list(handlers.HANDLERS) if kinds is None else kinds
    lease_seconds = min(handlers.HANDLERS[kind].lease_seconds for kind in kinds)
    claims = delivery.claim_jobs(worker, kinds, limit=1, lease_seconds=lease_seconds, as_of=as_of)
    for claim in claims:
        if heartbeat:
            heartbeat.hold(claim, lease_seconds)
        try:
            _carry_out(claim, handlers.HANDLERS[claim.kind], Work(claim, as_of, stopping))
        finally:
            if heartbeat:
                heartbeat.drop(claim)
    return bool(claims)


def drain(as_of: datetime, *, most: int = 10_000) -> int:
    """Do every job that is due, one after the other, and tell how many; for tests and simulated companies."""
    for count in range(most):
        if not do_one(as_of):
            return count
    return most


def _carry_out(claim: Claim, handler: Handler, work: Work) -> None:
    """Run a handler and end its job, whatever becomes of it."""
    try:
        handler.run(work)
        if not handler.finishes:
            with transaction.atomic():
                delivery.finish_job(claim, as_of=clock.now())
    except LeaseLost:
        logger.warning("job %s (%s) was given to another worker; nothing written", claim.job_id, claim.kind)
    except StoppedEarly:
        delivery.give_back(claim, as_of=clock.now())
    except Exception as error:
        logger.exception("job %s (%s) failed at attempt %s", claim.job_id, claim.kind, claim.attempt)
        if not connection.is_usable():
            connection.close()
        delivery.fail_job(claim, error, as_of=clock.now())


class Worker:
    """One worker process: a thread per lane, and the heartbeat."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._heartbeat = Heartbeat()
        self._name = f"{socket.gethostname()[:32]}:{os.getpid()}:{ids.token(4)}"

    def stop(self, *_: object) -> None:
        """Ask the lanes to end after the job, or the part of a job, that they are in."""
        self._stop.set()

    def run(self) -> None:
        """Work until asked to stop; leave the jobs in work at most the grace, their leases do the rest."""
        beat = threading.Thread(target=self._heartbeat.run, name="heartbeat", daemon=True)
        lanes = [threading.Thread(target=self._lane, args=(lane,), name=lane, daemon=True) for lane in _lanes()]
        for thread in (beat, *lanes):
            thread.start()
        self._stop.wait()
        until = clock.monotonic() + GRACE_SECONDS
        for thread in lanes:
            thread.join(max(0.0, until - clock.monotonic()))
        self._heartbeat.stop()
        beat.join(5)

    def _lane(self, lane: str) -> None:
        kinds = [kind for kind, handler in handlers.HANDLERS.items() if handler.lane == lane]
        while not self._stop.is_set():
            if not self._try_one(f"{self._name}:{lane}"[:64], kinds):
                self._stop.wait(IDLE_SECONDS)
        connection.close()

    def _try_one(self, worker: str, kinds: Sequence[str]) -> bool:
        try:
            close_old_connections()
            return do_one(
                clock.now(), worker=worker, kinds=kinds, stopping=self._stop.is_set, heartbeat=self._heartbeat
            )
        except Exception:
            logger.exception("the queue could not be reached; trying again")
            connection.close()
            return False


def _lanes() -> list[str]:
    return sorted({handler.lane for handler in handlers.HANDLERS.values()})


def main() -> int:
    """Run a worker until SIGTERM or SIGINT."""
    worker = Worker()
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.run()
    return 0
