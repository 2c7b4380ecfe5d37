"""The one shape of a log line: one event, one line, nothing personal, no secret.

Line breaks and terminal codes are written as escapes, whoever typed them. Of an error stay its class and places; its
words may hold a customer's data, so they stay only for errors of the machine and of connections.
"""

import logging
import re
import traceback
from datetime import UTC, datetime

from django.db import OperationalError

from zhanggui.kernel.text import escape_control, mask_personal

SPOKEN = (OSError, OperationalError)
DEEPEST = 12
SECRETS = (
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+@"), r"\1***@"),
    (re.compile(r"(/welcome/)[^/\s]+"), r"\1***"),
)


class OneLine(logging.Formatter):
    """Moment (UTC), level, logger and message, with the error behind them if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the event's line."""
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        text = f"{moment} {record.levelname} {record.name} {record.getMessage()}"
        if record.exc_info and record.exc_info[1]:
            text = f"{text} | {_told(record.exc_info[1])}"
        for pattern, instead in SECRETS:
            text = pattern.sub(instead, text)
        return escape_control(mask_personal(text))


def _told(error: BaseException) -> str:
    """Return class and places of an error, innermost place first, and of the errors that caused it."""
    words = f": {error}" if isinstance(error, SPOKEN) else ""
    frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
    places = " < ".join(f"{row.filename.rsplit('/', 1)[-1]}:{row.lineno} {row.name}" for row in reversed(frames))
    text = f"{type(error).__name__}{words} at {places or 'an unknown place'}"
    return f"{text}, caused by {_told(error.__cause__)}" if error.__cause__ else text
