"""What every step answers: one outcome per row of its batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that was carried out; `result` is what it became (an id or a code)."""

    index: int
    result: int | str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that changed nothing, with the code of the reason and what a message needs to explain it."""

    index: int
    code: str
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a step: accepted and rejected rows, together one per row of the batch.

    `run_id` is the run that did it (0 for a dry run); `replayed` says that an earlier answer was given again.
    """

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejected, ...]
    run_id: int = 0
    replayed: bool = False

    @property
    def codes(self) -> dict[str, int]:
        """Return how many rows each rejection code took."""
        counts: dict[str, int] = {}
        for row in self.rejected:
            counts[row.code] = counts.get(row.code, 0) + 1
        return counts


def answer(accepted: Sequence[Accepted], rejected: Sequence[Rejected]) -> Answer:
    """Return an answer in the order of the batch."""
    by_index = sorted(rejected, key=lambda row: row.index)
    return Answer(tuple(sorted(accepted, key=lambda row: row.index)), tuple(by_index))
