"""Cases of the fault catalogue that the source itself must not make possible."""

import ast

import pytest
from tests.architecture.source import ROOT

PRODUCT = sorted((ROOT / "src").rglob("*.py"))
RUNS_DATA = {"eval", "exec", "compile", "__import__"}
UNSAFE_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill"}


def faults(tree: ast.AST) -> list[str]:
    """Return what the catalogue forbids: data run as code, money cut from floats, years replaced in dates."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {node.module or ""} if isinstance(node, ast.ImportFrom) else {alias.name for alias in node.names}
            found += [f"imports {name}" for name in names if name.split(".")[0] in UNSAFE_MODULES]
        elif isinstance(node, ast.Call):
            found += _faults_of_call(node)
    return found


def _faults_of_call(call: ast.Call) -> list[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    found = [f"calls {name}"] if name in RUNS_DATA else []
    if method in ("load", "unsafe_load", "full_load") and _owner(call) == "yaml":
        loader = given.get("Loader")
        if method != "load" or not (loader and "Safe" in ast.unparse(loader)):
            found.append(f"yaml.{method}")
    if isinstance(shell := given.get("shell"), ast.Constant) and shell.value:
        found.append("a shell with data")
    if method == "replace" and "year" in given and "month" not in given:
        found.append("a year replaced in a date")
    if name in ("int", "round") and call.args and _is_times_hundred(call.args[0]):
        found.append("money cut from a product")
    return found


def _owner(call: ast.Call) -> str:
    value = call.func.value if isinstance(call.func, ast.Attribute) else None
    return value.id if isinstance(value, ast.Name) else ""


def _is_times_hundred(node: ast.AST) -> bool:
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) else ()
    return any(isinstance(side, ast.Constant) and side.value == 100 for side in sides)


def test_E04_F07_H22_the_product_holds_none_of_it() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): wrong
        for path in PRODUCT
        if (wrong := faults(ast.parse(path.read_text(encoding="utf-8"))))
    }
    assert len(PRODUCT) > 100
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from pickle import loads", "eval(text)", "exec(text)", "yaml.load(text)",
        "yaml.load(text, Loader=yaml.Loader)", "yaml.unsafe_load(text)", "run(text, shell=True)",
        "day.replace(year=2027)", "int(19.99 * 100)", "round(100 * price)",
    ],
)  # fmt: skip
def test_each_of_them_is_noticed(text: str) -> None:
    assert faults(ast.parse(text))


@pytest.mark.parametrize("text", ["yaml.load(text, Loader=yaml.CSafeLoader)", "text.replace('a', 'b')", "int(price)"])
def test_what_is_allowed_is_left_alone(text: str) -> None:
    assert not faults(ast.parse(text))
