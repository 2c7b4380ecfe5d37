"""The PostgreSQL of one's own comes up empty and in UTF-8, and never outlives the one who started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from tests.conftest import IN_CI

from tools import postgres

ROOT = Path(__file__).resolve().parents[2]
TOOL = [sys.executable, str(ROOT / "tools" / "postgres.py"), "run", "--no-fsync", "--"]
PRINT_AND_WAIT = "import os, time; print(os.environ['ZHANGGUI_DATABASE_URL'], flush=True); time.sleep(60)"


@pytest.fixture(autouse=True)
def _needs_binaries() -> None:
    try:
        postgres._binaries()
    except postgres.NoPostgres as reason:
        if IN_CI:
            raise
        pytest.skip(f"PostgreSQL cannot be started here: {reason}")


def test_it_comes_up_empty_in_utf8_and_utc() -> None:
    with postgres.server(fsync=False) as url:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT current_setting('server_encoding'), current_setting('timezone'),"
                " (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
            ).fetchone()
        assert row == ("UTF8", "UTC", 0)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_it_asks_for_its_password() -> None:
    with postgres.server(fsync=False) as url, pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url.replace(url.split(":")[2].split("@")[0], "guessed"))


def test_the_exit_code_of_the_command_is_passed_on() -> None:
    assert subprocess.run([*TOOL, sys.executable, "-c", "import sys; sys.exit(7)"], check=False).returncode == 7


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_it_dies_with_the_one_who_started_it(sign: signal.Signals) -> None:
    owner = subprocess.Popen([*TOOL, sys.executable, "-c", PRINT_AND_WAIT], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    url = owner.stdout.readline().strip()
    psycopg.connect(url).close()
    child = _children(owner.pid)
    owner.send_signal(sign)
    owner.wait(timeout=20)
    assert _unreachable(url)
    for pid in child:
        _end(pid)
    owner.stdout.close()
    postgres.sweep()
    assert not list(postgres._temporary().glob(f"{postgres.FOLDER_PREFIX}{owner.pid}-*"))


def _children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _unreachable(url: str) -> bool:
    for _ in range(100):
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return True
        time.sleep(0.1)
    return False


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
