"""Many processes at one queue: claims, slots, a long back-log."""

import signal
import threading
from collections import Counter
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.faults.jobs_fleet import Fleet, ask_for, effect_workers, effects, start_fleet, wait_until

from zhanggui.delivery import rules
from zhanggui.delivery.models import Job, ScheduleSlot
from zhanggui.delivery.queries import rival_scheduler
from zhanggui.delivery.records import JobState
from zhanggui.delivery.steps import claim_jobs
from zhanggui.kernel import clock

__all__ = ["start_fleet"]


@pytest.mark.postgres
def test_four_workers_do_each_job_once(fleet: Fleet) -> None:
    crew = [fleet.worker(lease=30) for _ in range(4)]
    for worker in crew:
        worker.hear("ready")
    keys = [f"job-{number}" for number in range(600)]
    ask_for(*keys)
    wait_until(lambda: not Job.objects.exclude(state=JobState.DONE).exists())
    assert effects() == dict.fromkeys(keys, 1)
    assert set(Job.objects.values_list("attempts", "fence")) == {(1, 1)}
    assert len(set(effect_workers())) == 4


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_claims_at_the_same_moment_never_share_a_job() -> None:
    ask_for(*(f"job-{number}" for number in range(400)))
    now, got, gate = clock.now() + timedelta(seconds=1), Counter[int](), threading.Barrier(8)
    lock = threading.Lock()

    def take(name: str) -> None:
        gate.wait()
        for _ in range(10):
            claims = claim_jobs(name, ["fault.effect"], limit=5, lease_seconds=60, as_of=now)
            with lock:
                got.update(claim.job_id for claim in claims)
        connection.close()

    threads = [threading.Thread(target=take, args=(f"worker-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 400
    assert set(got.values()) == {1}


def test_two_schedulers_take_each_slot_once_and_a_killed_one_is_followed(fleet: Fleet) -> None:
    first = fleet.start("scheduler", 1)
    first.hear("ready")
    wait_until(lambda: ScheduleSlot.objects.count() >= 2)
    second = fleet.start("scheduler", 1)
    second.hear("ready")
    wait_until(lambda: rival_scheduler(clock.now() - timedelta(minutes=1)) != "")
    first.signal(signal.SIGKILL)
    before = ScheduleSlot.objects.count()
    wait_until(lambda: ScheduleSlot.objects.count() >= before + 5)
    second.signal(signal.SIGTERM)
    assert second.ended() == 0
    slots = list(ScheduleSlot.objects.order_by("slot").values_list("slot", flat=True))
    assert {b - a for a, b in pairwise(slots)} == {timedelta(seconds=1)}
    assert Job.objects.count() == len(slots)


@pytest.mark.django_db(transaction=True)
def test_a_claim_in_a_back_log_of_a_hundred_thousand_does_the_work_of_one_in_a_thousand() -> None:
    now = clock.now()
    _fill(1_000, "few")
    few = _effort(now)
    _fill(100_000, "many")
    assert _effort(now) < 3 * few


def _effort(now: datetime) -> int:
    """Return what a claim costs on any machine: SQLite's program steps, or the rows that PostgreSQL looks at."""
    if connection.vendor == "sqlite":
        hundreds = count()
        connection.connection.set_progress_handler(lambda: next(hundreds) and 0, 100)
        claims = claim_jobs("anna", ["bulk", "fault.effect"], limit=1, lease_seconds=60, as_of=now)
        connection.connection.set_progress_handler(None, 0)
        assert len(claims) == 1
        return next(hundreds)
    with CaptureQueriesContext(connection) as seen:
        assert len(claim_jobs("anna", ["bulk", "fault.effect"], limit=1, lease_seconds=60, as_of=now)) == 1
    (claim,) = [row["sql"] for row in seen.captured_queries if row["sql"].startswith("WITH")]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {claim.replace('%', '%%')}", [])
        return _rows_seen(cursor.fetchone()[0][0]["Plan"])


def _rows_seen(node: dict[str, Any]) -> int:
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(own * node["Actual Loops"]) + sum(_rows_seen(part) for part in node.get("Plans", ()))


def _fill(n_jobs: int, name: str) -> None:
    """Write a back-log: a tenth due, the rest later, in all priorities."""
    ask_for(name, kind="bulk")
    if connection.vendor == "postgresql":
        series, shift = f"generate_series(1, {n_jobs}) AS n", "run_at + (n %% 10 - 1) * interval '1 day'"
    else:
        numbers = f"SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < {n_jobs}"
        series = f"(WITH RECURSIVE s AS ({numbers}) SELECT n FROM s)"
        shift = "datetime(run_at, ((n %% 10) - 1) || ' days')"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO delivery_job (kind, key, payload, state, priority, run_at, attempts, max_attempts,"
            " worker, fence, progress_done, progress_total, last_error, created_at)"
            f" SELECT kind, key || n, payload, state, n %% 3, {shift}, 0, 5, '', 0, 0, 0, '', created_at"
            f" FROM delivery_job, {series} WHERE key = %s",
            [name],
        )
        cursor.execute("ANALYZE delivery_job")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite for its plan; PostgreSQL counts its rows above")
def test_no_statement_of_a_claim_reads_the_whole_queue() -> None:
    _fill(1_000, "few")
    text, sources = rules.claim_statement("sqlite", 1)
    values = [value for source in sources for value in (*([] if source is None else [source]), "2026", "bulk", 1)]
    with connection.cursor() as cursor:
        for statement, given in ((text, [*values, 1, "running", "anna", "2026"]), (rules.EXHAUSTED, ["2026"])):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            assert [row[3] for row in cursor.fetchall() if row[3].startswith("SCAN delivery_job")] == []
