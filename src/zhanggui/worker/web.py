"""Settings of the web server that no flag has: nobody may hold a thread by sending nothing."""

import socket
import struct
from typing import Any

READ_SECONDS = 10
logconfig_dict = {"formatters": {"generic": {"()": "zhanggui.config.logs.OneLine"}}}


def when_ready(server: Any) -> None:
    """Let every accepted connection give up a read that brings nothing for some seconds.

    Linux hands a listening socket's time-out on to the sockets it accepts. A thread that waits for the rest of a
    request is free again after it; a proxy that buffers whole requests is still advised (docs/operations/scale.md).
    """
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", READ_SECONDS, 0))
