"""What the settings read from the home folder and the environment."""

import contextlib
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from zhanggui.kernel import ids

SQLITE_INIT = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
    "PRAGMA cache_size=-65536;PRAGMA mmap_size=268435456;PRAGMA temp_store=MEMORY;"
)


class UnknownDatabase(ValueError):
    """`ZHANGGUI_DATABASE_URL` is not a sqlite or postgresql address."""


class EmptySecret(ValueError):
    """A secret of the installation is empty; nothing may be signed with it."""


def home_secret(home: Path, name: str, variable: str) -> str:
    """Return a secret from the environment, else from the home folder, made on first use.

    Raises: EmptySecret. Writes: `<home>/<name>`, whole or not at all, with rights for its owner only.
    """
    if value := os.environ.get(variable):
        return value
    path = home / name
    if not path.exists():
        draft = home / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(ids.token(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    secret = path.read_text().strip()
    if not secret:
        raise EmptySecret(f"{path} is empty: put the installation's key back from where it is kept")
    return secret


def database_from_url(url: str, home: Path) -> dict[str, Any]:
    """Return Django's settings for a database address; an empty one means SQLite in the home folder.

    Raises: UnknownDatabase for any other scheme.
    """
    parts = urlsplit(url or f"sqlite:///{home / 'zhanggui.sqlite3'}")
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path[1:]))
    if parts.scheme in ("postgresql", "postgres"):
        return _postgresql(parts.hostname, parts.port, parts.username, parts.password, parts.path, parts.query)
    raise UnknownDatabase(f"{parts.scheme}: use sqlite:///path or postgresql://user:password@host:port/name")


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_INIT},
        "TEST": {"NAME": f"{path}.test"},
    }


def _postgresql(
    host: str | None, port: int | None, user: str | None, password: str | None, path: str, query: str
) -> dict[str, Any]:
    options: dict[str, Any] = dict(parse_qsl(query))
    host = options.pop("host", None) or host or ""
    options.setdefault("connect_timeout", 10)
    options["options"] = "-c lock_timeout=20s -c idle_in_transaction_session_timeout=120s"
    options["prepare_threshold"] = 3
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(path.lstrip("/")) or "zhanggui",
        "HOST": unquote(host),
        "PORT": str(port or ""),
        "USER": unquote(user or ""),
        "PASSWORD": unquote(password or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
