"""Mappings that people settled on: kept for the next file with the same header, named, and taken away again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhanggui.connectors.intake.models import SavedMapping
from zhanggui.connectors.intake.platforms import PLATFORMS
from zhanggui.connectors.intake.records import MappingEdit, Reading
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer

MappingKey = tuple[str, str, str]
NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class Settled:
    """A reading that a person let come in, and the file it was made for."""

    reading: Reading
    file: str


def settle_mappings(settled: Mapping[MappingKey, Settled], context: Inside) -> None:
    """Keep mappings for the next file with the same header; a later choice takes the place of an earlier one.

    Takes: settled, (subject, channel, fingerprint of the header) → how it was read. Layouts of platforms are known
    anyway and are not kept.
    """
    kept = {key: one for key, one in settled.items() if one.reading.layout not in PLATFORMS}
    if not kept:
        return
    run = context.run
    columns = ["id", "subject", "channel", "fingerprint"]
    rows = run.lock(SavedMapping, "fingerprint", sorted({key[2] for key in kept}), columns)
    known = {tuple(row[1:]): row[0] for row in rows}
    texts = {key: json.dumps(dict(one.reading.columns), sort_keys=True) for key, one in kept.items()}
    who = f"{context.actor.kind}:{context.actor.id}"[:80]
    for key in kept.keys() & known.keys():
        run.update(SavedMapping, [known[key]], {
            "layout": kept[key].reading.layout, "columns": texts[key], "gone": False, "settled_by": who,
            "settled_at": context.as_of,
        })  # fmt: skip
    fresh = [key for key in kept if key not in known]
    run.insert(SavedMapping, {
        "id": run.ids(len(fresh)), "subject": [key[0] for key in fresh], "channel": [key[1] for key in fresh],
        "fingerprint": [key[2] for key in fresh], "layout": [kept[key].reading.layout for key in fresh],
        "columns": [texts[key] for key in fresh], "name": [kept[key].file[:NAME_CHARS] for key in fresh],
        "settled_by": who, "settled_at": context.as_of, "gone": False,
    })  # fmt: skip


@step("intake.edit_mappings", clause="1.2", limit=100)
def edit_mappings(batch: Sequence[MappingEdit], *, context: Inside) -> Answer:
    """Give mappings another name, or take them away: the next file with that header is guessed at again.

    Gives: the mapping's id. Rejects: unknown_mapping, name_missing. Writes: mappings.
    """
    run = context.run
    rows = run.lock(SavedMapping, "id", [row.mapping_id for row in batch], ["id"], equal={"gone": False})
    known = {row[0] for row in rows}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    for index, edit in enumerate(batch):
        name = " ".join(edit.name.split())[:NAME_CHARS]
        if edit.mapping_id not in known or not (name or edit.gone):
            rejected.append(Rejected(index, "name_missing" if edit.mapping_id in known else "unknown_mapping"))
            continue
        run.update(SavedMapping, [edit.mapping_id], {"gone": True} if edit.gone else {"name": name})
        known -= {edit.mapping_id} if edit.gone else set()
        accepted.append(Accepted(index, edit.mapping_id))
    return answer(accepted, rejected)
