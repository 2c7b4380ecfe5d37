"""Judging all unconfirmed orders again, after rules or the blocklist changed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from zhanggui.journal.records import Context
from zhanggui.processes.through import Progress
from zhanggui.sales.orders.judging import judge_again
from zhanggui.sales.orders.queries import unconfirmed_batches

JUDGE_JOB = "orders.judge_again"


def judge_all(
    context: Context,
    *,
    shop: int | None = None,
    moment: Callable[[], datetime] | None = None,
    progress: Progress | None = None,
) -> dict[str, int]:
    """Judge the unconfirmed orders of a shop, or of all, by the rules as they are now. Gives: orders per verdict.

    Takes: moment, asked for the moment of each batch, by default the context's; progress, told ("judged", orders) per
    batch. Each batch is a run, so that a killed process loses nothing and can simply be started again.
    """
    counts: Counter[str] = Counter()
    for ids in unconfirmed_batches(shop):
        now = replace(context, as_of=moment()) if moment else context
        counts.update(str(row.result) for row in judge_again(ids, context=now).accepted)
        if progress:
            progress("judged", counts.total())
    return dict(counts)
