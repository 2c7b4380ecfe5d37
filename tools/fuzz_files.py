"""Fuzz the readers of files by seed: whatever comes in is read or refused by a code, within 512 MB and 10 s a file.

python tools/fuzz_files.py [--parser NAME] [--minutes N] [--seed N]

Every file is read in a process of its own kind of limits: the reader's memory is capped, a file that takes longer
ends it. What breaks the rule is written beside, with the seed that makes it again, and the exit code is 1.
"""

import argparse
import csv
import faulthandler
import gzip
import io
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]
MEMORY_BYTES, FILE_SECONDS = 512 * 1024 * 1024, 10
CHARACTERS = "0123456789,;\t\"'=#-.*:/ 元茶,，；\n\r\x00\ufeff\u202e\ud83dé１"


def main() -> int:
    """Fuzz the chosen parsers and tell what came of it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--parser", default="", help="one of the parsers; all of them in turns if left out")
    asked.add_argument("--minutes", type=float, default=2.0, help="for each parser")
    asked.add_argument("--seed", type=int, default=1)
    chosen = asked.parse_args()
    os.environ.setdefault("ZHANGGUI_HOME", tempfile.mkdtemp(prefix="zhanggui-fuzz-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "zhanggui.config.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    makers = makers_of()
    wrong = 0
    for name in [chosen.parser] if chosen.parser else list(makers):
        wrong += fuzzed(name, makers[name], chosen.minutes * 60, chosen.seed)
    return 1 if wrong else 0


Maker = Callable[[random.Random], bytes]


def makers_of() -> dict[str, Maker]:
    """Return what makes files for each parser: good files of each layout, damaged."""
    from tests.corpus.bad_files import SHAPES, _workbook

    shapes = list(SHAPES.values())

    def text(dice: random.Random, at: int) -> bytes:
        shape = shapes[at]
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(shape.header)
        for _ in range(dice.randrange(1, 30)):
            cells = [str(shape.good.get(name.strip(), "")) for name in shape.header]
            for _ in range(dice.randrange(4)):
                cells[dice.randrange(len(cells))] = _cell(dice)
            writer.writerow(cells)
        encoding = dice.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"])
        return _damaged(out.getvalue().encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace"), dice)

    made: dict[str, Maker] = {
        name: (lambda dice, at=at: text(dice, at))  # type: ignore[misc]
        for at, name in enumerate(SHAPES)
    }
    return made | {
        "gzip": lambda dice: _damaged(gzip.compress(text(dice, dice.randrange(len(shapes))), mtime=0), dice),
        "xlsx": lambda dice: _damaged(_workbook(), dice),
        "xls": lambda dice: (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le") + dice.randbytes(4_000)
        ),
        "noise": lambda dice: dice.randbytes(dice.randrange(3_000)),
    }


def _cell(dice: random.Random) -> str:
    kind = dice.randrange(5)
    if kind == 0:
        return "".join(dice.choice(CHARACTERS) for _ in range(dice.randrange(12)))
    if kind == 1:
        return str(dice.choice([0, -1, 10**18, 1.5, "5.11384E+18", "#N/A", "=1+1", "9" * 400]))
    if kind == 2:
        return dice.choice(
            ["交易成功", "已签收，退款成功", "##密文", "张**", "1;2", "A；B；C", "2026-02-30 1:1", "无退款申请"]
        )
    return dice.choice(["", "-", "null", "\t", '="', "'"])


def _damaged(content: bytes, dice: random.Random) -> bytes:
    """Return the bytes with a few of them changed, dropped or doubled; one in three is left whole."""
    if dice.randrange(3) == 0 or not content:
        return content
    given = bytearray(content)
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(given)) if given else 0
        kind = dice.randrange(3)
        if kind == 0 and given:
            given[at] = dice.randrange(256)
        elif kind == 1:
            del given[at : at + dice.randrange(1, 20)]
        else:
            given[at:at] = given[at : at + dice.randrange(1, 50)]
    return bytes(given)


def fuzzed(name: str, make: Maker, seconds: float, seed: int) -> int:
    """Read files of one kind for a while in a child with limits; return how many broke the rule."""
    ends, number, broken = time.monotonic() + seconds, seed, 0
    while time.monotonic() < ends:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _child(make, number, ends, writer)
        os.close(writer)
        with os.fdopen(reader) as told:
            lines = told.read().splitlines()
        _, status = os.waitpid(child, 0)
        number = int(lines[-1].split()[1]) + 1 if lines else number + 1
        if status:
            broken += 1
            print(f"{name}: seed {number - 1} ended its reader with {status}: {lines[-1] if lines else ''}", flush=True)
    print(f"{name}: {number - seed} files, {broken} broke the rule", flush=True)
    return broken


def _child(make: Maker, number: int, ends: float, writer: int) -> None:
    """Read files until the time is over; the last line written tells the seed in work."""
    faulthandler.enable()
    from django.db import connection

    connection.close()
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, used + MEMORY_BYTES))
    with os.fdopen(writer, "w") as told, tempfile.TemporaryDirectory() as folder:
        path, verdicts = Path(folder) / "file", Counter[str]()
        while time.monotonic() < ends:
            told.write(f"seed {number}\n")
            told.flush()
            signal.alarm(FILE_SECONDS)
            path.write_bytes(make(random.Random(number)))
            verdicts[_verdict(path)] += 1
            signal.alarm(0)
            number += 1
    os._exit(0)


def _verdict(path: Path) -> str:
    """Return the code of a file; whatever is raised else ends the reader with a trace."""
    from datetime import UTC, datetime

    from zhanggui.connectors.intake.parsing import parse_file
    from zhanggui.connectors.spreadsheets.records import FileRefused

    try:
        parsed = parse_file(path, "orders", name="file", channel="taobao", as_of=datetime(2026, 3, 2, tzinfo=UTC))
        assert sum(1 for _ in parsed.entries) == len(parsed.entries)
        told = [row.row for row in parsed.refusals]
        assert len(told) == len(set(told)), "a row is refused once"
        rows = sum(len(entry.rows) for entry in parsed.entries)
        assert rows + len(told) == parsed.rows_total, "every row has a fate"
    except FileRefused as refused:
        return refused.code
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(3)
    return "read"


if __name__ == "__main__":
    sys.exit(main())
