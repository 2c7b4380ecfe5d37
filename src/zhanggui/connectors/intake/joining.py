"""Writes by which halves of orders come in: joined where both are here, kept where one waits for the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhanggui.connectors.intake.halves import Half, fits, half_from, half_text, joined, with_parts
from zhanggui.connectors.intake.models import HalfOrder
from zhanggui.connectors.intake.platforms.shapes import LIST
from zhanggui.connectors.intake.records import HalfState
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.processes.intake import bring_in_orders
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import OrderIn

WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class HalfRow:
    """A half of an order of a shop, from a file (0: none is kept)."""

    shop_id: int
    channel: str
    shop: str
    intake_id: int
    half: Half

    @property
    def content_hash(self) -> str:
        """Return what stands for it in the input hash."""
        return self.half.content_hash


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a half comes to.

    order: what comes in now, if anything. joins: nothing is left to wait for. code: why it stays out.
    """

    order: OrderIn | None = None
    joins: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A half that is here."""

    id: int
    payload: str
    state: str


def verdict_on(half: Half, other: str | None, shop_id: int, *, known: bool) -> Verdict:
    """Return what a half comes to.

    Takes: other, the payload of the other half if it is here; known, whether the order is here already.
    Gives: a list's word about a known order is news of its progress; its lines alone say nothing new of it.
    Rejects: pieces_differ.
    """
    if half.kind == LIST and known:
        return Verdict(with_parts(half.order, shop_id=shop_id), joins=True)
    if other is None:
        return Verdict(joins=known)
    kept = half_from(other)
    of_list, detail = (half, kept) if half.kind == LIST else (kept, half)
    if not fits(of_list, detail):
        return Verdict(code="pieces_differ")
    return Verdict(joined(of_list, detail, shop_id), joins=True)


@step("intake.bring_halves", clause="2.1.3.1")
def bring_halves(batch: Sequence[HalfRow], *, context: Inside) -> Answer:
    """Take in halves of orders of one shop, all of one kind; those whose other half is here come in as orders.

    Clause: 2.1.3.1. Gives: as `processes.bring_in_orders`; "waiting" for one whose other half is still to come.
    Rejects: as there; pieces_differ (the detail file holds other pieces than the list speaks of).
    Writes: halves, and what the orders write. The shop's row is locked by the caller, so that two halves that come at
    once see each other. Cost: the same number of statements for any number of halves.
    """
    if not batch:
        return answer([], [])
    assert len({(row.shop_id, row.half.kind) for row in batch}) == 1, "halves of one kind, of one shop"
    mine, others, known = _here(batch, context)
    verdicts = [
        verdict_on(
            row.half,
            others[key].payload if (key := row.half.external_id) in others else None,
            row.shop_id,
            known=key in known,
        )
        for row in batch
    ]
    coming = [(at, found.order) for at, found in enumerate(verdicts) if found.order]
    given = bring_in_orders([order for _, order in coming], context=context)
    _keep(batch, verdicts, mine, context)
    _end_waiting([others[row.half.external_id] for row, found in zip(batch, verdicts, strict=True)
                  if found.joins and row.half.external_id in others], context)  # fmt: skip
    accepted = [Accepted(coming[row.index][0], row.result) for row in given.accepted]
    rejected = [Rejected(coming[row.index][0], row.code, row.details) for row in given.rejected]
    for at, found in enumerate(verdicts):
        if found.code:
            rejected.append(Rejected(at, found.code, {}))
        elif found.order is None:
            accepted.append(Accepted(at, "unchanged" if found.joins else WAITING))
    return answer(accepted, rejected)


def _here(batch: Sequence[HalfRow], context: Inside) -> tuple[Mapping[str, _Kept], Mapping[str, _Kept], frozenset[str]]:
    """Return the halves of the batch's kind and of the other one that are here, and which orders are."""
    ids = sorted({row.half.external_id for row in batch})
    place: dict[str, int | str] = {"channel": batch[0].channel, "shop": batch[0].shop}
    columns = ["external_id", "half", "id", "payload", "state"]
    rows = context.run.lock(HalfOrder, "external_id", ids, columns, equal=place)
    kind = batch[0].half.kind
    mine = {row[0]: _Kept(*row[2:]) for row in rows if row[1] == kind}
    others = {row[0]: _Kept(*row[2:]) for row in rows if row[1] != kind}
    about: dict[str, int | str] = {"shop_id": batch[0].shop_id}
    known = context.run.lock(Order, "external_id", ids, ["external_id"], equal=about, lock=False)
    return mine, others, frozenset(row[0] for row in known)


def _keep(batch: Sequence[HalfRow], verdicts: Sequence[Verdict], mine: Mapping[str, _Kept], context: Inside) -> None:
    """Keep the halves as they came; those that were here and differ take the newer word."""
    run = context.run
    states = [str(HalfState.JOINED if found.joins else HalfState.WAITING) for found in verdicts]
    texts = [half_text(row.half) for row in batch]
    fresh = [at for at, row in enumerate(batch) if row.half.external_id not in mine]
    newer = [
        at for at, row in enumerate(batch)
        if (one := mine.get(row.half.external_id)) and (one.payload, one.state) != (texts[at], states[at])
    ]  # fmt: skip
    run.insert(HalfOrder, {
        "id": run.ids(len(fresh)), "channel": batch[0].channel, "shop": batch[0].shop,
        "external_id": [batch[at].half.external_id for at in fresh], "half": batch[0].half.kind,
        "payload": [texts[at] for at in fresh], "goods_fen": [batch[at].half.amount_fen for at in fresh],
        "intake_id": batch[0].intake_id, "since_at": context.as_of, "state": [states[at] for at in fresh],
    })  # fmt: skip
    run.update(HalfOrder, [mine[batch[at].half.external_id].id for at in newer], {
        "payload": [texts[at] for at in newer], "goods_fen": [batch[at].half.amount_fen for at in newer],
        "intake_id": batch[0].intake_id, "state": [states[at] for at in newer],
    })  # fmt: skip


def _end_waiting(halves: Sequence[_Kept], context: Inside) -> None:
    ids = [half.id for half in halves if half.state == HalfState.WAITING]
    context.run.update(HalfOrder, ids, {"state": str(HalfState.JOINED)})
