"""Wishes for invoices: born with or after their orders, changed until they are issued, following their orders.

Lock order: orders by id, then invoices by id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from zhanggui.journal.records import Plus
from zhanggui.journal.rules import keyed_digest
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.sales.invoices import rules
from zhanggui.sales.invoices.models import Invoice, InvoiceBuyer
from zhanggui.sales.invoices.records import CONTENT, IN_HAND, OPEN, Colour, Content, Paid, Refusal, Sale, State, Wish
from zhanggui.sales.orders.models import Order, Shop
from zhanggui.sales.orders.records import Payment, Presale, Refund, Standing, counts_as_sale
from zhanggui.sales.orders.records import State as OrderState

ORDER = (
    "id", "shop_id", "state", "payment", "presale", "standing", "refund", "origin",
    "goods_fen", "freight_fen", "discount_fen", "platform_discount_fen",
)  # fmt: skip
COLUMNS = (
    "id", "order_id", "colour", "state", "original_id", "amount_fen", "findings", "asked_digest",
    "content_digest", "version",
)  # fmt: skip
UNCHANGED = "unchanged"
Moves = Sequence[tuple[int, State, State]]


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order as its invoice sees it."""

    id: int
    sale: Sale
    amount_fen: int
    currency: str


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as it stands."""

    id: int
    order_id: int
    colour: str
    state: State
    original_id: int | None
    amount_fen: int
    findings: str
    asked_digest: str
    content_digest: str
    version: int


@dataclass(slots=True)
class _Plan:
    """What becomes of the wishes of a batch: content to write, wishes to make, red letters to make, and the answer."""

    edits: dict[int, tuple[Content, str]] = field(default_factory=dict)
    births: dict[int, tuple[Content, str]] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    accepted: list[Accepted] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


@step("invoices.take_wishes", clause="1.2")
def take_wishes(batch: Sequence[Wish], *, context: Inside) -> Answer:
    """Take in what buyers want on their invoices; a wish that is known is changed while it is not issued.

    Clause: 1.2. Gives: the wish's id; "unchanged" where the channel says what it said before, or a person what stands.
    Rejects: unknown_order, order_ended, already_issued, twice_in_batch.
    Writes: wishes, for whom, their states. Cost: the same number of statements for any number of wishes.
    """
    return settle_wishes(batch, (), context=context)


@step("invoices.follow_orders", clause="1.2")
def follow_orders(batch: Sequence[int], *, context: Inside) -> Answer:
    """Let wishes follow their orders: ready once they count as sales, cancelled when they end, red after the issue.

    Clause: 1.2. Takes: orders. Gives: the order's id, also where it has no wish.
    """
    settle_wishes((), batch, context=context)
    return answer([Accepted(index, key) for index, key in enumerate(batch)], [])


def settle_wishes(wishes: Sequence[Wish], followed: Iterable[int], *, context: Inside) -> Answer:
    """Take in wishes and let those of other orders follow, together; answers to the wishes."""
    run = context.run
    wanted = sorted(set(followed))
    following = run.lock(Invoice, "order_id", wanted, ["order_id"], lock=False) if wanted else []
    orders = orders_of({*(row[0] for row in following), *(wish.order_id for wish in wishes)}, context, lock=True)
    if not orders:
        return answer([], [Rejected(index, Refusal.UNKNOWN_ORDER) for index in range(len(wishes))])
    rows = [row_of(row) for row in run.lock(Invoice, "order_id", sorted(orders), COLUMNS)]
    current = {row.order_id: row for row in rows if row.colour == Colour.BLUE}
    touched = [row for wish in wishes if (row := current.get(wish.order_id)) and row.state in OPEN]
    kept = _contents([row.id for row in touched], context) if touched else {}
    plan = _decide(wishes, orders, current, kept)
    _edit(plan, current.values(), orders, context)
    live_red = {row.original_id for row in rows if row.colour == Colour.RED and row.state != State.CANCELLED}
    reds = [
        row for row in current.values()
        if row.state in IN_HAND and row.id not in live_red and orders[row.order_id].sale == Sale.ENDED
    ]  # fmt: skip
    born = insert_invoices(plan.births, reds, orders, context)
    accepted = plan.accepted + [Accepted(index, born[key]) for key, index in plan.places.items()]
    return answer(accepted, plan.rejected)


def orders_of(ids: Iterable[int], context: Inside, *, lock: bool) -> dict[int, OrderSeen]:
    """Return orders as their invoices see them."""
    wanted = sorted(set(ids))
    rows = context.run.lock(Order, "id", wanted, ORDER, lock=lock) if wanted else []
    shops = sorted({row[1] for row in rows})
    currencies: dict[int, str] = (
        dict(context.run.lock(Shop, "id", shops, ["id", "currency"], lock=False)) if shops else {}
    )
    return {
        key: OrderSeen(key, _sale(state, *standing), Paid(*amounts).amount_fen, currencies[shop])
        for key, shop, state, *standing, goods, freight, discount, platform in rows
        for amounts in [(goods, freight, discount, platform)]
    }


def _sale(state: str, payment: str, presale: str, standing: str, refund: str, origin: str) -> Sale:
    """Tell what an order is to its invoice."""
    if state == OrderState.CANCELLED or standing == Standing.CLOSED or refund == Refund.DONE:
        return Sale.ENDED
    counts = counts_as_sale(payment, standing, refund, origin)
    sure = counts and payment != Payment.UNPAID and presale != Presale.DEPOSIT and refund != Refund.ASKED
    return Sale.COUNTS if sure else Sale.WAITS


def row_of(values: Sequence[Any]) -> InvoiceRow:
    key, order, colour, state, *others = values
    return InvoiceRow(key, order, colour, State(state), *others)


def _contents(ids: Sequence[int], context: Inside) -> dict[int, Content]:
    rows = context.run.lock(InvoiceBuyer, "id", sorted(set(ids)), ["id", *CONTENT], lock=False)
    return {key: Content(*texts) for key, *texts in rows}


def digest_of(content: Content) -> str:
    """Return the keyed digest under which an invoice's personal texts enter the journal."""
    return keyed_digest(settings.CHAIN_KEY, *content.texts)


