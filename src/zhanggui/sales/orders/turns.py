"""Writes of turns: which orders are served before others, by hand, for favoured buyers, and near a channel's limit."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from zhanggui.journal.rules import keyed_digest
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.kernel.text import clean_name
from zhanggui.regulation.queries import terms_at
from zhanggui.sales.orders.models import FavouredBuyer, Order
from zhanggui.sales.orders.receivers import blocked_form
from zhanggui.sales.orders.records import OPEN_STATES, Favour, OrderIn, Refusal, Turn
from zhanggui.sales.orders.rules import TurnTerms

ORDINARY, URGENT, MOST = 0, 50, 100
FORM_MOST = 120
OF_COMPANY = [str(state) for state in OPEN_STATES]


@step("orders.set_priority", clause="2.1.3.2")
def set_priority(batch: Sequence[Turn], *, context: Inside) -> Answer:
    """Say how urgent orders are: a larger priority is reserved and processed first.

    Clause: 2.1.3.2. Gives: "changed" or "unchanged". Rejects: unknown_order, wrong_state (it ended), bad_priority
    (below 0 or above 100), twice_in_batch. Writes: priorities.
    """
    rows = context.run.lock(Order, "id", [row.order_id for row in batch], ["id", "state", "priority"])
    known = {key: (state, priority) for key, state, priority in rows}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    new: dict[int, int] = {}
    for index, row in enumerate(batch):
        state, stood = known.get(row.order_id, ("", 0))
        code = _wrong_turn(row, state, row.order_id in new)
        if code:
            rejected.append(Rejected(index, code, {"state": state}))
        else:
            new[row.order_id] = row.priority
            accepted.append(Accepted(index, "unchanged" if stood == row.priority else "changed"))
    _write({key: (known[key][1], priority) for key, priority in new.items()}, context)
    return answer(accepted, rejected)


def _wrong_turn(row: Turn, state: str, again: bool) -> Refusal | None:
    if not state:
        return Refusal.UNKNOWN
    if state not in OPEN_STATES:
        return Refusal.WRONG_STATE
    if not ORDINARY <= row.priority <= MOST:
        return Refusal.BAD_PRIORITY
    return Refusal.TWICE_IN_BATCH if again else None


def _write(turns: dict[int, tuple[int, int]], context: Inside) -> None:
    """Write priorities that changed. Takes: order → (as it stood, as it is to stand)."""
    changed = {key: pair for key, pair in turns.items() if pair[0] != pair[1]}
    context.run.update(Order, list(changed), {"priority": [after for _, after in changed.values()]})
    before, after = ([str(pair[at]) for pair in changed.values()] for at in (0, 1))
    context.run.move("priority", list(changed), before, after)


def priorities_for(orders: Sequence[OrderIn], context: Inside) -> list[int]:
    """Return how urgent new orders are: as they say themselves, or as their buyers are favoured."""
    forms = [blocked_form("buyer", order.contact.buyer)[:FORM_MOST] for order in orders]
    rows = context.run.lock(
        FavouredBuyer, "value", sorted(set(forms)), ["value", "priority"], equal={"state": "listed"}, lock=False
    )
    favoured: dict[str, int] = dict(rows)
    return [max(order.priority, favoured.get(form, 0)) for order, form in zip(orders, forms, strict=True)]


def near_limit(as_of: datetime, limit: int = 5_000) -> list[int]:
    """Return open orders whose channel wants them shipped soon and that are not urgent yet, the nearest first.

    Clause: 2.1.3.2 (urgent_hours). Cost: one statement over the open orders that have such a limit.
    """
    hours = terms_at(TurnTerms, as_of).urgent_hours
    if not hours:
        return []
    rows = Order.objects.filter(
        platform_due_at__isnull=False, shipped_at__isnull=True, cancelled_at__isnull=True,
        platform_due_at__lte=as_of + timedelta(hours=hours), priority__lt=URGENT, state__in=OF_COMPANY,
    )  # fmt: skip
    return list(rows.order_by("platform_due_at", "id").values_list("id", flat=True)[:limit])


@step("orders.raise_urgent", clause="2.1.3.2")
def raise_urgent(batch: Sequence[int], *, context: Inside) -> Answer:
    """Make orders urgent that are near their channel's limit. Gives: "changed" or "unchanged".

    Clause: 2.1.3.2. Rejects: unknown_order, wrong_state. Writes: priorities, never to less.
    """
    rows = context.run.lock(Order, "id", list(batch), ["id", "state", "priority"])
    known = {key: (state, priority) for key, state, priority in rows}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    raised: dict[int, tuple[int, int]] = {}
    for index, key in enumerate(batch):
        state, priority = known.get(key, ("", 0))
        if state not in OPEN_STATES:
            code = Refusal.WRONG_STATE if state else Refusal.UNKNOWN
            rejected.append(Rejected(index, code, {"state": state}))
            continue
        higher = priority < URGENT and key not in raised
        if higher:
            raised[key] = (priority, URGENT)
        accepted.append(Accepted(index, "changed" if higher else "unchanged"))
    _write(raised, context)
    return answer(accepted, rejected)


@step("orders.edit_favoured", clause="2.1.3.2", limit=5_000)
def edit_favoured(batch: Sequence[Favour], *, context: Inside) -> Answer:
    """Put buyers on the list of those who are served first, or take them off; their coming orders follow it.

    Clause: 2.1.3.2. Gives: "listed", "removed" or "unchanged".
    Rejects: fragment_short (no name), bad_priority, not_listed, twice_in_batch.
    Writes: entries; what is taken off or replaced is kept, marked so.
    """
    run = context.run
    forms = [blocked_form("buyer", row.buyer)[:FORM_MOST] for row in batch]
    columns = ["value", "id", "priority"]
    rows = run.lock(FavouredBuyer, "value", sorted(set(forms)), columns, equal={"state": "listed"})
    listed = {value: (key, priority) for value, key, priority in rows}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    new: dict[str, Favour] = {}
    ended: list[int] = []
    seen: set[str] = set()
    for index, (row, form) in enumerate(zip(batch, forms, strict=True)):
        code = _wrong_favour(row, form, form in seen, form in listed)
        seen.add(form)
        if code:
            rejected.append(Rejected(index, code))
        elif row.on and form in listed and listed[form][1] == row.priority:
            accepted.append(Accepted(index, "unchanged"))
        else:
            ended += [listed[form][0]] if form in listed else []
            new |= {form: row} if row.on else {}
            accepted.append(Accepted(index, "listed" if row.on else "removed"))
    run.update(FavouredBuyer, sorted(ended), {"state": "removed"})
    run.move("favoured", sorted(ended), "listed", "removed")
    run.insert(FavouredBuyer, {
        "id": run.ids(len(new)), "value": list(new), "priority": [row.priority for row in new.values()],
        "value_digest": [keyed_digest(settings.CHAIN_KEY, form) for form in new],
        "note": [clean_name(row.note)[:200] for row in new.values()], "listed_at": context.as_of, "state": "listed",
    })  # fmt: skip
    return answer(accepted, rejected)


def _wrong_favour(row: Favour, form: str, again: bool, listed: bool) -> Refusal | None:
    if not form or "*" in form:
        return Refusal.FRAGMENT_SHORT
    if again:
        return Refusal.TWICE_IN_BATCH
    if not row.on:
        return None if listed else Refusal.NOT_LISTED
    return None if ORDINARY < row.priority <= MOST else Refusal.BAD_PRIORITY
