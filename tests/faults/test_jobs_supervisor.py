"""The process tree: crashed children come back, a stop is in order, no orphan stays."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.faults.jobs_fleet import SOURCES, Fleet, wait_until

from zhanggui.delivery.models import ScheduleSlot
from zhanggui.worker.__main__ import main as run_part
from zhanggui.worker.supervisor import PortTaken, serve, web_command


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Process trees whose children only sleep; they need no database."""
    fleet = Fleet({**os.environ, "DJANGO_SETTINGS_MODULE": "zhanggui.config.settings"})
    yield fleet
    fleet.end()


def is_alive(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def child_pids(tree: object, count: int) -> list[int]:
    return [int(tree.hear("child").split()[1]) for _ in range(count)]  # type: ignore[attr-defined]


def test_a_killed_child_is_started_again(trees: Fleet) -> None:
    tree = trees.start("tree")
    pids = child_pids(tree, 3)
    os.kill(pids[0], signal.SIGKILL)
    fresh = child_pids(tree, 1)[0]
    assert fresh not in pids
    assert all(is_alive(pid) for pid in (fresh, *pids[1:]))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_all_children_and_then_the_parent(trees: Fleet, number: signal.Signals) -> None:
    tree = trees.start("tree")
    pids = child_pids(tree, 3)
    tree.signal(number)
    tree.hear("stopped")
    assert tree.ended() == 0
    assert not any(is_alive(pid) for pid in pids)


def test_children_do_not_outlive_a_killed_parent(trees: Fleet) -> None:
    tree = trees.start("tree")
    pids = child_pids(tree, 3)
    tree.signal(signal.SIGKILL)
    wait_until(lambda: not any(is_alive(pid) for pid in pids), 10)


def test_a_taken_port_is_named_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        number = listener.getsockname()[1]
        with pytest.raises(PortTaken, match=str(number)):
            serve("127.0.0.1", number)


def test_the_web_server_leaves_no_socket_in_the_home_folder() -> None:
    command = web_command("::1", 8000, 2)
    assert "--no-control-socket" in command
    assert command[command.index("--bind") + 1] == "[::1]:8000"


def test_the_worker_says_which_parts_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_part(["nothing"]) == 2
    assert "runner or scheduler" in capsys.readouterr().err


@pytest.mark.parametrize("part", ["runner", "scheduler"])
def test_each_part_starts_as_a_process_and_ends_when_asked(child_environment: dict[str, str], part: str) -> None:
    path = os.pathsep.join([str(SOURCES), child_environment.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "zhanggui.worker", part]
    process = subprocess.Popen(command, env={**child_environment, "PYTHONPATH": path})
    try:
        wait_until(lambda: ScheduleSlot.objects.exists() if part == "scheduler" else ears(process.pid))
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()


def ears(pid: int) -> bool:
    """Tell whether a process has a handler for SIGTERM: Python sets it once the worker's loop begins."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)
