"""The whole company in one file, and back: the same format on both engines.

A gzip of lines: a header; per table one line of column names and one JSON array per row, all of one snapshot; last the
number of rows and the digest of all lines before. Keys, sessions and uploaded files stay out, and so does the sealer's
queue: it is the runs without a seal. A file that was cut short or changed is refused before anything is written, and
only an empty database takes one in.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, connection, models, transaction

from zhanggui import __version__
from zhanggui.journal.models import IdCounter, PendingSeal, Seal
from zhanggui.journal.queries import highest_fact_id, last_fact_id
from zhanggui.oversight.verification.queries.reading import snapshot

FORMAT = "zhanggui-archive/1"
LEFT_OUT = {"django_session", "django_content_type", "auth_permission", "journal_idcounter", "journal_pendingseal"}
CHUNK = 2_000
HIGHEST_ID = 2**62
UNREADABLE = (ValueError, TypeError, KeyError, OverflowError, RecursionError, ValidationError)


class ArchiveRefused(ValueError):
    """The file is no whole archive of this format, or the database is not empty; nothing was written."""


def _models() -> dict[str, type[models.Model]]:
    found = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    return {table: found[table] for table in sorted(found) if table not in LEFT_OUT}


def write_archive(path: Path) -> tuple[int, str]:
    """Write everything to a file; the final name appears only when the file is whole.

    Gives: the number of rows, and the digest.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            rows, digest = _write(raw)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return rows, digest


def _write(raw: IO[bytes]) -> tuple[int, str]:
    rows, total = 0, hashlib.sha256()
    with gzip.open(raw, "wt", encoding="utf-8", compresslevel=6) as file, snapshot():
        for line in _lines():
            total.update(line.encode())
            file.write(line)
            rows += line.startswith("[")
        file.write(json.dumps({"rows": rows, "digest": total.hexdigest()}) + "\n")
    return rows, total.hexdigest()


def _lines() -> Iterator[str]:
    yield json.dumps({"format": FORMAT, "version": __version__, "last_fact_id": last_fact_id() or 1}) + "\n"
    for table, model in _models().items():
        names = [field.attname for field in model._meta.concrete_fields]
        yield json.dumps({"table": table, "columns": names}) + "\n"
        for row in model._default_manager.order_by("pk").values_list(*names).iterator(chunk_size=CHUNK):
            yield json.dumps(row, default=_plain, ensure_ascii=False, separators=(",", ":")) + "\n"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def read_archive(path: Path) -> tuple[int, str]:
    """Take an archive into an empty, migrated database, all or nothing.

    Gives: the number of rows, and the digest. Raises: ArchiveRefused.
    """
    rows, digest, last = examine_archive(path)
    full = [table for table, model in _models().items() if model._default_manager.exists()]
    if full:
        raise ArchiveRefused(
            f"this database already holds data ({full[0]}); name an empty one in ZHANGGUI_HOME or ZHANGGUI_DATABASE_URL"
        )
    try:
        with transaction.atomic():
            _take_in(path)
            PendingSeal.objects.filter(run_id__in=Seal.objects.values("run_id")).delete()
            if (highest := max(last, highest_fact_id())) >= HIGHEST_ID:
                raise ArchiveRefused(f"{path}: its numbers leave no room for new ones")
            _set_counters(highest)
    except (IntegrityError, DataError) as error:
        raise ArchiveRefused(f"{path}: its rows do not fit together ({error})") from error
    return rows, digest


def _take_in(path: Path) -> None:
    """Write all rows of the file, table by table; the transaction around it takes them back if one is refused."""
    missing = set(_models())
    for model, names, values in _chunks(path):
        missing.discard(model._meta.db_table)
        try:
            model._default_manager.bulk_create(_objects(model, names, values))
        except UNREADABLE as error:
            what = f"{path}: table {model._meta.db_table} holds a row that cannot be read ({type(error).__name__})"
            raise ArchiveRefused(what) from error
    if missing:
        raise ArchiveRefused(f"{path}: table {min(missing)} is missing")


