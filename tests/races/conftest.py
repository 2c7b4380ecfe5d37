"""One crew for all races of a test run."""

from collections.abc import Iterator

import pytest
from tests.races.crew import Crew

SIZE = 8


@pytest.fixture(scope="session")
def _hired(django_db_setup: None) -> Iterator[list[Crew]]:
    hired: list[Crew] = []
    yield hired
    for crew in hired:
        crew.end()


@pytest.fixture
def crew(_hired: list[Crew], child_environment: dict[str, str]) -> Crew:
    """Eight processes at this test's database."""
    if not _hired:
        _hired.append(Crew(child_environment, SIZE))
    return _hired[0]
