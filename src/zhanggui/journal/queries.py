"""Reads of the journal: the chain's head, its unsealed tail, who changed what, the numbers of facts."""

from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.models import Count, Max, Min

from zhanggui.journal.models import ChainHead, IdCounter, PendingSeal, Run, Seal, Transition
from zhanggui.journal.records import Head, Tail
from zhanggui.journal.rules import CHAINED, GENESIS, link, run_bytes


def head() -> Head:
    """Return the newest link of the chain."""
    found = ChainHead.objects.filter(id=1).first()
    return Head(found.seq, found.hash) if found else Head(0, GENESIS)


def key_fits() -> bool:
    """Tell whether the installation's key made the chain: its first link comes out again, or there is none."""
    first = Seal.objects.order_by("seq").first()
    run = Run.objects.filter(id=first.run_id).values_list(*CHAINED).first() if first else None
    return not first or not run or link(first.previous, run_bytes(run), settings.CHAIN_KEY) == first.hash


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


def last_fact_id() -> int | None:
    """Return the last number that the one sequence of facts gave out; None while it gave none, or was lost."""
    if connection.vendor == "sqlite":
        return IdCounter.objects.values_list("last", flat=True).first()
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value, is_called FROM journal_fact_id")
        last, called = cursor.fetchone()
    return int(last) if called else None


def highest_fact_id() -> int:
    """Return the highest number that a fact bears, 0 without facts; the sequence must never lie below it.

    Cost: one look at the end of an index per table of facts.
    """
    return max(_highest(model) for model in apps.get_models() if _takes_fact_ids(model))


def _takes_fact_ids(model: type[models.Model]) -> bool:
    """Tell whether the rows of a table are numbered by the run that writes them, not by the database."""
    key = model._meta.pk
    return model.__module__.startswith("zhanggui.") and type(key) is models.BigIntegerField and key.name == "id"


def _highest(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(highest=Max("id"))["highest"] or 0)
