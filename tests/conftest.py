"""What all tests share: the database, the moment, the people, and loud skips."""

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from tests import settings as test_settings
from tests.cast import CAST, MONDAY_MORNING, PASSWORD, SUN

from zhanggui.journal.records import Context
from zhanggui.people.models import Staff

hypothesis.settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("nightly", max_examples=5_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or "ci")

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false", "no")


@pytest.fixture
def as_of() -> datetime:
    """Monday, 2 March 2026, 09:00 in Shanghai: an ordinary working day."""
    return MONDAY_MORNING


@pytest.fixture
def context(as_of: datetime) -> Context:
    """孙倩 of the sales department acts now."""
    return Context(SUN.actor, as_of)


@pytest.fixture
def cast(db: None) -> dict[str, Staff]:
    """The whole cast as members of staff, by sign-in name; all of them have the same password, PASSWORD."""
    people = {}
    for person in CAST:
        staff = Staff(
            username=person.username, display_name=person.display_name, department=person.department,
            roles=person.roles, joined_at=MONDAY_MORNING,
        )  # fmt: skip
        staff.set_password(PASSWORD)
        staff.save()
        people[person.username] = staff
    return people


@pytest.fixture
def child_environment(transactional_db: None) -> dict[str, str]:
    """The environment in which another process meets this test's database, for races and kills."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "zhanggui.config.settings",
        "ZHANGGUI_HOME": str(settings.HOME),
        "ZHANGGUI_SECRET_KEY": settings.SECRET_KEY,
        "ZHANGGUI_CHAIN_KEY": settings.CHAIN_KEY,
        "ZHANGGUI_DATABASE_URL": _url_of_the_test_database(),
    }


def _url_of_the_test_database() -> str:
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    return f"postgresql://{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Give each test process a database of its own, beside nobody's real one."""
    wanted = settings.DATABASES["default"].setdefault("TEST", {})
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        wanted["NAME"] = str(test_settings.TEST_HOME / "test.sqlite3")
    else:
        wanted["NAME"] = f"test_zhanggui_{os.getpid()}"


@pytest.fixture(scope="session", autouse=True)
def _flush_append_only_tables() -> Iterator[None]:
    """Let the flush after a transactional test empty the append-only tables, and nothing else."""
    patch = pytest.MonkeyPatch()
    original = BaseDatabaseOperations.execute_sql_flush

    def flush(operations: Any, statements: list[str]) -> None:
        if operations.connection.vendor == "sqlite":
            dropped = _sqlite_triggers()
            original(operations, [f"DROP TRIGGER {name}" for name, _ in dropped] + statements)
            original(operations, [text for _, text in dropped])
        else:
            original(operations, ["SET LOCAL session_replication_role = replica", *statements])

    patch.setattr(BaseDatabaseOperations, "execute_sql_flush", flush)
    yield
    patch.undo()


def _sqlite_triggers() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        return [(str(name), str(text)) for name, text in cursor.fetchall()]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their place and never by their content: packed files hold the moment of their making.

    Two processes must collect the same names, or the workers of one run disagree about what there is to do.
    """
    return argname if isinstance(val, bytes | bytearray) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what the machine cannot do, loudly; in CI let it run and fail."""
    for item in items:
        for marker, (able, why) in _ABILITIES.items():
            if item.get_closest_marker(marker) and not IN_CI and not able():
                item.add_marker(pytest.mark.skip(reason=why))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end what was not proven here."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)}
    for reason in sorted(reasons):
        terminalreporter.write_line(f"NOT PROVEN HERE: {reason}", yellow=True, bold=True)


def _on_postgres() -> bool:
    return bool(settings.DATABASES["default"]["ENGINE"].endswith("postgresql"))


def chromium() -> str | None:
    """Return the browser that page tests drive, if one is installed."""
    for place in (os.environ.get("ZHANGGUI_CHROMIUM", ""), "/usr/bin/chromium", "/usr/bin/chromium-browser"):
        if place and Path(place).exists():
            return place
    return None


def _has_browser() -> bool:
    return chromium() is not None


_ABILITIES = {
    "browser": (_has_browser, "Chromium is not installed (apt-get install chromium fonts-noto-cjk)"),
}


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of Chromium; the test fails where CI lacks it."""
    path = chromium()
    assert path, "Chromium is not installed (apt-get install chromium fonts-noto-cjk)"
    return path


@pytest.fixture(autouse=True)
def _only_on_postgres(request: pytest.FixtureRequest) -> None:
    """A test marked `postgres` is skipped on SQLite, saying so; the second pass of `make test` runs it."""
    if request.node.get_closest_marker("postgres") and not _on_postgres():
        pytest.skip("needs PostgreSQL (second pass of make test)")


@pytest.fixture(scope="session")
def own_models() -> list[Any]:
    """Every model of the product, in a fixed order."""
    return sorted(
        (model for model in apps.get_models() if model.__module__.startswith("zhanggui.")),
        key=lambda model: str(model._meta.label),
    )
