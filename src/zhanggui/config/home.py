"""What the settings read from the home folder and the environment."""

import contextlib
import ipaddress
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from zhanggui.config.environment import HomeUnusable, SettingsRefused
from zhanggui.kernel import ids

SQLITE_INIT = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
    "PRAGMA cache_size=-65536;PRAGMA mmap_size=268435456;PRAGMA temp_store=MEMORY;"
)
FORMS = "use sqlite:///path or postgresql://user:password@host:port/name, with / @ : in a password written %2F %40 %3A"


class UnknownDatabase(SettingsRefused):
    """`ZHANGGUI_DATABASE_URL` is not a sqlite or postgresql address."""


class NotANetwork(SettingsRefused):
    """`ZHANGGUI_TRUSTED_PROXIES` holds something that is no network."""


class EmptySecret(SettingsRefused):
    """A secret of the installation is empty; nothing may be signed with it."""


def home_secret(home: Path, name: str, variable: str) -> str:
    """Return a secret from the environment, else from the home folder, made on first use.

    Raises: EmptySecret, HomeUnusable.
    Writes: `<home>/<name>`, whole or not at all, with rights for its owner only.
    """
    if value := os.environ.get(variable):
        return value
    try:
        secret = _kept_secret(home, name)
    except OSError as error:
        raise HomeUnusable(home / name, error) from error
    if not secret:
        raise EmptySecret(f"{home / name} is empty: put the installation's key back from where it is kept")
    return secret


def _kept_secret(home: Path, name: str) -> str:
    path = home / name
    if not path.exists():
        draft = home / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(ids.token(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return the networks of a list separated by commas; a single address is a network of one.

    Raises: NotANetwork.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        return tuple(ipaddress.ip_network(name) for name in names)
    except ValueError as error:
        raise NotANetwork(f"ZHANGGUI_TRUSTED_PROXIES: {error}; write networks like 10.0.0.0/8,127.0.0.1") from error


def database_from_url(url: str, home: Path) -> dict[str, Any]:
    """Return Django's settings for a database address; an empty one means SQLite in the home folder.

    Raises: UnknownDatabase for any other scheme, and for an address whose host or port cannot be read.
    """
    try:
        parts = urlsplit(url or f"sqlite:///{home / 'zhanggui.sqlite3'}")
        port = parts.port
    except ValueError as error:
        raise UnknownDatabase(f"ZHANGGUI_DATABASE_URL: its host or port cannot be read; {FORMS}") from error
    if parts.scheme == "sqlite":
        return _sqlite(unquote(parts.path[1:]))
    if parts.scheme in ("postgresql", "postgres"):
        return _postgresql(parts.hostname, port, parts.username, parts.password, parts.path, parts.query)
    raise UnknownDatabase(f"ZHANGGUI_DATABASE_URL: {parts.scheme or 'no scheme'}; {FORMS}")


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
