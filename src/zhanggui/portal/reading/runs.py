"""Runs as pages show them: the journal, one run with what it moved, and the timeline of one subject."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from zhanggui.journal.models import Run, Seal, Transition
from zhanggui.people.queries import names_of
from zhanggui.portal.reading.paging import Page
from zhanggui.sales.orders.models import Order

MOVES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Move:
    """One state change. `subject` is what people call it, when it is an order."""

    kind: str
    subject_id: int
    subject: str
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


@dataclass(frozen=True, slots=True)
class RunWhole:
    """One run with the proof of it: digest, place in the chain, terms it worked under, and what it moved.

    moved: (kind, from, to, how many); the moves themselves stand in the row, the first of them only.
    """

    run: Run
    row: RunRow
    codes: tuple[tuple[str, int], ...]
    terms: tuple[tuple[str, int], ...]
    seal: Seal | None
    moved: tuple[tuple[str, str, str, int], ...]
    more_moves: bool


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are asked for; empty means all."""

    clause: str = ""
    step: str = ""
    outcome: str = ""


def journal(wanted: RunFilter, before: int | None, size: int = 50) -> Page[RunRow]:
    """Return runs, the newest first. Cost: two statements."""
    rows = Run.objects.defer("answer")
    for name in ("clause", "step", "outcome"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: size + 1])
    kept = found[:size]
    following = str(kept[-1].id) if len(found) > size else ""
    return Page(tuple(_rows(kept, {})), following, before is None)


def whole_run(run_id: int) -> RunWhole | None:
    """Return one run. Cost: six statements."""
    run = Run.objects.filter(id=run_id).first()
    if run is None:
        return None
    moves = list(Transition.objects.filter(run_id=run_id).order_by("id")[: MOVES_SHOWN + 1])
    row = _rows([run], {run_id: _moves(moves[:MOVES_SHOWN])})[0]
    return RunWhole(
        run, row, _pairs(run.codes), _pairs(run.terms), Seal.objects.filter(run_id=run_id).first(), _moved(run_id),
        len(moves) > MOVES_SHOWN,
    )  # fmt: skip


def _moved(run_id: int) -> tuple[tuple[str, str, str, int], ...]:
    """Return how many subjects of which kind a run moved from where to where."""
    rows = Transition.objects.filter(run_id=run_id).values_list("kind", "from_state", "to_state")
    return tuple(rows.annotate(n=Count("id")).order_by("-kind", "from_state", "to_state"))


def timeline(subjects: Sequence[tuple[str, Sequence[int]]], born_in: Iterable[int]) -> list[RunRow]:
    """Return the runs that made or moved some subjects, the newest first.

    Takes: subjects, (kind, ids); born_in, the runs in which they were made.
    Cost: one statement per kind and three more.
    """
    moved: dict[int, list[Transition]] = {}
    for kind, ids in subjects:
        for row in Transition.objects.filter(kind=kind, subject_id__in=list(ids)).order_by("id"):
            moved.setdefault(row.run_id, []).append(row)
    runs = Run.objects.defer("answer").filter(id__in={*moved, *born_in}).order_by("-as_of", "-id")
    return _rows(list(runs), {run_id: _moves(rows, named=False) for run_id, rows in moved.items()})


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
    return f"{run.actor_kind}: {run.actor_id}"


def _moves(rows: list[Transition], *, named: bool = True) -> tuple[Move, ...]:
    names: dict[int, str] = {}
    if named:
        orders = Order.objects.filter(id__in=[row.subject_id for row in rows if row.kind == "order"])
        names = dict(orders.values_list("id", "external_id"))
    return tuple(
        Move(row.kind, row.subject_id, names.get(row.subject_id, ""), row.from_state, row.to_state) for row in rows
    )


def _pairs(text: str) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(json.loads(text).items()))
