"""What is owed, how the clauses stand, and whether the books are right."""

from pathlib import Path

import pytest
import yaml
from tests.cli.homes import MOMENT, Home

KEYS = {"clause", "state", "numerator", "denominator"}
STATES = {"pass", "fail", "not_applicable", "error", "not_checked"}
REGULATION = Path(__file__).resolve().parents[2] / "regulation"


def numbers_of_the_document() -> list[str]:
    pages = [yaml.safe_load(path.read_text()) for path in sorted(REGULATION.glob("*.yaml"))]
    return [number for page in pages for number in page["clauses"]]


def test_compliance_reports_every_clause_of_the_document_once(company: Home) -> None:
    done = company.ask("compliance")
    rows = done.document["clauses"]
    assert sorted(row["clause"] for row in rows) == sorted(numbers_of_the_document())
    assert all(set(row) == KEYS and row["state"] in STATES for row in rows)
    by_clause = {row["clause"]: row for row in rows}
    assert by_clause["2.1.3.1"]["state"] == "fail"
    assert by_clause["1.2"]["state"] == "pass"
    assert by_clause["2.1.1.2a"] == {
        "clause": "2.1.1.2a", "state": "not_checked", "numerator": None, "denominator": None
    }  # fmt: skip
    assert done.code == 1


def test_compliance_of_one_clause_and_of_a_period(company: Home) -> None:
    whole = company.ask("compliance", "--clause", "2.3.2.1").document["clauses"]
    assert [row["clause"] for row in whole] == ["2.3.2.1"]
    parts = [
        company.ask("compliance", "--clause", "2.3.2.1", *edge).document["clauses"][0]
        for edge in (("--to", "2026-03-01"), ("--from", "2026-03-01"))
    ]
    assert sum(row["denominator"] for row in parts) == whole[0]["denominator"]
    nothing = company.ask("compliance", "--clause", "2.3.2.1", "--to", "2020-01-01")
    assert nothing.document["clauses"][0]["state"] == "not_applicable"
    assert nothing.code == 0


def test_compliance_says_first_of_which_period_its_figures_are(company: Home) -> None:
    assert company.run("compliance").out.splitlines()[0] == "cases of the whole record"
    bounded = company.run("compliance", "--from", "2026-03-01T00:00+08:00", "--to", "2026-03-02T00:00+08:00")
    assert bounded.out.splitlines()[0] == "cases that began from 2026-03-01 00:00 until 2026-03-02 00:00"


@pytest.mark.parametrize("command", ["compliance", "obligations"])
def test_a_clause_that_does_not_exist_exits_2(company: Home, command: str) -> None:
    done = company.ask(command, "--clause", "9.9.9")
    assert (done.code, done.out) == (2, "")
    assert "9.9.9" in done.err


def test_obligations_count_the_clocks_and_list_the_running_ones_by_urgency(company: Home) -> None:
    done = company.ask("obligations", "--open")
    rows = {row["clause"]: row for row in done.document["clauses"]}
    assert all(set(row) >= KEYS for row in rows.values())
    ours = company.sql("SELECT clause, COUNT(*) FROM obligations_obligation WHERE state = 'met' GROUP BY clause")
    assert {clause: rows[clause]["numerator"] for clause, _ in ours} == dict(ours)
    listed = done.document["open"]
    assert [one["due_at"] for one in listed] == sorted(one["due_at"] for one in listed)
    (running,) = company.sql(
        "SELECT COUNT(*) FROM obligations_obligation WHERE state IN ('open', 'paused', 'breached')"
    )
    assert len(listed) == running[0] > 0
    assert done.code == 1
    one = company.ask("obligations", "--open", "--clause", "2.1.3.1").document
    assert {row["clause"] for row in [*one["clauses"], *one["open"]]} == {"2.1.3.1"}


def test_verify_answers_for_every_invariant(company: Home) -> None:
    done = company.ask("verify", "--all")
    rows = done.document["invariants"]
    assert done.code == 0
    assert all(list(row) == ["id", "checked", "violations"] for row in rows)
    wanted = {"S1", "S6", "O1", "O5", "O7", "O9", "P1", "P3", "D1", "D6", "J1", "J5", "A1", "A2", "A5"}
    assert wanted <= {row["id"] for row in rows}
    assert sum(row["checked"] for row in rows) > 1_000


def test_verify_of_one_invariant_and_of_none_that_exists(company: Home) -> None:
    assert [row["id"] for row in company.ask("verify", "--only", "S1").document["invariants"]] == ["S1"]
    done = company.ask("verify", "--only", "S99")
    assert (done.code, done.out) == (2, "")
    assert "S99" in done.err


def test_a_planted_corruption_is_found_named_and_never_repaired(own_company: Home) -> None:
    own_company.sql(
        "UPDATE inventory_stockbalance SET on_hand = on_hand + 1"
        " WHERE id = (SELECT MIN(id) FROM inventory_stockbalance)"
    )
    own_company.sql("UPDATE orders_order SET version = version + 1 WHERE id = (SELECT MAX(id) FROM orders_order)")
    for _ in range(2):
        done = own_company.run("verify", "--json", "--as-of", MOMENT)
        assert done.code == 1
        bad = {row["id"]: row["violations"] for row in done.document["invariants"] if row["violations"]}
        assert bad == {"S1": 1, "O9": 1}
        assert "S1 balance" in done.err


def test_a_chain_under_another_key_is_found(own_company: Home) -> None:
    (own_company.folder / "chain.key").write_text("another key")
    done = own_company.ask("verify", "--only", "A1")
    assert (done.code, done.document["invariants"][0]["violations"] > 0) == (1, True)


def test_what_cannot_be_checked_exits_2_and_never_passes(own_company: Home) -> None:
    own_company.sql("ALTER TABLE orders_order RENAME COLUMN version TO odd")
    done = own_company.ask("verify", "--only", "O9")
    assert (done.code, done.out) == (2, "")
    assert "O9" in done.err
    assert "Traceback" not in done.err
