"""Which ways of telling people outside are set up, as the environment says."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from zhanggui.config.environment import SettingsRefused

ADAPTER = re.compile(r"(sms|platform)=([A-Za-z_][\w.]*):([A-Za-z_]\w*)", re.ASCII)


class UnknownMessenger(SettingsRefused):
    """`ZHANGGUI_MESSENGERS` names no adapter."""


class NotAnAddress(SettingsRefused):
    """`ZHANGGUI_PUBLIC_URL` is no address that customers could open."""


def adapters(text: str) -> Mapping[str, tuple[str, str]]:
    """Return (module, function) of each adapter: `sms=shop.yunpian:port platform=shop.qianniu:port`.

    The function takes nothing and gives a `delivery.records.Port`. Nothing is set up by default.
    Raises: UnknownMessenger.
    """
    found: dict[str, tuple[str, str]] = {}
    for word in text.split():
        parts = ADAPTER.fullmatch(word)
        if parts is None or parts[1] in found:
            raise UnknownMessenger(f"ZHANGGUI_MESSENGERS: {word!r}; write sms=module:function platform=module:function")
        found[parts[1]] = (parts[2], parts[3])
    return found


def public_address(text: str) -> str:
    """Return the address under which customers reach this installation, without a slash at its end.

    Raises: NotAnAddress.
    """
    address = (text or "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise NotAnAddress(f"ZHANGGUI_PUBLIC_URL: {text!r}; write an address such as https://orders.example.com")
    return address
