"""Writes of clocks that go on for another subject: what was split off keeps the time that its origin has used."""

from collections.abc import Mapping, Sequence
from typing import Any

from zhanggui.journal.steps import Inside
from zhanggui.obligations.models import Obligation, ObligationPause
from zhanggui.obligations.records import ClockState

OWN = ("id", "run_id", "subject_id", "assignee")
CLOCK = tuple(str(one.column) for one in Obligation._meta.concrete_fields if one.column not in OWN)
PAUSE = ("reason", "from_at", "until_at")


def copy_obligations(subject_kind: str, copies: Mapping[int, int], *, context: Inside) -> None:
    """Give new subjects the clocks of others: begun, paused, answered and due at the same moments.

    Takes: copies, new subject → the one whose clocks it goes on with; those are locked.
    Writes: clocks with their pauses, and the transitions that lead to where they stand. Nobody has them assigned.
    """
    run = context.run
    rows = run.lock(
        Obligation, "subject_id", sorted(set(copies.values())), ["subject_id", "id", *CLOCK],
        equal={"subject_kind": subject_kind},
    )  # fmt: skip
    by_subject: dict[int, list[tuple[Any, ...]]] = {}
    for subject, *clock in rows:
        by_subject.setdefault(subject, []).append(tuple(clock))
    wanted = [(new, clock) for new, old in copies.items() for clock in by_subject.get(old, ())]
    ids = run.ids(len(wanted))
    columns: dict[str, object] = {name: [clock[1 + at] for _, clock in wanted] for at, name in enumerate(CLOCK)}
    run.insert(Obligation, {**columns, "id": ids, "subject_id": [new for new, _ in wanted], "assignee": ""})
    for clause, version in zip(_listed(columns["clause"]), _listed(columns["terms_version"]), strict=True):
        run.terms[clause] = max(version, run.terms.get(clause, version))
    _lead_to("obligation", ids, str(ClockState.OPEN), columns["state"], context)
    _lead_to("warning", ids, "0", [str(warned) for warned in _listed(columns["warned"])], context)
    _copy_pauses([(key, clock[0]) for key, (_, clock) in zip(ids, wanted, strict=True)], context)


def _copy_pauses(pairs: Sequence[tuple[int, int]], context: Inside) -> None:
    """Write the pauses of clocks for others. Takes: (new clock, the one it goes on with)."""
    run = context.run
    rows = run.lock(
        ObligationPause, "obligation_id", sorted({old for _, old in pairs}), ["obligation_id", *PAUSE], lock=False
    )
    by_clock: dict[int, list[tuple[Any, ...]]] = {}
    for clock, *pause in rows:
        by_clock.setdefault(clock, []).append(tuple(pause))
    pauses = [(new, pause) for new, old in pairs for pause in by_clock.get(old, ())]
    ids = run.ids(len(pauses))
    columns = {name: [pause[at] for _, pause in pauses] for at, name in enumerate(PAUSE)}
    run.insert(ObligationPause, {**columns, "id": ids, "obligation_id": [new for new, _ in pauses]})
    closed = [key for key, until_at in zip(ids, columns["until_at"], strict=True) if until_at is not None]
    run.move("pause", closed, "open", "closed")


def _lead_to(kind: str, ids: Sequence[int], birth: str, states: object, context: Inside) -> None:
    """Note the transition from birth to where each new row stands, where that differs."""
    moved = [(key, state) for key, state in zip(ids, _listed(states), strict=True) if state != birth]
    context.run.move(kind, [key for key, _ in moved], birth, [state for _, state in moved])


def _listed(values: object) -> list[Any]:
    assert isinstance(values, list)
    return values
