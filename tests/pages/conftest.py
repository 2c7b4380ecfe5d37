"""People, clients and a browser for the tests of pages."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client

from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.people.models import Staff
from zhanggui.people.records import NewStaff
from zhanggui.people.rules import OWNER_ROLES
from zhanggui.people.steps import invite, join_staff

PASSWORD = "four words of mine"
MOMENT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

Hire = Callable[..., Staff]


@pytest.fixture
def hire(db: None) -> Hire:
    """Return a function that adds a member of staff the way people join: by invitation."""

    def add(username: str = "wang", *, roles: tuple[str, ...] = OWNER_ROLES, department: str = "sales") -> Staff:
        now = clock.now()
        token = invite(department=department, roles=roles, as_of=now)
        join_staff([NewStaff(token, username, username.title(), PASSWORD)], context=Context(SYSTEM, now))
        return Staff.objects.get(username=username)

    return add


@pytest.fixture
def owner(hire: Hire, client: Client) -> Client:
    """Return a client signed in with the roles of an owner."""
    client.force_login(hire())
    return client


@pytest.fixture(scope="session")
def browser(browser_path: str) -> Iterator[object]:
    """Return a running Chromium."""
    from playwright.sync_api import sync_playwright

    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        yield running
        running.close()
