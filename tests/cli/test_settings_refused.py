"""Settings that cannot be followed: one clear line on stderr, exit 2, no traceback, no secret."""

import errno
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import NewHome
from tests.cli.homes import Done, Home

from zhanggui.config.environment import HomeUnusable, home_folder
from zhanggui.config.home import home_secret


def doctor(home: Home, **environment: str) -> Done:
    """Ask for a look with --as-of, whose reading already needs the settings."""
    done = subprocess.run(
        [sys.executable, "-m", "zhanggui.cli.main", "doctor", "--json", "--as-of", "2026-03-02"],
        env=home.environment | environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def refused(done: Done) -> str:
    """The one line of a command that could not run."""
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert line.startswith("zhanggui: ")
    return line


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("ZHANGGUI_DATABASE_URL", "postgresql://shop:geheim@db:port/x", "postgresql://user:password@host:port/name"),
        ("ZHANGGUI_DATABASE_URL", "postgresql://shop:ge/heim@db/x", "%2F"),
        ("ZHANGGUI_DATABASE_URL", "postgresql://shop:geheim@db:70000/x", "postgresql://user:password@host:port/name"),
        ("ZHANGGUI_DATABASE_URL", "postgresql://[db/x", "postgresql://user:password@host:port/name"),
        ("ZHANGGUI_DATABASE_URL", "shop.sqlite3", "sqlite:///path"),
        ("ZHANGGUI_ZONE", "Mars/Base", "Asia/Shanghai"),
        ("ZHANGGUI_ZONE", "../../etc/passwd", "Asia/Shanghai"),
        ("ZHANGGUI_LOG_LEVEL", "loud\x1b[2J", "WARNING"),
        ("ZHANGGUI_HOME", "/proc/zhanggui", "ZHANGGUI_HOME"),
        ("ZHANGGUI_HOME", "/dev/null", "ZHANGGUI_HOME"),
    ],
    ids=["port", "slash", "high_port", "bracket", "scheme", "zone", "zone_path", "level", "no_folder", "no_directory"],
)
def test_a_setting_that_cannot_be_followed_is_named_with_its_remedy(
    new_home: NewHome, name: str, value: str, remedy: str
) -> None:
    line = refused(doctor(new_home(sqlite=True), **{name: value}))
    assert remedy in line
    assert name in line
    assert "geheim" not in line
    assert "heim@" not in line


def test_a_database_file_that_cannot_be_opened_is_named(new_home: NewHome) -> None:
    line = refused(doctor(new_home(sqlite=True), ZHANGGUI_DATABASE_URL="sqlite:////proc/shop.sqlite3"))
    assert "/proc/shop.sqlite3: unable to open" in line


def test_a_server_that_does_not_answer_is_named_without_the_password(new_home: NewHome) -> None:
    line = refused(doctor(new_home(sqlite=True), ZHANGGUI_DATABASE_URL="postgresql://shop:geheim@127.0.0.1:1/x"))
    assert "x on 127.0.0.1:1" in line
    assert "geheim" not in line


def test_a_disk_that_takes_nothing_more_is_one_line(new_home: NewHome) -> None:
    home = new_home(sqlite=True)
    keys = {"ZHANGGUI_SECRET_KEY": "s" * 64, "ZHANGGUI_CHAIN_KEY": "c" * 64}
    done = subprocess.run(
        [sys.executable, "-m", "zhanggui.cli.main", "doctor", "--json"],
        env=home.environment | keys, capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )  # fmt: skip
    assert str(home.folder) in refused(Done(done.returncode, done.stdout, done.stderr))


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.ENOSPC])
def test_a_home_that_cannot_be_made_read_or_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.delenv("ZHANGGUI_CHAIN_KEY", raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(HomeUnusable, match=re.escape(os.strerror(code))):
            home_folder(str(tmp_path / "home"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(HomeUnusable, match=r"chain\.key"):
            home_secret(tmp_path, "chain.key", "ZHANGGUI_CHAIN_KEY")
    (tmp_path / "chain.key").write_text("kept")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", refuse)
        with pytest.raises(HomeUnusable, match="ZHANGGUI_HOME"):
            home_secret(tmp_path, "chain.key", "ZHANGGUI_CHAIN_KEY")
