"""What is typed on the command line may be any bytes: it is refused in one line, or taken if it is a file's name."""

import os

import pytest
from tests.cli.conftest import NewHome
from tests.cli.homes import Home
from tests.factories.intake import table

ODD = os.fsdecode(b"\xff\xfe")


@pytest.fixture(scope="module")
def home(new_home: NewHome) -> Home:
    """A home of nobody."""
    return new_home()


@pytest.mark.parametrize(
    "arguments",
    [
        ("access", "wang", "--end", "--reason", ODD),
        ("access", ODD, "--give"),
        ("serve", "--host", ODD),
        ("invite", "--roles", "sales", "--address", f"http://{ODD}"),
        ("invite", "--roles", ODD),
        ("verify", "--only", ODD),
        ("verify", "--as-of", ODD),
        ("verify", "--heads", f"/nowhere/{ODD}"),
        ("demo", "--seed", ODD),
        ("orders", "import", f"/nowhere/{ODD}.csv", "--channel", "manual"),
        ("orders", "import", "/nowhere/a.csv", "--channel", ODD),
        ("restore", f"/nowhere/{ODD}.gz"),
        (ODD,),
    ],
)
def test_what_is_no_utf8_is_refused_without_a_traceback(home: Home, arguments: tuple[str, ...]) -> None:
    done = home.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert done.err.isprintable() or done.err.splitlines()[-1].isprintable()


def test_a_file_may_have_any_name(home: Home) -> None:
    path = home.folder / f"{ODD}.csv"
    path.write_bytes(table(["TEA", "茶"], header=("sku", "name")))
    assert home.run("products", "import", path).code == 0
    assert home.run("backup", home.folder / f"{ODD}.gz").code == 0
    assert (home.folder / f"{ODD}.gz").exists()


def test_access_is_ended_and_given_back_for_those_who_exist(home: Home) -> None:
    done = home.run("access", "nobody", "--end")
    assert (done.code, "nobody signs in under this name" in done.err) == (2, True)
