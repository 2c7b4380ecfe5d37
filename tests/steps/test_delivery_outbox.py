"""The outbox: a message commits with its change, goes out once, and an unknown outcome goes to a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from zhanggui.delivery.models import Alarm, Job, OutboxMessage
from zhanggui.delivery.records import (
    MESSAGE_ATTEMPTS,
    SEND,
    JobState,
    LeaseLost,
    MessageRequest,
    MessageState,
    NotSent,
    OutcomeUnknown,
    OutgoingMessage,
    SendingFailed,
)
from zhanggui.delivery.steps import begin_sending, claim_jobs, mark_sent, queue_messages, release_jobs
from zhanggui.journal.models import Run
from zhanggui.journal.records import Context
from zhanggui.kernel import clock
from zhanggui.worker import ports
from zhanggui.worker.runner import do_one

pytestmark = pytest.mark.django_db
LETTER = MessageRequest("mail", "order-7-shipped", "buyer@example.com", {"subject": "已发货", "body": "在路上"})


class Outside:
    """A fake of the outside: does the work once per key or each time, fails as told before or after it."""

    def __init__(self, *, repeatable: bool = False) -> None:
        self.repeatable = repeatable
        self.done: list[str] = []
        self.failures: list[SendingFailed | None] = []

    def send(self, message: OutgoingMessage) -> str:
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, NotSent):
            raise failure
        if not (self.repeatable and message.key in self.done):
            self.done.append(message.key)
        if failure is not None:
            raise failure
        return f"provider-{message.key}"


@pytest.fixture
def outside() -> Iterator[Outside]:
    port = Outside()
    with ports.replaced({"mail": port}):
        yield port


def work(now: datetime) -> bool:
    with clock.frozen(now):
        return do_one(now, kinds=[SEND])


def state() -> tuple[str, str, int]:
    message, job = OutboxMessage.objects.get(), Job.objects.get()
    return message.state, job.state, message.attempts


def test_a_message_bears_the_run_of_its_change(context: Context) -> None:
    given = queue_messages([LETTER], context=context)
    message = OutboxMessage.objects.get()
    assert (message.run_id, message.id) == (given.run_id, given.accepted[0].result)
    assert Run.objects.get(id=given.run_id).step == "delivery.queue"
    assert (Job.objects.get().kind, Job.objects.get().created_run_id) == (SEND, given.run_id)


def test_a_change_that_is_rolled_back_tells_nobody(context: Context) -> None:
    def change() -> None:
        with transaction.atomic():
            queue_messages([LETTER], context=context)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change()
    assert not OutboxMessage.objects.exists()
    assert not Job.objects.exists()


def test_queueing_again_gives_the_same_message(context: Context) -> None:
    first = queue_messages([LETTER, LETTER], context=context)
    again = queue_messages([LETTER], context=context)
    assert {row.result for row in (*first.accepted, *again.accepted)} == {OutboxMessage.objects.get().id}
    assert Job.objects.count() == 1


def test_the_same_key_with_another_text_is_refused(context: Context) -> None:
    queue_messages([LETTER], context=context)
    other = MessageRequest(LETTER.kind, LETTER.key, "thief@example.com", LETTER.payload)
    given = queue_messages([other], context=context)
    assert [row.code for row in given.rejected] == ["key_reused"]
    assert OutboxMessage.objects.get().target == LETTER.target


def test_a_message_goes_out_once(context: Context, outside: Outside, as_of: datetime) -> None:
    queue_messages([LETTER], context=context)
    assert work(as_of)
    assert not work(as_of + timedelta(days=1))
    message = OutboxMessage.objects.get()
    assert outside.done == [LETTER.key]
    assert (message.state, message.provider_id, message.sent_at) == ("sent", f"provider-{LETTER.key}", as_of)


def test_a_certain_failure_is_tried_again(context: Context, outside: Outside, as_of: datetime) -> None:
    queue_messages([LETTER], context=context)
    outside.failures = [NotSent("server_not_reached")]
    work(as_of)
    assert state() == (MessageState.WAITING, JobState.WAITING, 1)
    work(as_of + timedelta(seconds=8))
    assert (state(), outside.done) == ((MessageState.SENT, JobState.DONE, 2), [LETTER.key])


def test_a_refusal_for_good_is_parked_at_once(context: Context, outside: Outside, as_of: datetime) -> None:
    queue_messages([LETTER], context=context)
    outside.failures = [NotSent("address_refused_550", permanent=True)]
    work(as_of)
    assert state() == (MessageState.PARKED, JobState.PARKED, 1)
    assert Alarm.objects.get().code == "address_refused_550"


def test_six_hours_of_silence_outside_lose_nothing(context: Context, outside: Outside, as_of: datetime) -> None:
    queue_messages([LETTER], context=context)
    outside.failures = [NotSent("server_not_reached")] * MESSAGE_ATTEMPTS
    now, end = as_of, as_of + timedelta(hours=6)
    while now < end:
        work(now)
        now += timedelta(minutes=1)
    assert state()[0] == MessageState.WAITING
    outside.failures = []
    while now < end + timedelta(hours=2):
        work(now)
        now += timedelta(minutes=1)
    assert (state()[0], outside.done) == (MessageState.SENT, [LETTER.key])


def test_an_unknown_outcome_goes_to_a_person(context: Context, outside: Outside, as_of: datetime) -> None:
    queue_messages([LETTER], context=context)
    outside.failures = [OutcomeUnknown("connection_broke")]
    work(as_of)
    assert state() == (MessageState.PARKED, JobState.PARKED, 1)
    assert not work(as_of + timedelta(days=1))
    assert (outside.done, Alarm.objects.get().code) == ([LETTER.key], "outcome_unknown")


def test_an_unknown_outcome_is_asked_again_where_keys_are_known(context: Context, as_of: datetime) -> None:
    outside = Outside(repeatable=True)
    outside.failures = [OutcomeUnknown("connection_broke")]
    queue_messages([LETTER], context=context)
    with ports.replaced({"mail": outside}):
        work(as_of)
        work(as_of + timedelta(seconds=8))
    assert (state(), outside.done) == ((MessageState.SENT, JobState.DONE, 2), [LETTER.key])


def test_a_worker_that_died_while_sending_leaves_an_unknown_outcome(
    context: Context, outside: Outside, as_of: datetime
) -> None:
    queue_messages([LETTER], context=context)
    held = claim_jobs("anna", [SEND], limit=1, lease_seconds=60, as_of=as_of)[0]
    assert begin_sending(held, OutboxMessage.objects.get().id)
    work(as_of + timedelta(seconds=60))
    assert (state()[:2], outside.done) == ((MessageState.PARKED, JobState.PARKED), [])
    with pytest.raises(LeaseLost):
        mark_sent(held, OutboxMessage.objects.get().id, "late", as_of=as_of)
    assert OutboxMessage.objects.get().provider_id == ""


def test_a_person_who_knows_lets_it_go_out(context: Context, outside: Outside, as_of: datetime) -> None:
    queue_messages([LETTER], context=context)
    outside.failures = [NotSent("sign_in_refused", permanent=True)]
    work(as_of)
    assert release_jobs([Job.objects.get().id], context=context).accepted
    work(as_of)
    assert (state()[:2], outside.done) == ((MessageState.SENT, JobState.DONE), [LETTER.key])
    assert Alarm.objects.get().answered_at == as_of


def test_a_kind_without_a_port_raises_an_alarm(context: Context, as_of: datetime) -> None:
    queue_messages([LETTER], context=context)
    with ports.replaced({}):
        work(as_of)
    assert Alarm.objects.get().code == "no_port"


@pytest.mark.parametrize(
    "change", [{"state": "sent"}, {"provider_id": "x"}, {"state": "gone"}, {"attempts": -1}], ids=str
)
def test_the_database_refuses_a_broken_message(context: Context, change: dict[str, object]) -> None:
    queue_messages([LETTER], context=context)
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxMessage.objects.update(**change)
