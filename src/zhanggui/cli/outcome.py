"""What a command comes to: one JSON document, lines for people, and an exit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DONE, FINDINGS, COULD_NOT = 0, 1, 2


class CannotRun(Exception):
    """The command could not run; the text says what to do about it. The process exits 2."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """document: printed with --json. lines: printed without it. code: 0 done, 1 findings or some rows refused."""

    document: Mapping[str, object]
    lines: tuple[str, ...] = field(default=())
    code: int = DONE
