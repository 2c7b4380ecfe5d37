"""Reads of the journal: the chain's head, its unsealed tail, who changed what."""

from datetime import datetime

from django.db.models import Count, Min

from zhanggui.journal.models import ChainHead, PendingSeal, Run, Transition
from zhanggui.journal.records import Head, Tail
from zhanggui.journal.rules import GENESIS


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
