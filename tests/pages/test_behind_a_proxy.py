"""HTTPS ends at a proxy: its word about the visitor's scheme counts, a stranger's does not."""

from collections.abc import Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from zhanggui.config.home import networks
from zhanggui.worker import web

SIGN_IN = "/sign-in/"


@pytest.fixture
def https(settings: Any, db: None) -> Iterator[None]:
    """Let the site stand behind HTTPS, with proxies in one network; the test's database stays open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 3600
    settings.TRUSTED_PROXIES = networks("10.0.0.0/24")
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def asked(peer: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Ask the application for a page as the web server does, and give status and headers."""
    environ: dict[str, Any] = {"PATH_INFO": SIGN_IN, "REMOTE_ADDR": peer, "HTTP_HOST": "testserver", **headers}
    setup_testing_defaults(environ)
    given: list[tuple[int, dict[str, str]]] = []

    def start(status: str, named: list[tuple[str, str]], exc_info: object = None) -> None:
        given.append((int(status[:3]), dict(named)))

    answer = WSGIHandler()(environ, start)
    answer.close()
    return given[0]


@pytest.mark.parametrize("peer", ["10.0.0.9", "::ffff:10.0.0.9", "127.0.0.1", "::1"])
@pytest.mark.parametrize("word", ["https", "HTTPS", "https, http"])
def test_a_proxy_of_ours_is_believed(peer: str, word: str, https: None) -> None:
    status, headers = asked(peer, HTTP_X_FORWARDED_PROTO=word)
    assert (status, headers["Strict-Transport-Security"][:12]) == (200, "max-age=3600")


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("10.0.1.9", {"HTTP_X_FORWARDED_PROTO": "https"}),
        ("10.0.1.9", {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "10.0.0.9"}),
        ("", {"HTTP_X_FORWARDED_PROTO": "https"}),
        ("10.0.0.9", {"HTTP_X_FORWARDED_PROTO": "http"}),
        ("10.0.0.9", {"HTTP_X_FORWARDED_PROTO": "http, https"}),
        ("10.0.0.9", {"HTTP_X_FORWARDED_SSL": "on"}),
        ("10.0.0.9", {}),
    ],
)
def test_everybody_else_is_sent_to_https(peer: str, headers: dict[str, str], https: None) -> None:
    status, given = asked(peer, **headers)
    assert (status, given["Location"]) == (301, f"https://testserver{SIGN_IN}")
    assert "Strict-Transport-Security" not in given


def test_the_web_server_itself_believes_no_proxy() -> None:
    assert web.forwarded_allow_ips == ""
