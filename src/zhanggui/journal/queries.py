"""Reads of the journal: a subject's timeline, a run, the chain's head and its unsealed tail."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Min, Q

from zhanggui.journal.models import ChainHead, PendingSeal, Run, Seal, Transition
from zhanggui.journal.records import Actor, Head, RunLine, Tail
from zhanggui.journal.rules import GENESIS


@contextmanager
def read_snapshot() -> Iterator[None]:
    """Let everything inside read one unchanging state of the database, while others go on writing.

    PostgreSQL: a repeatable-read, read-only transaction. SQLite: one read transaction, which in WAL mode blocks nobody.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def timeline(subjects: Sequence[tuple[str, int]]) -> list[RunLine]:
    """Return the runs that moved any of the subjects (kind, id), oldest first, each with its moves.

    Cost: two statements.
    """
    if not subjects:
        return []
    among = Q()
    for kind, key in subjects:
        among |= Q(kind=kind, subject_id=key)
    moves: dict[int, list[tuple[str, str]]] = {}
    for run_id, before, after in (
        Transition.objects.filter(among).order_by("id").values_list("run_id", "from_state", "to_state")
    ):
        moves.setdefault(run_id, []).append((before, after))
    return [_line(run, tuple(moves[run.id])) for run in Run.objects.filter(id__in=moves).order_by("as_of", "id")]


def run_lines(run_ids: Sequence[int]) -> list[RunLine]:
    """Return runs without their moves, oldest first."""
    return [_line(run, ()) for run in Run.objects.filter(id__in=run_ids).order_by("as_of", "id")]


def _line(run: Run, moves: tuple[tuple[str, str], ...]) -> RunLine:
    actor = Actor(run.actor_kind, run.actor_id)
    return RunLine(run.id, run.step, run.clause, actor, run.as_of, moves, run.reason)


def run_by_id(run_id: int) -> Run | None:
    """Return a run."""
    return Run.objects.filter(id=run_id).first()


def seal_of(run_id: int) -> Seal | None:
    """Return the link that seals a run, if it is sealed yet."""
    return Seal.objects.filter(run_id=run_id).first()


def moves_of(run_id: int, *, limit: int = 200) -> list[tuple[str, int, str, str]]:
    """Return what a run moved: (kind, subject id, from, to), in the order of writing."""
    rows = Transition.objects.filter(run_id=run_id).order_by("id")
    return list(rows.values_list("kind", "subject_id", "from_state", "to_state")[:limit])


def head() -> Head:
    """Return the newest link of the chain."""
    found = ChainHead.objects.filter(id=1).first()
    return Head(found.seq, found.hash) if found else Head(0, GENESIS)


def tail() -> Tail:
    """Return how many committed runs wait for the sealer, and since when the oldest does."""
    waiting = PendingSeal.objects.values("run_id")
    counted = Run.objects.filter(id__in=waiting).aggregate(runs=Count("id"), oldest_at=Min("recorded_at"))
    return Tail(counted["runs"], counted["oldest_at"])


def attributed_changes(from_at: datetime | None, until_at: datetime | None) -> tuple[int, int]:
    """Return (changes whose run names actor, moment and clause, all changes) of a period."""
    rows = Run.objects.all()
    if from_at:
        rows = rows.filter(as_of__gte=from_at)
    if until_at:
        rows = rows.filter(as_of__lt=until_at)
    named = rows.exclude(actor_kind="").exclude(actor_id="").exclude(clause="")
    everything = (
        Transition.objects.all()
        if not (from_at or until_at)
        else Transition.objects.filter(run_id__in=rows.values("id"))
    )
    return Transition.objects.filter(run_id__in=named.values("id")).count(), everything.count()
