"""How time left and shares are said."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from zhanggui.journal.steps import STEPS
from zhanggui.portal import wording

DUE = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("as_of", "mood"),
    [
        (DUE - timedelta(hours=1) - SECOND, "calm"),
        (DUE - timedelta(hours=1), "warn"),
        (DUE, "warn"),
        (DUE + SECOND, "late"),
    ],
)
def test_the_mood_turns_at_its_second(as_of: datetime, mood: str) -> None:
    assert wording.time_left(DUE, as_of).mood == mood


@pytest.mark.parametrize(
    ("left", "chinese", "english"),
    [
        (timedelta(days=1, hours=22, minutes=59), "剩 1 天 22 小时", "1 d 22 h left"),
        (timedelta(hours=3, minutes=5), "剩 3 小时 5 分", "3 h 5 min left"),
        (timedelta(minutes=9, seconds=59), "剩 9 分钟", "9 min left"),
        (timedelta(minutes=-72), "超时 1 小时 12 分", "1 h 12 min late"),
    ],
)
def test_time_left_is_said_in_both_languages(left: timedelta, chinese: str, english: str) -> None:
    with translation.override("zh-hans"):
        assert wording.time_left(DUE, DUE - left).words == chinese
    with translation.override("en"):
        assert wording.time_left(DUE, DUE - left).words == english


def test_a_share_is_never_rounded_up_to_all() -> None:
    assert wording.share(9999, 10000) == "99.9 %"
    assert wording.share(1, 1) == "100.0 %"
    assert wording.share(0, 0) == "–"


def test_an_unknown_state_is_shown_not_hidden() -> None:
    assert wording.label_of("order", "odd").words == "odd"


def test_every_step_that_makes_a_run_of_its_own_has_words() -> None:
    joined = ("orders.mark_", "fulfilment.", "inventory.reserve_stock")
    ours = {name for name, info in STEPS.items() if info.module.startswith("zhanggui.")}
    alone = {name for name in ours if not name.startswith(joined)}
    assert alone - wording.STEP_WORDS.keys() == set()


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0b0001_1111, "Mon–Fri"),
        (0b0110_0000, "Sat · Sun"),
        (0b1110_1110, "Tue–Thu · Sat · Sun · Holidays"),
        (0b1000_0000, "Holidays"),
        (0b0111_1111, "Mon–Sun"),
    ],
)
def test_the_days_of_a_shift_are_said_with_neighbours_joined(days: int, words: str) -> None:
    with translation.override("en"):
        assert wording.shift_days(days) == words


@pytest.mark.parametrize(
    ("starts", "ends", "words"),
    [(540, 720, "09:00–12:00"), (0, 1440, "00:00–24:00"), (1320, 1800, "22:00–06:00 the next day")],
)
def test_a_shift_over_midnight_says_so(starts: int, ends: int, words: str) -> None:
    with translation.override("en"):
        assert wording.shift_span(starts, ends) == words


def test_a_whole_number_of_hours_or_days_names_no_smaller_unit() -> None:
    with translation.override("zh-hans"):
        assert wording.duration(timedelta(hours=4, seconds=59)) == "4 小时"
        assert wording.duration(timedelta(days=2, minutes=59)) == "2 天"
        assert wording.duration(timedelta(hours=4, minutes=1)) == "4 小时 1 分"


def test_actors_that_are_no_staff_have_words() -> None:
    with translation.override("zh-hans"):
        assert wording.actor_words("system", "demo") == "演示数据"
        assert wording.actor_words("cli", "import") == "命令行：导入"
        assert wording.actor_words("staff", "invited") == "受邀人"
        assert wording.actor_words("cli", "later") == "命令行: later"
