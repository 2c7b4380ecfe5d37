"""Orders that are short, and what tests need to name of their negotiation."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from tests.factories.orders import BUYER, Company, bring, go_on, now, order_in, results

from zhanggui.processes.orders import reserve_orders
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.shortages.models import ShortageCase, ShortageOffer
from zhanggui.sales.shortages.queries import link_of
from zhanggui.sales.shortages.records import AnswerIn, Proposal
from zhanggui.sales.shortages.steps import propose

NEXT_MONDAY = date(2026, 3, 9)


def short_orders(
    company: Company, count: int, lines: Mapping[str, int], *, prefix: str = "S", email: str = ""
) -> list[int]:
    """Orders that were confirmed and then found short on Monday morning; give their ids."""
    if email:
        readers = [replace(BUYER, buyer=f"小雨{prefix}{at}", email=email) for at in range(count)]
        rows = [order_in(company, f"{prefix}{at:05d}", lines, contact=one) for at, one in enumerate(readers)]
        ids = results(take_in_orders(rows, context=now()))
        go_on(ids, "received", "confirmed")
    else:
        ids = bring(company, count, lines, "confirmed", prefix)
    given = reserve_orders(ids, context=now())
    assert {row.code for row in given.rejected} == {"short"}
    return ids


def cases_of(orders: Sequence[int]) -> list[int]:
    """The cases of orders, in their order."""
    found = dict(ShortageCase.objects.filter(order_id__in=orders).order_by("id").values_list("order_id", "id"))
    return [found[key] for key in orders]


def short_cases(company: Company, count: int, lines: Mapping[str, int], *, prefix: str = "S") -> list[int]:
    """Cases that were opened on Monday morning."""
    return cases_of(short_orders(company, count, lines, prefix=prefix))


def offered(cases: Sequence[int], *substitutes: str, promised: date | None = NEXT_MONDAY) -> list[str]:
    """Offers for cases; give the tokens of their pages."""
    results_of = propose([Proposal(key, promised, substitutes) for key in cases], context=now())
    assert not results_of.rejected, results_of.codes
    offers = {one.case_id: one for one in ShortageOffer.objects.filter(case_id__in=cases, replaced_at__isnull=True)}
    return [token_in(offers[key]) for key in cases]


def token_in(offer: ShortageOffer) -> str:
    """The token in the address of an offer's page."""
    return link_of(offer).rstrip("/").rsplit("/", 1)[1]


def chosen(case: int, option: str, token_hash: str = "", **more: str) -> AnswerIn:
    """What a customer chose."""
    return AnswerIn(case, option, token_hash, **more)  # type: ignore[arg-type]
