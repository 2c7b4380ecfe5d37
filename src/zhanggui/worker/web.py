"""Settings of the web server that no flag has: nobody may hold a thread by sending nothing."""

import socket
import struct
from typing import Any

READ_SECONDS = 10
forwarded_allow_ips = ""
"""The server itself believes no proxy: which are ours is decided in one place, `portal.addresses`."""
TO_STDERR = {"level": "WARNING", "handlers": ["error_console"], "propagate": False}
logconfig_dict = {
    "formatters": {"generic": {"()": "zhanggui.config.logs.OneLine"}},
    "root": {"level": "WARNING", "handlers": []},
    "loggers": {"gunicorn.error": TO_STDERR, "gunicorn.access": TO_STDERR},
}
"""What gunicorn says goes to stderr, once; requests are not logged: stdout belongs to the command's own document."""


def when_ready(server: Any) -> None:
    """Let every accepted connection give up a read that brings nothing for some seconds.

    Linux hands a listening socket's time-out on to the sockets it accepts. A thread that waits for the rest of a
    request is free again after it; a proxy that buffers whole requests is still advised (docs/operations/scale.md).
    """
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", READ_SECONDS, 0))
