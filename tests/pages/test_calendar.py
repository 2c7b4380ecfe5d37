"""Working time on screen: the year marked and named, days and hours changed after a look, by those who may."""

import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT, Hire

from zhanggui.journal.models import Run
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.obligations.calendars.models import CalendarDay, ShiftPattern
from zhanggui.obligations.calendars.queries import LAST_DAY, current_version, published_days, shifts_in, special_days_in
from zhanggui.obligations.calendars.records import DayKind, Shift, Source
from zhanggui.obligations.calendars.steps import seed_calendar_days

DAYS = {
    "first": "2026-12-24", "last": "2026-12-25", "kind": "holiday", "name_zh": "年会", "name_en": "Company days",
    "source": "manual", "reason": "the yearly meeting",
}  # fmt: skip
HOURS = {
    "days-0": ["0", "1", "2", "3", "4"], "from-0": "08:30", "until-0": "12:00",
    "days-1": ["0", "1", "2", "3", "4"], "from-1": "13:00", "until-1": "17:30", "reason": "winter hours",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _seeded(db: None) -> None:
    seed_calendar_days(published_days(), context=Context(SYSTEM, MOMENT))


def sent(client: Client, act: str, address: str = "/calendar/days/", **form: Any) -> Any:
    with clock.frozen(MOMENT):
        return client.post(address, {**(HOURS if "hours" in address else DAYS), "act": act, **form})


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_year_shows_its_holidays_and_make_up_workdays_by_name(owner: Client) -> None:
    text = text_of(owner.get("/calendar/?year=2025"))
    assert "国庆节" in text
    assert "调休上班" in text
    assert "已录入放假通知" in text


def test_a_year_without_its_notice_says_so(owner: Client) -> None:
    text = text_of(owner.get("/calendar/?year=2060"))
    assert "2060 年的放假通知尚未录入" in text
    assert owner.get("/calendar/?year=2100").status_code == 404


def test_a_change_is_shown_first_and_changes_nothing(owner: Client) -> None:
    before = CalendarDay.objects.count(), Run.objects.count()
    text = text_of(sent(owner, "check"))
    assert "2 天将变更" in text
    assert "沿用开始时的日历版本" in text
    assert (CalendarDay.objects.count(), Run.objects.count()) == before


def test_days_become_what_was_said_with_the_reason_in_the_journal(owner: Client) -> None:
    assert sent(owner, "save").status_code == 302
    held = special_days_in(current_version(), date(2026, 12, 24), date(2026, 12, 25))
    assert [(one.kind, one.name_zh, one.source) for one in held] == [(DayKind.HOLIDAY, "年会", Source.MANUAL)] * 2
    run = Run.objects.get(step="calendars.edit_days")
    assert (run.reason, run.actor_kind) == ("the yearly meeting", "staff")
    text = text_of(owner.get("/calendar/?year=2026"))
    assert "年会" in text
    assert f'href="/journal/{run.id}/"' in text


def test_the_same_form_sent_twice_changes_the_calendar_once(owner: Client) -> None:
    sent(owner, "save", key="k")
    sent(owner, "save", key="k")
    assert Run.objects.filter(step="calendars.edit_days").count() == 1


@pytest.mark.parametrize("address", ["/calendar/days/", "/calendar/hours/sales/set/"])
@pytest.mark.parametrize("act", ["check", "save"])
def test_who_decided_over_an_older_calendar_is_told_who_changed_it(owner: Client, address: str, act: str) -> None:
    seen = str(current_version())
    sent(owner, "save", first="2026-12-20", last="2026-12-20", version=seen)
    late = sent(owner, act, address, version=seen)
    assert late.status_code == 422
    assert "Wang" in text_of(late)
    newest = current_version()
    assert f'name="version" value="{newest}"' in text_of(late)
    assert newest == int(seen) + 1
    assert sent(owner, "save", address, version=str(newest)).status_code == 302


def test_a_form_carries_the_version_that_was_seen_through_the_preview(owner: Client) -> None:
    seen = current_version()
    for address in ("/calendar/days/", "/calendar/hours/sales/set/"):
        assert f'name="version" value="{seen}"' in text_of(sent(owner, "check", address, version=str(seen)))
    assert sent(owner, "save", version="x").status_code == 400


def test_days_that_are_past_are_named_so_before_they_change(owner: Client) -> None:
    words = "这些日子已经过去"
    assert words in text_of(sent(owner, "check", first="2026-11-23", last="2026-11-25"))
    assert words not in text_of(sent(owner, "check", first="2026-11-24", last="2026-11-25"))


def test_a_name_holds_nothing_unseen(owner: Client) -> None:
    sent(owner, "save", name_zh="年\u202e会", last="2026-12-24")
    assert CalendarDay.objects.get(day="2026-12-24", version_to=None).name_zh == "年<U+202E>会"


def test_a_further_change_takes_the_first_back(owner: Client) -> None:
    sent(owner, "save")
    sent(owner, "save", kind="ordinary")
    assert not special_days_in(current_version(), date(2026, 12, 24), date(2026, 12, 25))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("first", "soon", "请选择"),
        ("last", "2026-12-01", "最后一天"),
        ("last", "2027-12-01", "最后一天"),
        ("name_zh", "", "请填写名称"),
        ("reason", " ", "请写明原因"),
    ],
)
def test_what_is_wrong_stands_at_its_field(owner: Client, field: str, value: str, words: str) -> None:
    answer = sent(owner, "save", **{field: value, **({"name_en": ""} if field == "name_zh" else {})})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'aria-invalid="true"' in text_of(answer)
    assert not Run.objects.filter(step="calendars.edit_days").exists()


