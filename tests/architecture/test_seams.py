"""One clock and one source of randomness: nothing else asks for the time or throws dice."""

import ast
import re
from collections.abc import Iterator

import pytest
from tests.architecture.source import PACKAGE, ROOT, Offence, Source, product, report, source_of

SEAMS = ("kernel/clock.py", "kernel/ids.py")
MODULES = {"random", "uuid", "secrets", "time"}
CLOCK_CALLS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"),
    ("timezone", "now"), ("timezone", "localdate"), ("os", "urandom"), ("np", "random"),
    ("numpy", "random"), ("asyncio", "sleep"),
}  # fmt: skip
NAMES = {"get_random_string", "get_random_secret_key", "Now", "Random", "RandomUUID"}
KEYWORDS = {"auto_now", "auto_now_add"}
SQL_CLOCK = re.compile(
    r"\b(now|random|clock_timestamp|gen_random_uuid|julianday)\s*\(|\bCURRENT_(TIMESTAMP|DATE|TIME)\b"
)
SQL_TEXT = re.compile(r"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s", re.DOTALL)


def strays_in(source: Source) -> list[Offence]:
    """Return every place that reads a clock or draws a random number by itself."""
    return [
        Offence(source.place, getattr(node, "lineno", 0), what)
        for node in ast.walk(source.tree)
        for what in _strays(node)
    ]


def _strays(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (f"import {alias.name}" for alias in node.names if alias.name.split(".")[0] in MODULES)
    elif isinstance(node, ast.ImportFrom):
        if node.level == 0 and (node.module or "").split(".")[0] in MODULES:
            yield f"from {node.module} import …"
        yield from (f"import {alias.name}" for alias in node.names if alias.name in NAMES)
    elif isinstance(node, ast.Attribute):
        owner = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
        if (owner, node.attr) in CLOCK_CALLS:
            yield f"{owner}.{node.attr}"
    elif isinstance(node, ast.keyword):
        if node.arg in KEYWORDS:
            yield f"{node.arg}="
    elif isinstance(node, ast.Constant) and _sql_with_a_clock(node.value):
        yield "SQL that reads the database's clock or dice"


def _sql_with_a_clock(value: object) -> bool:
    return isinstance(value, str) and bool(SQL_TEXT.match(value) and SQL_CLOCK.search(value))


def test_only_the_seams_read_the_clock_or_throw_dice() -> None:
    stray = [offence for source in product() if source.inside not in SEAMS for offence in strays_in(source)]
    assert not stray, report(stray)


def test_no_template_reads_the_clock() -> None:
    stray = [
        Offence(path.relative_to(ROOT).as_posix(), number, line.strip())
        for path in sorted(PACKAGE.rglob("*.html"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"{%\s*now\b|\|\s*random\b", line)
    ]
    assert not stray, report(stray)


@pytest.mark.parametrize(
    "text",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "timezone.now()",
        "field(default=timezone.now)",
        "date.today()",
        "import time",
        "from time import sleep",
        "import uuid",
        "from secrets import token_hex",
        "import random",
        "os.urandom(8)",
        "np.random.default_rng()",
        "from django.utils.crypto import get_random_string",
        "DateTimeField(auto_now_add=True)",
        "execute('SELECT now()')",
    ],
)
def test_a_stray_clock_is_noticed(text: str) -> None:
    assert strays_in(source_of(text))


@pytest.mark.parametrize("text", ["clock.now()", "from datetime import time", "context.as_of", "run_at = moment"])
def test_the_seam_itself_may_be_used(text: str) -> None:
    assert not strays_in(source_of(text))


NUMBERS_OF_MOMENTS = ("kernel/moments.py", "oversight/verification/", "cli/bench/", "config/logs.py")
"""The checker has its own arithmetic, so that it never agrees with a mistake made in the first; a log record comes as
a number of the library's own."""


def moments_in(source: Source) -> list[Offence]:
    """Return every place that turns moments into numbers, or back, by itself."""
    return [
        Offence(source.place, getattr(node, "lineno", 0), "an epoch of its own")
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Attribute) and node.attr in ("timestamp", "fromtimestamp", "utcfromtimestamp"))
        or (isinstance(node, ast.Call) and ast.unparse(node).startswith("datetime(1970, 1, 1"))
    ]


def test_moments_become_numbers_in_one_place() -> None:
    stray = [
        offence
        for source in product()
        if not source.inside.startswith(NUMBERS_OF_MOMENTS)
        for offence in moments_in(source)
    ]
    assert not stray, report(stray)


@pytest.mark.parametrize("text", ["datetime(1970, 1, 1, tzinfo=UTC)", "now.timestamp()", "datetime.fromtimestamp(1)"])
def test_arithmetic_of_its_own_is_noticed(text: str) -> None:
    assert moments_in(source_of(text))
