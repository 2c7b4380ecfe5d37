"""Runs as pages show them: the journal, one run with what it moved, and the timeline of one subject."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from zhanggui.journal.models import Run, Seal, Transition
from zhanggui.people.queries import names_of
from zhanggui.portal import wording
from zhanggui.portal.reading.paging import Page
from zhanggui.portal.reading.subjects import Key, Named, names_of_subjects, order_named, people_in
from zhanggui.sales.orders.models import Order

SHOWN = 50
BRINGS_ORDERS = ("orders.take_in", "intake.commit_orders")


@dataclass(frozen=True, slots=True)
class Move:
    """One state change, with what people call its subject; a state that is a member of staff is said by name."""

    kind: str
    subject: Named | None
    from_state: str
    to_state: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run: who did what, when, under which clause, and with what outcome."""

    id: int
    step: str
    clause: str
    actor: str
    as_of: datetime
    outcome: str
    accepted: int
    rejected: int
    reason: str
    moves: tuple[Move, ...] = ()

    @property
    def shown(self) -> str:
        """How it ended, as people read it: done, partly (some rows were refused), nothing (all were), refused."""
        if self.outcome != "done" or not self.rejected:
            return self.outcome
        return "partly" if self.accepted else "nothing"


@dataclass(frozen=True, slots=True)
class RunWhole:
    """One run with the proof of it: digest, place in the chain, terms it worked under, and what it moved.

    moved: (kind, from, to, how many). moves: a page of them. born: a page of the orders that it brought in.
    """

    run: Run
    row: RunRow
    codes: tuple[tuple[str, int], ...]
    terms: tuple[tuple[str, int], ...]
    seal: Seal | None
    moved: tuple[tuple[str, str, str, int], ...]
    moves: Page[Move]
    born: Page[Named]


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are asked for; empty means all. Moments are half-open: [from_at, until_at).

    moved: only runs that moved something from one state to another.
    """

    clause: str = ""
    step: str = ""
    outcome: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    moved: bool = False


OUTCOMES: dict[str, Q] = {
    "done": Q(outcome="done", rejected=0),
    "partly": Q(outcome="done", rejected__gt=0, accepted__gt=0),
    "nothing": ~Q(outcome="done") | Q(rejected__gt=0, accepted=0),
}


def journal(wanted: RunFilter, before: int | None, size: int = SHOWN) -> Page[RunRow]:
    """Return runs, the newest first. Cost: two statements."""
    rows = Run.objects.defer("answer")
    if wanted.outcome:
        rows = rows.filter(OUTCOMES[wanted.outcome])
    exact = {"clause": wanted.clause, "as_of__gte": wanted.from_at, "as_of__lt": wanted.until_at}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.step:
        rows = rows.filter(step__in=wording.steps_named_like(wanted.step))
    if wanted.moved:
        rows = rows.filter(Exists(Transition.objects.filter(run_id=OuterRef("id"))))
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: size + 1])
    kept = found[:size]
    following = str(kept[-1].id) if len(found) > size else ""
    return Page(tuple(_rows(kept, {})), following, before is None)


def whole_run(run_id: int, moved_after: int | None = None, born_after: int | None = None) -> RunWhole | None:
    """Return one run with a page of what it moved and of the orders that it brought. Cost: thirteen statements."""
    run = Run.objects.filter(id=run_id).first()
    if run is None:
        return None
    seal = Seal.objects.filter(run_id=run_id).first()
    return RunWhole(
        run, _rows([run], {})[0], _pairs(run.codes), _pairs(run.terms), seal, _moved(run_id),
        _moves_page(run_id, moved_after), _born_page(run, born_after),
    )  # fmt: skip


def _moves_page(run_id: int, after: int | None) -> Page[Move]:
    found = list(Transition.objects.filter(run_id=run_id, id__gt=after or 0).order_by("id")[: SHOWN + 1])
    kept = found[:SHOWN]
    names = names_of_subjects((row.kind, row.subject_id) for row in kept)
    return Page(_moves(kept, names, _people(kept)), str(kept[-1].id) if len(found) > SHOWN else "", after is None)


def _born_page(run: Run, after: int | None) -> Page[Named]:
    """Return the orders that a run brought in.

    Orders carry no index by run: they are found by their ids, which follow the run's own, and the search ends where
    the ids of a run begin that was asked for after this one was on record.
    """
    if run.step not in BRINGS_ORDERS or not run.accepted:
        return Page((), "", after is None)
    later = Run.objects.filter(id__gt=run.id, as_of__gt=run.recorded_at).order_by("id").values_list("id", flat=True)
    rows = Order.objects.filter(id__gt=after or run.id, run_id=run.id)
    if bound := later.first():
        rows = rows.filter(id__lt=bound)
    found = list(rows.order_by("id").values_list("id", "external_id")[: SHOWN + 1])
    kept = found[:SHOWN]
    born = tuple(order_named(key, number) for key, number in kept)
    return Page(born, str(kept[-1][0]) if len(found) > SHOWN else "", after is None)


def _moved(run_id: int) -> tuple[tuple[str, str, str, int], ...]:
    """Return how many subjects of which kind a run moved from where to where."""
    rows = Transition.objects.filter(run_id=run_id).values_list("kind", "from_state", "to_state")
    found = list(rows.annotate(n=Count("id")).order_by("-kind", "from_state", "to_state"))
    people = people_in(state for _, before, after, _ in found for state in (before, after))
    return tuple((kind, people.get(before, before), people.get(after, after), n) for kind, before, after, n in found)


def timeline(subjects: Sequence[tuple[str, Sequence[int]]], born_in: Iterable[int]) -> list[RunRow]:
    """Return the runs that made or moved some subjects, the newest first.

    Takes: subjects, (kind, ids); born_in, the runs in which they were made.
    Cost: one statement per kind that has any, and four more.
    """
    moved: dict[int, list[Transition]] = {}
    for kind, ids in (named for named in subjects if named[1]):
        for row in Transition.objects.filter(kind=kind, subject_id__in=list(ids)).order_by("id"):
            moved.setdefault(row.run_id, []).append(row)
    runs = Run.objects.defer("answer").filter(id__in={*moved, *born_in}).order_by("-as_of", "-id")
    people = _people([row for rows in moved.values() for row in rows])
    return _rows(list(runs), {run_id: _moves(rows, {}, people) for run_id, rows in moved.items()})


def _rows(runs: list[Run], moves: dict[int, tuple[Move, ...]]) -> list[RunRow]:
    staff = [int(run.actor_id) for run in runs if run.actor_kind == "staff" and run.actor_id.isdigit()]
    names = names_of(staff) if staff else {}
    return [
        RunRow(
            id=run.id,
            step=run.step,
            clause=run.clause,
            actor=_actor(run, names),
            as_of=run.as_of,
            outcome=run.outcome,
            accepted=run.accepted,
            rejected=run.rejected,
            reason=run.reason,
            moves=moves.get(run.id, ()),
        )
        for run in runs
    ]


def _actor(run: Run, names: dict[int, str]) -> str:
    if run.actor_kind == "staff" and run.actor_id.isdigit():
        return names.get(int(run.actor_id), run.actor_id)
    return wording.actor_words(run.actor_kind, run.actor_id)


def _moves(rows: list[Transition], names: Mapping[Key, Named], people: Mapping[str, str]) -> tuple[Move, ...]:
    return tuple(
        Move(
            row.kind, names.get((row.kind, row.subject_id)),
            people.get(row.from_state, row.from_state), people.get(row.to_state, row.to_state),
        )
        for row in rows
    )  # fmt: skip


def _people(rows: list[Transition]) -> dict[str, str]:
    return people_in(state for row in rows for state in (row.from_state, row.to_state))


def _pairs(text: str) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(json.loads(text).items()))
