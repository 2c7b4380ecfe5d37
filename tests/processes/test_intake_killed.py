"""kill -9 in the middle of an import: started again it goes on, loses nothing and doubles nothing."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from tests.factories.intake import row, table
from tests.factories.truths import broken

from zhanggui.connectors.intake.models import IntakeFile
from zhanggui.connectors.intake.records import Ask
from zhanggui.connectors.intake.steps import begin_checks
from zhanggui.connectors.intake.taking_in import take_file
from zhanggui.delivery.models import Job
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.sales.orders.models import Order, OrderLine
from zhanggui.worker import runner

pytestmark = pytest.mark.django_db(transaction=True)
COUNT = 7
POINTS = [
    f"intake.{name}.{side}"
    for name in ("upload_files", "note_checks", "begin_commits", "commit_orders")
    for side in ("before_commit", "after_commit")
]
SMALL_PARTS = (
    "import sys\nfrom django import setup\nsetup()\nfrom zhanggui.connectors.intake import taking_in\n"
    "taking_in.PART_ENTRIES = 3\nfrom zhanggui.cli.main import main\nsys.exit(main(sys.argv[1:]))"
)


def import_file(path: Path, environment: dict[str, str], crash_at: str = "") -> "subprocess.Popen[str]":
    """Import in a process of its own, three orders a part."""
    given = {
        **environment,
        "ZHANGGUI_TEST_HOOKS": "1",
        "ZHANGGUI_CRASH_AT": crash_at,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-c", SMALL_PARTS, "orders", "import", str(path), "--channel", "manual", "--json"]
    return subprocess.Popen(command, env=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def outcome(process: "subprocess.Popen[str]") -> tuple[int, dict[str, Any]]:
    out, err = process.communicate(timeout=120)
    assert process.returncode < 2 or process.returncode == -signal.SIGKILL, err
    return process.returncode, json.loads(out) if out else {}


@pytest.fixture
def orders_file(tmp_path: Path) -> Path:
    """Seven good orders and a bad one."""
    path = tmp_path / "orders.csv"
    path.write_bytes(table(*[row(f"N{at}") for at in range(COUNT)], row("BAD", pieces=0)))
    return path


def assert_all_in_once() -> None:
    assert (Order.objects.count(), OrderLine.objects.count()) == (COUNT, COUNT)
    file = IntakeFile.objects.get()
    assert (file.state, file.rows_done, file.rows_refused, file.position) == ("done", COUNT, 1, COUNT)
    assert broken() == {}


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_import_goes_on(point: str, orders_file: Path, child_environment: dict[str, str]) -> None:
    code, _ = outcome(import_file(orders_file, child_environment, point))
    assert code == -signal.SIGKILL
    code, document = outcome(import_file(orders_file, child_environment))
    assert (code, document["orders"], len(document["refused"])) == (1, COUNT, 1)
    assert_all_in_once()


CHECK_ONE = (
    "from django import setup\nsetup()\nfrom zhanggui.kernel import clock\nfrom zhanggui.worker import runner\n"
    "runner.do_one(clock.now(), kinds=['intake.check'])"
)


@pytest.mark.parametrize(
    "point",
    ["job.claimed", "intake.note_checks.before_commit", "intake.note_checks.after_commit", "job.before_finish"],
)
def test_a_check_whose_worker_is_killed_is_done_by_the_next_one(
    point: str, orders_file: Path, child_environment: dict[str, str]
) -> None:
    context = Context(SYSTEM, clock.now())
    intake_id = take_file([orders_file.read_bytes()], "orders", "a.csv", channel="manual", shop="", context=context)
    begin_checks([Ask(intake_id, 0)], context=context)
    environment = {
        **child_environment, "ZHANGGUI_TEST_HOOKS": "1", "ZHANGGUI_CRASH_AT": point,
        "PYTHONPATH": os.pathsep.join(sys.path), "ZHANGGUI_HOME": str(settings.HOME),
    }  # fmt: skip
    died = subprocess.run([sys.executable, "-c", CHECK_ONE], env=environment, timeout=120, check=False)
    assert died.returncode == -signal.SIGKILL
    assert runner.do_one(clock.now() + timedelta(minutes=2), kinds=["intake.check"])
    file = IntakeFile.objects.get()
    assert (file.state, file.attempt, file.rows_total, file.rows_refused, file.new % COUNT) == ("checked", 1, 8, 1, 0)
    assert (Order.objects.count(), Job.objects.get().state, broken()) == (0, "done", {})


@pytest.mark.postgres
def test_two_people_who_import_the_same_file_at_once_bring_it_in_once(
    orders_file: Path, child_environment: dict[str, str]
) -> None:
    racers = [import_file(orders_file, child_environment) for _ in range(3)]
    for racer in racers:
        _, err = racer.communicate(timeout=120)
        assert racer.returncode in (1, 2), err
        if racer.returncode == 2:
            assert "somebody else" in err, err
    outcome(import_file(orders_file, child_environment))
    assert_all_in_once()
