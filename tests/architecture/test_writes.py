"""Rows are written by steps and by the hands of the journal, nowhere else."""

import ast
import re
from collections.abc import Iterator

import pytest
from tests.architecture.source import Offence, Source, product, report, source_of

ALWAYS_WRITE = {
    "bulk_create", "bulk_update", "get_or_create", "update_or_create", "create_user",
    "executemany", "executescript",
}  # fmt: skip
RUN_PRIMITIVES = {"insert", "update", "move"}
STATEMENT = re.compile(
    r"^\s*(INSERT\s+(OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE\s+\S+\s+(AS\s+\w+\s+)?SET|DELETE\s+FROM|TRUNCATE|MERGE\s+INTO"
    r"|WITH\b.*\b(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM))\b",
    re.DOTALL,
)
MAY_WRITE = {
    "journal/writing.py": "the hands that write",
    "kernel/sql.py": "spells the statements that those hands run",
    "delivery/rules.py": "the text of the claim, run by its steps",
    "cli/archive.py": "takes a whole archive into an empty database",
    "cli/bench/history.py": "makes what a bench stands on",
    "cli/bench/intake.py": "the raw insert that an import is measured against",
    "cli/bench/reference.py": "the raw SQL that steps are measured against",
    "oversight/verification/queries/guards.py": "tries forbidden writes and rolls them back",
    "people/lists.py": "keeps the filters and columns of a person's lists, which are no facts of the company",
    "sales/invoices/wishes.py": "the steps by which wishes come in and follow their orders, split off by noun",
    "sales/shortages/answers.py": "the steps by which customers choose and promises fail, split off by noun",
    "connectors/intake/joining.py": "the step by which halves of orders come in, split off by noun",
    "connectors/intake/mappings.py": "the steps that keep, name and take away mappings, split off by noun",
    "sales/orders/intake.py": "the steps by which orders come in, split off by noun",
    "sales/orders/holds.py": "the steps by which orders wait and go on, split off by noun",
    "sales/orders/parts.py": "what leaves the shelf, written beside the lines it is for",
    "sales/orders/switches.py": "the steps that turn rules on and off and keep the blocklist",
    "sales/orders/corrections.py": "the step that corrects a receiver",
    "sales/orders/children.py": "orders that come out of other orders, split off by noun",
    "sales/orders/parcels.py": "in whose parcel orders go, split off by noun",
    "sales/orders/turns.py": "the steps that say which orders are served first",
    "obligations/copies.py": "clocks that go on for another subject, split off by noun",
}


def is_home_of_writes(source: Source) -> bool:
    """Tell whether rows may be written in this file: steps, processes, and the few named above."""
    return source.place.endswith("/steps.py") or source.inside.startswith("processes/") or source.inside in MAY_WRITE


def writes_in(source: Source) -> list[Offence]:
    """Return every call and every SQL text that writes rows."""
    found = [
        Offence(source.place, node.lineno, what)
        for node in ast.walk(source.tree)
        if (what := _call_that_writes(node) or _text_that_writes(node))
    ]
    return sorted(found, key=lambda offence: offence.line)


def _call_that_writes(node: ast.AST) -> str | None:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    name, chain = node.func.attr, set(_chain(node.func.value))
    only_keywords = not node.args
    writes = (
        name in ALWAYS_WRITE
        or (name == "create" and "objects" in chain)
        or (name in ("save", "delete") and only_keywords)
        or (name == "update" and ((bool(node.keywords) and only_keywords) or "objects" in chain))
        or (name in RUN_PRIMITIVES and "run" in chain)
    )
    return f".{name}(…)" if writes else None


def _chain(node: ast.AST) -> Iterator[str]:
    """Give the names that a call's receiver is made of: `a.objects.filter(…)` is a, objects, filter."""
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            yield node.attr
            node = node.value
        elif isinstance(node, ast.Name):
            yield node.id
            return
        else:
            return


def _text_that_writes(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    else:
        return None
    return f"SQL {text.strip()[:30]!r}" if STATEMENT.match(text) else None


def test_rows_are_written_only_where_steps_live() -> None:
    stray = [offence for source in product() if not is_home_of_writes(source) for offence in writes_in(source)]
    assert not stray, report(stray)


def test_every_exception_is_still_needed() -> None:
    places = {source.inside: source for source in product()}
    unneeded = [place for place in MAY_WRITE if place not in places or not writes_in(places[place])]
    assert not unneeded, f"no writes any more: {unneeded}"


@pytest.mark.parametrize(
    "text",
    [
        "order.save()",
        "order.save(update_fields=['state'])",
        "Order.objects.create(number='1')",
        "Order.objects.bulk_create(rows)",
        "Order.objects.filter(pk=1).update(state='held')",
        "rows.update(state='held')",
        "rows.delete()",
        "context.run.insert(Order, {})",
        "cursor.execute('INSERT INTO orders_order VALUES (1)')",
        "cursor.execute(f'UPDATE {table} SET state = 1')",
        "cursor.execute('delete from orders'.upper() or 'DELETE FROM orders')",
        "cursor.execute('WITH due AS (SELECT 1) UPDATE orders SET state = 1')",
    ],
)
def test_a_write_elsewhere_is_noticed(text: str) -> None:
    assert writes_in(source_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "counts.update(more)",
        "total.update(b'bytes')",
        "workbook.save(path)",
        "forms.create(1)",
        "note = 'UPDATE your settings'",
        "cursor.execute('SELECT 1')",
    ],
)
def test_what_writes_no_rows_is_left_alone(text: str) -> None:
    assert not writes_in(source_of(text))
