"""Every step is registered under a clause that the regulation has."""

import ast
import re
from importlib import import_module

import pytest
from tests.architecture.source import FUNCTIONS, Offence, Source, product, report, source_of

from zhanggui.journal.records import StepInfo
from zhanggui.journal.steps import STEPS
from zhanggui.regulation.queries import register

NAME = re.compile(r"^[a-z_]+\.[a-z_]+$")
OF_CHAPTER_TWO = ("sales", "logistics", "operations", "processes", "catalog")


@pytest.fixture(scope="module")
def steps() -> list[StepInfo]:
    """Every step of the product, once all modules that define one are imported."""
    for source in product():
        if decorated(source):
            import_module(source.place.removeprefix("src/").removesuffix(".py").replace("/", "."))
    return sorted((info for info in STEPS.values() if info.module.startswith("zhanggui.")), key=lambda info: info.name)


def decorated(source: Source) -> list[ast.FunctionDef]:
    """Return the functions of a file that are registered as steps."""
    return [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(d, ast.Call) and getattr(d.func, "id", "") == "step" for d in node.decorator_list)
    ]


def unregistered(source: Source) -> list[Offence]:
    """Return the functions that take a batch from outside a run and are no steps.

    What takes `Inside` can only be called by a step, whose run it joins.
    """
    registered = {node.name for node in decorated(source)}
    return [
        Offence(source.place, node.lineno, f"{node.name} is not registered as a step")
        for node in source.tree.body
        if isinstance(node, FUNCTIONS)
        and not node.name.startswith("_")
        and node.name not in registered
        and [argument.arg for argument in node.args.args] == ["batch"]
        and any(a.arg == "context" and "Inside" not in _annotation(a) for a in node.args.kwonlyargs)
    ]


def _annotation(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else ""


def fits_its_place(info: StepInfo) -> bool:
    """Tell whether a step serves a clause of its chapter: 2 for the wings, 1 and 3 for the rest.

    Connectors take in for the wings: what they bring is born under the clause that it comes in for.
    """
    package = info.module.split(".")[1]
    if info.clause == "1.2" or (package == "connectors" and info.clause.startswith("2.")):
        return True
    return info.clause.startswith("2.") == (package in OF_CHAPTER_TWO)


def test_every_step_names_a_clause_of_the_regulation(steps: list[StepInfo]) -> None:
    known = {clause.number for clause in register()}
    assert steps
    assert not [f"{info.name}: {info.clause}" for info in steps if info.clause not in known]


def test_every_step_serves_a_clause_of_its_place(steps: list[StepInfo]) -> None:
    assert not [f"{info.module}: {info.name} under {info.clause}" for info in steps if not fits_its_place(info)]


def test_every_step_has_a_name_and_a_limit(steps: list[StepInfo]) -> None:
    assert not [info.name for info in steps if not NAME.match(info.name) or not 0 < info.limit <= 10_000]


def test_no_two_steps_share_a_name() -> None:
    names = [
        decorator.args[0].value
        for source in product()
        for node in decorated(source)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.args[0], ast.Constant)
    ]
    assert len(names) == len(set(names))


def test_what_takes_a_batch_from_outside_is_a_step() -> None:
    loose = [offence for source in product() for offence in unregistered(source)]
    assert not loose, report(loose)


def test_an_unregistered_step_is_noticed() -> None:
    assert unregistered(source_of("def ship(batch, *, context: Context):\n    return None\n"))


def test_a_step_under_a_strange_clause_is_noticed() -> None:
    def under(clause: str, module: str) -> StepInfo:
        return StepInfo("x.y", clause, 1, module, "y")

    assert not fits_its_place(under("2.1.3.1", "zhanggui.people.steps"))
    assert not fits_its_place(under("3.1", "zhanggui.sales.orders.steps"))
    assert fits_its_place(under("1.2", "zhanggui.sales.orders.steps"))
    assert fits_its_place(under("2.1.3.1", "zhanggui.connectors.intake.steps"))
