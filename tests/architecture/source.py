"""The source as the architecture tests read it: files, syntax trees, and where in the house a file stands."""

import ast
import configparser
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "zhanggui"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Offence:
    """One place that breaks a rule: file, line, and what stands there."""

    place: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file: its path from the root, its text, and its tree."""

    place: str
    text: str
    tree: ast.Module

    @property
    def inside(self) -> str:
        """The path below the package, for files of the product."""
        return self.place.removeprefix("src/zhanggui/")


def source_of(text: str, place: str = "src/zhanggui/sales/orders/planted.py") -> Source:
    """Return a source that is written in a test, to prove that a rule can be broken."""
    return Source(place, text, ast.parse(text))


@lru_cache(maxsize=1)
def product() -> tuple[Source, ...]:
    """Return every file of the product but its migrations."""
    return tuple(_sources(PACKAGE))


@lru_cache(maxsize=1)
def everything() -> tuple[Source, ...]:
    """Return every file of the product, its tests and its tools, but no migrations."""
    return tuple(source for folder in (PACKAGE, ROOT / "tests", ROOT / "tools") for source in _sources(folder))


def _sources(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.rglob("*.py")):
        if "migrations" not in path.parts:
            text = path.read_text(encoding="utf-8")
            yield Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


@lru_cache(maxsize=1)
def ranks() -> dict[str, int]:
    """Return how high each package stands in the house, the kernel at 0, as .importlinter lists them."""
    return {name: rank for rank, line in enumerate(reversed(house())) for name in line}


@lru_cache(maxsize=1)
def house() -> tuple[tuple[str, ...], ...]:
    """Return the layers of the house from the top, each with its packages."""
    return tuple(_names(line) for line in _layers("importlinter:contract:house"))


def wing(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the layers inside a wing from the top; nothing for a package that is no wing."""
    return tuple(_names(line) for line in _layers(f"importlinter:contract:{name}"))


def _layers(section: str) -> list[str]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    if not parser.has_section(section):
        return []
    return parser.get(section, "layers").strip().splitlines()


def _names(line: str) -> tuple[str, ...]:
    return tuple(name.strip(" ()") for name in line.replace(":", "|").split("|"))


def stands_in(module: str) -> tuple[str, str]:
    """Return package and subject of a dotted module: `zhanggui.sales.orders.models` is (sales, orders)."""
    parts = [*module.split("."), "", ""]
    return parts[1], parts[2]


def report(offences: list[Offence]) -> str:
    """Return the offences one a line, for a message that can be clicked."""
    return "\n" + "\n".join(str(offence) for offence in offences)
