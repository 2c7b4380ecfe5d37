"""Values of clauses: set from a day on, after a look at what changes, by management."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT, Hire

from zhanggui.journal.models import Run
from zhanggui.kernel import clock
from zhanggui.regulation.models import ParameterVersion
from zhanggui.regulation.queries import in_force

PAGE = "/clauses/2.3.2.1/values/ship_hours/"
FORM = {"value": "36", "day": "2026-12-01", "reason": "the carrier comes earlier"}
DECEMBER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)


def sent(client: Client, act: str, moment: datetime = MOMENT, page: str = PAGE, **form: str) -> Any:
    with clock.frozen(moment):
        return client.post(f"{page}set/", {**FORM, "act": act, **form})


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_what_changes_is_said_before_anything_changes(owner: Client) -> None:
    text = text_of(sent(owner, "check"))
    assert "自 2026-12-01 00:00 起：48 小时 → 36 小时" in text
    assert "此前开始的事项仍按 48 小时" in text
    assert not ParameterVersion.objects.exists()


def test_a_value_holds_from_its_day_on_and_stands_with_person_and_reason(owner: Client) -> None:
    assert sent(owner, "save")["Location"] == "/clauses/2.3.2.1/"
    made, run = ParameterVersion.objects.get(), Run.objects.get(step="regulation.set_parameter_values")
    assert (made.value, made.valid_from, made.run_id) == ("36", DECEMBER, run.id)
    assert [one.value for one in in_force("2.3.2.1", MOMENT) if one.parameter.name == "ship_hours"] == [48]
    with clock.frozen(MOMENT):
        text = text_of(owner.get("/clauses/2.3.2.1/"))
    assert "尚未生效" in text
    assert "the carrier comes earlier" in text
    assert "Wang" in text
    assert f'href="/journal/{run.id}/"' in text


def test_today_means_from_now_on(owner: Client) -> None:
    sent(owner, "save", day="2026-11-24")
    assert ParameterVersion.objects.get().valid_from == MOMENT


def test_today_pressed_twice_is_set_once_and_said_so(owner: Client) -> None:
    sent(owner, "save", day="2026-11-24", key="k")
    later = MOMENT + timedelta(seconds=2)
    with clock.frozen(later):
        again = owner.post(f"{PAGE}set/", {**FORM, "act": "save", "day": "2026-11-24", "key": "k"}, follow=True)
    assert "没有重复执行" in text_of(again) or "未重复" in text_of(again)
    assert "内容不同" not in text_of(again)
    other = sent(owner, "save", later, day="2026-11-24", key="k", value="40")
    assert other.status_code == 200
    assert ParameterVersion.objects.count() == 1


@pytest.mark.parametrize("day", ["2026-12-01x", "20261201", "2026-W49-2", "2101-01-01", "9999-12-31"])
def test_a_day_is_read_whole_or_not_at_all(owner: Client, day: str) -> None:
    assert sent(owner, "save", day=day).status_code == 422
    assert not ParameterVersion.objects.exists()


def test_a_later_decision_is_named_in_what_changes(owner: Client) -> None:
    sent(owner, "save", day="2027-01-01", value="24")
    assert "有效至 2027-01-01 00:00，届时改为先前已决定的 24 小时" in text_of(sent(owner, "check"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": "0"}, "超出条款允许的范围"),
        ({"value": "many"}, "请填写"),
        ({"value": ""}, "请填写"),
        ({"day": "2026-11-23"}, "已生效的规定不得追溯更改"),
        ({"day": "soon"}, "已生效的规定不得追溯更改"),
        ({"reason": " "}, "请写明原因"),
    ],
)
def test_what_is_wrong_stands_at_its_field_with_the_remedy(owner: Client, change: dict[str, str], words: str) -> None:
    answer = sent(owner, "save", **change)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'aria-invalid="true"' in text_of(answer)
    assert not ParameterVersion.objects.exists()


def test_two_values_cannot_begin_at_one_moment(owner: Client) -> None:
    sent(owner, "save")
    assert "同一时刻生效" in text_of(sent(owner, "save", value="40"))
    assert ParameterVersion.objects.count() == 1


def test_a_choice_is_chosen_by_its_words(owner: Client) -> None:
    page = "/clauses/2.3.2.1/values/time_basis/"
    assert "按自然时间计" in text_of(owner.get(page))
    sent(owner, "save", page=page, value="working")
    assert ParameterVersion.objects.get().value == '"working"'


def test_only_management_sets_values_and_others_are_told_so(client: Client, hire: Hire) -> None:
    client.force_login(hire("sun", roles=("sales", "administrator")))
    text = text_of(client.get("/clauses/2.3.2.1/"))
    assert "/values/" not in text
    assert "数值由以下角色设定：管理层" in text
    assert sent(client, "save").status_code == 403
    client.force_login(hire("lin", roles=("manager",)))
    assert sent(client, "save").status_code == 302


@pytest.mark.parametrize("address", ["/clauses/9.9/values/x/", "/clauses/2.3.2.1/values/speed/"])
def test_what_is_not_in_the_register_is_not_found(owner: Client, address: str) -> None:
    assert owner.get(address).status_code == 404
