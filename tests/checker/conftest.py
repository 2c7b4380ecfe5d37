"""The company that every test of the checker meets, in the evening of its day, with the clock held."""

from collections.abc import Iterator

import pytest
from django.db import connection
from tests.factories.company import EVENING, Day, build_company

from zhanggui.kernel import clock


@pytest.fixture
def company(db: None) -> Iterator[Day]:
    """A clean company; it is 21:00, everything is sealed, and whatever is planted leaves with the test."""
    built = build_company()
    with clock.frozen(EVENING):
        yield built
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")
