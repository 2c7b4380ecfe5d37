"""Writes of products."""

from collections.abc import Sequence

from zhanggui.catalog.models import Sku
from zhanggui.catalog.records import SkuIn
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer

FIELDS = ("name", "specification", "unit", "barcode", "price_fen", "stocked")


@step("catalog.take_in_skus", clause="2.1.2.1")
def take_in_skus(batch: Sequence[SkuIn], *, context: Inside) -> Answer:
    """Make SKUs known, or bring their data up to date; the code is the identity.

    Clause: 2.1.2.1. Gives: the new SKU's id, "changed" or "unchanged".
    Rejects: stocked_fixed (whether a code carries stock is settled at its birth), code_twice (the same code with other
    data earlier in the batch).
    Writes: SKUs. Cost: three statements.
    """
    run = context.run
    rows = run.lock(Sku, "code", sorted({row.code for row in batch}), ["id", "code", *FIELDS], order=("code",))
    known = {row[1]: (row[0], (*row[2:7], bool(row[7]))) for row in rows}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    fresh: dict[str, tuple[int, SkuIn]] = {}
    changed: dict[str, tuple[int, SkuIn]] = {}
    first: dict[str, int] = {}
    for index, row in enumerate(batch):
        data = tuple(getattr(row, name) for name in FIELDS)
        earlier = first.setdefault(row.code, index)
        if row.code in known and known[row.code][1][-1] != row.stocked:
            rejected.append(Rejected(index, "stocked_fixed", {"code": row.code}))
        elif batch[earlier] != row:
            rejected.append(Rejected(index, "code_twice", {"code": row.code}))
        elif earlier != index or (row.code in known and known[row.code][1] == data):
            accepted.append(Accepted(index, "unchanged"))
        elif row.code in known:
            changed[row.code] = (index, row)
            accepted.append(Accepted(index, "changed"))
        else:
            fresh[row.code] = (index, row)
    accepted += _insert(dict(sorted(fresh.items())), context)  # sorted: files that cross wait in no circle
    _update({known[code][0]: row for code, (_, row) in changed.items()}, context)
    return answer(accepted, rejected)


def _insert(fresh: dict[str, tuple[int, SkuIn]], context: Inside) -> list[Accepted]:
    ids = context.run.ids(len(fresh))
    rows = [row for _, row in fresh.values()]
    columns: dict[str, object] = {name: [getattr(row, name) for row in rows] for name in ("code", *FIELDS)}
    context.run.insert(Sku, {"id": ids, **columns})
    return [Accepted(index, key) for key, (index, _) in zip(ids, fresh.values(), strict=True)]


def _update(rows: dict[int, SkuIn], context: Inside) -> None:
    columns: dict[str, object] = {name: [getattr(row, name) for row in rows.values()] for name in FIELDS}
    context.run.update(Sku, list(rows), columns)
