"""Random lives of clocks against a minute model: opened, paused, resumed, swept, answered, while time goes on oddly."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from tests.cast import MONDAY_MORNING
from tests.factories.orders import now
from tests.machines.living import Machine, in_a_run, live

from zhanggui.journal.steps import Inside
from zhanggui.obligations.models import Obligation, ObligationPause
from zhanggui.obligations.records import Opening
from zhanggui.obligations.steps import (
    GRACE,
    close_obligations,
    open_obligations,
    pause_obligations,
    resume_obligations,
    sweep_obligations,
    withdraw_obligations,
)

CLAUSE, KIND = "2.3.2.1", "test"
US = timedelta(microseconds=1)
ALLOWED = st.sampled_from([1, 60, 3_600, 48 * 3_600])
PICK = st.integers(0, 99)


@dataclass
class Modelled:
    """One clock: what is allowed, and the stretches in which it stood still."""

    subject: int
    started: datetime
    allowed: timedelta
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    stands_since: datetime | None = None
    state: str = "open"
    warned: int = 0
    closed: datetime | None = None
    late_us: int | None = None

    def spent(self, percent: int) -> datetime:
        """When so much of the time is used: every pause that began before moves it."""
        moment = self.started + self.allowed * percent / 100
        for from_at, until_at in self.pauses:
            if from_at < moment:
                moment += until_at - from_at
        return moment

    @property
    def due(self) -> datetime:
        return self.spent(100)

    @property
    def runs(self) -> bool:
        return self.state in ("open", "paused", "breached")

    def stop_standing(self, at: datetime) -> None:
        if self.stands_since is not None:
            self.pauses.append((self.stands_since, at))
            self.stands_since = None


class Clocks(Machine):
    """Time only goes on, by amounts that meet the limits and their microseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.at = MONDAY_MORNING
        self.clocks: list[Modelled] = []

    @rule(seconds=ALLOWED, ago=st.sampled_from([timedelta(), timedelta(seconds=30), timedelta(hours=1)]))
    def open(self, seconds: int, ago: timedelta) -> None:
        clock = Modelled(len(self.clocks) + 1, self.at - ago, timedelta(seconds=seconds))
        opening = Opening(CLAUSE, KIND, "logistics", [clock.subject], clock.started, seconds, 0)
        self.act(lambda inside: open_obligations([opening], context=inside))
        self.clocks.append(clock)

    @rule(
        by=st.sampled_from([US, timedelta(seconds=1), timedelta(seconds=59), timedelta(minutes=37), timedelta(days=3)])
    )
    def wait(self, by: timedelta) -> None:
        self.at += by

    @precondition(lambda self: self.clocks)
    @rule(pick=PICK, percent=st.sampled_from([50, 80, 100]), off=st.sampled_from([-US, 0 * US, US, GRACE, GRACE + US]))
    def wait_for(self, pick: int, percent: int, off: timedelta) -> None:
        self.at = max(self.at, self.clocks[pick % len(self.clocks)].spent(percent) + off)

    @precondition(lambda self: self.clocks)
    @rule(pick=PICK)
    def pause(self, pick: int) -> None:
        clock = self.clocks[pick % len(self.clocks)]
        may = clock.state == "open" and self.at < clock.due
        given = self.act(
            lambda inside: pause_obligations(CLAUSE, KIND, [clock.subject, 999], "waiting", context=inside)
        )
        assert given == ([clock.subject] if may else [])
        if may:
            clock.state, clock.stands_since = "paused", self.at

    @precondition(lambda self: self.clocks)
    @rule(pick=PICK)
    def resume(self, pick: int) -> None:
        clock = self.clocks[pick % len(self.clocks)]
        given = self.act(lambda inside: resume_obligations(CLAUSE, KIND, [clock.subject, 999], context=inside))
        assert given == ([clock.subject] if clock.state == "paused" else [])
        if clock.state == "paused":
            clock.stop_standing(self.at)
            clock.state = "open"

    @precondition(lambda self: self.clocks)
    @rule(pick=PICK)
    def answer(self, pick: int) -> None:
        clock = self.clocks[pick % len(self.clocks)]
        self.act(lambda inside: close_obligations(CLAUSE, KIND, [clock.subject], context=inside))
        self.end(clock, "met")

    @precondition(lambda self: self.clocks)
    @rule(pick=PICK)
    def withdraw(self, pick: int) -> None:
        clock = self.clocks[pick % len(self.clocks)]
        self.act(lambda inside: withdraw_obligations(KIND, [clock.subject], context=inside))
        self.end(clock, "withdrawn")

    def end(self, clock: Modelled, in_time: str) -> None:
        if clock.runs:
            clock.stop_standing(self.at)
            late = self.at - clock.due
            clock.state, clock.late_us = ("late", late // US) if late > timedelta() else (in_time, None)
            clock.closed = self.at

    @rule()
    def sweep(self) -> None:
        swept = sweep_obligations(context=now(self.at))
        fallen = [clock for clock in self.clocks if clock.state == "open" and clock.due < self.at - GRACE]
        for clock in fallen:
            clock.state = "breached"
        warned = 0
        for clock in self.clocks:
            level = 80 if clock.spent(80) <= self.at else 50 if clock.spent(50) < self.at else 0
            if clock.state == "open" and level > clock.warned and self.passed_next(clock):
                clock.warned = level
                warned += 1
        assert (swept.breached, swept.warned) == (len(fallen), warned)

    def passed_next(self, clock: Modelled) -> bool:
        return clock.spent(50 if clock.warned < 50 else 80) < self.at

    def act(self, what: Callable[[Inside], object]) -> object:
        return in_a_run(what, now(self.at))

    @invariant()
    def clocks_are_what_the_model_says(self) -> None:
        rows = Obligation.objects.order_by("subject_id").values_list(
            "subject_id", "state", "due_at", "closed_at", "late_us", "warned"
        )
        assert list(rows) == [
            (clock.subject, clock.state, clock.due, clock.closed, clock.late_us, clock.warned) for clock in self.clocks
        ]

    @invariant()
    def pauses_lie_apart_and_only_paused_clocks_stand(self) -> None:
        rows = ObligationPause.objects.order_by("id").values_list("obligation__subject_id", "from_at", "until_at")
        kept: dict[int, list[tuple[datetime, datetime | None]]] = {}
        for subject, from_at, until_at in rows:
            kept.setdefault(subject, []).append((from_at, until_at))
        for clock in self.clocks:
            standing = [(clock.stands_since, None)] if clock.stands_since else []
            assert kept.get(clock.subject, []) == [*clock.pauses, *standing]


@pytest.mark.django_db
def test_random_lives_of_clocks() -> None:
    live(Clocks, steps=25)
