"""Starting, freezing and killing the processes of the job tests, and counting their effects."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from django.db import connection

from zhanggui.delivery.records import JobRequest
from zhanggui.delivery.steps import enqueue_jobs
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock

CHILD = Path(__file__).with_name("jobs_child.py")
SOURCES = Path(__file__).resolve().parents[2] / "src"
PATIENCE = 40.0


class Process:
    """A child process whose words on stdout can be waited for."""

    def __init__(self, environment: Mapping[str, str], *arguments: object) -> None:
        path = os.pathsep.join([str(SOURCES), environment.get("PYTHONPATH", "")])
        self.words: list[str] = []
        self._fresh: queue.Queue[str | None] = queue.Queue()
        self._popen = subprocess.Popen(
            [sys.executable, str(CHILD), *map(str, arguments)],
            env={**environment, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._popen.stdout
        for line in self._popen.stdout:
            self._fresh.put(line.strip())
        self._fresh.put(None)

    def hear(self, beginning: str) -> str:
        """Wait for a line that begins so."""
        end = time.monotonic() + PATIENCE
        while (left := end - time.monotonic()) > 0:
            line = self._fresh.get(timeout=left)
            assert line is not None, f"the process ended before it said {beginning!r}: {self.words}"
            self.words.append(line)
            if line.startswith(beginning):
                return line
        raise AssertionError(f"not heard: {beginning!r}, only {self.words}")

    def signal(self, number: signal.Signals) -> None:
        self._popen.send_signal(number)

    def ended(self) -> int:
        """Wait for the end and give the exit code."""
        return self._popen.wait(PATIENCE)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        return self._popen.poll() is None

    def end(self) -> None:
        """End the process whatever its state."""
        if self.is_running:
            self._popen.send_signal(signal.SIGCONT)
            self._popen.kill()
        self._popen.wait(PATIENCE)
        if self._popen.stdout:
            self._popen.stdout.close()


class Fleet:
    """All processes of one test; they end with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._processes: list[Process] = []

    def start(self, *arguments: object, **more: str) -> Process:
        process = Process({**self._environment, **more}, *arguments)
        self._processes.append(process)
        return process

    def worker(self, *, lease: int = 2, hold: float = 0.0, crash_at: str = "", **more: str) -> Process:
        return self.start("worker", lease, hold, ZHANGGUI_TEST_HOOKS="1", ZHANGGUI_CRASH_AT=crash_at, **more)

    def end(self) -> None:
        for process in self._processes:
            process.end()


@pytest.fixture(name="fleet")
def start_fleet(child_environment: dict[str, str]) -> Iterator[Fleet]:
    """A fleet with an empty table of effects."""
    number = "bigserial" if connection.vendor == "postgresql" else "integer"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS fault_effect")
        cursor.execute(f"CREATE TABLE fault_effect (id {number} PRIMARY KEY, job_key text, worker text)")
    fleet = Fleet(child_environment)
    try:
        yield fleet
    finally:
        fleet.end()
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE fault_effect")


def ask_for(*keys: str, kind: str = "fault.effect", **payload: int) -> None:
    """Put test jobs into the queue."""
    batch = [JobRequest(kind, key, payload) for key in keys]
    assert not enqueue_jobs(batch, context=Context(SYSTEM, clock.now())).rejected


def effects() -> Counter[str]:
    """Count the effect rows of each job."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT job_key FROM fault_effect")
        return Counter(key for (key,) in cursor.fetchall())


def effect_workers() -> list[str]:
    """Return the workers that wrote effects, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT worker FROM fault_effect ORDER BY id")
        return [worker for (worker,) in cursor.fetchall()]


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)
