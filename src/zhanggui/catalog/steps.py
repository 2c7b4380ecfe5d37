"""Writes of products."""

from collections.abc import Sequence

from zhanggui.catalog.models import MerchantCode, Sku
from zhanggui.catalog.queries import known_skus
from zhanggui.catalog.records import CodeIn, SkuIn
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


@step("catalog.set_codes", clause="2.1.2.1")
def set_codes(batch: Sequence[CodeIn], *, context: Inside) -> Answer:
    """Say what merchant codes stand for; the newest word replaces what was said before.

    Clause: 2.1.2.1. Gives: "set", "changed", "removed" or "unchanged".
    Rejects: sku_unknown with the code, sku_twice, pieces_wrong (pieces below 1 or a weight below 0), code_twice.
    Writes: merchant codes, in three statements. Orders that came in keep the parts they have.
    """
    run = context.run
    skus = known_skus([sku for row in batch for sku, _, _ in row.components])
    columns = ["id", "shop_id", "code", "sku_id", "quantity", "weight"]
    current: dict[tuple[int, str], list[tuple[int, tuple[int, int, int]]]] = {}
    codes = sorted({row.code for row in batch})
    for key, shop, code, *component in run.lock(MerchantCode, "code", codes, columns, equal={"state": "current"}):
        current.setdefault((shop, code), []).append((key, (component[0], component[1], component[2])))
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    replaced: list[int] = []
    new: list[tuple[int, str, int, int, int]] = []
    done: set[tuple[int, str]] = set()
    for index, row in enumerate(batch):
        wrong = _wrong_code(row, skus, (row.shop_id, row.code) in done)
        if wrong:
            rejected.append(Rejected(index, wrong, {"code": row.code}))
            continue
        done.add((row.shop_id, row.code))
        before = current.get((row.shop_id, row.code), [])
        after = [(skus[sku][0], pieces, weight) for sku, pieces, weight in row.components]
        if sorted(component for _, component in before) == sorted(after):
            accepted.append(Accepted(index, "unchanged"))
            continue
        accepted.append(Accepted(index, "removed" if not after else "changed" if before else "set"))
        replaced += [key for key, _ in before]
        new += [(row.shop_id, row.code, *component) for component in after]
    run.update(MerchantCode, sorted(replaced), {"state": "replaced"})
    run.move("merchant_code", sorted(replaced), "current", "replaced")
    names = ("shop_id", "code", "sku_id", "quantity", "weight")
    values: dict[str, object] = {name: [row[place] for row in new] for place, name in enumerate(names)}
    run.insert(MerchantCode, {"id": run.ids(len(new)), **values, "state": "current"})
    return answer(accepted, rejected)


def _wrong_code(row: CodeIn, skus: dict[str, tuple[int, bool]], again: bool) -> str:
    """Return why a merchant code cannot be set so, or nothing."""
    names = [sku for sku, _, _ in row.components]
    if again:
        return "code_twice"
    if any(sku not in skus for sku in names):
        return "sku_unknown"
    if len(set(names)) < len(names):
        return "sku_twice"
    return "pieces_wrong" if any(pieces < 1 or weight < 0 for _, pieces, weight in row.components) else ""
