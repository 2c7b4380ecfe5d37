"""Background work on screen: what waits for a person, why, and letting it run again with a reason."""

from typing import Any

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT, Hire

from zhanggui.delivery.models import Alarm, Job
from zhanggui.delivery.records import JobRequest
from zhanggui.delivery.steps import claim_jobs, enqueue_jobs, fail_job
from zhanggui.journal.models import Run
from zhanggui.journal.records import SYSTEM, Context

BROKEN = "tests.broken"


@pytest.fixture
def parked(db: None) -> int:
    """One job that failed for good, and one that waits."""
    requests = [JobRequest(BROKEN, "1", max_attempts=1), JobRequest("tests.later", "2")]
    enqueue_jobs(requests, context=Context(SYSTEM, MOMENT))
    (claim,) = claim_jobs("w", [BROKEN], limit=1, lease_seconds=60, as_of=MOMENT)
    fail_job(claim, ValueError("王小明"), as_of=MOMENT)
    return claim.job_id


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_parked_job_is_listed_with_reason_error_and_alarm_in_the_navigation(owner: Client, parked: int) -> None:
    text = text_of(owner.get("/jobs/"))
    assert BROKEN in text
    assert "每次尝试都失败" in text
    assert "ValueError" in text
    assert "王小明" not in text
    assert "tests.later" not in text
    assert '<span class="count count-alarm">1</span>' in text
    assert "tests.later" in text_of(owner.get("/jobs/?state=waiting"))


def test_a_job_runs_again_with_the_reason_of_who_released_it(owner: Client, parked: int) -> None:
    answer = owner.post("/jobs/release/", {"id": [parked], "reason": "disk was full, made room"}, follow=True)
    assert "1 个任务重新执行" in text_of(answer)
    job, run = Job.objects.get(id=parked), Run.objects.get(step="delivery.release")
    assert (job.state, job.attempts, run.reason) == ("waiting", 0, "disk was full, made room")
    assert not Alarm.objects.filter(answered_at__isnull=True).exists()
    again = owner.post("/jobs/release/", {"id": [parked], "reason": "once more"}, follow=True)
    assert "已不在等待人工处理" in text_of(again)


@pytest.mark.parametrize(("form", "words"), [({"reason": "x"}, "没有选择任务"), ({"id": "1"}, "请写明问题与处理方式")])
def test_without_a_job_or_a_reason_nothing_happens(
    owner: Client, parked: int, form: dict[str, str], words: str
) -> None:
    assert words in text_of(owner.post("/jobs/release/", form, follow=True))
    assert Job.objects.get(id=parked).state == "parked"


def test_an_odd_id_or_state_is_a_bad_request(owner: Client, parked: int) -> None:
    assert owner.post("/jobs/release/", {"id": "1;2", "reason": "x"}).status_code == 400
    assert owner.get("/jobs/?state=lost").status_code == 400


def test_management_looks_and_the_administrator_releases(client: Client, hire: Hire, parked: int) -> None:
    client.force_login(hire("lin", roles=("manager",)))
    text = text_of(client.get("/jobs/"))
    assert 'name="reason"' not in text
    assert "可重新执行任务的角色：管理员" in text
    assert client.post("/jobs/release/", {"id": parked, "reason": "x"}).status_code == 403
    client.force_login(hire("sun", roles=("sales",)))
    assert client.get("/jobs/").status_code == 403
    assert "/jobs/" not in text_of(client.get("/"))


def test_an_empty_list_says_that_all_is_well(owner: Client) -> None:
    assert "没有等待人工处理的任务" in text_of(owner.get("/jobs/"))
