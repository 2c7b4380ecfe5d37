"""`serve` is the whole product in one process tree: it says where it is, lets the owner in once, and ends in order."""

import html
import re
import signal
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from tests.cast import PASSWORD
from tests.cli.conftest import NewHome
from tests.cli.homes import Home, lines_until

WELCOME = re.compile(r"http://[\w.:]+/welcome/[\w-]+/")


@dataclass(frozen=True, slots=True)
class Served:
    """A running product: where it is, and the one-time link it told."""

    home: Home
    address: str
    link: str


@pytest.fixture(scope="module")
def served(new_home: NewHome) -> Iterator[Served]:
    """The product on a free port, with nobody in it yet."""
    home = new_home()
    process = home.start("serve", "--port", free_port(), "--workers", 1)
    yield heard(home, process)
    process.terminate()
    process.communicate(timeout=40)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def heard(home: Home, process: subprocess.Popen[str]) -> Served:
    told = "".join(lines_until(process.stderr, ("掌柜: http://", "/welcome/")))
    address, link = re.search(r"掌柜: (\S+)", told), WELCOME.search(told)
    assert address
    assert link
    assert link[0].startswith(address[1])
    return Served(home, address[1], link[0])


class Browser:
    """A person's browser as far as forms go: cookies, hidden fields, redirects."""

    def __init__(self) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def open(self, address: str, **fields: str) -> tuple[int, str, str]:
        """Open a page, or send a form; give the status, where it led, and the text."""
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(address, data, {"Referer": address})
        try:
            answer = self._opener.open(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.url, html.unescape(answer.read().decode())

    def fill(self, address: str, **fields: str) -> tuple[int, str, str]:
        """Open a page with a form and send it filled in."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.open(address)[2])
        assert token, "no form"
        return self.open(address, csrfmiddlewaretoken=token[1], **fields)


def test_H18_many_connections_that_send_nothing_more_hold_nobody_up(served: Served) -> None:
    """More of them than the server has threads: a read that brings nothing is given up after some seconds."""
    place = urllib.parse.urlsplit(served.address)
    idle = [socket.create_connection((place.hostname, place.port)) for _ in range(24)]
    for one in idle:
        one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ")
    assert Browser().open(f"{served.address}/sign-in/")[0] == 200
    for one in idle:
        one.close()


def test_the_sign_in_page_answers_under_a_strict_policy(served: Served) -> None:
    with urllib.request.urlopen(f"{served.address}/sign-in/", timeout=20) as answer:
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert re.search(r"(default|script)-src 'self'", policy)


def test_every_style_and_script_of_the_page_is_served(served: Served) -> None:
    page = Browser().open(f"{served.address}/sign-in/")[2]
    parts = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert parts
    assert {Browser().open(served.address + part)[0] for part in parts} == {200}


def test_the_one_time_link_makes_the_first_administrator_once(served: Served) -> None:
    person = {"username": "lin.yue", "display_name": "林悦", "password": PASSWORD}
    owner = Browser()
    weak = owner.fill(served.link, **person | {"password": "short"})
    assert weak[1] == served.link
    status, place, text = owner.fill(served.link, **person)
    assert (status, place) == (200, f"{served.address}/")
    assert "林悦" in text
    assert served.home.sql("SELECT username, department, roles LIKE 'administrator%' FROM people_staff") == [
        ("lin.yue", "management", True)
    ]
    second = Browser().fill(served.link, **person | {"username": "someone.else"})
    assert "已" in second[2]
    assert served.home.sql("SELECT COUNT(*) FROM people_staff") == [(1,)]
    again = Browser().fill(f"{served.address}/sign-in/", username="lin.yue", password=PASSWORD)
    assert (again[0], again[1]) == (200, f"{served.address}/")


def test_a_taken_port_exits_2_with_the_remedy(served: Served) -> None:
    done = served.home.run("serve", "--port", served.address.rpartition(":")[2])
    assert (done.code, done.out) == (2, "")
    assert "--port" in done.err


def living(home: Home) -> list[str]:
    """The living processes of a home, told by the environment they were given."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            given = (folder / "environ").read_text(errors="replace").split("\0")
            if f"ZHANGGUI_HOME={home.folder}" in given:
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_and_leaves_no_process(company: Home, number: signal.Signals) -> None:
    process = company.start("serve", "--port", free_port(), "--workers", 1, "--json")
    list(lines_until(process.stderr, ("掌柜: http://",)))
    running = living(company)
    assert len(running) >= 4, running
    process.send_signal(number)
    out, _ = process.communicate(timeout=40)
    assert process.returncode == 0
    assert out.startswith('{"served": "http://127.0.0.1:')
    assert living(company) == []
