"""The workbench: what is due, the most urgent first, with clause and person."""

import re
from datetime import timedelta

from django.test import Client
from tests.pages.conftest import MOMENT
from tests.pages.shop import take_orders

from zhanggui.kernel import clock

HOUR = timedelta(hours=1)


def test_without_work_it_says_what_to_do_first(owner: Client) -> None:
    text = owner.get("/").content.decode()
    assert "目前没有待办" in text
    assert "请先导入商品和库存" in text


def test_the_most_urgent_stands_first_with_its_clause(owner: Client) -> None:
    take_orders(["LATER"], MOMENT + 20 * HOUR)
    take_orders(["LATE"], MOMENT)
    take_orders(["SOON"], MOMENT + 2 * HOUR)
    with clock.frozen(MOMENT + 25.5 * HOUR):
        text = owner.get("/").content.decode()
    assert re.findall(r"data-open>(\w+)<", text) == ["LATE", "SOON", "LATER"]
    assert "超时 1 小时 30 分" in text
    assert "剩 30 分钟" in text
    assert "/clauses/2.1.3.1/" in text


def test_counts_and_lists_agree_at_each_edge(owner: Client) -> None:
    take_orders(["A"], MOMENT)
    due_at = MOMENT + 24 * HOUR
    most_at = MOMENT + 0.8 * 24 * HOUR
    second = timedelta(seconds=1)
    for as_of, when, mood in [
        (most_at - second, "later", "calm"),
        (most_at, "urgent", "warn"),
        (due_at, "urgent", "warn"),
        (due_at + second, "overdue", "late"),
    ]:
        with clock.frozen(as_of):
            for part in ("later", "urgent", "overdue"):
                text = owner.get("/", {"when": part}).content.decode()
                assert ("data-open>A<" in text) == (part == when), (as_of, part)
                assert (f"left-{mood}" in text) == (part == when), (as_of, part)


def test_the_navigation_counts_what_is_overdue(owner: Client) -> None:
    take_orders(["A", "B"], MOMENT)
    with clock.frozen(MOMENT + 30 * HOUR):
        assert 'count-alarm">2</span>' in owner.get("/gallery/").content.decode()


def test_an_unknown_part_department_or_clause_is_refused(owner: Client) -> None:
    for query in ("when=odd", "department=odd", "clause=9.9"):
        assert owner.get(f"/?{query}").status_code == 400


def test_help_holds_first_steps_and_keys_and_the_gallery_stands_in_no_menu(owner: Client) -> None:
    text = owner.get("/").content.decode()
    assert 'href="/help/"' in text
    assert "/gallery/" not in text
    guide = owner.get("/help/").content.decode()
    assert "先导入商品和库存" in guide
    assert "<kbd>j</kbd>" in guide
