"""`doctor` looks at an installation and says what to do where something is not well."""

from typing import Any

import pytest
from tests.cli.conftest import NewHome
from tests.cli.homes import SERVER, Done, Home


@pytest.fixture(scope="module")
def home(new_home: NewHome) -> Home:
    """A home that its first command initialises."""
    return new_home()


def checks(done: Done) -> dict[str, Any]:
    return {row["name"]: row for row in done.document["checks"]}


def test_a_fresh_home_is_well_but_for_nobody_who_can_sign_in(home: Home) -> None:
    done = home.ask("doctor")
    found = checks(done)
    assert {"python", "static files", "schema", "clause register", "working calendar", "staff", "hash chain"} <= set(
        found
    )
    assert [name for name, row in found.items() if not row["ok"]] == ["staff"]
    assert "zhanggui invite" in found["staff"]["remedy"]
    assert done.code == 1
    assert any(name.startswith("postgresql" if SERVER else "sqlite") for name in found)
    assert all(list(row) == ["name", "ok", "found", "remedy"] for row in found.values())


def test_without_json_it_speaks_in_lines_on_stdout(home: Home) -> None:
    done = home.run("doctor")
    assert "LOOK staff: nobody yet -> run `zhanggui invite --roles owner`" in done.out.splitlines()


def test_a_key_that_others_can_read_is_found(home: Home) -> None:
    key = home.folder / "chain.key"
    key.chmod(0o644)
    try:
        assert not checks(home.ask("doctor"))["chain.key"]["ok"]
    finally:
        key.chmod(0o600)


def test_an_unpublished_year_is_named(home: Home) -> None:
    row = checks(home.ask("doctor", at="2040-06-01T09:00+08:00"))["working calendar"]
    assert not row["ok"]
    assert "2040" in row["found"]


@pytest.mark.parametrize(("day", "well"), [("2026-11-24", True), ("2026-12-19", True), ("2026-12-20", False)])
def test_the_notice_of_the_next_year_is_missed_only_shortly_before_it(home: Home, day: str, well: bool) -> None:
    row = checks(home.ask("doctor", at=f"{day}T09:00+08:00"))["working calendar"]
    assert row["ok"] is well
    assert "2027" in row["found"]
    assert "/calendar/" in row["found"] + row["remedy"]


def test_invite_prints_a_link_and_knows_departments_and_roles(home: Home) -> None:
    done = home.run("invite", "--department", "sales", "--roles", "sales", "--address", "http://shop:1", "--json")
    assert done.code == 0
    assert done.document["link"].startswith("http://shop:1/welcome/")
    assert home.run("invite", "--department", "nowhere").code == 2
    assert home.run("invite", "--roles", "king").code == 2


@pytest.mark.parametrize("arguments", [["nonsense"], ["doctor", "--as-of", "yesterday"], ["orders"], []])
def test_a_command_that_is_not_understood_exits_2_and_says_so_on_stderr(home: Home, arguments: list[str]) -> None:
    done = home.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert "usage: zhanggui" in done.err


def test_a_database_address_of_another_kind_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = Home(home.folder, "mysql://somewhere/x", home.statics)
    done = odd.run("doctor", "--json")
    assert (done.code, done.out) == (2, "")
    assert "postgresql://" in done.err


def test_a_database_that_does_not_answer_exits_2(home: Home) -> None:
    done = Home(home.folder, "postgresql://nobody@127.0.0.1:1/x", home.statics).run("doctor", "--json")
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err


@pytest.mark.parametrize("lost", ["behind", "missing"])
def test_a_lost_counter_of_numbers_is_found_and_mended_by_its_remedy(
    own_company: Home, new_home: NewHome, lost: str
) -> None:
    assert checks(own_company.ask("doctor"))["numbers of facts"]["ok"]
    lose(own_company, lost)
    done = own_company.ask("doctor")
    row = checks(done)["numbers of facts"]
    assert (done.code, row["ok"]) == (1, False)
    assert "zhanggui restore" in row["remedy"]
    archive, mended = own_company.folder / "mend.gz", new_home(keys_of=own_company)
    assert own_company.run("backup", archive).code == 0
    assert mended.run("restore", archive).code == 0
    assert checks(mended.ask("doctor"))["numbers of facts"]["ok"]
    done = mended.ask("orders", "process")
    assert done.document["per_stage"]["shipped"]["accepted"] > 0


def lose(home: Home, how: str) -> None:
    """Set the sequence of facts back to its middle, or to where a new database stands."""
    if how == "behind":
        home.sql(
            "SELECT setval('journal_fact_id', 3)" if home.url else "UPDATE journal_idcounter SET last = 3 WHERE id = 1"
        )
    else:
        home.sql("ALTER SEQUENCE journal_fact_id RESTART" if home.url else "DELETE FROM journal_idcounter")