def examine_archive(path: Path) -> tuple[int, str, int]:
    """Read the whole file once and prove that it is whole; no database is touched.

    Gives: the number of rows, the digest, the last id that was given out. Raises: ArchiveRefused.
    """
    total, rows, header, last = hashlib.sha256(), 0, "", ""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                total.update(last.encode())
                rows += last.startswith("[")
                header, last = header or line, line
        first, closing = dict(json.loads(header)), json.loads(last)
    except (OSError, EOFError, zlib.error, *UNREADABLE) as error:
        raise ArchiveRefused(f"{path}: damaged, or no archive ({error})") from error
    if first.get("format") != FORMAT:
        raise ArchiveRefused(f"{path}: its format is {first.get('format')}, this version reads {FORMAT}")
    if closing != {"rows": rows, "digest": total.hexdigest()}:
        raise ArchiveRefused(f"{path}: cut short or changed, its digest does not match")
    counted = first.get("last_fact_id")
    if not isinstance(counted, int) or not 0 < counted < HIGHEST_ID:
        raise ArchiveRefused(f"{path}: its first line does not say which number was given out last")
    return rows, total.hexdigest(), counted


def _chunks(path: Path) -> Iterator[tuple[type[models.Model], list[str], list[list[Any]]]]:
    """Give the rows of the file table by table, some thousand at a time; a table without rows gives an empty list.

    Raises: ArchiveRefused for a line that is no table, no row, or a row before its table.
    """
    model: type[models.Model] | None = None
    names: list[str] = []
    waiting: list[list[Any]] = []
    seen: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            value = _parsed(path, number, line)
            if isinstance(value, list):
                if model is None:
                    raise ArchiveRefused(f"{path}: line {number} is a row before its table")
                waiting.append(value)
            if model is not None and (not isinstance(value, list) or len(waiting) == CHUNK):
                yield model, names, waiting
                waiting = []
            if isinstance(value, dict) and "table" in value:
                model, names = _table(path, value)
                if model._meta.db_table in seen:
                    raise ArchiveRefused(f"{path}: table {value['table']} stands twice")
                seen.add(model._meta.db_table)


def _parsed(path: Path, number: int, line: str) -> Any:
    try:
        value = json.loads(line)
    except UNREADABLE as error:
        raise ArchiveRefused(f"{path}: line {number} cannot be read") from error
    if not isinstance(value, list) and not (isinstance(value, dict) and {"format", "table", "digest"} & value.keys()):
        raise ArchiveRefused(f"{path}: line {number} is neither a table nor a row")
    return value


def _table(path: Path, value: dict[str, Any]) -> tuple[type[models.Model], list[str]]:
    """Return the model and columns that a table's line names."""
    name, names = value["table"], value.get("columns")
    model = _models().get(name) if isinstance(name, str) else None
    known = {field.attname for field in model._meta.concrete_fields} if model else set()
    if model is None or not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise ArchiveRefused(f"{path}: table {name} is unknown to this version")
    if not set(names) <= known or len(set(names)) < len(names):
        raise ArchiveRefused(f"{path}: table {name} has other columns than in this version")
    return model, names


def _objects(model: type[models.Model], names: list[str], rows: list[list[Any]]) -> list[models.Model]:
    columns: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    readers = [getattr(columns[name], "target_field", columns[name]).to_python for name in names]
    return [model(**{name: read(cell) for name, read, cell in zip(names, readers, row, strict=True)}) for row in rows]


def _set_counters(last: int) -> None:
    """Let the next new row take a fresh id on either engine, even if the archive comes from a lost counter."""
    if connection.vendor == "sqlite":
        IdCounter.objects.update_or_create(id=1, defaults={"last": last})
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('journal_fact_id', %s)", [last])
        for statement in connection.ops.sequence_reset_sql(no_style(), list(_models().values())):
            cursor.execute(statement)
