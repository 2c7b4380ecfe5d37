"""Which port carries which kind of message; built from the environment once, replaced in tests."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

from django.conf import settings

from zhanggui.connectors.messengers.adapters import ports_of
from zhanggui.connectors.messengers.heads import HeadsFile
from zhanggui.connectors.messengers.mail import MailPort, mail_server_from_url
from zhanggui.delivery.records import Port

MAIL = "mail"
CHAIN_HEAD = "chain_head"
_replaced: list[Mapping[str, Port]] = []


@lru_cache(maxsize=1)
def _real_ports() -> Mapping[str, Port]:
    ports: dict[str, Port] = {CHAIN_HEAD: HeadsFile(settings.HOME / "heads.log"), **ports_of(settings.MESSENGERS)}
    if url := os.environ.get("ZHANGGUI_MAIL_URL"):
        ports[MAIL] = MailPort(mail_server_from_url(url))
    return ports


def port_for(kind: str) -> Port | None:
    """Return the port of a kind of message, or nothing when none is set up."""
    return (_replaced[-1] if _replaced else _real_ports()).get(kind)


@contextmanager
def replaced(ports: Mapping[str, Port]) -> Iterator[None]:
    """Use these ports instead of the real ones."""
    _replaced.append(ports)
    try:
        yield
    finally:
        _replaced.pop()
