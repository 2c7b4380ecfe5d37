"""The journal: runs name what they moved, page on to the last row, and no raw kind, step or actor is left."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT
from tests.pages.shop import TOWEL, stock_shop, take_orders

from zhanggui.journal.models import Run
from zhanggui.journal.records import SYSTEM, Actor, Context
from zhanggui.journal.steps import STEPS
from zhanggui.kernel import clock
from zhanggui.obligations.models import Obligation
from zhanggui.oversight.verification.queries.evidence import KINDS
from zhanggui.portal import wording
from zhanggui.portal.reading import runs
from zhanggui.processes.orders import reserve_orders, ship_orders
from zhanggui.processes.through import own_dispatches, process_orders
from zhanggui.sales.orders.steps import confirm_orders


def text_of(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def pages_of(client: Client, address: str) -> str:
    """Return the text of all pages of a run."""
    text, base = "", address
    while address:
        page = text_of(client.get(address))
        text += page
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = base + following[1].replace("&amp;", "&") if following else ""
    return text


def test_a_run_links_every_order_it_moved_under_its_number(owner: Client) -> None:
    stock_shop(MOMENT)
    keys = take_orders([f"A-{n:02d}" for n in range(30)], MOMENT)
    process_orders(Context(SYSTEM, clock.now()), until="released")
    run_id = ship_orders(own_dispatches(keys), context=Context(Actor("cli", "orders process"), clock.now())).run_id
    text = pages_of(owner, f"/journal/{run_id}/")
    for n, key in enumerate(keys):
        assert f'href="/orders/{key}/" data-open>A-{n:02d}<' in text
    assert text.count("库存锁定") >= 30
    assert "命令行：处理订单" in text
    assert "下一页" in text


def test_a_run_that_brought_orders_in_shows_them_all(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SHOWN", 4)
    keys = take_orders([f"A-{n}" for n in range(10)], MOMENT)
    take_orders(["LATER"], MOMENT + timedelta(days=400))
    run_id = Run.objects.filter(step="orders.take_in").order_by("id")[0].id
    text = pages_of(owner, f"/journal/{run_id}/")
    assert re.findall(r'href="/orders/(\d+)/">A-\d<', text) == [str(key) for key in keys]
    assert "LATER" not in text


def test_a_run_whose_rows_were_all_refused_does_not_read_as_done(owner: Client) -> None:
    stock_shop(MOMENT, pieces=1)
    keys = take_orders(["A-1", "A-2"], MOMENT, code=TOWEL)
    now = Context(SYSTEM, clock.now())
    confirm_orders(keys, context=now)
    partly, nothing = (reserve_orders(keys, context=now).run_id for _ in range(2))
    assert "部分拒绝" in text_of(owner.get(f"/journal/{partly}/"))
    assert "全部拒绝" in text_of(owner.get(f"/journal/{nothing}/"))
    for outcome, found in (("partly", partly), ("nothing", nothing)):
        rows = re.findall(r'href="/journal/(\d+)/" data-open', text_of(owner.get("/journal/", {"outcome": outcome})))
        assert rows == [str(found)]


def test_every_kind_every_step_and_every_state_has_words(db: None) -> None:
    for kind, about in KINDS.items():
        assert kind in wording.SUBJECTS
        assert about.birth in wording.STATES["clock" if kind == "obligation" else kind]
    named = {name for name, info in STEPS.items() if info.module.startswith("zhanggui.")}
    assert named <= set(wording.STEP_WORDS)


def test_the_filter_offers_each_thing_once_and_finds_all_steps_of_that_name(owner: Client) -> None:
    stock_shop(MOMENT)
    process_orders(Context(SYSTEM, clock.now()), until="reserved")
    text = text_of(owner.get("/journal/"))
    offered = re.findall(r'<option value="(?!tests\.)[a-z_]+\.[a-z_]+">([^<]+)</option>', text)
    assert len(offered) == len(set(offered)) > 20
    assert not any("." in words for words in offered)


def test_clocks_are_taken_and_given_and_the_journal_says_so(owner: Client) -> None:
    (key,) = take_orders(["A-1"], MOMENT, code="NEVER-HEARD-OF")
    me = re.search(r'<option value="(\d+)" selected>', text_of(owner.get("/")))
    assert me
    found = Obligation.objects.get(subject_id=key)
    form = {"person": me[1], "id": [found.id], "next": "/"}
    text = text_of(owner.post("/clocks/assign/", form, follow=True))
    assert "已指派 1 项" in text
    assert ">Wang</td>" in text
    assert "商家编码" in text  # why the order is held
    assert "已由此人处理" in text_of(owner.post("/clocks/assign/", form, follow=True))
    run = Run.objects.filter(step="obligations.assign").earliest("id")
    assert f'href="/orders/{key}/" data-open>A-1<' in text_of(owner.get(f"/journal/{run.id}/"))


def test_the_rows_behind_a_figure_are_the_rows_it_counts(owner: Client) -> None:
    stock_shop(clock.now(), pieces=10)
    then = clock.now() - timedelta(days=2)
    with clock.frozen(then):
        late = take_orders(["LATE"], then)
        confirm_orders(late, context=Context(SYSTEM, then + timedelta(minutes=1)))
    process_orders(Context(SYSTEM, clock.now()), until="released")
    early = clock.now()
    take_orders(["SOON"], early - timedelta(hours=1))
    process_orders(Context(SYSTEM, clock.now()), until="released")
    clause = text_of(owner.get("/clauses/2.1.3.3/"))
    for part, numbers in {"all": {"LATE", "SOON"}, "kept": {"SOON"}, "missed": {"LATE"}}.items():
        assert f'href="/orders/?handed={part}"' in clause
        text = text_of(owner.get("/orders/", {"handed": part}))
        assert set(re.findall(r"data-open>(\w+)<", text)) == numbers


def test_the_changes_behind_clause_1_2_are_the_runs_of_its_period_that_moved_something(owner: Client) -> None:
    take_orders(["A-1"], MOMENT)
    clause = text_of(owner.get("/clauses/1.2/"))
    link = re.search(r'href="(/journal/\?from=[^"]+)"', clause)
    assert link
    text = text_of(owner.get(link[1].replace("&amp;", "&")))
    assert "没有符合" in text or "data-open" not in text
