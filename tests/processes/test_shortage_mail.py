"""A shortage told by a real mail: from the outbox over SMTP, noted when it went; and what fails goes to staff."""

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.test import Client
from tests.cast import MONDAY_MORNING
from tests.factories.orders import now, open_company, refusals
from tests.factories.shortages import NEXT_MONDAY, cases_of, short_orders
from tests.factories.truths import unproven

from zhanggui.connectors.messengers.adapters import NotAPort, ports_of
from zhanggui.connectors.messengers.mail import MailPort, mail_server_from_url
from zhanggui.delivery.models import OutboxMessage
from zhanggui.delivery.records import NotSent, OutgoingMessage, Port
from zhanggui.kernel import clock
from zhanggui.obligations.models import Obligation
from zhanggui.processes.shortages import attend
from zhanggui.sales.shortages.models import ShortageCase, ShortageNotice
from zhanggui.sales.shortages.records import Proposal
from zhanggui.sales.shortages.steps import note_sent, propose
from zhanggui.worker import ports
from zhanggui.worker.runner import do_one

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@dataclass
class Postbox:
    """A mail server that keeps what it takes, or refuses the address."""

    letters: list[bytes]
    reply: str = "250 OK"

    async def handle_RCPT(self, _s: Any, _t: Any, envelope: Any, address: str, _o: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.reply

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(envelope.content)
        return "250 OK"


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    box = Postbox([])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=number)
    controller.start()
    port = MailPort(mail_server_from_url(f"smtp://127.0.0.1:{number}?from=shop@example.com"), timeout_seconds=5)
    settings.MESSAGE_WAYS = frozenset({"mail"})
    settings.PUBLIC_URL = "https://shop.example.com"
    with ports.replaced({"mail": port}):
        yield box
    controller.stop()


def told(at: datetime) -> tuple[int, int]:
    """An order that is short, and its case, whose customer is being told."""
    company = open_company(TEA=0)
    (order,) = short_orders(company, 1, {"TEA": 2}, email="buyer@example.com")
    (case,) = cases_of([order])
    assert [row.result for row in propose([Proposal(case, NEXT_MONDAY)], context=now(at)).accepted] == ["mail"]
    return order, case


def send_all(at: datetime) -> None:
    """Let the worker do what is due."""
    with clock.frozen(at):
        while do_one(at, kinds=["delivery.send"]):
            pass


def notice_clock(case: int) -> tuple[str, datetime | None]:
    row = Obligation.objects.get(subject_kind="shortage_notice", subject_id=case, cycle=1)
    return str(row.state), row.closed_at


def test_the_letter_arrives_and_its_link_opens_the_page(postbox: Postbox) -> None:
    sent = MONDAY_MORNING + HOUR
    _, case = told(sent)
    assert notice_clock(case) == ("open", None)
    assert refusals(note_sent(list(ShortageNotice.objects.values_list("id", flat=True)), context=now(sent))) == [
        (0, "not_queued")
    ]
    send_all(sent)
    letter = message_from_bytes(postbox.letters[0], policy=policy.default)
    assert letter["To"] == "buyer@example.com"
    assert "S00000" in str(letter["Subject"])
    text = letter.get_content()  # type: ignore[attr-defined]
    assert "TEA 缺 2 件" in text
    (link,) = set(re.findall(r"https://shop\.example\.com(/offer/\S+/)", text))
    assert attend(now(sent + HOUR))["noted"] == 1
    assert notice_clock(case) == ("met", sent)
    assert ShortageCase.objects.get().told_at == sent
    with clock.frozen(sent):
        assert Client().get(link).status_code == 200
    assert attend(now(sent + HOUR))["noted"] == 0
    assert unproven() == {}


@pytest.mark.parametrize(("late", "state"), [(-1, "met"), (0, "met"), (1, "late")])
def test_the_moment_of_sending_decides_and_not_when_it_was_noted(late: int, state: str, postbox: Postbox) -> None:
    sent = MONDAY_MORNING + 2 * HOUR + timedelta(seconds=late)
    _, case = told(MONDAY_MORNING)
    send_all(sent)
    attend(now(sent + HOUR))
    assert notice_clock(case) == (state, sent)


def test_an_address_that_the_server_refuses_goes_to_staff(postbox: Postbox) -> None:
    postbox.reply = "550 unknown"
    _, case = told(MONDAY_MORNING)
    send_all(MONDAY_MORNING)
    assert attend(now(MONDAY_MORNING))["noted"] == 1
    assert ShortageNotice.objects.get().state == "failed"
    assert (ShortageCase.objects.get().state, notice_clock(case)[0]) == ("to_tell", "open")


class Phone:
    """A port for text messages that keeps what it was given."""

    repeatable = True

    def __init__(self) -> None:
        self.sent: list[OutgoingMessage] = []

    def send(self, message: OutgoingMessage) -> str:
        if message.target == "13900000000":
            raise NotSent("number_unknown", permanent=True)
        self.sent.append(message)
        return f"sms-{message.key}"


PHONE = Phone()


def phone() -> Port:
    return PHONE


def no_port() -> object:
    return object()


def test_without_a_mail_address_a_text_message_goes_out_where_an_adapter_is_named(settings: Any) -> None:
    PHONE.sent.clear()
    settings.MESSAGE_WAYS = frozenset({"mail", "sms"})
    company = open_company(TEA=0)
    (case,) = cases_of(short_orders(company, 1, {"TEA": 2}))
    assert propose([Proposal(case, NEXT_MONDAY)], context=now()).accepted[0].result == "sms"
    with ports.replaced(ports_of({"sms": (__name__, "phone")})):
        send_all(MONDAY_MORNING)
    (message,) = PHONE.sent
    assert message.target == "13800000001"
    assert "\n" not in str(message.payload["text"])
    assert "/offer/" in str(message.payload["text"])
    attend(now())
    assert ShortageCase.objects.get().state == "told"


def test_an_adapter_that_cannot_send_is_refused() -> None:
    with pytest.raises(NotAPort):
        ports_of({"sms": (__name__, "no_port")})


def test_no_way_is_set_up_by_default(settings: Any) -> None:
    company = open_company(TEA=0)
    (case,) = cases_of(short_orders(company, 1, {"TEA": 2}, email="buyer@example.com"))
    assert propose([Proposal(case, NEXT_MONDAY)], context=now()).accepted[0].result == "by_hand"
    assert not OutboxMessage.objects.exists()


def test_a_promise_that_fails_is_told_by_mail_without_anybody(postbox: Postbox) -> None:
    from zhanggui.processes.shortages import answer_and_carry_out
    from zhanggui.sales.shortages.records import AnswerIn

    _, case = told(MONDAY_MORNING)
    answer_and_carry_out([AnswerIn(case, "wait")], now(MONDAY_MORNING + HOUR))
    after = MONDAY_MORNING + timedelta(days=8)
    assert attend(now(after))["renewed"] == 1
    send_all(after)
    text = message_from_bytes(postbox.letters[-1], policy=policy.default).get_content()  # type: ignore[attr-defined]
    assert "约定的到货日期已过" in text
    attend(now(after))
    assert (ShortageCase.objects.get().state, ShortageCase.objects.get().cycle) == ("told", 2)
