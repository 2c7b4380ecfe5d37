"""What a running worker does every few seconds, done by a command for a home in which none runs."""

from zhanggui.journal.queries import tail
from zhanggui.journal.records import Context
from zhanggui.journal.steps import seal_runs
from zhanggui.obligations.steps import sweep_all


def catch_up(context: Context) -> None:
    """Note which clocks fell due, then link every committed run into the chain.

    Writes: what the sweep and the sealer write; nothing when both are up to date already.
    """
    sweep_all(context=context)
    while tail().runs:
        seal_runs()
