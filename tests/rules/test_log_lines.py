"""A log line is one line, whatever people typed; nothing personal and no secret stands in it (H-21, R6, I-02)."""

import logging
import sys
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError
from gunicorn.config import Config
from gunicorn.glogging import Logger

from zhanggui.config.logs import OneLine
from zhanggui.worker import web


def line(message: str, *values: object, error: BaseException | None = None) -> str:
    """The line of an event, as the handlers write it."""
    thrown: Any = (type(error), error, error.__traceback__) if error else None
    return OneLine().format(logging.LogRecord("shop", logging.WARNING, "x.py", 1, message, values, thrown))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\nERROR shop forged", r"a\nERROR shop forged"),
        ("a\r\nb", r"a\r\nb"),
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("a\u2028b\x85c", r"a\u2028b\x85c"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("a\x00b", r"a\x00b"),
        ("孙倩 🙂", "孙倩 🙂"),
    ],
    ids=["forged", "crlf", "terminal", "other_breaks", "bidi", "nul", "plain"],
)
def test_breaks_and_terminal_codes_are_written_as_escapes(typed: str, kept: str) -> None:
    found = line("not found: %s", typed)
    assert found.endswith(f" WARNING shop not found: {kept}")
    assert len(found.splitlines()) == 1
    assert found.isprintable()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("to 13812345678 now", "to 138****5678 now"),
        ("to li.wei+shop@mail.example.cn", "to ***@mail.example.cn"),
        ("order 2013812345678901234", "order 2013812345678901234"),
        ("/welcome/Zm9vYmFy/", "/welcome/***/"),
        ("postgresql://shop:geheim@db:5432/x", "postgresql://shop:***@db:5432/x"),
    ],
    ids=["phone", "mail", "order_number", "one_time_link", "password"],
)
def test_personal_data_and_secrets_are_masked(said: str, kept: str) -> None:
    assert line(said).endswith(f" {kept}")


def thrown(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


def test_of_an_error_stay_class_and_places_but_not_its_words() -> None:
    cause = thrown(ValueError("王小明, 上海市 1 号"))
    found = line("job failed", error=thrown(IntegrityError("Key (name)=(王小明)"), cause))
    assert "王小明" not in found
    assert "IntegrityError at test_log_lines.py:" in found
    assert "caused by ValueError at test_log_lines.py:" in found
    assert len(found.splitlines()) == 1


def test_the_words_of_the_machine_and_of_connections_stay() -> None:
    assert "OperationalError: connection refused at" in line("x", error=thrown(OperationalError("connection refused")))
    assert "No space left" in line("x", error=thrown(OSError(28, "No space left on device")))


def test_the_moment_is_utc() -> None:
    assert line("x").split()[0].endswith("+00:00")


def test_the_product_and_its_web_server_write_all_their_lines_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.LOGGING["formatters"] == {"line": {"()": "zhanggui.config.logs.OneLine"}}
    assert [handler["formatter"] for handler in settings.LOGGING["handlers"].values()] == ["line"]
    config = Config()
    config.set("logconfig_dict", web.logconfig_dict)
    monkeypatch.setattr(sys, "stderr", out := StringIO())
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    try:
        Logger(config).error("Invalid request from %s", "\x1b[2J\nforged")
    finally:
        root.handlers[:], root.level = kept, level
    assert r"gunicorn.error Invalid request from \x1b[2J\nforged" in out.getvalue()
    assert len(out.getvalue().splitlines()) == 1
