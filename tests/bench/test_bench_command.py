"""`bench` measures ours beside raw SQL in databases of its own, on each engine at hand."""

import pytest
from tests.cli.conftest import NewHome
from tests.cli.homes import SERVER

FIELDS = ["name", "engine", "ours", "reference", "ratio"]


def test_the_statements_of_a_step_do_not_grow_with_its_batch(
    new_home: NewHome, capsys: pytest.CaptureFixture[str]
) -> None:
    home = new_home(sqlite=True)
    done = home.run("bench", "--only", "statements", "--json")
    assert done.code == 0, done.err
    assert list(done.document) == ["results"]
    rows = done.document["results"]
    assert all(list(row) == FIELDS for row in rows)
    assert {row["engine"] for row in rows} >= ({"sqlite", "postgresql"} if SERVER else {"sqlite"})
    for row in rows:
        if row["name"] == "statements.5000_against_10":
            assert row["ours"] == row["reference"]
        else:
            assert (row["name"], row["ours"] < row["reference"]) == ("statements.one_order_against_20", True)
    with capsys.disabled():
        print("\n" + "\n".join(f"bench {row['name']} {row['engine']}: ratio {row['ratio']:.2f}" for row in rows))
    assert not (home.folder / "zhanggui.sqlite3").exists(), "the company's own database was touched"


def test_a_bench_that_does_not_exist_measures_nothing_and_says_so(new_home: NewHome) -> None:
    done = new_home(sqlite=True).run("bench", "--only", "weather", "--json")
    assert (done.code, done.out) == (2, "")
    assert "statements" in done.err
