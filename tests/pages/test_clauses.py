"""The regulation on screen: every clause, its verdict, and the rows behind it."""

from datetime import timedelta

from django.test import Client
from tests.pages.conftest import MOMENT
from tests.pages.shop import take_orders

from zhanggui.kernel import clock
from zhanggui.regulation.queries import register


def test_every_clause_of_the_register_is_listed_once(owner: Client) -> None:
    text = owner.get("/clauses/").content.decode()
    for one in register():
        assert text.count(f'href="/clauses/{one.number}/" data-open') == 1


def test_what_nothing_measures_never_looks_like_a_pass(owner: Client) -> None:
    for one in register():
        if not one.measured_by:
            text = owner.get(f"/clauses/{one.number}/").content.decode()
            assert "未检查" in text
            assert "已遵守" not in text.replace("不计为已遵守", "")


def test_the_figure_counts_kept_and_all_and_opens_its_rows(owner: Client) -> None:
    keys = take_orders(["IN-TIME", "MISSED"], MOMENT)
    with clock.frozen(MOMENT + timedelta(hours=1)):
        owner.post("/orders/move/", {"act": "confirm", "id": keys[:1]})
    with clock.frozen(MOMENT + timedelta(hours=25)):
        text = owner.get("/clauses/2.1.3.1/").content.decode()
        met = owner.get("/clauses/2.1.3.1/?state=met").content.decode()
    assert "未遵守" in text
    assert "50.0 %" in text
    assert "1 / 2" in text
    assert "data-open>IN-TIME<" in met
    assert "data-open>MISSED<" not in met


def test_values_in_force_are_named_with_their_unit(owner: Client) -> None:
    text = owner.get("/clauses/2.3.2.1/").content.decode()
    assert "<strong>48</strong> 小时" in text
    assert "按自然时间计" in text
