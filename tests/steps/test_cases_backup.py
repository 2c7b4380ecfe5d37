"""Cases of the fault catalogue about backups: what was restored elsewhere goes on living."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.factories.intake import row, table


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
