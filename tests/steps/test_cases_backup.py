"""Cases of the fault catalogue about backups: whole or refused, never over a company, usable afterwards."""

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.factories.intake import row, table
from tests.factories.orders import bring, open_company
from tests.factories.steps import contents

from zhanggui.cli import archive
from zhanggui.cli.archive import ArchiveRefused, read_archive, write_archive

Damage = Callable[[bytes], bytes]


def other_format(packed: bytes) -> bytes:
    return gzip.compress(gzip.decompress(packed).replace(b"zhanggui-archive/1", b"zhanggui-archive/9", 1))


def one_figure_changed(packed: bytes) -> bytes:
    text = gzip.decompress(packed)
    assert b"TEA" in text
    return gzip.compress(text.replace(b"TEA", b"TEE", 1))


def last_line_cut(packed: bytes) -> bytes:
    return gzip.compress(b"\n".join(gzip.decompress(packed).splitlines()[:-2]))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "damage",
    [
        lambda packed: packed[:-20], lambda packed: packed[: len(packed) // 2], lambda _: b"",
        lambda _: b"PK\x03\x04 another program's", other_format, one_figure_changed, last_line_cut,
    ],
    ids=["end cut", "half", "empty", "no archive", "other format", "changed", "line cut"],
)  # fmt: skip
def test_K04_a_backup_that_is_not_whole_is_refused_before_anything_is_written(tmp_path: Path, damage: Damage) -> None:
    bring(open_company(TEA=10), 3, {"TEA": 1}, "reserved")
    path = tmp_path / "company.zip"
    write_archive(path)
    path.write_bytes(damage(path.read_bytes()))
    before = contents(journal=True)
    with pytest.raises(ArchiveRefused, match=r"damaged|format|digest"):
        read_archive(path)
    assert contents(journal=True) == before


@pytest.mark.django_db(transaction=True)
def test_K10_a_restore_never_goes_over_a_company_that_is_there(tmp_path: Path) -> None:
    bring(open_company(TEA=10), 3, {"TEA": 1})
    write_archive(tmp_path / "company.zip")
    before = contents(journal=True)
    with pytest.raises(ArchiveRefused, match="already holds data"):
        read_archive(tmp_path / "company.zip")
    assert contents(journal=True) == before


@pytest.mark.django_db(transaction=True)
def test_B36_an_unfinished_backup_never_bears_the_final_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(open_company(TEA=10), 3, {"TEA": 1})
    path = tmp_path / "company.zip"
    write_archive(path)
    good = path.read_bytes()
    lines = archive._lines

    def break_off() -> Any:
        yield from (line for line, _ in zip(lines(), range(5), strict=False))
        raise KeyboardInterrupt

    monkeypatch.setattr(archive, "_lines", break_off)
    with pytest.raises(KeyboardInterrupt):
        write_archive(path)
    assert path.read_bytes() == good


def test_K02_after_a_restore_elsewhere_the_books_are_right_and_the_next_order_comes_in(tmp_path: Path) -> None:
    """On SQLite in both passes: two homes of their own, each command a process of its own."""

    def zhanggui(home: str, *arguments: object) -> dict[str, Any]:
        own = {
            "DJANGO_SETTINGS_MODULE": "zhanggui.config.settings", "ZHANGGUI_HOME": str(tmp_path / home),
            "ZHANGGUI_DATABASE_URL": "", "ZHANGGUI_CHAIN_KEY": "kept apart", "PYTHONPATH": os.pathsep.join(sys.path),
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "zhanggui.cli.main", *map(str, arguments), "--json"],
            env={**os.environ, **own}, capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    goods = table(["TEA", "茶"], header=("商家编码", "商品名称"))
    files = {"goods": goods, "stock": table(["TEA", 9], header=("商家编码", "数量")), "old": table(row("A1")),
             "new": table(row("A2"))}  # fmt: skip
    for name, content in files.items():
        (tmp_path / f"{name}.csv").write_bytes(content)
    zhanggui("first", "products", "import", tmp_path / "goods.csv")
    zhanggui("first", "stock", "import", tmp_path / "stock.csv")
    zhanggui("first", "orders", "import", tmp_path / "old.csv", "--channel", "manual")
    zhanggui("first", "orders", "process")
    saved = zhanggui("first", "backup", tmp_path / "company.zip")
    assert zhanggui("second", "restore", tmp_path / "company.zip") == saved
    assert zhanggui("second", "backup", tmp_path / "again.zip") == saved
    old, new = (
        zhanggui("second", "orders", "import", tmp_path / f"{name}.csv", "--channel", "manual")
        for name in ("old", "new")
    )
    assert (old["unchanged"], new["new"]) == (1, 1)
    assert zhanggui("second", "orders", "process")["per_stage"]["shipped"]["accepted"] == 1
    found = zhanggui("second", "verify", "--all")["invariants"]
    assert sum(one["violations"] for one in found) == 0
    assert sum(one["checked"] for one in found) > 50
