"""The real ports on the loopback: mail over SMTP, heads of the chain in a file."""

import errno
import json
import os
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from zhanggui.connectors.messengers import heads
from zhanggui.connectors.messengers.heads import HeadsFile
from zhanggui.connectors.messengers.mail import MailPort, UnknownMailServer, mail_server_from_url
from zhanggui.delivery.records import NotSent, OutcomeUnknown, OutgoingMessage

LETTER = OutgoingMessage(
    7, "mail", "order-7", "buyer@example.com", {"subject": "已发货", "body": "您的订单\n.\n在路上"}
)
HEAD = OutgoingMessage(8, "chain_head", "41", "heads.log", {"seq": 41, "hash": "ab" * 32})


class Postbox:
    """A mail server that keeps what it takes and answers as told."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.to_data = "250 OK"
        self.to_address = "250 OK"

    async def handle_RCPT(self, _s: Any, _t: Any, envelope: Any, address: str, _o: Any) -> str:
        envelope.rcpt_tos.append(address)
        return self.to_address

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(envelope.content)
        return self.to_data


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, MailPort]]:
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=number)
    controller.start()
    yield (
        box,
        MailPort(mail_server_from_url(f"smtp://127.0.0.1:{number}?from=shop@example.com"), timeout_seconds=5),
    )
    controller.stop()


def test_a_mail_arrives_as_it_was_written(postbox: tuple[Postbox, MailPort]) -> None:
    box, port = postbox
    provider_id = port.send(LETTER)
    letter = message_from_bytes(box.letters[0], policy=policy.default)
    assert (letter["Subject"], letter["To"], letter["Message-ID"]) == ("已发货", LETTER.target, provider_id)
    assert letter.get_content().splitlines() == ["您的订单", ".", "在路上"]  # type: ignore[attr-defined]


def test_a_repeat_bears_the_same_message_id(postbox: tuple[Postbox, MailPort]) -> None:
    _, port = postbox
    assert port.send(LETTER) == port.send(LETTER)


@pytest.mark.parametrize(("reply", "permanent"), [("451 try later", False), ("554 no", True)])
def test_a_refused_text_did_not_go_out(postbox: tuple[Postbox, MailPort], reply: str, permanent: bool) -> None:
    box, port = postbox
    box.to_data = reply
    with pytest.raises(NotSent) as refusal:
        port.send(LETTER)
    assert (refusal.value.permanent, refusal.value.code) == (permanent, f"text_refused_{reply[:3]}")


@pytest.mark.parametrize(("reply", "permanent"), [("450 busy", False), ("550 unknown", True)])
def test_a_refused_address_did_not_go_out(postbox: tuple[Postbox, MailPort], reply: str, permanent: bool) -> None:
    box, port = postbox
    box.to_address = reply
    with pytest.raises(NotSent) as refusal:
        port.send(LETTER)
    assert refusal.value.permanent is permanent
    assert box.letters == []


@pytest.mark.parametrize("target", ["a@example.com\nBcc: b@example.com", "买家@example.com"])
def test_an_address_that_is_none_is_refused_for_good(postbox: tuple[Postbox, MailPort], target: str) -> None:
    box, port = postbox
    with pytest.raises(NotSent) as refusal:
        port.send(OutgoingMessage(7, "mail", "k", target, LETTER.payload))
    assert refusal.value.permanent
    assert box.letters == []


def _half_server(last_words: bytes) -> Iterator[MailPort]:
    """A server that drops the line after the text went over (354) or right at its greeting."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = listener.accept()
        with line, line.makefile("rb") as words:
            line.sendall(b"220 hello\r\n")
            for word in words:
                if word.upper().startswith(last_words):
                    if last_words == b"DATA":
                        line.sendall(b"354 go on\r\n")
                        while words.readline() != b".\r\n":
                            pass
                    return
                line.sendall(b"250 OK\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    server = mail_server_from_url(f"smtp://127.0.0.1:{listener.getsockname()[1]}?from=shop@example.com")
    yield MailPort(server, timeout_seconds=5)
    thread.join(5)
    listener.close()


def test_a_line_that_breaks_after_the_text_leaves_an_unknown_outcome() -> None:
    for port in _half_server(b"DATA"):
        with pytest.raises(OutcomeUnknown):
            port.send(LETTER)


@pytest.mark.parametrize("word", [b"EHLO", b"MAIL", b"RCPT"])
def test_a_line_that_breaks_before_the_text_did_not_send(word: bytes) -> None:
    for port in _half_server(word):
        with pytest.raises(NotSent) as failure:
            port.send(LETTER)
        assert not failure.value.permanent


def test_no_server_means_not_sent() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = MailPort(mail_server_from_url(f"smtp://127.0.0.1:{probe.getsockname()[1]}?from=shop@example.com"))
        with pytest.raises(NotSent):
            port.send(LETTER)


def test_a_mail_server_address_is_read_with_its_escapes() -> None:
    server = mail_server_from_url("smtps://shop%40x:p%3Ass@mail.example.com?from=shop@example.com")
    assert (server.port, server.user, server.password) == (465, "shop@x", "p:ss")


@pytest.mark.parametrize("url", ["http://x?from=a@b", "smtp://host", "mail.example.com"])
def test_another_mail_server_address_is_refused(url: str) -> None:
    with pytest.raises(UnknownMailServer):
        mail_server_from_url(url)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_head_is_one_line_however_often_it_is_told(tmp_path: Path) -> None:
    port = HeadsFile(tmp_path / "heads.log")
    port.send(HEAD)
    port.send(OutgoingMessage(9, "chain_head", "42", "heads.log", {"seq": 42, "hash": "cd" * 32}))
    assert port.send(HEAD) == "heads.log:41"
    assert [line["seq"] for line in lines(tmp_path / "heads.log")] == [41, 42]


def test_a_torn_line_is_closed_and_told_again(tmp_path: Path) -> None:
    path = tmp_path / "heads.log"
    port = HeadsFile(path)
    port.send(HEAD)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    port.send(HEAD)
    assert path.read_bytes().splitlines() == [whole[:-1], whole[:-1]]
    path.write_bytes(whole[:20])
    port.send(HEAD)
    assert path.read_bytes() == whole[:20] + b"\n" + whole


def test_many_at_once_leave_each_line_once(tmp_path: Path) -> None:
    port = HeadsFile(tmp_path / "heads.log")
    told = [OutgoingMessage(n, "chain_head", str(n % 20), "heads.log", {"seq": n % 20}) for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(port.send, told))
    assert sorted(line["seq"] for line in lines(tmp_path / "heads.log")) == list(range(20))


def test_a_full_disk_means_not_sent_and_the_next_try_heals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "heads.log"
    port = HeadsFile(path)

    def half(handle: int, data: bytes) -> None:
        os.write(handle, data[:15])
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as full:
        full.setattr(heads, "_write_all", half)
        with pytest.raises(NotSent):
            port.send(HEAD)
    port.send(HEAD)
    assert json.loads(path.read_text().splitlines()[-1])["seq"] == 41
