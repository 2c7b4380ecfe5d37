"""What the commands' tests share: new homes, and one small company that is only read."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.homes import SERVER, Databases, Home

NewHome = Callable[..., Home]


@pytest.fixture(scope="session")
def statics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The collected static files, as the set-up leaves them."""
    home = Home(tmp_path_factory.mktemp("collecting"), "", tmp_path_factory.mktemp("statics"))
    collect = [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity", "0"]
    environment = home.environment | {"DJANGO_SETTINGS_MODULE": "zhanggui.config.settings"}
    subprocess.run(collect, env=environment, check=True, capture_output=True, timeout=120)
    return home.statics


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory, statics: Path) -> Iterator[NewHome]:
    """Make an empty home on the engine of this pass (or on SQLite), with the keys of another one if asked."""
    databases = Databases()

    def make(*, sqlite: bool = not SERVER, keys_of: Home | None = None) -> Home:
        home = Home(tmp_path_factory.mktemp("home"), "" if sqlite else databases.make(), statics)
        for key in ("secret.key", "chain.key") if keys_of else ():
            shutil.copy(keys_of.folder / key, home.folder)  # type: ignore[union-attr]
        return home

    yield make
    databases.drop()


@pytest.fixture(scope="session")
def company(new_home: NewHome) -> Home:
    """Three days of business. Only read it."""
    home = new_home()
    made = home.ask("demo", "--days", 3, "--seed", 1)
    assert made.code == 0, made.err
    return home


@pytest.fixture(scope="session")
def archive(company: Home) -> Path:
    """The company's backup."""
    path = company.folder / "company.gz"
    assert company.run("backup", path).code == 0
    return path


@pytest.fixture
def own_company(new_home: NewHome, company: Home, archive: Path) -> Home:
    """The same company in a home of the test's own, to be changed."""
    home = new_home(keys_of=company)
    restored = home.run("restore", archive)
    assert restored.code == 0, restored.err
    return home
