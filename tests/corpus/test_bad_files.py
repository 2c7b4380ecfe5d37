"""Every bad file of the corpus gets the verdict that it must get, and none brings the reader down."""

from pathlib import Path

import pytest
from tests.cast import MONDAY_MORNING
from tests.corpus.bad_files import FILE, BadFile, bad_files

from zhanggui.connectors.intake.parsing import parse_file
from zhanggui.connectors.spreadsheets.records import FileRefused

CORPUS = {bad.name: bad for bad in bad_files()}


def verdict(bad: BadFile, folder: Path) -> tuple[str, list[str]]:
    """Give the code of the whole file, and the codes of its refused rows."""
    path = folder / "orders"
    path.write_bytes(bad.content)
    try:
        parsed = parse_file(path, "orders", name=bad.name, channel="taobao", as_of=MONDAY_MORNING)
    except FileRefused as refused:
        return refused.code, []
    return "", [row.code for row in parsed.refusals]


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(CORPUS))
def test_a_bad_file_gets_its_verdict(name: str, tmp_path: Path) -> None:
    bad = CORPUS[name]
    whole, rows = verdict(bad, tmp_path)
    assert (whole, rows) == ((bad.code, []) if bad.where == FILE else ("", [bad.code]))


def test_the_corpus_is_as_large_as_promised_and_the_same_for_the_same_seed() -> None:
    assert len(CORPUS) >= 150
    assert {bad.name: bad.content for bad in bad_files()} == {name: bad.content for name, bad in CORPUS.items()}
    assert {bad.name: bad.content for bad in bad_files(2)} != {name: bad.content for name, bad in CORPUS.items()}
