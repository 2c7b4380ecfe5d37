"""Functions and files stay small enough to be read in one go."""

import ast
import statistics
from typing import NamedTuple

from tests.architecture.source import FUNCTIONS, Source, everything, source_of

LONGEST_FUNCTION = 70
USUAL_FUNCTION = 45
MEDIAN_FUNCTION = 12
LONGEST_FILE = 500


class Length(NamedTuple):
    """How many lines something has, and where it stands."""

    place: str
    lines: int


def lengths(sources: tuple[Source, ...]) -> list[Length]:
    """Return every function with its length in lines, docstring and all."""
    return [
        Length(f"{source.place}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, FUNCTIONS)
    ]


def test_no_function_is_longer_than_seventy_lines() -> None:
    long = [function for function in lengths(everything()) if function.lines > LONGEST_FUNCTION]
    assert not long


def test_nearly_all_functions_are_shorter_than_forty_five_lines() -> None:
    every = lengths(everything())
    long = [function for function in every if function.lines >= USUAL_FUNCTION]
    assert len(long) <= len(every) * 0.05, long


def test_the_usual_function_fits_in_a_glance() -> None:
    assert statistics.median(function.lines for function in lengths(everything())) <= MEDIAN_FUNCTION


def test_no_file_is_longer_than_five_hundred_lines() -> None:
    long = [
        Length(source.place, n_lines) for source in everything() if (n_lines := source.text.count("\n")) > LONGEST_FILE
    ]
    assert not long


def test_a_long_function_is_noticed() -> None:
    body = "def long() -> None:\n" + "    pass\n" * LONGEST_FUNCTION
    assert [function.lines for function in lengths((source_of(body),))] == [LONGEST_FUNCTION + 1]