def _decide(
    wishes: Sequence[Wish],
    orders: Mapping[int, OrderSeen],
    current: Mapping[int, InvoiceRow],
    kept: Mapping[int, Content],
) -> _Plan:
    """Tell what becomes of each wish."""
    plan = _Plan()
    seen: set[int] = set()
    for index, wish in enumerate(wishes):
        code = _refused(wish, orders, current, seen)
        seen.add(wish.order_id)
        row = current.get(wish.order_id)
        if code:
            plan.rejected.append(Rejected(index, code))
            continue
        content, asked = _wanted(wish, kept.get(row.id) if row else None)
        if row is not None and _says_nothing_new(wish, row, content, asked):
            plan.accepted.append(Accepted(index, UNCHANGED))
        elif row is not None and row.state in OPEN:
            plan.edits[row.id] = (content, row.asked_digest if wish.by_hand else asked)
            plan.accepted.append(Accepted(index, row.id))
        else:
            plan.births[wish.order_id] = (content, "" if wish.by_hand else asked)
            plan.places[wish.order_id] = index
    return plan


def _refused(
    wish: Wish, orders: Mapping[int, OrderSeen], current: Mapping[int, InvoiceRow], seen: set[int]
) -> Refusal | None:
    row = current.get(wish.order_id)
    if wish.order_id not in orders:
        return Refusal.UNKNOWN_ORDER
    if wish.order_id in seen:
        return Refusal.TWICE
    if row is not None and row.state in IN_HAND:
        same = not wish.by_hand and digest_of(rules.cleaned(wish.content)) == row.asked_digest
        return None if same else Refusal.ALREADY_ISSUED
    ended = orders[wish.order_id].sale == Sale.ENDED
    return Refusal.ORDER_ENDED if ended and not (row and row.state in OPEN) else None


def _wanted(wish: Wish, before: Content | None) -> tuple[Content, str]:
    """Return the content that a wish comes to, and the digest of what was asked in its own words."""
    asked = digest_of(rules.cleaned(wish.content))
    if wish.by_hand or before is None:
        return rules.cleaned(wish.content), asked
    return rules.cleaned(rules.merged(before, wish.content)), asked


def _says_nothing_new(wish: Wish, row: InvoiceRow, content: Content, asked: str) -> bool:
    """Tell whether a wish was heard before: the channel's own words, whatever became of them, or what stands."""
    if not wish.by_hand and asked == row.asked_digest:
        return True
    return wish.by_hand and row.state in OPEN and digest_of(content) == row.content_digest


