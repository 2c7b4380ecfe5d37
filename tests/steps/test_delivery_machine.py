"""A random life of the queue against a small model: one effect per job, only the last holder writes."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.cast import MONDAY_MORNING

from zhanggui.delivery.models import Alarm, Job
from zhanggui.delivery.records import Claim, JobRequest, JobState, LeaseLost
from zhanggui.delivery.steps import (
    claim_jobs,
    enqueue_jobs,
    fail_job,
    finish_job,
    give_back,
    release_jobs,
    renew_lease,
)
from zhanggui.journal.records import SYSTEM, Context

LEASE = 30
ATTEMPTS = 3
KEYS = st.sampled_from(["a", "b", "c"])
PICK = st.integers(0, 99)


class Queue(RuleBasedStateMachine):
    """Claims are never forgotten here: dead, frozen and late workers all still hold their old ones."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY_MORNING
        self.claims: list[Claim] = []
        self.holders: dict[str, Claim] = {}
        self.effects: Counter[str] = Counter()
        self._case = transaction.atomic()
        self._case.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self._case.__exit__(None, None, None)

    @rule(key=KEYS)
    def ask(self, key: str) -> None:
        enqueue_jobs([JobRequest("test", key, max_attempts=ATTEMPTS)], context=Context(SYSTEM, self.now))

    @rule(seconds=st.sampled_from([1, LEASE - 1, LEASE, 200]))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(worker=st.sampled_from(["anna", "bert"]), limit=st.integers(1, 3))
    def claim(self, worker: str, limit: int) -> None:
        free = {key for key, job in self.jobs().items() if self.is_free(job)}
        got = claim_jobs(worker, ["test"], limit=limit, lease_seconds=LEASE, as_of=self.now)
        assert len(got) == min(limit, len(free))
        assert {claim.key for claim in got} <= free
        self.claims += got
        self.holders |= {claim.key: claim for claim in got}
        for key in [key for key, claim in self.holders.items() if claim.job_id in self.given_up()]:
            del self.holders[key]

    @precondition(lambda self: self.claims)
    @rule(number=PICK)
    def finish(self, number: int) -> None:
        claim = self.claims[number % len(self.claims)]
        held = self.holds(claim)
        try:
            with transaction.atomic():
                finish_job(claim, as_of=self.now)
        except LeaseLost:
            assert not held
        else:
            assert held
            self.effects[claim.key] += 1
            del self.holders[claim.key]

    @precondition(lambda self: self.claims)
    @rule(number=PICK)
    def fail(self, number: int) -> None:
        claim = self.claims[number % len(self.claims)]
        held = self.holds(claim)
        state = fail_job(claim, ValueError(), as_of=self.now)
        assert (state is not None) == held
        if state is not None:
            assert (state == JobState.PARKED) == (claim.attempt == ATTEMPTS)
            del self.holders[claim.key]

    @precondition(lambda self: self.claims)
    @rule(number=PICK)
    def leave(self, number: int) -> None:
        claim = self.claims[number % len(self.claims)]
        held = self.holds(claim)
        assert give_back(claim, as_of=self.now) == held
        if held:
            del self.holders[claim.key]

    @precondition(lambda self: self.claims)
    @rule(number=PICK)
    def renew(self, number: int) -> None:
        claim = self.claims[number % len(self.claims)]
        assert renew_lease(claim, lease_seconds=LEASE, as_of=self.now) == self.holds(claim)

    @rule(key=KEYS)
    def release(self, key: str) -> None:
        parked = Job.objects.filter(key=key, state=JobState.PARKED).values_list("id", flat=True)
        release_jobs(list(parked), context=Context(SYSTEM, self.now))

    def jobs(self) -> dict[str, Job]:
        return {job.key: job for job in Job.objects.all()}

    def is_free(self, job: Job) -> bool:
        if job.state == JobState.RUNNING:
            assert job.lease_until is not None
            return job.lease_until <= self.now and job.attempts < ATTEMPTS
        return job.state == JobState.WAITING and job.run_at <= self.now

    def holds(self, claim: Claim) -> bool:
        """Only the last claim of a job holds it, until it ends or its last attempt is given up as dead."""
        return self.holders.get(claim.key) == claim

    def given_up(self) -> set[int]:
        return set(Job.objects.filter(state=JobState.PARKED).values_list("id", flat=True))

    @invariant()
    def each_job_has_its_effect_once(self) -> None:
        done = {key for key, job in self.jobs().items() if job.state == JobState.DONE}
        assert self.effects == dict.fromkeys(done, 1)

    @invariant()
    def parked_jobs_and_open_alarms_are_the_same(self) -> None:
        parked = set(Job.objects.filter(state=JobState.PARKED).values_list("id", flat=True))
        alarms = list(Alarm.objects.filter(answered_at__isnull=True).values_list("job_id", flat=True))
        assert sorted(alarms) == sorted(parked)

    @invariant()
    def attempts_stay_within_their_limit(self) -> None:
        assert all(0 <= job.attempts <= ATTEMPTS for job in self.jobs().values())


@pytest.mark.django_db
def test_a_random_life_of_the_queue() -> None:
    run_state_machine_as_test(Queue, settings=settings(stateful_step_count=40))
