"""One process tree for `zhanggui serve`: web, worker and scheduler under one parent.

What crashes is started again with growing pauses; SIGTERM and SIGINT stop first the web, then the scheduler,
then the worker; and if the parent itself is killed, the kernel tells the children to end.
"""

import ctypes
import importlib
import logging
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from zhanggui.kernel import clock

logger = logging.getLogger(__name__)
LONGEST_PAUSE = 30
CALM_SECONDS = 60
STOP_SECONDS = 25
PR_SET_PDEATHSIG = 1


class PortTaken(OSError):
    """Another process listens at the address; choose another port or stop that one."""


@dataclass(slots=True)
class Child:
    """One process of the tree, and when it may be started again."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restarts: int = 0
    next_start: float = field(default=0.0)

    def start(self) -> None:
        """Start the process, tied to the life of this one; its own session keeps Ctrl-C to the parent."""
        self.process = subprocess.Popen(self.command, preexec_fn=_die_with_parent, start_new_session=True)
        self.started = clock.monotonic()
        logger.info("%s runs as process %s", self.name, self.process.pid)

    def watch(self) -> None:
        """Start the process if it is down and its pause is over."""
        now = clock.monotonic()
        if self.process is not None and self.process.poll() is None:
            if self.restarts and now - self.started > CALM_SECONDS:
                self.restarts = 0
            return
        if self.process is not None:
            self._plan_restart(now, self.process.returncode)
        if now >= self.next_start:
            self.start()

    def _plan_restart(self, now: float, code: int) -> None:
        pause = min(LONGEST_PAUSE, 2**self.restarts)
        self.restarts += 1
        self.process, self.next_start = None, now + pause
        logger.error("%s ended with %s; it starts again in %s s", self.name, code, pause)

    def stop(self) -> None:
        """Ask the process to end, and end it if it does not."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            logger.error("%s did not end within %s s and is killed", self.name, STOP_SECONDS)
            self.process.kill()
            self.process.wait()


def _die_with_parent() -> None:
    """Ask Linux to end this child when its parent dies, however it dies."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def web_command(host: str, port: int, workers: int, threads: int = 16) -> list[str]:
    """Return the command of the web server."""
    bound = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [
        sys.executable, "-m", "gunicorn", "zhanggui.config.wsgi:application", "--bind", bound,
        "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads),
        "--max-requests", "20000", "--max-requests-jitter", "2000",
        "--config", "python:zhanggui.worker.web",
        "--graceful-timeout", "20", "--timeout", "60", "--log-level", "warning",
    ]  # fmt: skip
    known = importlib.import_module("gunicorn.config").KNOWN_SETTINGS
    flags = {flag for setting in known for flag in (setting.cli or ())}
    if "--no-control-socket" in flags:
        command.append("--no-control-socket")
    if Path("/dev/shm").is_dir():  # noqa: S108 - gunicorn's heartbeat file must not sit on a slow disk
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return command


def serve(host: str, port: int, workers: int = 2, *, on_ready: Callable[[], None] | None = None) -> int:
    """Run the whole product until SIGTERM or SIGINT; give the exit code.

    Takes: workers, the web's processes of sixteen threads each; on_ready, called once when the web answers.
    Raises: PortTaken before anything is started.
    """
    _refuse_taken(host, port)
    module = [sys.executable, "-m"]
    children = [
        Child("worker", [*module, "zhanggui.worker", "runner"]),
        Child("scheduler", [*module, "zhanggui.worker", "scheduler"]),
        Child("web", web_command(host, port, workers)),
    ]
    announced = on_ready is None

    def announce() -> None:
        nonlocal announced
        if not announced and on_ready is not None and _answers(host, port):
            announced = True
            on_ready()

    keep_running(children, announce)
    return 0


def keep_running(children: Sequence[Child], each_round: Callable[[], None]) -> None:
    """Keep the children alive until SIGTERM or SIGINT, then stop them, the last one first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        while not stop.is_set():
            for child in children:
                child.watch()
            each_round()
            stop.wait(0.2)
    finally:
        for child in reversed(children):
            child.stop()


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port}: {error.strerror}") from error


def _answers(host: str, port: int) -> bool:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - looked up, not bound
    request = HTTPConnection(target, port, timeout=2)
    try:
        request.request("HEAD", "/")
        return request.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        request.close()
