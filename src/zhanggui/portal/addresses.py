"""From where a request comes, when proxies stand between: only proxies that we know are believed."""

import ipaddress
from collections.abc import Iterable, Sequence

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def address_of(request: HttpRequest) -> str:
    """Return the network from which a request comes, as failures are counted by it: an IPv4 address or an IPv6 /64."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    return counted_as(origin(request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES))


def speaks_https(request: HttpRequest) -> bool:
    """Tell whether a proxy of ours says that the visitor speaks HTTPS; a stranger counts for nothing.

    Ours is who speaks from this machine or from `ZHANGGUI_TRUSTED_PROXIES`. Of several notes the first counts.
    """
    peer = _parsed(request.META.get("REMOTE_ADDR", ""))
    if peer is None or not (peer.is_loopback or any(peer in network for network in settings.TRUSTED_PROXIES)):
        return False
    return str(request.META.get("HTTP_X_FORWARDED_PROTO", "")).split(",")[0].strip().lower() == "https"


def origin(peer: str, forwarded: Sequence[str], trusted: Iterable[Network]) -> Address | None:
    """Return who began a request.

    Takes: peer, who speaks to us; forwarded, what the proxies noted, the nearest last; trusted, the networks of our
    own proxies.
    Gives: walking back from the peer, the first address that is no proxy of ours. What stands before it was written
    by a stranger and counts for nothing; where a proxy noted no address, that proxy itself.
    """
    known, found = tuple(trusted), _parsed(peer)
    for text in reversed(forwarded):
        if found is None or not any(found in network for network in known):
            break
        noted = _parsed(text)
        if noted is None:
            break
        found = noted
    return found


def counted_as(address: Address | None) -> str:
    """Return the name under which failures of an address are counted: who has one IPv6 address has all of its /64."""
    if address is None:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return str(address)


def _parsed(text: str) -> Address | None:
    """Return an address, also one with its port; an IPv4 address in IPv6 dress is what it stands for."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
