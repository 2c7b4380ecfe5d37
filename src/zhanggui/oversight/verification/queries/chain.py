# ruff: noqa: S608 - statements are put together from constants only
"""A1: the hash chain, link by link; every run in it or waiting to be."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.conf import settings

from zhanggui.journal.rules import CHAINED, GENESIS, link, run_bytes
from zhanggui.oversight.verification.queries.reading import Check, Offence, rows
from zhanggui.oversight.verification.records import Asked

MOMENTS = ("as_of", "recorded_at")
CONTENT = ", ".join(f"MOMENT(r.{name})" if name in MOMENTS else f"r.{name}" for name in CHAINED)
LINKS = f"""
    SELECT s.seq, s.run_id, s.previous, s.hash, {CONTENT}
    FROM journal_seal s LEFT JOIN journal_run r ON r.id = s.run_id ORDER BY s.seq
"""
HEADS = "SELECT payload FROM delivery_outboxmessage WHERE kind = 'chain_head' ORDER BY id"
TAIL = """
    SELECT COUNT(*), MIN(MICROS(r.recorded_at)) FROM journal_pendingseal p JOIN journal_run r ON r.id = p.run_id
"""


def broken_links(asked: Asked) -> Iterator[Offence]:
    """Walk the whole chain: places without gaps, each hash again from the one before and the run as it stands now."""
    known = _published(asked)
    place, last = 0, GENESIS
    for seq, run_id, previous, stored, *content in rows(LINKS):
        place += 1
        yield from _link_faults(place, last, seq, run_id, previous, stored, content)
        if known.pop(seq, stored) != stored:
            yield f"seal {seq}", "differs from the head that was published"
        place, last = seq, stored
    for seq in sorted(known):
        yield f"seal {seq}", "published as a head, but missing: the tail was cut"
    yield from _head_faults(place, last)


def _link_faults(
    place: int, last: str, seq: int, run_id: int, previous: str, stored: str, content: list[Any]
) -> Iterator[Offence]:
    if seq != place:
        yield f"seal {seq}", f"expected seq={place}"
    if previous != last:
        yield f"seal {seq}", f"previous={previous[:12]} but the link before has hash={last[:12]}"
    if content[0] is None:
        yield f"seal {seq}", f"run={run_id} is missing"
    elif link(previous, run_bytes(content), settings.CHAIN_KEY) != stored:
        yield f"seal {seq}", f"run={run_id} does not give this hash"


def _head_faults(place: int, last: str) -> Iterator[Offence]:
    heads = list(rows("SELECT seq, hash FROM journal_chainhead"))
    if (heads or place) and heads != [(place, last)]:
        yield f"head {heads[0][0] if heads else 'none'}", f"the last link is seq={place} hash={last[:12]}"


def _published(asked: Asked) -> dict[int, str]:
    """Return the heads that are known outside: those handed in, and those that the outbox told or is about to tell."""
    told = [json.loads(row[0]) for row in rows(HEADS)]
    heads: Mapping[int, str] = {int(head["seq"]): str(head["hash"]) for head in told}
    return {**heads, **asked.heads}


def unsealed_tail(asked: Asked) -> dict[str, int]:
    """Return how many runs wait for their link, and for how many seconds the oldest has."""
    ((count, oldest),) = rows(TAIL)
    age = 0 if oldest is None else int(asked.now.timestamp() - oldest / 1_000_000)
    return {"unsealed_runs": count, "unsealed_seconds": max(age, 0)}


A1 = Check("A1", "SELECT COUNT(*) FROM journal_run", (
    """
    SELECT r.id AS run, r.step, 'neither sealed nor waiting' AS link FROM journal_run r
    WHERE NOT EXISTS (SELECT 1 FROM journal_seal s WHERE s.run_id = r.id)
      AND NOT EXISTS (SELECT 1 FROM journal_pendingseal p WHERE p.run_id = r.id) ORDER BY r.id
    """,
    """
    SELECT p.run_id AS run, CASE WHEN s.seq IS NULL THEN 'waits for a seal' ELSE 'sealed and still waiting' END AS link,
           r.recorded_at
    FROM journal_pendingseal p LEFT JOIN journal_run r ON r.id = p.run_id
    LEFT JOIN journal_seal s ON s.run_id = p.run_id
    WHERE r.id IS NULL OR s.seq IS NOT NULL OR r.recorded_at < %(wall_minute_ago)s ORDER BY p.run_id
    """,
), broken_links)  # fmt: skip
