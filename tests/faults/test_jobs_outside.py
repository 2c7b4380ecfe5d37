"""A worker killed around the sending of a message: heads are told once, a mail never goes out twice."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from tests.faults.jobs_fleet import Fleet, start_fleet, wait_until

from zhanggui.delivery.models import Alarm, OutboxMessage
from zhanggui.delivery.records import MessageRequest, MessageState
from zhanggui.delivery.steps import queue_head, queue_messages
from zhanggui.journal.models import Seal
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock

__all__ = ["start_fleet"]
POINTS = ["message.about_to_be_sent", "message.sent"]
LETTER = MessageRequest("mail", "order-7", "buyer@example.com", {"subject": "Shipped", "body": "On its way"})


class Postbox:
    """A mail server that counts."""

    def __init__(self) -> None:
        self.letters = 0

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
        self.letters += 1
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=number)
    controller.start()
    yield box, f"smtp://127.0.0.1:{number}?from=shop@example.com"
    controller.stop()


@pytest.fixture
def heads() -> Iterator[Path]:
    path = Path(settings.HOME) / "heads.log"
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


def told(path: Path) -> list[int]:
    return [json.loads(line)["seq"] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("point", POINTS)
def test_a_head_is_told_once_wherever_the_worker_dies(fleet: Fleet, heads: Path, point: str) -> None:
    queue_head(MessageRequest("chain_head", "41", "heads.log", {"seq": 41, "hash": "ab"}), as_of=clock.now())
    assert fleet.worker(lease=1, crash_at=point).ended() == -signal.SIGKILL
    fleet.worker(lease=1)
    wait_until(lambda: OutboxMessage.objects.filter(state=MessageState.SENT).exists())
    assert told(heads) == [41]
    assert not Alarm.objects.exists()


@pytest.mark.parametrize("point", POINTS)
def test_a_mail_whose_outcome_is_unknown_waits_for_a_person(
    fleet: Fleet, postbox: tuple[Postbox, str], point: str
) -> None:
    box, url = postbox
    queue_messages([LETTER], context=Context(SYSTEM, clock.now()))
    assert fleet.worker(lease=1, crash_at=point, ZHANGGUI_MAIL_URL=url).ended() == -signal.SIGKILL
    fleet.worker(lease=1, ZHANGGUI_MAIL_URL=url)
    wait_until(Alarm.objects.exists)
    assert box.letters == (1 if point == "message.sent" else 0)
    assert (Alarm.objects.get().code, OutboxMessage.objects.get().state) == ("outcome_unknown", "parked")


@pytest.mark.parametrize("point", ["job.claimed", "job.before_finish", "job.after_finish"])
def test_a_mail_goes_out_at_most_once_wherever_its_job_dies(
    fleet: Fleet, postbox: tuple[Postbox, str], point: str
) -> None:
    box, url = postbox
    queue_messages([LETTER], context=Context(SYSTEM, clock.now()))
    assert fleet.worker(lease=1, crash_at=point, ZHANGGUI_MAIL_URL=url).ended() == -signal.SIGKILL
    fleet.worker(lease=1, ZHANGGUI_MAIL_URL=url)
    wait_until(lambda: OutboxMessage.objects.exclude(state=MessageState.WAITING).exists())
    assert box.letters == 1
    assert OutboxMessage.objects.get().state == ("parked" if point == "job.before_finish" else "sent")


def test_a_mail_arrives_through_the_whole_tree_of_parts(fleet: Fleet, postbox: tuple[Postbox, str]) -> None:
    box, url = postbox
    queue_messages([LETTER], context=Context(SYSTEM, clock.now()))
    fleet.worker(ZHANGGUI_MAIL_URL=url)
    wait_until(lambda: OutboxMessage.objects.filter(state=MessageState.SENT).exists())
    assert box.letters == 1


def test_sealed_runs_reach_the_file_of_heads(fleet: Fleet, heads: Path) -> None:
    """Two runs, the mail's and the one that parks it for want of a port, and not one run for a head."""
    queue_messages([LETTER], context=Context(SYSTEM, clock.now()))
    fleet.start("sealing")
    wait_until(lambda: Alarm.objects.exists() and told(heads)[-1:] == [2])
    lines = [json.loads(line) for line in heads.read_text().splitlines()]
    assert {line["seq"]: line["hash"] for line in lines}.items() <= dict(
        Seal.objects.values_list("seq", "hash")
    ).items()
