"""Set-up leaves a command that works from anywhere, and does nothing when there is nothing to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools import setup


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout in a folder whose name needs quoting, with a private environment that is a link to ours."""
    root = tmp_path / "a shop's folder"
    package = root / "src" / "zhanggui" / "cli"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "main.py").write_text("import sys\ndef main():\n    print(sys.argv)\n    return 3\n")
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(setup, "ROOT", root)
    monkeypatch.setattr(setup, "VENV", root / ".venv")
    monkeypatch.setattr(setup, "PYTHON", root / ".venv" / "bin" / "python")
    return root


def test_the_command_passes_arguments_and_exit_code_on(elsewhere: Path, tmp_path: Path) -> None:
    setup._command()
    (tmp_path / "zhanggui.py").write_text("raise SystemExit('a file of the working folder was run')")
    done = subprocess.run(
        [str(elsewhere / ".venv" / "bin" / "zhanggui"), "orders", "import", "my file.csv"],
        cwd=tmp_path, env={"PYTHONPATH": str(elsewhere / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert done.stdout.strip() == "['zhanggui', 'orders', 'import', 'my file.csv']"


def test_a_stamp_holds_until_a_source_changes(elsewhere: Path) -> None:
    lock = elsewhere / "lock.txt"
    lock.write_text("a==1")
    assert not setup._stamped("packages", [lock])
    setup._stamp("packages", [lock])
    assert setup._stamped("packages", [lock])
    lock.write_text("a==2")
    assert not setup._stamped("packages", [lock])


def test_an_environment_that_does_not_run_is_not_sound(elsewhere: Path) -> None:
    (elsewhere / ".venv" / "bin" / "python").unlink()
    (elsewhere / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert not setup._sound()


def test_an_old_python_is_told_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup.sys, "version_info", (3, 10, 4))
    assert setup.main([]) == 2
    assert "3.11 or newer" in capsys.readouterr().err
