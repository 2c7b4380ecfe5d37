"""What is read is set aside: grouped by key in the order of the file, on disk once it is much."""

from pathlib import Path

import pytest

from zhanggui.connectors.intake import spool as module
from zhanggui.connectors.intake.spool import Fields, Spool


@pytest.mark.parametrize("tail", [0, 100, 1_000_000])
@pytest.mark.parametrize("window", [1, 200, 64 * 1024])
def test_rows_come_back_by_key_however_they_lay(
    tail: int, window: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TAIL_BYTES", tail)
    monkeypatch.setattr(module, "WINDOW_BYTES", window)
    spool = Spool[Fields](tmp_path)
    for number in range(300):
        spool.add(f"K{number * 7 % 50}", [(number, "单元格", (number, "深"))])
    spool.close()
    assert len(spool) == 50
    for place, (key, rows) in enumerate(spool.groups()):
        assert key == f"K{place * 7 % 50}"
        assert rows == [(number, "单元格", (number, "深")) for number in range(place, 300, 50)]
    assert spool.group(3) == next(one for at, one in enumerate(spool.groups()) if at == 3)


@pytest.mark.parametrize(
    "row",
    [(1, "\ud800", None), (2**63 - 1, -(2**63), True, False), (), (("深", (1, ())), '\u2028\x00"\\')],
    ids=["a lone surrogate", "large numbers and truths", "nothing", "tuples in tuples"],
)
def test_a_row_comes_back_as_it_was_given(row: Fields, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAIL_BYTES", 0)
    spool = Spool[Fields](tmp_path)
    spool.add("键\ud800", [row])
    assert repr(spool.group(0)) == repr(("键\ud800", [row]))


def test_nothing_of_it_is_left_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAIL_BYTES", 10)
    spool = Spool[Fields](tmp_path)
    spool.add("A", [(1, "x" * 100)])
    assert spool.group(0) == ("A", [(1, "x" * 100)])
    assert list(tmp_path.iterdir()) == []
