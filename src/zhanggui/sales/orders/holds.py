"""Writes of holds: why orders wait for a person, and how they go on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from zhanggui.catalog.queries import explode
from zhanggui.journal.records import Plus
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.sales.orders.models import Order, OrderHold, OrderLine, OrderPart
from zhanggui.sales.orders.parts import PartIn, insert_parts, parts_of_line
from zhanggui.sales.orders.records import IN_WORK, Assign, Hold, HoldState, Refusal, Release, State

NOBODY, HAS_IT = "nobody", "taken"
CAN_WAIT = (State.UNPAID, State.HELD, *IN_WORK)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an order waits: a `Hold` code with its details as JSON. state: where the order stands; fresh: it is new."""

    order_id: int
    code: str
    details: str
    state: str
    fresh: bool = False


def hold_orders(reasons: Sequence[Reason], *, context: Inside) -> None:
    """Write reasons for waiting, once per order and code. Received orders go on hold, those in work are stopped.

    Takes: orders that are locked or new. Writes: holds; orders' states or stops.
    """
    run = context.run
    known = [reason.order_id for reason in reasons if not reason.fresh]
    rows = run.lock(OrderHold, "order_id", known, ["order_id", "code"], equal={"state": "open"}) if known else []
    here = {(order, code) for order, code in rows}
    new = list({(reason.order_id, reason.code): reason for reason in reasons}.values())
    new = [reason for reason in new if (reason.order_id, reason.code) not in here]
    run.insert(OrderHold, {
        "id": run.ids(len(new)), "order_id": [reason.order_id for reason in new],
        "code": [reason.code for reason in new], "details": [reason.details for reason in new],
        "opened_at": context.as_of, "closed_at": None, "assignee": "", "state": "open",
    })  # fmt: skip
    moving = sorted({one.order_id for one in new if not one.fresh and one.state == State.RECEIVED})
    run.update(Order, moving, {"state": str(State.HELD), "version": Plus(1)})
    run.move("order", moving, str(State.RECEIVED), str(State.HELD))
    stopping = sorted({one.order_id for one in new if not one.fresh and one.state in IN_WORK})
    run.update(Order, stopping, {"stopped": True})


def lift_holds(
    ended: Collection[tuple[int, str]], *, context: Inside, go_on: bool = True, state: HoldState = HoldState.CLOSED
) -> list[int]:
    """Close the reasons that no longer stand; orders without any other go on.

    Takes: ended, (order, code) pairs, where they are open; the orders are locked. go_on: False while others follow.
    state: what becomes of the reasons. Gives: the orders that go on.
    """
    if not ended:
        return []
    run = context.run
    orders = sorted({order for order, _ in ended})
    rows = run.lock(OrderHold, "order_id", orders, ["id", "order_id", "code"], equal={"state": "open"})
    closing = [key for key, order, code in rows if (order, code) in ended]
    run.update(OrderHold, closing, {"state": str(state), "closed_at": context.as_of})
    run.move("hold", closing, "open", str(state))
    if not go_on:
        return []
    waiting = {order for _, order, code in rows if (order, code) not in ended}
    touched = {order for _, order, code in rows if (order, code) in ended}
    return _let_go(sorted(touched - waiting), context)


def _let_go(orders: Sequence[int], context: Inside) -> list[int]:
    """Let orders without a reason to wait go on: held ones are received again, stopped ones are free."""
    run = context.run
    states = run.lock(Order, "id", orders, ["id", "state", "stopped"])
    held = [key for key, state, _ in states if state == State.HELD]
    run.update(Order, held, {"state": str(State.RECEIVED), "version": Plus(1)})
    run.move("order", held, str(State.HELD), str(State.RECEIVED))
    stopped = [key for key, _, stopped in states if stopped]
    run.update(Order, stopped, {"stopped": False})
    return held + stopped


