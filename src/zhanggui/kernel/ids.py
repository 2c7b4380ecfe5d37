"""The one source of tokens and randomness."""

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

_seeded: list[random.Random] = []


def token(n_bytes: int = 16) -> str:
    """Return an unguessable text, URL-safe.

    Takes: n_bytes, entropy in bytes (16 = 128 bits, the least for anything public).
    """
    if _seeded:
        return f"{_seeded[-1].getrandbits(8 * n_bytes):0{2 * n_bytes}x}"
    return secrets.token_urlsafe(n_bytes)


def random_fraction() -> float:
    """Return a number in [0, 1), for jitter only."""
    return _seeded[-1].random() if _seeded else random.random()  # noqa: S311 - never used as a secret


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Make tokens and jitter repeatable, for tests and simulated companies."""
    _seeded.append(random.Random(seed))  # noqa: S311 - repeatability is the purpose
    try:
        yield
    finally:
        _seeded.pop()
