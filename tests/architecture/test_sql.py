"""SQL as text stands only where decision 0008 says why."""

import ast
import re
from collections.abc import Iterator

import pytest
from tests.architecture.source import ROOT, Source, product, source_of

STATEMENTS = {
    "cli/archive.py", "cli/bench/history.py", "cli/bench/intake.py", "cli/bench/pages.py", "cli/bench/reference.py",
    "cli/health.py", "cli/home.py", "config/home.py", "delivery/rules.py", "delivery/steps.py",
    "journal/queries.py", "kernel/sql.py", "oversight/verification/queries/", "regulation/queries.py",
}  # fmt: skip
CONDITIONS = {
    "obligations/queries.py", "obligations/steps.py", "portal/reading/paging.py", "sales/orders/finding.py",
    "sales/orders/queries.py",
}  # fmt: skip
STATEMENT = re.compile(
    r"\s*(SELECT\s|INSERT INTO\s|UPDATE\s\S+\sSET\s|DELETE FROM\s|WITH\s\w+(\s\(.*\))?\sAS\s|PRAGMA\s|VACUUM|ATTACH\s"
    r"|(CREATE|DROP|ALTER)\s(TABLE|INDEX|TRIGGER|SEQUENCE|FUNCTION|DATABASE)\s|SET\s(TRANSACTION|LOCAL)\s|TRUNCATE\s)"
)
DECISION = ROOT / "docs" / "decisions" / "0008-line-length-and-sql-text.md"


def sql_in(source: Source) -> set[str]:
    """Return whether a file holds whole statements, conditions, or none: `statements`, `conditions`."""
    return set(_kinds(source))


def _kinds(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value):
            yield "statements"
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("extra", "RawSQL", "raw") and not (name == "raw" and not node.args):
                yield "conditions"


def home_of(inside: str) -> str:
    """Return the entry of the lists that a file belongs to."""
    return next((place for place in STATEMENTS if place.endswith("/") and inside.startswith(place)), inside)


def found(kind: str) -> set[str]:
    """Return the places of the product, migrations aside, that hold SQL of a kind."""
    files = [source for source in product() if "/migrations/" not in source.inside]
    return {home_of(source.inside) for source in files if kind in sql_in(source)}


def test_whole_statements_stand_where_the_decision_lists_them() -> None:
    assert found("statements") == STATEMENTS


def test_conditions_as_text_stand_where_the_decision_lists_them() -> None:
    assert found("conditions") - STATEMENTS == CONDITIONS


def test_the_decision_names_every_place() -> None:
    text = DECISION.read_text(encoding="utf-8")
    assert [place for place in sorted(STATEMENTS | CONDITIONS) if f"`{place}`" not in text] == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('x = "SELECT 1"', {"statements"}),
        ('x = f"UPDATE {table} SET a = 1"', set()),
        ('x = "UPDATE orders SET a = 1"', {"statements"}),
        ("rows.extra(where=['a'])", {"conditions"}),
        ("RawSQL(text, ())", {"conditions"}),
        ('x = "Select a file, then press Import."', set()),
    ],
)
def test_sql_is_noticed(text: str, kinds: set[str]) -> None:
    assert sql_in(source_of(text)) == kinds