@pytest.mark.parametrize("change", [{"kind": "party"}, {"source": "hearsay"}])
def test_an_unknown_word_is_a_bad_request(owner: Client, change: dict[str, str]) -> None:
    assert sent(owner, "save", **change).status_code == 400


def test_who_only_looks_sees_no_form_and_who_can_help(client: Client, hire: Hire) -> None:
    client.force_login(hire("sun", roles=("sales",)))
    text = text_of(client.get("/calendar/?year=2026"))
    assert 'action="/calendar/days/"' not in text
    assert "管理员 · 管理层" in text
    refused = sent(client, "save")
    assert refused.status_code == 403
    assert "管理员 · 管理层" in text_of(refused)


def test_the_year_can_be_taken_away_as_a_table(owner: Client) -> None:
    answer: Any = owner.get("/calendar/export/?year=2025&kind=csv")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 366
    assert rows[274][:4] == ["2025-10-01", "星期三", "节假日", "国庆节"]
    book: Any = owner.get("/calendar/export/?year=2025")
    assert b"".join(book.streaming_content)[:2] == b"PK"


def test_hours_are_shown_first_and_then_set_with_their_break(owner: Client) -> None:
    text = text_of(sent(owner, "check", "/calendar/hours/sales/set/"))
    assert "08:30–12:00" in text
    assert not ShiftPattern.objects.exists()
    assert sent(owner, "save", "/calendar/hours/sales/set/").status_code == 302
    assert shifts_in(current_version(), "sales") == (Shift(31, 510, 720), Shift(31, 780, 1050))
    assert Run.objects.get(step="calendars.set_shifts").reason == "winter hours"


def test_an_interval_over_midnight_ends_on_the_next_day(owner: Client) -> None:
    night = {"days-0": ["6", "7"], "from-0": "22:00", "until-0": "06:00", "from-1": "", "until-1": ""}
    assert "22:00–次日 06:00" in text_of(sent(owner, "check", "/calendar/hours/logistics/set/", **night))
    sent(owner, "save", "/calendar/hours/logistics/set/", **night)
    assert shifts_in(current_version(), "logistics") == (Shift(192, 1320, 1800),)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"until-0": ""}, "第 1 行"),
        ({"days-1": []}, "第 2 行"),
        ({"from-0": "25:00"}, "第 1 行"),
        ({"until-0": "13:30"}, "时段重叠"),
        ({"from-0": "", "until-0": "", "from-1": "", "until-1": ""}, "至少要有一个上班时段"),
        ({"reason": ""}, "请写明原因"),
    ],
)
def test_hours_that_cannot_be_are_explained(owner: Client, change: dict[str, Any], words: str) -> None:
    answer = sent(owner, "save", "/calendar/hours/sales/set/", **change)
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert not ShiftPattern.objects.exists()


def test_hours_of_a_department_that_does_not_exist_are_not_found(owner: Client) -> None:
    assert owner.get("/calendar/hours/kitchen/").status_code == 404


def test_more_intervals_than_fit_a_screen_stay_whole(owner: Client) -> None:
    rows = {f"days-{n}": ["0"] for n in range(11)}
    rows |= {f"from-{n}": f"{n + 8:02}:00" for n in range(11)} | {f"until-{n}": f"{n + 8:02}:30" for n in range(11)}
    assert sent(owner, "save", "/calendar/hours/sales/set/", **rows).status_code == 302
    set_before = shifts_in(current_version(), "sales")
    assert len(set_before) == 11
    text = text_of(owner.get("/calendar/hours/sales/"))
    shown = dict(re.findall(r'name="((?:from|until)-\d+)" type="time" value="([\d:]*)"', text))
    assert shown == {name: at for name, at in rows.items() if "days" not in name} | dict.fromkeys(
        ("from-11", "until-11", "from-12", "until-12"), ""
    )
    assert sent(owner, "check", "/calendar/hours/sales/set/", **{"from-100": "09:00"}).status_code == 400


def test_the_pages_show_the_years_from_the_first_notice_to_the_end_of_the_calendar(owner: Client) -> None:
    first, last = published_days()[0].day.year, LAST_DAY.year
    asked = [owner.get(f"/calendar/?year={year}").status_code for year in (first - 1, first, last, last + 1)]
    assert asked == [404, 200, 200, 404]
