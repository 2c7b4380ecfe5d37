"""A paused clock is due later by the paused time that would have counted, and by nothing else."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from zhanggui.kernel.moments import micros_of, moments_of
from zhanggui.obligations.calendars.records import MONDAY_TO_FRIDAY, Pauses, PausesBroken, Shift
from zhanggui.obligations.calendars.rules import (
    build_calendar,
    due_and_warnings,
    due_at,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NINE_TO_SIX = build_calendar([], [Shift(MONDAY_TO_FRIDAY, 540, 1080)], SHANGHAI, date(2026, 1, 1), date(2026, 12, 31))


def us(text: str) -> int:
    return int(micros_of([datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)])[0])


def local(moment_us: int) -> str:
    return moments_of(np.array([moment_us]))[0].astimezone(SHANGHAI).strftime("%m-%d %H:%M:%S.%f")[:-5]


def due(start: str, hours: int, basis: str, *pauses: tuple[str, str]) -> str:
    rows = Pauses.of([(0, us(begins), us(ends)) for begins, ends in pauses])
    return local(int(due_at(np.array([us(start)]), hours * 3600, basis, NINE_TO_SIX, rows)[0]))


@pytest.mark.parametrize(
    ("why", "basis", "pauses", "expected"),
    [
        ("no pause", "working", [], "03-02 17:00:00.0"),
        ("one hour of work", "working", [("03-02 10:00", "03-02 11:00")], "03-02 18:00:00.0"),
        ("pushed over the night", "working", [("03-02 10:00", "03-02 12:00")], "03-03 10:00:00.0"),
        ("a night costs no working time", "working", [("03-02 16:00", "03-03 10:00")], "03-03 11:00:00.0"),
        (
            "a pause outside work changes nothing",
            "working",
            [("03-02 08:30", "03-02 08:45")],
            "03-02 17:00:00.0",
        ),
        ("elapsed time loses all of it", "elapsed", [("03-02 10:00", "03-02 12:30")], "03-02 18:30:00.0"),
        ("from the first instant", "elapsed", [("03-02 08:00", "03-02 09:00")], "03-02 17:00:00.0"),
        ("at the due instant is too late", "elapsed", [("03-02 16:00", "03-02 20:00")], "03-02 16:00:00.0"),
        (
            "one instant before it is not",
            "elapsed",
            [("03-02 15:59:59.999999", "03-02 20:00")],
            "03-02 20:00:00.0",
        ),
        ("a pause of no length", "elapsed", [("03-02 09:00", "03-02 09:00")] * 2, "03-02 16:00:00.0"),
        (
            "the second counts because of the first",
            "elapsed",
            [("03-02 09:00", "03-02 11:00"), ("03-02 17:00", "03-02 18:00")],
            "03-02 19:00:00.0",
        ),
        (
            "pauses that touch",
            "elapsed",
            [("03-02 10:00", "03-02 11:00"), ("03-02 09:00", "03-02 10:00")],
            "03-02 18:00:00.0",
        ),
    ],
)
def test_pauses(why: str, basis: str, pauses: list[tuple[str, str]], expected: str) -> None:
    assert due("03-02 08:00", 8, basis, *pauses) == expected, why


def test_each_clock_has_its_own_pauses() -> None:
    starts = np.array([us("03-02 09:00"), us("03-02 10:00"), us("03-02 11:00")])
    rows = Pauses.of(
        [
            (2, us("03-02 12:00"), us("03-02 13:00")),
            (0, us("03-02 11:00"), us("03-02 12:00")),
            (0, us("03-02 09:00"), us("03-02 10:00")),
        ]
    )
    found = due_at(starts, np.array([7200, 7200, 10800]), "elapsed", None, rows)
    assert [local(moment)[6:11] for moment in found.tolist()] == ["13:00", "12:00", "15:00"]


def test_warnings_stand_still_with_the_clock() -> None:
    start = np.array([us("03-02 09:00")])
    rows = Pauses.of([(0, us("03-02 09:30"), us("03-02 10:30"))])
    found = due_and_warnings(start, 4 * 3600, "elapsed", None, rows)
    assert [local(int(column[0]))[6:11] for column in found] == ["14:00", "12:00", "13:12"]


@pytest.mark.parametrize("basis", ["elapsed", "working"])
@pytest.mark.parametrize(
    "pauses",
    [
        [("03-02 10:00", "03-02 12:00"), ("03-02 11:00", "03-02 13:00")],
        [("03-02 10:00", "03-02 12:00"), ("03-02 10:00", "03-02 12:00")],
        [("03-02 10:00", "03-02 12:00"), ("03-02 11:59:59.999999", "03-02 13:00")],
        [("03-02 12:00", "03-02 10:00")],
        [("03-02 07:59:59.999999", "03-02 10:00")],
    ],
    ids=["overlap", "twice", "by an instant", "backwards", "before the clock"],
)
def test_broken_pauses_are_refused(basis: str, pauses: list[tuple[str, str]]) -> None:
    with pytest.raises(PausesBroken):
        due("03-02 08:00", 8, basis, *pauses)


def test_a_clock_does_not_run_backwards() -> None:
    with pytest.raises(AssertionError):
        due("03-02 08:00", -1, "elapsed")