def lock_waiting(batch: Sequence[int], *, context: Inside) -> tuple[dict[int, int], list[Rejected]]:
    """Lock orders that may have open holds. Gives: order by its index in the batch, and the refusals."""
    rows: dict[int, str] = dict(context.run.lock(Order, "id", list(batch), ["id", "state"]))
    ready: dict[int, int] = {}
    rejected = []
    first = {key: index for index, key in reversed(list(enumerate(batch)))}
    for index, key in enumerate(batch):
        state = rows.get(key)
        if state is None:
            rejected.append(Rejected(index, Refusal.UNKNOWN))
        elif state not in CAN_WAIT or first[key] != index:
            rejected.append(Rejected(index, Refusal.WRONG_STATE, {"state": state}))
        else:
            ready[index] = key
    return ready, rejected


@step("orders.resolve_holds", clause="2.1.3.1")
def resolve_holds(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let held orders go on whose unknown merchant codes have become known; their parts are made now.

    Clause: 2.1.3.1. Takes: orders of any shops. Rejects: unknown_order, wrong_state, on_hold (a reason still stands).
    Writes: parts, holds closed, orders received again.
    """
    ready, rejected = lock_waiting(batch, context=context)
    still = _make_parts(list(ready.values()), context)
    return _end_holds(ready, rejected, lambda order, code: code == Hold.UNKNOWN_SKU and order not in still, context)


def _make_parts(orders: Sequence[int], context: Inside) -> set[int]:
    """Make the parts of lines that have none, where the code is known now; return the orders with unknown codes."""
    run = context.run
    shops: dict[int, int] = dict(run.lock(Order, "id", orders, ["id", "shop_id"], lock=False))
    made = {row[0] for row in run.lock(OrderPart, "order_id", orders, ["line_id"], lock=False)}
    columns = ["id", "order_id", "merchant_code", "quantity", "amount_fen"]
    rows = [row for row in run.lock(OrderLine, "order_id", orders, columns, lock=False) if row[0] not in made]
    codes: dict[int, set[str]] = {}
    for _, order, code, _, _ in rows:
        codes.setdefault(shops[order], set()).add(code)
    known = {shop: explode(shop, sorted(wanted)) for shop, wanted in codes.items()}
    parts: list[PartIn] = []
    still: set[int] = set()
    for line, order, code, quantity, amount in rows:
        components = known[shops[order]].get(code)
        if components is None:
            still.add(order)
        else:
            parts += parts_of_line(order, line, quantity, amount, components)
    insert_parts(parts, context=context)
    return still


@step("orders.keep_content", clause="2.1.3.1")
def keep_content(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let orders that changed on their channel go on as they first came in: a person compared and decided so.

    Clause: 2.1.3.1. Rejects: unknown_order, wrong_state, on_hold (another reason still stands).
    Writes: holds closed, orders going on. The person's words are the run's reason.
    """
    ready, rejected = lock_waiting(batch, context=context)
    return _end_holds(ready, rejected, lambda _, code: code == Hold.CONTENT_CHANGED, context)


@step("orders.release_holds", clause="2.1.3.1")
def release_holds(batch: Sequence[Release], *, context: Inside) -> Answer:
    """Let orders go on although something spoke against them: a person looked and decided so.

    Clause: 2.1.3.1. Takes: the reason in the context; it is the person's word for good. An order may come several
    times under different codes.
    Gives: "free", or "waits" while another reason stands. What was let go stays let go when the order comes in again.
    Rejects: unknown_order, wrong_state, not_on_hold (no such reason stands), unknown_sku (what nobody knows cannot be
    sent).
    Writes: holds released, parts of codes that are known by now, orders going on.
    """
    orders = list(dict.fromkeys(row.order_id for row in batch))
    ready, refused = lock_waiting(orders, context=context)
    wrong = {orders[row.index]: row for row in refused}
    still = _make_parts(list(ready.values()), context)
    rows = context.run.lock(OrderHold, "order_id", list(ready.values()), ["order_id", "code"], equal={"state": "open"})
    stands: dict[int, set[tuple[int, str]]] = {}
    for order, code in rows:
        stands.setdefault(order, set()).add((order, code))
    fixed = {(order, str(Hold.UNKNOWN_SKU)) for order in still}
    taken: dict[int, set[tuple[int, str]]] = {}
    rejected = []
    for index, row in enumerate(batch):
        pairs = {pair for pair in stands.get(row.order_id, ()) if row.code in ("", pair[1])}
        if row.order_id in wrong:
            rejected.append(Rejected(index, wrong[row.order_id].code, wrong[row.order_id].details))
        elif not pairs:
            rejected.append(Rejected(index, Refusal.NOT_ON_HOLD))
        elif pairs <= fixed:
            rejected.append(Rejected(index, Refusal.UNKNOWN_SKU))
        else:
            taken[index] = pairs - fixed
    ended = {pair for pairs in taken.values() for pair in pairs}
    lift_holds(ended, context=context, state=HoldState.RELEASED)
    waiting = {order for order, pairs in stands.items() if pairs - ended}
    given = {index: "waits" if batch[index].order_id in waiting else "free" for index in taken}
    return answer([Accepted(index, said) for index, said in given.items()], rejected)


@step("orders.assign_holds", clause="2.1.3.1")
def assign_holds(batch: Sequence[Assign], *, context: Inside) -> Answer:
    """Say who looks after orders that wait: a person takes them, is given them, or gives them back.

    Clause: 2.1.3.1. Rejects: unknown_order, not_on_hold, twice_in_batch. Gives: "taken", "free" or "unchanged".
    Writes: who has the open reasons of an order.
    """
    run = context.run
    wanted = {row.order_id: row.assignee for row in batch}
    known = {row[0] for row in run.lock(Order, "id", list(wanted), ["id"])}
    columns = ["order_id", "id", "assignee"]
    holds: dict[int, list[tuple[int, str]]] = {}
    for order, key, assignee in run.lock(OrderHold, "order_id", list(known), columns, equal={"state": "open"}):
        holds.setdefault(order, []).append((key, assignee))
    accepted, rejected, done = [], [], set()
    changing: list[tuple[int, str, str]] = []
    for index, row in enumerate(batch):
        if row.order_id not in known:
            rejected.append(Rejected(index, Refusal.UNKNOWN))
        elif row.order_id not in holds:
            rejected.append(Rejected(index, Refusal.NOT_ON_HOLD))
        elif row.order_id in done:
            rejected.append(Rejected(index, Refusal.TWICE_IN_BATCH))
        else:
            done.add(row.order_id)
            new = [(key, was, row.assignee) for key, was in holds[row.order_id] if was != row.assignee]
            changing += new
            accepted.append(Accepted(index, ("taken" if row.assignee else "free") if new else "unchanged"))
    ids = [key for key, _, _ in changing]
    run.update(OrderHold, ids, {"assignee": [after for _, _, after in changing]})
    before, after = ([HAS_IT if named else NOBODY for named in (one[at] for one in changing)] for at in (1, 2))
    run.move("hold_assignee", ids, before, after)
    return answer(accepted, rejected)


def _end_holds(
    ready: Mapping[int, int], rejected: list[Rejected], ends: Callable[[int, str], bool], context: Inside
) -> Answer:
    """Close the reasons that no longer stand, and let orders without any other go on.

    Takes: ready, locked order by its index in the batch; ends, whether (order, code) ends.
    """
    rows = context.run.lock(OrderHold, "order_id", list(ready.values()), ["order_id", "code"], equal={"state": "open"})
    ended = {(order, code) for order, code in rows if ends(order, code)}
    lift_holds(ended, context=context)
    waiting = {order for order, code in rows if (order, code) not in ended}
    free = {order for order, _ in ended} - waiting
    rejected += [
        Rejected(index, Refusal.ON_HOLD if key in waiting else Refusal.WRONG_STATE)
        for index, key in ready.items()
        if key not in free
    ]
    return answer([Accepted(index, key) for index, key in ready.items() if key in free], rejected)


def end_holds_of(orders: Sequence[int], *, context: Inside) -> None:
    """Close all open holds of locked orders that end."""
    run = context.run
    ids = [row[0] for row in run.lock(OrderHold, "order_id", list(orders), ["id"], equal={"state": "open"})]
    run.update(OrderHold, ids, {"state": "closed", "closed_at": context.as_of})
    run.move("hold", ids, "open", "closed")
