"""What the documents say is checked as far as a test can: titles, links, commands, and the map of cases."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest
from tests.architecture.source import ROOT

CASES = ROOT / "docs" / "cases.md"
RANGES = {
    "A": (1, 22), "B": (21, 40), "C": (1, 23), "D": (1, 33), "E": (1, 18), "F": (1, 11), "G": (1, 14),
    "H": (1, 22), "I": (1, 10), "J": (1, 10), "K": (1, 10), "L": (1, 10),
}  # fmt: skip
ROW = re.compile(r"^\|\s*(?P<case>[A-Z]-\d\d)\s*\|(?P<rest>.*)\|\s*$")
REFERENCE = re.compile(r"(tests/[\w/.-]+\.py)::(\w+(?:::\w+)?)")
LATER = re.compile(r"\blater, with \S+")
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)]*)?\)")


def documents() -> list[Path]:
    """Return every document of the project."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@lru_cache(maxsize=256)
def names_of_tests(place: str) -> frozenset[str]:
    """Return the names of tests in a file, `Class::name` for those in a class; nothing for a missing file."""
    path = ROOT / place
    if not path.is_file():
        return frozenset()
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}::{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
            names.add(node.name)
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(names)


def faults_of_map(text: str) -> list[str]:
    """Return what is wrong with a map of cases: missing, doubled, without answer, naming no test."""
    rows = [match for line in text.splitlines() if (match := ROW.match(line))]
    named = [match["case"] for match in rows]
    faults = [f"{case}: missing" for case in wanted() if case not in named]
    faults += [f"{case}: twice" for case in sorted(set(named)) if named.count(case) > 1]
    faults += [f"{case}: no such case" for case in named if case not in wanted()]
    for match in rows:
        references = REFERENCE.findall(match["rest"])
        if not references and not LATER.search(match["rest"]):
            faults.append(f"{match['case']}: neither a test nor `later, with …`")
        faults += [
            f"{match['case']}: no test {place}::{name}"
            for place, name in references
            if name not in names_of_tests(place)
        ]
    return faults


def wanted() -> list[str]:
    """Return the number of every case of the fault catalogue."""
    return [f"{letter}-{number:02}" for letter, (first, last) in RANGES.items() for number in range(first, last + 1)]


@pytest.mark.skipif(not CASES.exists(), reason="docs/cases.md is not written yet")
def test_every_case_has_its_test_or_says_with_what_it_comes() -> None:
    faults = faults_of_map(CASES.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


def test_a_wrong_map_is_noticed() -> None:
    here = "tests/architecture/test_docs.py"
    lines = [f"| {case} | later, with returns |" for case in wanted() if case not in ("A-01", "A-02", "A-03")]
    lines += [
        f"| A-01 | {here}::test_a_wrong_map_is_noticed |",
        f"| A-02 | {here}::test_of_dreams |",
        "| A-03 | – |",
    ]
    assert faults_of_map("\n".join(lines)) == [
        f"A-02: no test {here}::test_of_dreams",
        "A-03: neither a test nor `later, with …`",
    ]
    assert faults_of_map("\n".join([*lines[:-1], "| A-01 | later, with x |"]))[:2] == [
        "A-03: missing",
        "A-01: twice",
    ]


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in documents()
        for target, _ in LINK.findall(path.read_text(encoding="utf-8"))
        if not (path.parent / target).exists()
    ]
    assert documents()
    assert not broken


def test_every_decision_is_numbered_and_titled_with_the_decision() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in pages]
    assert len(numbers) == len(set(numbers))
    for path in pages:
        title = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), path.name
        assert title.startswith("# "), path.name
        assert len(title.split()) >= 4, f"{path.name}: the title states the decision"
        assert not title.endswith("?"), path.name


def test_no_document_names_a_target_that_make_lacks() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        (path.name, target)
        for path in documents()
        for target in re.findall(r"`make ([a-z-]+)[^`]*`", path.read_text(encoding="utf-8"))
    }
    assert not {pair for pair in named if pair[1] not in known}


def test_no_file_names_a_place_of_one_machine() -> None:
    machine = re.compile(r"(?<![\w.])/(root|home/\w+|work/\w+)\b")
    places = [*documents(), *ROOT.glob("regulation/*.yaml"), *ROOT.glob("tools/*"), ROOT / "Makefile"]
    found = [
        path.relative_to(ROOT).as_posix()
        for path in places
        if path.is_file() and machine.search(path.read_text(encoding="utf-8"))
    ]
    assert not found
