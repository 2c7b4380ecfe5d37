"""Canonical bytes of columns: what a run's digest is made of.

A block is one table's rows of one run, column by column in the order of the rows' ids. JSON spells NULL, escapes text
and keeps numbers and texts apart, so different contents never give the same bytes. A column whose rows are all alike
is written once with its length, which makes the digest of ten thousand equal transitions as cheap as of one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

Scalar = None | bool | int | str | datetime | date
Column = Scalar | Sequence[Scalar]


def canonical_block(table: str, n_rows: int, columns: Mapping[str, Column]) -> bytes:
    """Return the canonical bytes of one table's rows.

    Takes: columns, each a scalar (the same in all rows) or a sequence of n_rows values in id order.
    Example: `canonical_block("line", 2, {"id": [4, 5], "quantity": 1})`.
    """
    body = {name: _canonical_column(value, n_rows) for name, value in sorted(columns.items())}
    return json.dumps([table, n_rows, body], separators=(",", ":"), default=_moment_text).encode()


def _canonical_column(value: Column, n_rows: int) -> object:
    if not isinstance(value, list | tuple):
        return {"all": value}
    if n_rows and value[0] == value[-1] and value.count(value[0]) == n_rows:
        return {"all": value[0]}
    return value


def _moment_text(value: datetime | date) -> str:
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    return value.isoformat()


def digest_of(blocks: Sequence[bytes]) -> str:
    """Return the SHA-256 of a run's blocks, in hex; their order does not matter."""
    total = hashlib.sha256()
    for block in sorted(blocks):
        total.update(len(block).to_bytes(8, "big"))
        total.update(block)
    return total.hexdigest()
