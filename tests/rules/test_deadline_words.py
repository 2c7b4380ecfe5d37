"""A derivation is a sum in words that a clerk can check by hand."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.kernel.moments import micros_of
from zhanggui.obligations.calendars.queries import published_days
from zhanggui.obligations.calendars.records import Basis, Line, LineKind
from zhanggui.obligations.calendars.rules import STANDARD_HOURS, build_calendar, due_at
from zhanggui.obligations.calendars.words import explain

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = build_calendar(
    published_days(), STANDARD_HOURS.shifts, SHANGHAI, date(2024, 1, 1), date(2032, 12, 31), version=3
)


def us(text: str) -> int:
    return int(micros_of([datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)])[0])


def test_working_time_over_spring_festival_in_english() -> None:
    pause = (us("2026-02-14 10:00"), us("2026-02-14 11:30"))
    found = explain(us("2026-02-13 23:59"), 16 * 3600, "working", CALENDAR, [pause])
    assert found.text("en").splitlines() == [
        "Starts: Fri 2026-02-13 23:59 UTC+0800 (Asia/Shanghai)",
        "Allowed: 16 h of working time (calendar version 3)",
        "Paused: Sat 2026-02-14 10:00 UTC+0800 to Sat 2026-02-14 11:30 UTC+0800; 1 h 30 min of it would have counted",
        "Fri 2026-02-13: not counted (no working time)",
        "Sat 2026-02-14 (make-up workday for Spring Festival): 09:00–10:00, 11:30–12:00, 13:00–18:00"
        " counts 6 h 30 min, 6 h 30 min so far",
        "Sun 2026-02-15 to Mon 2026-02-23: not counted (Spring Festival)",
        "Tue 2026-02-24: 09:00–12:00, 13:00–18:00 counts 8 h, 14 h 30 min so far",
        "Wed 2026-02-25: 09:00–10:30 counts 1 h 30 min, 16 h so far",
        "Due: Wed 2026-02-25 10:30 UTC+0800 (an event at this very moment is in time)",
    ]


def test_the_same_in_chinese() -> None:
    found = explain(us("2026-02-14 17:00"), 2 * 3600, "working", CALENDAR)
    assert found.text("zh-hans").splitlines() == [
        "开始：2026-02-14 周六 17:00 UTC+0800（Asia/Shanghai）",
        "时限：2 小时，按工作时间计（第 3 版日历）",
        "2026-02-14 周六（春节调休上班）：17:00–18:00 计 1 小时，累计 1 小时",
        "2026-02-15 周日 至 2026-02-23 周一：不计（春节）",
        "2026-02-24 周二：09:00–10:00 计 1 小时，累计 2 小时",
        "到期：2026-02-24 周二 10:00 UTC+0800（恰在此刻完成仍算按时）",
    ]


def test_elapsed_time_is_start_plus_amount_plus_pauses() -> None:
    pauses = [
        (us("2026-02-14 10:00"), us("2026-02-14 11:30")),
        (us("2026-03-01 10:00"), us("2026-03-01 11:00")),
    ]
    found = explain(us("2026-02-13 23:59:30"), 24 * 3600, "elapsed", CALENDAR, pauses)
    assert found.text("en").splitlines() == [
        "Starts: Fri 2026-02-13 23:59:30 UTC+0800 (Asia/Shanghai)",
        "Allowed: 24 h of elapsed time (nights, weekends and holidays count)",
        "Paused: Sat 2026-02-14 10:00 UTC+0800 to Sat 2026-02-14 11:30 UTC+0800; 1 h 30 min of it would have counted",
        "Due: Sun 2026-02-15 01:29:30 UTC+0800 (an event at this very moment is in time)",
    ]


def test_a_clock_into_an_unpublished_year_says_so() -> None:
    found = explain(us("2026-12-31 17:00"), 2 * 3600, "working", CALENDAR)
    assert [line.en for line in found.lines if line.kind is LineKind.PROVISIONAL] == [
        "Note: the holidays of 2027 are not published; Monday to Friday are taken as workdays"
    ]


def test_a_long_clock_is_told_in_few_lines_and_still_adds_up() -> None:
    found = explain(us("2026-01-05 09:00"), 1600 * 3600, "working", CALENDAR)
    assert len(found.lines) < 30
    assert any(line.kind is LineKind.BETWEEN for line in found.lines)
    assert counted(found.lines) == 1600 * 3600 * 1_000_000


def counted(lines: tuple[Line, ...]) -> int:
    kinds = (LineKind.COUNTED, LineKind.BETWEEN)
    return sum(line.counted_us for line in lines if line.kind in kinds)


@given(
    st.integers(us("2025-01-01"), us("2027-01-01")),
    st.integers(0, 400 * 3600),
    st.lists(st.integers(0, 30 * 86_400_000_000), max_size=6),
    st.sampled_from(Basis),
)
def test_the_lines_add_up_to_the_due_moment(start: int, amount: int, edges: list[int], basis: Basis) -> None:
    ordered = sorted(start + edge for edge in edges)
    pauses = list(zip(ordered[::2], ordered[1::2], strict=False))
    found = explain(start, amount, basis, CALENDAR, pauses)
    if basis is Basis.WORKING:
        assert counted(found.lines) == amount * 1_000_000
    else:
        lost = sum(line.counted_us for line in found.lines if line.kind is LineKind.PAUSED)
        assert found.due_us == start + amount * 1_000_000 + lost
    if not pauses:
        assert found.due_us == due_at(np.array([start]), amount, basis, CALENDAR)[0]
