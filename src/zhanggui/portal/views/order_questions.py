"""What the address of the order queue asks: read strictly, told as chips of which each can be taken away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict

from zhanggui.connectors.spreadsheets.cells import parse_money_minor
from zhanggui.connectors.spreadsheets.records import CellRefused
from zhanggui.kernel import clock
from zhanggui.oversight.compliance.rules import recent
from zhanggui.portal import asking, wording, wording_orders
from zhanggui.portal.hold_words import HOLDS
from zhanggui.portal.reading.order_queue import SORTS
from zhanggui.portal.templatetags.portal_parts import channel_words
from zhanggui.sales.orders.finding import TABS, OrderFilter
from zhanggui.sales.orders.models import Shop
from zhanggui.sales.orders.records import OPEN_STATES, Mark

QUERY_MAX = 1_000
MORE = (
    "hold",
    "flag",
    "payment",
    "presale",
    "mark",
    "province",
    "code",
    "least",
    "most",
    "within",
    "first",
    "short",
    "noted",
)
FIELDS = ("q", "shop", "from", "to", *MORE, "handed")
KEPT = ("state", *FIELDS, "sort")
"""The parameters that make a question; `after` is only a place in its list."""


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition as people read it, and the address without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: for the query, for the form and as chips. query: its parameters alone, for links."""

    wanted: OrderFilter
    sort: str
    form: Mapping[str, str]
    chips: tuple[Chip, ...]
    query: str

    @property
    def more(self) -> int:
        """Return how many conditions stand in the folded part of the form."""
        return sum(1 for name in MORE if self.form.get(name))


def question(request: HttpRequest, known: Mapping[int, Shop]) -> Question:
    """Return what a request asks. Raises: BadRequest for what is not in its list."""
    state = asking.choice(request, "state", TABS)
    shop = asking.whole(request, "shop")
    if shop is not None and shop not in known:
        raise BadRequest("unknown shop")
    sort = asking.choice(request, "sort", SORTS) or ("oldest" if state in _WORK else "newest")
    wanted = _wanted(request, state, shop)
    form = {name: value for name in FIELDS if (value := request.GET.get(name, "").strip())}
    return Question(wanted, sort, form, tuple(_chips(request, form, known)), _kept(request.GET))


_WORK = (*(str(one) for one in OPEN_STATES), "stopped", "short")


def _wanted(request: HttpRequest, state: str, shop: int | None) -> OrderFilter:
    as_of, first, last = clock.now(), asking.day(request, "from"), asking.day(request, "to")
    within = asking.whole(request, "within")
    handed = asking.choice(request, "handed", wording.HANDED)
    period = recent(as_of)
    if within is not None and within > 24 * 366:
        raise BadRequest("within is too far")
    return OrderFilter(
        state=state,
        words=asking.words(request, "q"),
        shop=shop,
        from_at=_midnight(first) if first else None,
        until_at=_midnight(last + timedelta(days=1)) if last else None,
        hold=asking.choice(request, "hold", HOLDS),
        flag=asking.choice(request, "flag", wording_orders.FLAGS),
        payment=asking.choice(request, "payment", wording_orders.PAYMENTS),
        presale=asking.choice(request, "presale", wording_orders.PRESALES),
        mark=asking.choice(request, "mark", [str(mark) for mark in Mark]),
        province=asking.words(request, "province")[:60],
        code=asking.words(request, "code")[:64],
        least_fen=_amount(request, "least"),
        most_fen=_amount(request, "most"),
        due_until=as_of + timedelta(hours=within) if within is not None else None,
        first=bool(asking.choice(request, "first", ("1",))),
        short=bool(asking.choice(request, "short", ("1",))),
        noted=bool(asking.choice(request, "noted", ("1",))),
        handed=handed,
        handed_from=period.from_at if handed else None,
        handed_until=period.until_at if handed else None,
        as_of=as_of if handed else None,
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=settings.COMPANY_ZONE)


def _amount(request: HttpRequest, name: str) -> int | None:
    """Return an amount that was typed in whole units, in minor ones. Raises: BadRequest."""
    text = request.GET.get(name, "").strip().replace(",", "")
    if not text:
        return None
    try:
        return parse_money_minor(text)
    except CellRefused as error:
        raise BadRequest(f"{name} is not an amount") from error


def _chips(request: HttpRequest, form: Mapping[str, str], known: Mapping[int, Shop]) -> Iterator[Chip]:
    for name, value in form.items():
        without = request.GET.copy()
        without.pop(name, None)
        said = _said(name, value, known)
        yield Chip(str(wording_orders.FIELDS[name]), said, _kept(without) or "all=1")


def _said(name: str, value: str, known: Mapping[int, Shop]) -> str:
    """Return the value of a condition as people read it."""
    words: Mapping[str, Mapping[str, object]] = {
        "hold": HOLDS,
        "flag": wording_orders.FLAGS,
        "payment": wording_orders.PAYMENTS,
        "presale": wording_orders.PRESALES,
        "mark": wording_orders.MARKS,
    }
    if name in words:
        return str(words[name].get(value, value))
    if name == "shop":
        shop = known[int(value)]
        return f"{channel_words(shop.channel)} · {shop.code}"
    if name == "within":
        return wording_orders.hours(int(value))
    if name == "handed":
        return wording.handed_words(value)
    return "" if name in ("first", "short", "noted") else value


def _kept(given: QueryDict) -> str:
    """Return the parameters that make a question, in one order, for links and saved filters."""
    kept = QueryDict(mutable=True)
    for name in KEPT:
        if value := given.get(name, "").strip():
            kept[name] = value
    return kept.urlencode()


def clean_query(text: str) -> str:
    """Return a question that was kept as a query string, without what is none; empty where it is too long."""
    query = _kept(QueryDict(text[:4_000]))
    return query if len(query) <= QUERY_MAX else ""
