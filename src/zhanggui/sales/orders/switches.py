"""Writes of what the rules of validity go by: which of them a shop uses, and the blocklist."""

from collections.abc import Sequence

from django.conf import settings

from zhanggui.journal.rules import keyed_digest
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.kernel.text import clean_name
from zhanggui.sales.orders.models import BlockEntry, Shop, ShopRule
from zhanggui.sales.orders.receivers import blocked_form
from zhanggui.sales.orders.records import Blocked, BlockKind, Refusal, RuleSwitch
from zhanggui.sales.orders.validity import SWITCHABLE

FRAGMENT_LEAST = 4
FORM_MOST = 120
BLOCK_KINDS = tuple(str(kind) for kind in BlockKind)


@step("orders.set_shop_rules", clause="2.1.3.1", limit=1_000)
def set_shop_rules(batch: Sequence[RuleSwitch], *, context: Inside) -> Answer:
    """Turn rules of validity on or off for shops; a later word in the batch leads.

    Clause: 2.1.3.1. Gives: "on", "off" or "unchanged". Rejects: unknown_shop, unknown_rule (no such rule, or one that
    no shop can do without).
    Writes: shops, one row of history per change. Orders that are here are judged anew by `orders.judge_again`.
    """
    run = context.run
    rows = run.lock(Shop, "id", sorted({row.shop_id for row in batch}), ["id", "rules_off"])
    before = {key: {*off.split(",")} - {""} for key, off in rows}
    after = {key: set(off) for key, off in before.items()}
    accepted, rejected = [], []
    turned: list[tuple[int, str, str]] = []
    for index, row in enumerate(batch):
        if row.shop_id not in after:
            rejected.append(Rejected(index, Refusal.UNKNOWN_SHOP))
        elif row.code not in SWITCHABLE:
            rejected.append(Rejected(index, Refusal.UNKNOWN_RULE, {"code": row.code}))
        elif (row.code not in after[row.shop_id]) == row.on:
            accepted.append(Accepted(index, "unchanged"))
        else:
            after[row.shop_id] ^= {row.code}
            turned.append((row.shop_id, row.code, "on" if row.on else "off"))
            accepted.append(Accepted(index, turned[-1][2]))
    changed = sorted(key for key, off in after.items() if off != before[key])
    run.update(Shop, changed, {"rules_off": [",".join(sorted(after[key])) for key in changed]})
    run.insert(ShopRule, {
        "id": run.ids(len(turned)), "shop_id": [one[0] for one in turned], "code": [one[1] for one in turned],
        "turned": [one[2] for one in turned], "turned_at": context.as_of,
    })  # fmt: skip
    return answer(accepted, rejected)


@step("orders.edit_blocklist", clause="2.1.3.1")
def edit_blocklist(batch: Sequence[Blocked], *, context: Inside) -> Answer:
    """Put buyers, telephone numbers and pieces of addresses on the blocklist, or take them off.

    Clause: 2.1.3.1. Gives: "listed", "removed" or "unchanged". Rejects: unknown_kind, fragment_short (nothing to
    compare, or a piece of an address that would name whole towns), not_listed, twice_in_batch.
    Writes: entries in the form in which they are compared; what is taken off is kept, marked so.
    """
    run = context.run
    forms = [blocked_form(row.kind, row.value)[:FORM_MOST] for row in batch]
    rows = run.lock(BlockEntry, "value", sorted(set(forms)), ["id", "kind", "value"], equal={"state": "listed"})
    listed = {(kind, value): key for key, kind, value in rows}
    accepted, rejected = [], []
    new: dict[tuple[str, str], str] = {}
    removed: list[int] = []
    seen: set[tuple[str, str]] = set()
    for index, (row, form) in enumerate(zip(batch, forms, strict=True)):
        pair = (row.kind, form)
        wrong = _wrong_entry(row, form, pair in seen, pair in listed)
        seen.add(pair)
        if wrong:
            rejected.append(Rejected(index, wrong))
        elif row.on and pair in listed:
            accepted.append(Accepted(index, "unchanged"))
        elif row.on:
            new[pair] = clean_name(row.note)[:200]
            accepted.append(Accepted(index, "listed"))
        else:
            removed.append(listed[pair])
            accepted.append(Accepted(index, "removed"))
    run.update(BlockEntry, sorted(removed), {"state": "removed"})
    run.move("block_entry", sorted(removed), "listed", "removed")
    run.insert(BlockEntry, {
        "id": run.ids(len(new)), "kind": [kind for kind, _ in new], "value": [value for _, value in new],
        "value_digest": [keyed_digest(settings.CHAIN_KEY, kind, value) for kind, value in new],
        "note": list(new.values()), "listed_at": context.as_of, "state": "listed",
    })  # fmt: skip
    return answer(accepted, rejected)


def _wrong_entry(row: Blocked, form: str, again: bool, listed: bool) -> str:
    """Return why an entry cannot be changed so, or nothing."""
    if row.kind not in BLOCK_KINDS:
        return "unknown_kind"
    if len(form) < (FRAGMENT_LEAST if row.kind == BlockKind.ADDRESS else 1):
        return str(Refusal.FRAGMENT_SHORT)
    if again:
        return str(Refusal.TWICE_IN_BATCH)
    return "" if row.on or listed else str(Refusal.NOT_LISTED)
