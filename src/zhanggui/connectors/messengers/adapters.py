"""Short messages of the phone and messages of a platform: whoever brings one of these ways names its adapter.

An adapter is a function without arguments that gives a `delivery.records.Port`. Its port gets the target (a phone
number; the channel's code) and a payload with `text` and `order`, the order's number on its channel. A port that asks
its provider under the message's key, so that a repeat does nothing, may call itself `repeatable`.
"""

from collections.abc import Mapping
from importlib import import_module

from zhanggui.delivery.records import Port


class NotAPort(TypeError):
    """An adapter gave something that cannot send."""


def ports_of(adapters: Mapping[str, tuple[str, str]]) -> dict[str, Port]:
    """Return the port of each adapter by the kind of message that it carries.

    Takes: adapters, (module, function) by kind, as the settings name them. Raises: NotAPort; ImportError and
    AttributeError where the name leads nowhere.
    """
    found: dict[str, Port] = {}
    for kind, (module, function) in adapters.items():
        port = getattr(import_module(module), function)()
        if not callable(getattr(port, "send", None)) or not isinstance(getattr(port, "repeatable", None), bool):
            raise NotAPort(f"{module}:{function} gives no port: it needs send() and repeatable")
        found[kind] = port
    return found
