"""Homes for commands that run as processes of their own: a folder, and a database on the engine of this pass."""

import gzip
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

SERVER = os.environ.get("ZHANGGUI_DATABASE_URL", "")
SOURCES = Path(__file__).resolve().parents[2] / "src"
MOMENT = "2026-03-02T21:30+08:00"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document that stands on stdout, and nothing beside it."""
        (line,) = self.out.splitlines()
        document: dict[str, Any] = json.loads(line)
        return document


@dataclass(frozen=True, slots=True)
class Home:
    """One home folder with its database (an empty address: SQLite in the folder)."""

    folder: Path
    url: str
    statics: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its commands: nothing of this test process but the system's own."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("ZHANGGUI_", "PYTEST_", "DJANGO_", "COV_"))
        }
        own = {"ZHANGGUI_HOME": str(self.folder), "ZHANGGUI_STATIC_ROOT": str(self.statics)}
        return kept | own | {"ZHANGGUI_DATABASE_URL": self.url, "PYTHONPATH": str(SOURCES)}

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "zhanggui.cli.main", *map(str, arguments)],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments: object) -> Done:
        """Run a command to its end."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return Done(process.returncode, out, err)

    def ask(self, *arguments: object, at: str = MOMENT) -> Done:
        """Run a command with --json, at a moment."""
        return self.run(*arguments, "--json", "--as-of", at)

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        """Carry out a statement behind the product's back; give its rows."""
        if self.url:
            with psycopg.connect(self.url, autocommit=True) as server:
                found = server.execute(text.encode())
                return found.fetchall() if found.description else []
        with sqlite3.connect(self.folder / "zhanggui.sqlite3") as file:
            return file.execute(text).fetchall()

    def contents(self) -> dict[str, list[str]]:
        """Every row of every table that a backup is about, as its archive spells it."""
        archive = self.folder / "contents.gz"
        assert self.run("backup", archive, "--overwrite").code == 0
        return rows_of(archive)


def rows_of(archive: Path) -> dict[str, list[str]]:
    """The rows of an archive by table."""
    found: dict[str, list[str]] = {}
    table = ""
    with gzip.open(archive, "rt", encoding="utf-8") as file:
        for line in file:
            if line.startswith("["):
                found[table].append(line)
            elif "table" in (head := json.loads(line)):
                found[table := head["table"]] = []
    return found


class Databases:
    """Databases made on the server of this pass, and dropped at the end."""

    def __init__(self) -> None:
        self._made: list[str] = []

    def make(self) -> str:
        """Make an empty one; give its address."""
        name = f"zhanggui_cli_{os.getpid()}_{len(self._made)}"
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}".encode())
        self._made.append(name)
        return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))

    def drop(self) -> None:
        """Drop them all, whoever still looks at them."""
        for name in self._made:
            with psycopg.connect(SERVER, autocommit=True) as server:
                server.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def lines_until(stream: Any, marks: tuple[str, ...]) -> Iterator[str]:
    """Give the lines of a stream until each mark was seen once."""
    missing = list(marks)
    for line in stream:
        yield line
        missing = [mark for mark in missing if mark not in line]
        if not missing:
            return
    raise AssertionError(f"the command ended without saying {missing}")
