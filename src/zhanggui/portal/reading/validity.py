"""Rules of validity as pages show them: what each caught, where it is on, what it goes by; and the blocklist."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count as CountOf
from django.db.models import Q

from zhanggui.portal.reading.orders import masked
from zhanggui.portal.reading.paging import Page, after, cut
from zhanggui.portal.reading.runs import RunRow, timeline
from zhanggui.regulation.queries import in_force
from zhanggui.regulation.records import InForce
from zhanggui.sales.orders.models import BlockEntry, OrderHold, Shop, ShopRule
from zhanggui.sales.orders.receivers import blocked_form
from zhanggui.sales.orders.switches import BLOCK_KINDS
from zhanggui.sales.orders.validity import RULES, Rule

CLAUSE = "2.1.3.1"
CONFIRMING = ("confirm_hours", "confirming", "confirm_after_minutes")


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule with what it caught in a period: orders in all, still open, let go by a person; and its parameters."""

    code: str
    department: str
    switchable: bool
    on: bool
    caught: int
    still_open: int
    released: int
    parameters: tuple[InForce, ...]


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """A rule that was turned on or off, with the run that did it."""

    code: str
    turned: str
    turned_at: datetime
    run: RunRow | None


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry of the blocklist, masked, with how many orders wait for it."""

    id: int
    kind: str
    shown: str
    note: str
    listed_at: datetime
    run_id: int
    state: str


def rule_lines(shop: Shop | None, since: datetime, as_of: datetime) -> tuple[RuleLine, ...]:
    """Return all rules with what they caught since a moment, for one shop or for all. Cost: three statements."""
    rows = OrderHold.objects.filter(opened_at__gte=since)
    if shop:
        rows = rows.filter(order__shop_id=shop.id)
    figures = {
        "caught": CountOf("id"),
        "still_open": CountOf("id", filter=Q(state="open")),
        "released": CountOf("id", filter=Q(state="released")),
    }
    counted: dict[str, Sequence[int]] = {code: told for code, *told in rows.values_list("code").annotate(**figures)}
    known = {one.parameter.name: one for one in in_force(CLAUSE, as_of)}
    off = set(shop.rules_off.split(",")) if shop else set()
    return tuple(_rule_line(rule, off, counted.get(str(rule.code), (0, 0, 0)), known) for rule in RULES)


def _rule_line(rule: Rule, off: Collection[str], figures: Sequence[int], known: Mapping[str, InForce]) -> RuleLine:
    caught, still_open, released = figures
    parameters = tuple(known[name] for name in rule.parameters)
    on = rule.code not in off
    return RuleLine(
        str(rule.code), rule.department, rule.switchable, on, caught, still_open, released, parameters
    )  # fmt: skip


def confirming(as_of: datetime) -> tuple[InForce, ...]:
    """Return what says when and by whom orders are confirmed. Cost: two statements."""
    return tuple(one for one in in_force(CLAUSE, as_of) if one.parameter.name in CONFIRMING)


def switches(shop: Shop, most: int = 30) -> tuple[SwitchLine, ...]:
    """Return when rules of a shop were turned on or off, the newest first. Cost: five statements."""
    rows = list(ShopRule.objects.filter(shop_id=shop.id).order_by("-id")[:most])
    runs = _runs(row.run_id for row in rows)
    return tuple(SwitchLine(row.code, row.turned, row.turned_at, runs.get(row.run_id)) for row in rows)


def _runs(ids: Iterable[int]) -> dict[int, RunRow]:
    wanted = sorted(set(ids))
    return {row.id: row for row in timeline([], wanted)} if wanted else {}


def blocklist(words: str, place: str, size: int = 50) -> Page[EntryLine]:
    """Return entries of the blocklist, the newest first; words name one as a whole. Cost: one statement."""
    rows = BlockEntry.objects.filter(state="listed")
    if words:
        rows = rows.filter(value__in={blocked_form(kind, words) for kind in BLOCK_KINDS})
    found = after(rows, "listed_at", place, newest_first=True).order_by("-listed_at", "-id")
    kept, following = cut(list(found[: size + 1]), size, "listed_at")
    lines = tuple(
        EntryLine(row.id, row.kind, _shown(row), row.note, row.listed_at, row.run_id, row.state) for row in kept
    )
    return Page(lines, following, not place)


def _shown(row: BlockEntry) -> str:
    """Return an entry of which only so much is readable as it can be told apart by."""
    if row.kind == "phone" and len(row.value) >= 11:
        return f"{row.value[:3]}****{row.value[-4:]}"
    if row.kind == "address":
        return f"{row.value[:6]}***"
    return masked(row.value)


def entries(ids: Iterable[int]) -> list[BlockEntry]:
    """Return listed entries by their ids."""
    return list(BlockEntry.objects.filter(id__in=list(ids), state="listed").order_by("id"))
