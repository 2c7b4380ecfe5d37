"""What the fault tests start as a process of its own: a real worker, scheduler or tree, with test jobs.

    python jobs_child.py worker LEASE HOLD     lease in seconds, seconds between claim and effect
    python jobs_child.py scheduler SECONDS     a schedule with a slot each so many seconds
    python jobs_child.py sealing               a worker and a scheduler with the product's own schedule
    python jobs_child.py tree                  three sleeping children under the supervisor

A test job's effect is one row in `fault_effect`, which has no constraint: a double would show.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence

import django
from django.db import connection, transaction

django.setup()

from zhanggui.delivery.records import Every, ScheduleEntry  # noqa: E402
from zhanggui.delivery.steps import finish_job, save_progress  # noqa: E402
from zhanggui.kernel import clock  # noqa: E402
from zhanggui.worker import handlers, runner, scheduler, supervisor  # noqa: E402
from zhanggui.worker.handlers import Handler, StoppedEarly, Work  # noqa: E402

PARTS = 100


def say(*words: object) -> None:
    print(*words, flush=True)


def effect(work: Work, hold: float) -> None:
    say("claimed", work.claim.key)
    if work.claim.payload.get("poison"):
        os.kill(os.getpid(), signal.SIGKILL)
    clock.sleep(hold)
    with transaction.atomic():
        note(work.claim.key, work.claim.worker)
        finish_job(work.claim, as_of=clock.now())
    say("done", work.claim.key)


def long_effect(work: Work) -> None:
    """A hundred parts, each an effect row with its progress, leaving when asked to."""
    say("claimed", work.claim.key)
    for part in range(work.claim.progress_done, PARTS):
        if work.stopping():
            raise StoppedEarly
        with transaction.atomic():
            note(f"{work.claim.key}:{part}", work.claim.worker)
            save_progress(work.claim, part + 1, PARTS)
        clock.sleep(0.02)
    with transaction.atomic():
        finish_job(work.claim, as_of=clock.now())
    say("done", work.claim.key)


def note(key: str, worker: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fault_effect (job_key, worker) VALUES (%s, %s)", [key, worker])


def run_worker(lease: int, hold: float) -> int:
    handlers.HANDLERS["fault.effect"] = Handler(lambda work: effect(work, hold), finishes=True, lease_seconds=lease)
    handlers.HANDLERS["fault.long"] = Handler(long_effect, finishes=True, lease_seconds=lease)
    handlers.HANDLERS = {
        kind: Handler(known.run, known.finishes, known.lane, min(known.lease_seconds, lease))
        for kind, known in handlers.HANDLERS.items()
    }
    say("ready")
    return runner.main()


def run_scheduler(seconds: int) -> int:
    handlers.SCHEDULE[:] = [ScheduleEntry("fault.slot", Every(seconds), every_missed=True)]
    say("ready")
    return scheduler.main()


def run_sealing() -> int:
    threading.Thread(target=runner.Worker().run, daemon=True).start()
    return scheduler.main()


def run_tree() -> int:
    sleeper = "import os, time; print('child', os.getpid(), flush=True); time.sleep(600)"
    children = [supervisor.Child(name, [sys.executable, "-c", sleeper]) for name in ("one", "two", "three")]
    supervisor.keep_running(children, lambda: None)
    say("stopped")
    return 0


def main(arguments: Sequence[str]) -> int:
    if arguments[0] == "worker":
        return run_worker(int(arguments[1]), float(arguments[2]))
    if arguments[0] == "scheduler":
        return run_scheduler(int(arguments[1]))
    return run_sealing() if arguments[0] == "sealing" else run_tree()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
