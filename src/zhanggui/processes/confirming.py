"""Automatic confirmation: orders that nothing speaks against go on by themselves, up to logistics.

An order is due at logistics within minutes of its confirmation (2.1.3.3), so what is confirmed without a person is
also reserved and handed over without one. What is short, held or stopped is left to people.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from zhanggui.journal.records import Context
from zhanggui.processes.orders import release_orders, reserve_orders
from zhanggui.processes.through import Progress, let_urgent_go_first
from zhanggui.regulation.queries import terms_at
from zhanggui.sales.orders.queries import ready_batches
from zhanggui.sales.orders.records import State
from zhanggui.sales.orders.rules import ConfirmingTerms
from zhanggui.sales.orders.steps import confirm_orders

AUTOMATIC = "automatic"
LEFT_ALONE = timedelta(hours=1)
"""What did not go on within this time after it came into its state waits for a person, and is not tried for ever."""
STAGES = ((State.RECEIVED, confirm_orders), (State.CONFIRMED, reserve_orders), (State.RESERVED, release_orders))


def confirm_by_itself(
    context: Context, *, moment: Callable[[], datetime] | None = None, progress: Progress | None = None
) -> dict[str, int]:
    """Confirm orders that nothing speaks against, and bring them to logistics, where clause 2.1.3.1 says so.

    Clause: 2.1.3.1. Orders are left alone for the first minutes (confirm_after_minutes), so that people can merge,
    correct or cancel them; those that were found short wait for goods or a person.
    Takes: moment, asked for the moment of each batch, by default the context's; progress, told (stage, orders) per
    batch. Gives: orders that went, by the state they left.
    Cost: nothing is written where nothing is ready; each batch is a run of the ordinary step.
    """
    terms = terms_at(ConfirmingTerms, context.as_of)
    if terms.confirming != AUTOMATIC:
        return {}
    before, since = context.as_of - timedelta(minutes=terms.confirm_after_minutes), context.as_of - LEFT_ALONE
    counts: dict[str, int] = {}
    let_urgent_go_first(context)
    for state, step in STAGES:
        for ids in ready_batches(state, before, since):
            now = replace(context, as_of=moment()) if moment else context
            given = step(ids, context=now)
            counts[str(state)] = counts.get(str(state), 0) + len(given.accepted)
            if progress:
                progress(str(state), counts[str(state)])
    return counts
