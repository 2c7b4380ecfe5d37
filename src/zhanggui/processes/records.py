"""What processing all open orders is asked, and what it comes to."""

from dataclasses import dataclass, field

from zhanggui.kernel.batch import Answer, Rejected
from zhanggui.sales.orders.records import STATES, Refusal, State

WAY = (State.RECEIVED, State.CONFIRMED, State.RESERVED, State.RELEASED, State.SHIPPED)
PROCESS_JOB = "orders.process"
UNTIL = tuple(state.value for state in WAY[1:])


@dataclass(slots=True)
class StageCount:
    """How many orders a stage took on, how many it refused by reason, and how many somebody else had moved on.

    An order that another process advanced between the reading and the lock is done already: no refusal.
    """

    accepted: int = 0
    overtaken: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    def add(self, given: Answer, takes: State) -> None:
        """Count one answer of a stage that takes orders from a state."""
        self.accepted += len(given.accepted)
        for row in given.rejected:
            if is_overtaken(row, takes):
                self.overtaken += 1
            else:
                self.rejected[row.code] = self.rejected.get(row.code, 0) + 1


def is_overtaken(row: Rejected, takes: State) -> bool:
    """Tell whether an order was refused only because it has left the stage's state for a later one, or has ended."""
    state = row.details.get("state")
    if row.code != Refusal.WRONG_STATE or state not in STATES:
        return False
    return STATES.index(str(state)) > STATES.index(takes) or (takes, state) == (State.HELD, State.RECEIVED)
