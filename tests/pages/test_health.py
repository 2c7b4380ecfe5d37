"""What `doctor` finds of work laid aside and of a home that others can read; seen from inside."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.pages.conftest import MOMENT

from zhanggui.cli.health import Check, examine
from zhanggui.delivery.models import Alarm, Job
from zhanggui.delivery.records import JobRequest, ParkRequest
from zhanggui.delivery.steps import claim_jobs, enqueue_jobs, park_jobs, release_jobs
from zhanggui.journal.records import SYSTEM, Context

CONTEXT = Context(SYSTEM, MOMENT)


@pytest.fixture
def home(settings: Any, tmp_path: Path, db: None) -> Iterator[Path]:
    """A home folder of one's own."""
    tmp_path.chmod(0o700)
    settings.HOME = tmp_path
    yield tmp_path
    tmp_path.chmod(0o700)


def found(name: str) -> Check | None:
    return next((one for one in examine(MOMENT) if one.name == name), None)


def lay_aside() -> Job:
    """Park the one job of a file."""
    enqueue_jobs([JobRequest("intake.commit", "7:1", {"id": 7})], context=CONTEXT)
    (claim,) = claim_jobs("w", ["intake.commit"], limit=1, lease_seconds=60, as_of=MOMENT)
    park_jobs([ParkRequest(claim.job_id, claim.fence, "attempts_exhausted")], context=CONTEXT)
    return Job.objects.get()


def test_work_laid_aside_is_named_until_a_person_lets_it_go_on(home: Path) -> None:
    before = found("parked work")
    assert before is not None
    assert before.ok
    job = lay_aside()
    assert job.state == "parked"
    assert Alarm.objects.count() == 1
    during = found("parked work")
    assert during is not None
    assert not during.ok
    assert "1 jobs" in during.found
    assert "intake.commit 7:1" in during.found
    release_jobs([job.id], context=CONTEXT)
    after = found("parked work")
    assert after is not None
    assert after.ok


@pytest.mark.parametrize(("mode", "ok"), [(0o700, True), (0o750, False), (0o701, False)])
def test_a_home_that_others_can_read_is_found(home: Path, mode: int, ok: bool) -> None:
    home.chmod(mode)
    check = found("home folder")
    assert check is not None
    assert check.ok == ok
    assert f"chmod 700 {home}" in check.remedy


def test_a_home_that_is_not_there_is_not_looked_at(home: Path, settings: Any) -> None:
    settings.HOME = home / "nowhere"
    assert found("home folder") is None
