"""Writes of parcels: orders of one receiver that go together.

The id of the lead stands in `ship_with` of all of them, its own included.
"""

from collections.abc import Collection, Mapping, Sequence

from zhanggui.journal.steps import Inside
from zhanggui.kernel.batch import Rejected
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import OPEN_STATES, Origin, Refusal, State
from zhanggui.sales.orders.steps import locked_rows, may_go_on

ALONE, TOGETHER = "alone", "together"
Ready = dict[int, tuple[int, str]]
Groups = dict[int, list[int]]


def groups_of(ids: Sequence[int], *, context: Inside) -> Groups:
    """Return the parcels that orders belong to: lead → all orders that go in it. One statement where there is none."""
    rows = context.run.lock(Order, "id", list(ids), ["ship_with_id"], lock=False)
    return _groups_behind([row[0] for row in rows], context)


def _groups_behind(leads: Sequence[int | None], context: Inside) -> Groups:
    groups: Groups = {}
    known = sorted({lead for lead in leads if lead is not None})
    if not known:
        return groups
    for lead, key in context.run.lock(Order, "ship_with_id", known, ["ship_with_id", "id"], lock=False):
        groups.setdefault(lead, []).append(key)
    return groups


def lead_of(groups: Groups) -> dict[int, int]:
    """Return the lead of every order that goes with others."""
    return {key: lead for lead, members in groups.items() for key in members}


def lock_parcels(
    batch: Sequence[int], states: Sequence[State], *, context: Inside, stopped: bool = False
) -> tuple[Ready, list[Rejected], Groups, set[int]]:
    """Lock orders together with all that go in their parcels, in one order by id.

    Gives: (id, state) by index and the refusals as `lock_orders`, for the batch alone; the parcels as they stand now;
    and all orders, also those outside the batch, that may go on.
    """
    before = groups_of(batch, context=context)
    known = set(batch)
    fellows = sorted({key for members in before.values() for key in members} - known)
    rows = locked_rows([*batch, *fellows], states, context=context)
    ready, rejected = may_go_on([*batch, *fellows], rows, states, context=context, stopped=stopped)
    groups = _groups_behind([row[3] for row in rows if row[0] in known], context)
    late = sorted({key for members in groups.values() for key in members} - known - set(fellows))
    if late:  # they joined while we waited for the lock
        context.run.lock(Order, "id", late, ["id"])
    free = {key for key, _ in ready.values()}
    own = {index: row for index, row in ready.items() if index < len(batch)}
    return own, [row for row in rejected if row.index < len(batch)], groups, free


def whole_only(ready: Ready, groups: Groups, free: Collection[int]) -> tuple[Ready, list[Rejected]]:
    """Refuse orders that go with others of which not all may go on: fellow_waits."""
    leads = lead_of(groups)
    waits = {lead for lead, members in groups.items() if not all(key in free for key in members)}
    kept = {index: row for index, row in ready.items() if leads.get(row[0]) not in waits}
    return kept, [Rejected(index, Refusal.FELLOW_WAITS) for index in ready if index not in kept]


def join(leads: Mapping[int, int], before: Mapping[int, int | None], *, context: Inside) -> None:
    """Let locked orders go in the parcel of a lead. Takes: order → lead, each lead among them; what stood before."""
    changed = {key: lead for key, lead in leads.items() if before.get(key) != lead}
    run, ids = context.run, list(changed)
    run.update(Order, ids, {"ship_with_id": list(changed.values())})
    run.move("parcel", ids, [ALONE if before.get(key) is None else TOGETHER for key in ids], TOGETHER)


def leave(ids: Collection[int], groups: Groups, *, context: Inside) -> Groups:
    """Take locked orders out of their parcels; what is left of a parcel goes on, the oldest in front.

    Takes: groups, the parcels of those orders, locked whole. Gives: for each parcel left, lead → orders, also where
    only one is left, which then goes alone.
    """
    run = context.run
    after: dict[int, int | None] = {}
    left: Groups = {}
    for lead, members in groups.items():
        going = [key for key in members if key in ids]
        if not going:
            continue
        rest = [key for key in members if key not in ids]
        after |= dict.fromkeys(going)
        if rest:
            front = lead if lead in rest else rest[0]
            left[front] = rest
            after |= dict.fromkeys(rest, front if len(rest) > 1 else None)
    leads = lead_of(groups)
    changed = {key: lead for key, lead in after.items() if lead != leads[key]}
    run.update(Order, list(changed), {"ship_with_id": list(changed.values())})
    run.move("parcel", list(changed), TOGETHER, [ALONE if lead is None else TOGETHER for lead in changed.values()])
    return left


def open_offshoots(ids: Sequence[int], *, context: Inside) -> list[int]:
    """Return the orders that were split off these and have not ended, and those split off them in turn."""
    found: dict[int, None] = {}
    above = list(ids)
    while above:
        rows = context.run.lock(
            Order, "parent_id", above, ["id", "state"], equal={"origin": str(Origin.SPLIT)}, lock=False
        )
        above = [row[0] for row in rows if row[0] not in found]
        found |= {key: None for key, state in rows if state in OPEN_STATES}
    return list(found)
