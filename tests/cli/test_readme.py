"""The five minutes of the README do what the README says, command by command."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.cli.conftest import NewHome
from tests.cli.homes import Home

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
STATES = "SELECT state, short_at IS NOT NULL FROM orders_order ORDER BY external_id"


def blocks() -> list[str]:
    """The commands from the first file of the shop to its first verdict."""
    every = BLOCK.findall(README.read_text(encoding="utf-8"))
    first = next(at for at, text in enumerate(every) if "products.csv" in text)
    last = next(at for at, text in enumerate(every) if "compliance" in text)
    return every[first : last + 1]


def carried_out(text: str, home: Home, place: Path) -> list[str]:
    """Carry out a block as a shell does; give the lines that it printed."""
    environment = home.environment | {"HOME": str(home.folder.parent)}
    done = subprocess.run(
        ["bash", "-u"], input=text, env=environment, cwd=place, capture_output=True, text=True, timeout=300
    )
    assert "command not found" not in done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout.splitlines()


def test_one_order_is_shipped_one_is_short_one_on_hold_then_all_go_on_late(new_home: NewHome, tmp_path: Path) -> None:
    home = replace(new_home(), folder=tmp_path / "zhanggui-shop")
    place = tmp_path / "checkout"
    command = place / ".venv" / "bin" / "zhanggui"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zhanggui.cli.main "$@"\n')
    command.chmod(0o755)
    files, shop, further = blocks()
    carried_out(files, home, place)
    told = carried_out(shop, home, place)
    assert [(state, bool(short)) for state, short in home.sql(STATES)] == [
        ("shipped", False), ("confirmed", True), ("held", False)
    ]  # fmt: skip
    assert any("POT-03 x 1" in line for line in told)
    assert any("TEA-99" in line for line in told)
    assert all(", 0 violations" in line for line in told if " checked, " in line)
    last = carried_out(further, home, place)[-1]
    assert "fail 0/3" in " ".join(last.split())
    assert [state for state, _ in home.sql(STATES)] == ["shipped"] * 3