def _edit(plan: _Plan, rows: Iterable[InvoiceRow], orders: Mapping[int, OrderSeen], context: Inside) -> None:
    """Write changed contents, and where wishes stand now."""
    edited: list[tuple[InvoiceRow, tuple[str, ...], State]] = []
    moves: list[tuple[int, State, State]] = []
    for row in rows:
        order = orders[row.order_id]
        if row.id in plan.edits:
            found = rules.findings(plan.edits[row.id][0], row.amount_fen, order.currency)
            after = rules.next_state(State.READY, order.sale, found)
            edited.append((row, found, after))
        else:
            after = rules.next_state(row.state, order.sale, tuple(filter(None, row.findings.split(","))))
            moves += [(row.id, row.state, after)] if after != row.state else []
    _write_edits(edited, plan, context)
    move_invoices(moves, context)


def _write_edits(edited: Sequence[tuple[InvoiceRow, tuple[str, ...], State]], plan: _Plan, context: Inside) -> None:
    run, ids = context.run, [row.id for row, _, _ in edited]
    if not ids:
        return
    contents = [plan.edits[key][0] for key in ids]
    run.update(InvoiceBuyer, ids, {name: [getattr(one, name) for one in contents] for name in CONTENT})
    run.update(Invoice, ids, {
        "findings": [",".join(found) for _, found, _ in edited], "asked_digest": [plan.edits[key][1] for key in ids],
        "content_digest": [digest_of(one) for one in contents], "version": Plus(1),
        "state": [str(after) for _, _, after in edited],
    })  # fmt: skip
    versions = [row.version for row, _, _ in edited]
    run.move("invoice_content", ids, [str(one) for one in versions], [str(one + 1) for one in versions])
    run.move("invoice", *_columns([(row.id, row.state, after) for row, _, after in edited if after != row.state]))


def _columns(moves: Moves) -> tuple[list[int], list[str], list[str]]:
    return [key for key, _, _ in moves], [str(one) for _, one, _ in moves], [str(one) for _, _, one in moves]


def move_invoices(moves: Moves, context: Inside, values: Mapping[str, object] | None = None) -> None:
    """Move invoices: rows and transitions together."""
    ids, befores, afters = _columns(moves)
    context.run.update(Invoice, ids, {"state": afters, **(values or {})})
    context.run.move("invoice", ids, befores, afters)


def insert_invoices(
    births: Mapping[int, tuple[Content, str]],
    reds: Sequence[InvoiceRow],
    orders: Mapping[int, OrderSeen],
    context: Inside,
) -> dict[int, int]:
    """Write new wishes and red letters in one statement each; return the ids of the wishes by order."""
    if not births and not reds:
        return {}
    run = context.run
    taken = _contents([row.id for row in reds], context) if reds else {}
    blue = [(orders[key], content, asked) for key, (content, asked) in births.items()]
    contents = [content for _, content, _ in blue] + [taken[row.id] for row in reds]
    founds = [rules.findings(content, order.amount_fen, order.currency) for order, content, _ in blue]
    states = [rules.next_state(State.READY, order.sale, found)
              for (order, _, _), found in zip(blue, founds, strict=True)]  # fmt: skip
    ids = run.ids(len(contents))
    run.insert(Invoice, {
        "id": ids,
        "order_id": [*births, *(row.order_id for row in reds)],
        "colour": [str(Colour.BLUE)] * len(blue) + [str(Colour.RED)] * len(reds),
        "original_id": [None] * len(blue) + [row.id for row in reds],
        "amount_fen": [order.amount_fen for order, _, _ in blue] + [-row.amount_fen for row in reds],
        "created_at": context.as_of,
        "findings": [",".join(found) for found in founds] + [""] * len(reds),
        "asked_digest": [asked for _, _, asked in blue] + [""] * len(reds),
        "content_digest": [digest_of(content) for content in contents], "version": 0,
        "state": [str(one) for one in states] + [str(State.READY)] * len(reds),
        "exported_at": None, "sent_at": None,
    })  # fmt: skip
    run.insert(InvoiceBuyer, {
        "id": ids, "invoice_id": ids,
        **{name: [getattr(content, name) for content in contents] for name in CONTENT},
    }, stamped=False)  # fmt: skip
    moved = [(key, State.READY, state) for key, state in zip(ids, states, strict=False) if state != State.READY]
    run.move("invoice", *_columns(moved))
    return dict(zip(births, ids, strict=False))
