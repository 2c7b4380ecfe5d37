"""Workers that are killed, frozen or poisoned: each job has its effect once, and nobody repairs anything."""

import random
import signal

import pytest
from tests.faults.jobs_fleet import Fleet, ask_for, effect_workers, effects, start_fleet, wait_until

from zhanggui.delivery.models import Alarm, Job
from zhanggui.delivery.records import JobState

__all__ = ["start_fleet"]


def is_done(key: str) -> bool:
    return Job.objects.filter(key=key, state=JobState.DONE).exists()


def test_the_job_of_a_killed_worker_is_done_by_another(fleet: Fleet) -> None:
    ask_for("a")
    first = fleet.worker(lease=2, hold=60)
    first.hear("claimed a")
    first.signal(signal.SIGKILL)
    fleet.worker(lease=2).hear("done a")
    job = Job.objects.get()
    assert (job.state, job.attempts, job.fence) == (JobState.DONE, 2, 2)
    assert effects() == {"a": 1}


def test_a_job_longer_than_its_lease_is_kept_by_the_heartbeat(fleet: Fleet) -> None:
    ask_for("a")
    first = fleet.worker(lease=1, hold=4)
    first.hear("claimed a")
    fleet.worker(lease=1).hear("ready")
    first.hear("done a")
    assert (Job.objects.get().attempts, effects()) == (1, {"a": 1})


def test_a_frozen_worker_writes_nothing_when_it_wakes(fleet: Fleet) -> None:
    ask_for("a")
    frozen = fleet.worker(lease=1, hold=1.5)
    frozen.hear("claimed a")
    frozen.signal(signal.SIGSTOP)
    second = fleet.worker(lease=1)
    second.hear("done a")
    holder = effect_workers()
    frozen.signal(signal.SIGCONT)
    ask_for("b")
    frozen.signal(signal.SIGTERM)
    assert frozen.ended() == 0
    second.hear("done b")
    assert effects() == {"a": 1, "b": 1}
    assert effect_workers()[:1] == holder
    assert "done a" not in frozen.words


def test_a_job_that_kills_its_workers_is_parked_with_an_alarm(fleet: Fleet) -> None:
    ask_for("poison", poison=1)
    for _ in range(5):
        victim = fleet.worker(lease=1)
        victim.hear("claimed poison")
        assert victim.ended() == -signal.SIGKILL
    ask_for("good")
    fleet.worker(lease=1).hear("done good")
    wait_until(Alarm.objects.exists)
    job = Job.objects.get(key="poison")
    assert (job.state, job.attempts) == (JobState.PARKED, 5)
    assert Alarm.objects.get().code == "worker_died"


@pytest.mark.parametrize("point", ["job.claimed", "job.before_finish", "job.after_finish"])
def test_a_kill_at_each_point_leaves_one_effect(fleet: Fleet, point: str) -> None:
    ask_for("a")
    assert fleet.worker(lease=1, crash_at=point).ended() == -signal.SIGKILL
    assert effects() == ({"a": 1} if point == "job.after_finish" else {})
    fleet.worker(lease=1)
    wait_until(lambda: is_done("a"))
    assert effects() == {"a": 1}


def test_a_worker_asked_to_stop_ends_its_job_first(fleet: Fleet) -> None:
    ask_for("a")
    worker = fleet.worker(hold=1.0)
    worker.hear("claimed a")
    worker.signal(signal.SIGTERM)
    worker.hear("done a")
    assert worker.ended() == 0
    assert Job.objects.get().attempts == 1


def test_a_long_job_is_left_and_taken_up_where_it_was(fleet: Fleet) -> None:
    ask_for("long", kind="fault.long")
    first = fleet.worker()
    first.hear("claimed long")
    wait_until(lambda: Job.objects.get().progress_done >= 10)
    first.signal(signal.SIGTERM)
    assert first.ended() == 0
    left = Job.objects.get()
    assert (left.state, left.attempts) == (JobState.WAITING, 0)
    assert 10 <= left.progress_done < 100
    fleet.worker().hear("done long")
    assert effects() == {f"long:{part}": 1 for part in range(100)}


def test_a_long_job_survives_kills_without_a_part_lost_or_doubled(fleet: Fleet) -> None:
    ask_for("long", kind="fault.long")
    for parts in (20, 50):
        victim = fleet.worker(lease=1)
        wait_until(lambda parts=parts: Job.objects.get().progress_done >= parts)  # type: ignore[misc]
        victim.signal(signal.SIGKILL)
    fleet.worker(lease=1).hear("done long")
    assert effects() == {f"long:{part}": 1 for part in range(100)}


def test_kills_at_random_lose_and_double_nothing(fleet: Fleet) -> None:
    dice = random.Random(20)
    keys = [f"job-{number}" for number in range(120)]
    ask_for(*keys)
    Job.objects.update(max_attempts=30)
    crew = [fleet.worker(lease=1, hold=0.02) for _ in range(2)]
    for _ in range(6):
        seen = sum(effects().values())
        wait_until(lambda seen=seen: sum(effects().values()) >= min(seen + 8, 120))  # type: ignore[misc]
        place = dice.randrange(2)
        crew[place].signal(signal.SIGKILL)
        crew[place] = fleet.worker(lease=1, hold=0.02)
    wait_until(lambda: not Job.objects.exclude(state=JobState.DONE).exists())
    assert effects() == dict.fromkeys(keys, 1)
