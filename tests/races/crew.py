"""Processes that race: started once, set off together, each with its own connection to the test's database."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.cast import MONDAY_MORNING

CHILD = Path(__file__).with_name("child.py")
ROOT = CHILD.parents[2]
PATIENCE = 120.0
Request = dict[str, Any]
Replies = list[dict[str, Any]]


def start(environment: Mapping[str, str], **more: str) -> "subprocess.Popen[str]":
    """Start one process that carries out requests."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), environment.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, str(CHILD)], env={**environment, **more, "PYTHONPATH": path},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def request(do: str, batches: Sequence[Sequence[object]], *, key: str | None = None, blind: bool = False) -> Request:
    """Return a request: one call per batch, acting on Monday morning."""
    return {"do": do, "batches": batches, "at": MONDAY_MORNING.isoformat(), "key": key, "blind": blind}


class Crew:
    """Processes with one protocol: hear the request, say ready, go, answer."""

    def __init__(self, environment: Mapping[str, str], size: int) -> None:
        self._processes = [start(environment) for _ in range(size)]
        self._pool = ThreadPoolExecutor(size)

    @property
    def size(self) -> int:
        """How many processes it has."""
        return len(self._processes)

    def race(self, requests: Sequence[Request]) -> list[Replies]:
        """Give each of the first processes one request, set them off together, and return their answers."""
        racers = self._processes[: len(requests)]
        for process, one in zip(racers, requests, strict=True):
            tell(process, json.dumps(one))
        assert self._hear(racers) == ["ready"] * len(racers)
        for process in racers:
            tell(process, "go")
        return self._hear(racers)

    def _hear(self, racers: Sequence["subprocess.Popen[str]"]) -> list[Any]:
        return list(self._pool.map(hear, racers, timeout=PATIENCE))

    def end(self) -> None:
        """End every process."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._pool.shutdown()


def tell(process: "subprocess.Popen[str]", line: str) -> None:
    """Send a line to a process."""
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


def hear(process: "subprocess.Popen[str]") -> Any:
    """Wait for the next word of a process."""
    assert process.stdout
    line = process.stdout.readline()
    assert line, f"the process ended with {process.wait()}"
    return json.loads(line)


def every(replies: Iterable[Replies]) -> list[dict[str, Any]]:
    """All answers of all processes."""
    return [answer for answers in replies for answer in answers]


def accepted(replies: Iterable[Replies]) -> list[Any]:
    """The results of all accepted rows."""
    return [result for answer in every(replies) for _, result in answer.get("accepted", ())]


def codes(replies: Iterable[Replies]) -> Counter[str]:
    """How many rows were refused, by code."""
    return Counter(code for answer in every(replies) for _, code, _ in answer.get("rejected", ()))


def errors(replies: Iterable[Replies]) -> list[str]:
    """What reached a caller as an exception."""
    return [answer["error"] for answer in every(replies) if "error" in answer]
