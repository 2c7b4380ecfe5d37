"""Set up a private Python environment beside the code; a repeat with nothing to do takes no time.

    python3 tools/setup.py            what running needs: packages, command, translations, static files
    python3 tools/setup.py --dev      what tests and checks need besides

Packages come from the hash-locked files under requirements/ through pip. Nothing is built, and only `.venv`
and `build` are touched. The command `.venv/bin/zhanggui` is written here, without a packaging tool.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
BUILD = ROOT / "build"
PACKAGE = ROOT / "src" / "zhanggui"
MINIMUM = (3, 11)

NO_VENV = """\
zhanggui: this Python cannot make a virtual environment with pip in it.
On Debian and Ubuntu that part is a package of its own; install it and run the same command again:

    apt-get install python3-venv
"""
NO_PYTHON = "zhanggui: Python 3.11 or newer is needed; this is {version}. Name another with PYTHON=/path/to/python3"
LAUNCHER = """\
#!/bin/sh
exec {python} -P -X utf8 -c 'import sys
sys.argv[0] = "zhanggui"
from zhanggui.cli.main import main
sys.exit(main())' "$@"
"""


class SetupFailed(RuntimeError):
    """The environment could not be made; the text says what to do."""


def main(arguments: list[str]) -> int:
    """Do what is missing, in order; each part has a stamp that says what it was made from."""
    if sys.version_info < MINIMUM:
        print(NO_PYTHON.format(version=sys.version.split()[0]), file=sys.stderr)
        return 2
    try:
        _environment()
        _packages("dev" if "--dev" in arguments else "core")
        _command()
        _translations()
        _static_files()
    except SetupFailed as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


def _environment() -> None:
    """Make `.venv`, or make it again when it does not run or was made for another folder."""
    if _sound():
        return
    _say("making a private Python environment in .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if done.returncode == 0 and _sound():
        return
    _environment_with_distribution_pip()


def _environment_with_distribution_pip() -> None:
    """Help a Debian Python without `ensurepip`: unpack the distribution's own pip, installing nothing.

    Raises: SetupFailed when the package cannot be fetched.
    """
    shutil.rmtree(VENV, ignore_errors=True)
    bare = [sys.executable, "-m", "venv", "--without-pip", str(VENV)]
    with tempfile.TemporaryDirectory() as folder:
        fetch = ["apt-get", "download", "-q", "python3-pip-whl"]
        unpack = f"dpkg-deb -x {shlex.quote(folder)}/python3-pip-whl_*.deb {shlex.quote(folder)}"
        try:
            _quiet(bare)
            if subprocess.run(fetch, cwd=folder, capture_output=True).returncode != 0 and os.geteuid() == 0:
                _quiet(["apt-get", "update", "-q"])
                _quiet(fetch, cwd=folder)
            _quiet(["sh", "-c", unpack])
            wheel = next(Path(folder).glob("usr/share/python-wheels/pip-*.whl"))
            _quiet([str(PYTHON), f"{wheel}/pip", "install", "-q", "--no-index", str(wheel)])
        except (OSError, StopIteration, subprocess.CalledProcessError):
            shutil.rmtree(VENV, ignore_errors=True)
            raise SetupFailed(NO_VENV) from None


def _sound() -> bool:
    """Tell whether `.venv` has a Python that runs, new enough, with pip, made for this folder."""
    test = f"import sys, pip; sys.exit(sys.version_info < {MINIMUM} or sys.prefix != {str(VENV)!r})"
    try:
        return subprocess.run([str(PYTHON), "-c", test], capture_output=True).returncode == 0
    except OSError:
        return False


def _packages(kind: str) -> None:
    """Install the lock; `dev` holds everything that `core` holds."""
    lock = ROOT / "requirements" / f"{kind}.txt"
    if _stamped("packages-dev", [ROOT / "requirements" / "dev.txt"]):
        return
    if kind == "core" and _stamped("packages-core", [lock]):
        return
    _say(f"installing the packages of requirements/{kind}.txt")
    command = [
        str(PYTHON), "-m", "pip", "install", "-q", "--require-hashes", "--only-binary", ":all:",
        "--disable-pip-version-check", "--no-input", "-r", str(lock),
    ]  # fmt: skip
    if subprocess.run(command, env={**_variables(), "PIP_ROOT_USER_ACTION": "ignore"}).returncode != 0:
        raise SetupFailed(
            f"zhanggui: pip could not install requirements/{kind}.txt (see above). It needs a package"
            " index or mirror: is this machine online, and is pip told about your mirror?"
        )
    _stamp(f"packages-{kind}", [lock])


def _command() -> None:
    """Put the code on the environment's path and write the command `zhanggui`.

    The path is relative: Python reads it in the locale's encoding, which may not know the folder's name.
    """
    for place in (VENV / "lib").glob("python3*/site-packages"):
        _write(place / "zhanggui.pth", f"{Path(os.path.relpath(ROOT / 'src', place)).as_posix()}\n")
    launcher = VENV / "bin" / "zhanggui"
    _write(launcher, LAUNCHER.format(python=shlex.quote(str(PYTHON))))
    launcher.chmod(0o755)


def _translations() -> None:
    sources = sorted((PACKAGE / "locale").glob("*/LC_MESSAGES/*.po"))
    compiled = [path.with_suffix(".mo") for path in sources]
    if _stamped("translations", sources) and all(path.exists() for path in compiled):
        return
    _inside("compiling translations", [str(ROOT / "tools" / "translations.py"), "--compile"])
    _stamp("translations", sources)


def _static_files() -> None:
    own = (path for path in PACKAGE.rglob("*") if "static" in path.parts and path.is_file())
    sources = [*sorted(own), ROOT / "requirements" / "core.txt", PACKAGE / "config" / "settings.py"]
    if _stamped("static", sources) and (BUILD / "static").is_dir():
        return
    _inside("collecting static files", ["-m", "django", "collectstatic", "--noinput", "-v", "0"])
    _stamp("static", sources)


def _inside(what: str, arguments: list[str]) -> None:
    """Run our own code in the environment, with a home folder that is thrown away."""
    _say(what)
    with tempfile.TemporaryDirectory() as home:
        variables = {
            **_variables(), "ZHANGGUI_HOME": home, "ZHANGGUI_DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "zhanggui.config.settings",
        }  # fmt: skip
        command = [str(PYTHON), "-X", "utf8", *arguments]
        if subprocess.run(command, cwd=ROOT, env=variables).returncode != 0:
            raise SetupFailed(f"zhanggui: {what} failed (see above)")


def _variables() -> dict[str, str]:
    """The caller's environment without what would lead Python to other code."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def _stamp_file(name: str) -> Path:
    return VENV / f".made-{name}"


def _fingerprint(sources: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in sources:
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _stamped(name: str, sources: list[Path]) -> bool:
    stamp = _stamp_file(name)
    return stamp.exists() and stamp.read_text() == _fingerprint(sources)


def _stamp(name: str, sources: list[Path]) -> None:
    _stamp_file(name).write_text(_fingerprint(sources))


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _quiet(command: list[str], cwd: str | None = None) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd=cwd)


def _say(what: str) -> None:
    print(f"zhanggui: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
