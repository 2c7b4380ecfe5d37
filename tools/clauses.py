"""Write docs/clauses.md: every clause with its parameters, its steps and the figure that checks it.

python tools/clauses.py            write the page
python tools/clauses.py --check    exit 1 if the page is not what would be written, or a step names no clause
"""

import argparse
import importlib
import os
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zhanggui.regulation.records import Clause, Parameter, Register

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
PAGE = ROOT / "docs" / "clauses.md"
HEAD = """# Clauses 条款

Made by `python tools/clauses.py` from `regulation/*.yaml` and the registered steps; do not edit by hand.

A parameter shows the value shipped last, with its bounds. A step is the code that serves the clause. A clause
without a figure is *not checked* (未检查): nothing says that it is kept, and nothing may look as if it were.

参数列出最近一版的出厂值及其上下限；步骤是为该条款办事的代码；没有指标的条款为“未检查”，不得显示为合格。
"""
COLUMNS = "| clause 条款 | title 标题 | owner 部门 | kind 类别 | parameters 参数 | steps 步骤 | figure 指标 |"


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; findings go to stderr."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the page is stale")
    options = parser.parse_args(arguments)
    register, steps = _load()
    lost = sorted(clause for clause in steps if clause not in register.by_number)
    for clause in lost:
        print(f"steps under unknown clause {clause}: {', '.join(steps[clause])}", file=sys.stderr)
    text = page(register, steps)
    if not options.check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text, "utf-8")
    stale = not PAGE.exists() or PAGE.read_text("utf-8") != text
    if stale:
        print("docs/clauses.md is stale: run python tools/clauses.py", file=sys.stderr)
    print(f"clauses: {len(register)} in the register, {len(steps)} with steps, {len(lost)} unknown")
    return 1 if stale or lost else 0


def _load() -> tuple["Register", dict[str, list[str]]]:
    """Return the register, and the names of all registered steps by clause."""
    sys.path[:0] = [str(ROOT), str(SOURCE)]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from zhanggui.journal.steps import STEPS
    from zhanggui.regulation.queries import register

    for path in sorted((SOURCE / "zhanggui").rglob("*.py")):
        if "\n@step(" in path.read_text("utf-8"):
            importlib.import_module(".".join(path.relative_to(SOURCE).with_suffix("").parts))
    steps: dict[str, list[str]] = defaultdict(list)
    for name in sorted(STEPS):
        steps[STEPS[name].clause].append(name)
    return register(), dict(steps)


def page(register: "Register", steps: Mapping[str, Sequence[str]]) -> str:
    """Return the whole page."""
    parts = [HEAD]
    for section in register.sections:
        level = "#" * (2 + section.number.count("."))
        parts.append(f"{level} {section.number} {section.title.zh} {section.title.en}\n")
        rows = [
            _row(clause, steps.get(clause.number, ()))
            for clause in register
            if clause.number.rpartition(".")[0] == section.number
        ]
        if rows:
            parts.append("\n".join([COLUMNS, "|---|---|---|---|---|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _row(clause: "Clause", steps: Sequence[str]) -> str:
    cells = [
        clause.number,
        f"{clause.title.zh}<br>{clause.title.en}",
        clause.owner.value,
        clause.kind.value,
        "<br>".join(_parameter(one) for one in clause.parameters) or "–",
        "<br>".join(f"`{name}`" for name in steps) or "–",
        f"`{clause.measured_by}`" if clause.measured_by else "not checked 未检查",
    ]
    return f"| {' | '.join(cells)} |"


def _parameter(parameter: "Parameter") -> str:
    from zhanggui.regulation.rules import bounds_text

    bounds = bounds_text(parameter).replace(" | ", ", ")
    return f"`{parameter.name}` {parameter.values[-1].value} ({bounds})"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
