"""What the machines share: a database that forgets each example, and steps for what only joins other steps' runs."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from zhanggui.journal.records import Context, StepInfo
from zhanggui.journal.steps import Inside, _carry_out
from zhanggui.kernel.batch import Answer


class Machine(RuleBasedStateMachine):
    """A machine whose example is one transaction that is taken back at its end."""

    def __init__(self) -> None:
        super().__init__()
        self._case = transaction.atomic()
        self._case.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._case.__exit__(None, None, None)


def live(machine: type[Machine], steps: int) -> None:
    """Let the machine live the profile's number of lives, of so many steps each."""
    run_state_machine_as_test(machine, settings=settings(stateful_step_count=steps))


def in_a_run(act: Callable[[Inside], Any], context: Context) -> Any:
    """Carry out something that joins a run, in a run of its own; return what it gave."""
    given: list[Any] = []

    def body(batch: Any, *, context: Inside) -> Answer:
        given.append(act(context))
        return Answer((), ())

    _carry_out(StepInfo("test.joined", "1.2", 1, __name__, "body"), body, [], context)
    return given[0]
