"""The bytes of a run and the link of the chain."""

import hmac
import json
from collections.abc import Iterable
from datetime import UTC, datetime

GENESIS = "0" * 64
CHAINED = (
    "id", "step", "clause", "actor_kind", "actor_id", "as_of", "recorded_at", "reason", "key", "input_hash",
    "outcome", "accepted", "rejected", "codes", "terms", "digest",
)  # fmt: skip


def run_bytes(values: Iterable[object]) -> bytes:
    """Return the canonical bytes of a run, from its values in the order of `CHAINED`."""
    return json.dumps([_plain(value) for value in values], separators=(",", ":")).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    return value


def link(previous: str, run: bytes, key: str) -> str:
    """Return the hash of the next link.

    Takes: previous, the last link's hash in hex (`GENESIS` for the first); key, the installation's secret, so that
    whoever can write to the database alone cannot make a chain that verifies.
    """
    return hmac.digest(key.encode(), previous.encode() + run, "sha256").hex()


def fingerprint(value: object, key: str) -> str:
    """Return the keyed digest of a JSON-ready value: the input hash of a batch, from which no input can be guessed."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, default=str)
    return hmac.digest(key.encode(), text.encode(), "sha256").hex()


def keyed_digest(key: str, *texts: str) -> str:
    """Return the keyed digest under which personal texts enter the journal, so that erasure leaves the chain whole."""
    body = json.dumps(texts, ensure_ascii=True).encode()
    return hmac.digest(key.encode(), body, "sha256").hex()
