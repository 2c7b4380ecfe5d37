"""The regulation on screen: every clause, its verdict, and the rows behind it."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT
from tests.pages.shop import take_orders

from zhanggui.kernel import clock
from zhanggui.portal import wording
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


def test_the_rows_behind_the_figure_are_those_it_counts_swept_or_not(owner: Client) -> None:
    as_of = MOMENT + timedelta(days=40)
    take_orders(["LONG-AGO"], MOMENT)
    take_orders(["DUE"], as_of - timedelta(days=2))
    take_orders(["RUNS"], as_of - timedelta(hours=1))
    with clock.frozen(as_of):
        every, running, overdue = (
            owner.get("/clauses/2.1.3.1/", {"state": state}).content.decode() for state in ("", "running", "breached")
        )
    names = [re.findall(r"data-open>([\w-]+)<", text) for text in (every, running, overdue)]
    assert names == [["RUNS", "DUE"], ["RUNS"], ["DUE"]]
    assert "0 / 1" in every
    assert re.findall(r'<span class="count[^>]*>(\d+)</span>', every[every.index("按状态") :])[:2] == ["1", "1"]


def test_a_figure_says_of_which_period_it_is(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    (key,) = take_orders(["A"], MOMENT)
    monkeypatch.setattr(wording, "RECENT", timedelta(days=45))
    with clock.frozen(MOMENT + timedelta(hours=1)):
        owner.post("/orders/move/", {"act": "confirm", "id": [key]})
        assert "1 / 1 · 近 45 天" in owner.get("/clauses/2.1.3.1/").content.decode()
        assert "比例按近 45 天计算" in owner.get("/clauses/").content.decode()
        assert "近 45 天未按时推送仓库" in owner.get("/orders/?handed=missed").content.decode()
