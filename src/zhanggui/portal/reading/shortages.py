"""Shortages as staff see them: the list by stage, and one negotiation with everything that was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings

from zhanggui.journal.models import Run
from zhanggui.people.queries import names_of
from zhanggui.portal.reading.clocks import Clock, clocks_of
from zhanggui.portal.reading.orders import masked
from zhanggui.portal.reading.paging import Page, after, cut
from zhanggui.sales.orders.models import Order, OrderContact, Shop
from zhanggui.sales.shortages import queries, rules
from zhanggui.sales.shortages.models import ShortageAnswer, ShortageCase, ShortageNotice, ShortageOffer
from zhanggui.sales.shortages.records import CLOCKS, Choice, Line, Stage

TABS = ("to_tell", "told", "agreed", "promise_due", "closed")


@dataclass(frozen=True, slots=True)
class Row:
    """One negotiation in the list. notice: how telling stands in its round, empty where nothing is on its way."""

    id: int
    order_id: int
    external_id: str
    channel: str
    shop: str
    buyer: str
    state: str
    cycle: int
    lines: tuple[Line, ...]
    clock: Clock | None
    option: str
    promised: date | None
    outcome: str
    opened_at: datetime
    notice: str


@dataclass(frozen=True, slots=True)
class Said:
    """One entry of the negotiation file: what was offered, told or answered, by whom."""

    at: datetime
    kind: str
    run_id: int
    actor: tuple[str, str]
    cycle: int
    channel: str = ""
    state: str = ""
    words: str = ""
    option: str = ""
    options: tuple[str, ...] = ()
    promised: date | None = None
    goods: tuple[Choice, ...] = ()
    who: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """One negotiation with its order, what is missing, its clocks, its file, and what may be said now.

    link and text: of the offer that stands, for a person to copy; empty where none stands.
    """

    case: ShortageCase
    order: Order
    shop: Shop
    buyer: str
    lines: tuple[Line, ...]
    clocks: tuple[Clock, ...]
    file: tuple[Said, ...]
    notices: tuple[int, ...]
    link: str
    text: str
    options: tuple[str, ...]
    ways: tuple[str, ...]


def cases(tab: str, place: str, as_of: datetime, size: int = 50) -> Page[Row]:
    """Return a page of negotiations: what began first on top, the newest of those that are over; six statements."""
    found = ShortageCase.objects.filter(state=Stage.AGREED if tab == "promise_due" else tab)
    if tab == "promise_due":
        found = found.filter(promised__lte=as_of.astimezone(settings.COMPANY_ZONE).date())
    over = tab == "closed"
    column = "closed_at" if over else "round_at"
    order = ("-closed_at", "-id") if over else ("round_at", "id")
    rows = list(after(found, column, place, newest_first=over).order_by(*order)[: size + 1])
    kept, following = cut(rows, size, column)
    return Page(tuple(_rows(kept)), following, not place)


def _rows(kept: Sequence[ShortageCase]) -> list[Row]:
    ids, orders = [case.id for case in kept], [case.order_id for case in kept]
    known = {order.id: order for order in Order.objects.select_related("shop").filter(id__in=orders)}
    buyers = dict(OrderContact.objects.filter(order_id__in=orders).values_list("order_id", "buyer"))
    lines = queries.lines_of(ids)
    clocks: dict[int, Clock] = {}
    for clock in clocks_of(CLOCKS, ids, running=True):
        clocks.setdefault(clock.subject_id, clock)
    notices: dict[tuple[int, int], str] = {}
    for case, cycle, state in (
        ShortageNotice.objects.filter(case_id__in=ids).order_by("id").values_list("case_id", "cycle", "state")
    ):
        notices[case, cycle] = state
    return [
        Row(
            case.id, case.order_id, known[case.order_id].external_id, known[case.order_id].shop.channel,
            known[case.order_id].shop.code, masked(buyers.get(case.order_id, "")), case.state, case.cycle,
            lines.get(case.id, ()), clocks.get(case.id), case.option, case.promised, case.outcome, case.opened_at,
            notices.get((case.id, case.cycle), ""),
        )
        for case in kept
    ]  # fmt: skip


def whole_case(case_id: int) -> Whole | None:
    """Return one negotiation with everything that was said in it. Cost: eleven statements."""
    case = ShortageCase.objects.select_related("order__shop").filter(id=case_id).first()
    if case is None:
        return None
    order = case.order
    contact = OrderContact.objects.filter(order_id=order.id).first()
    lines = queries.lines_of([case_id]).get(case_id, ())
    offers = list(ShortageOffer.objects.filter(case_id=case_id).order_by("id"))
    standing = next((one for one in offers if one.replaced_at is None and one.cycle == case.cycle), None)
    link = queries.link_of(standing) if standing and case.state in (Stage.TO_TELL, Stage.TOLD) else ""
    ways = rules.ways_to(contact, order.shop.channel, settings.MESSAGE_WAYS) if contact else ()
    notices = ShortageNotice.objects.filter(case_id=case_id).values_list("id", flat=True)
    return Whole(
        case, order, order.shop, masked(contact.buyer) if contact else "", lines,
        tuple(clocks_of(CLOCKS, [case_id], running=False)), tuple(_file(case_id, offers)), tuple(notices), link,
        _text(order, lines, link, again=case.cycle > 1), tuple(standing.options.split(",")) if standing else (), ways,
    )  # fmt: skip


def _text(order: Order, lines: Sequence[Line], link: str, *, again: bool) -> str:
    """Return the words for a person to copy into a message."""
    if not link:
        return ""
    goods = [(line.name, line.missing) for line in lines]
    return rules.letter(order.shop.name, order.external_id, goods, link, again=again)


def _file(case_id: int, offers: Sequence[ShortageOffer]) -> list[Said]:
    """Return what was offered, told and answered, the newest first."""
    notices = list(ShortageNotice.objects.filter(case_id=case_id))
    answers = list(ShortageAnswer.objects.filter(case_id=case_id))
    codes = {code for offer in offers for code in offer.substitutes.split(",") if code}
    codes |= {one.substitute for one in answers if one.substitute}
    goods = {choice.code: choice for choice in queries.substitutes_of(sorted(codes))}
    ids = {one.run_id for one in offers} | {one.run_id for one in notices} | {one.run_id for one in answers}
    runs = {key: (kind, name) for key, kind, name in Run.objects.filter(id__in=ids).values_list(
        "id", "actor_kind", "actor_id"
    )}  # fmt: skip
    people = names_of([int(name) for kind, name in runs.values() if kind == "staff" and name.isdigit()])
    named = {key: people.get(int(name), name) if name.isdigit() else "" for key, (_, name) in runs.items()}
    nobody = ("", "")
    said = [
        Said(one.made_at, "offer", one.run_id, runs.get(one.run_id, nobody), one.cycle,
             options=tuple(one.options.split(",")), promised=one.promised, who=named.get(one.run_id, ""),
             goods=tuple(goods[code] for code in one.substitutes.split(",") if code in goods))
        for one in offers
    ]  # fmt: skip
    said += [
        Said(one.told_at or one.written_at, "notice", one.run_id, runs.get(one.run_id, nobody), one.cycle, one.channel,
             one.state, one.words, who=named.get(one.run_id, ""))
        for one in notices
    ]  # fmt: skip
    said += [
        Said(one.answered_at, "answer", one.run_id, runs.get(one.run_id, nobody), one.cycle, words=one.words,
             option=one.option, promised=one.promised, who=named.get(one.run_id, ""),
             goods=tuple(goods[code] for code in (one.substitute,) if code in goods))
        for one in answers
    ]  # fmt: skip
    return sorted(said, key=lambda entry: entry.at, reverse=True)
