"""A2: every change has its entry, every entry its change, and each run's digest comes out of the rows again."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models

from zhanggui.journal.rules import keyed_digest
from zhanggui.kernel.digest import canonical_block, digest_of
from zhanggui.oversight.verification.queries.reading import Check, Offence, rows
from zhanggui.oversight.verification.records import Asked, CouldNotCheck

Block = tuple[int, bytes]
PLAIN = (models.BigIntegerField, models.IntegerField, models.SmallIntegerField, models.CharField, models.TextField,
         models.ForeignKey, models.DateField, models.BooleanField)  # fmt: skip


class OutOfOrder(Exception):
    """A row with a later id names an earlier run."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What transitions of one kind are about: the table, the state at birth, and where its state stands now.

    repeats: a state may follow itself (a file that is checked anew).
    """

    table: str
    birth: str
    state: str = "s.state"
    repeats: bool = False


REPLACED = "CASE WHEN s.version_to IS NULL THEN 'current' ELSE 'replaced' END"
KINDS = {
    "order": Kind("orders_order", "received"),
    "priority": Kind("orders_order", "0", "CAST(s.priority AS varchar(8))"),
    "parcel": Kind(
        "orders_order", "alone", "CASE WHEN s.ship_with_id IS NULL THEN 'alone' ELSE 'together' END", repeats=True
    ),
    "favoured": Kind("orders_favouredbuyer", "listed"),
    "warehouse": Kind("inventory_warehouse", "100", "CAST(s.priority AS varchar(12))"),
    "preference": Kind("inventory_warehousepreference", "current"),
    "shortage": Kind("orders_order", "none", "CASE WHEN s.short_at IS NULL THEN 'none' ELSE 'short' END"),
    "shortage_case": Kind("shortages_shortagecase", "to_tell"),
    "shortage_notice": Kind("shortages_shortagenotice", "queued"),
    "hold": Kind("orders_orderhold", "open"),
    "hold_assignee": Kind(
        "orders_orderhold", "nobody", "CASE WHEN s.assignee = '' THEN 'nobody' ELSE 'taken' END", repeats=True
    ),
    "block_entry": Kind("orders_blockentry", "listed"),
    "invoice": Kind("invoices_invoice", "ready"),
    "invoice_content": Kind("invoices_invoice", "0", "CAST(s.version AS varchar(8))"),
    "reservation": Kind("inventory_reservation", "open"),
    "request": Kind("fulfilment_fulfilmentrequest", "open"),
    "obligation": Kind("obligations_obligation", "open"),
    "warning": Kind("obligations_obligation", "0", "CAST(s.warned AS varchar(8))"),
    "assignee": Kind(
        "obligations_obligation", "nobody", "CASE WHEN s.assignee = '' THEN 'nobody' ELSE 'staff:' || s.assignee END"
    ),
    "pause": Kind("obligations_obligationpause", "open", "CASE WHEN s.until_at IS NULL THEN 'open' ELSE 'closed' END"),
    "merchant_code": Kind("catalog_merchantcode", "current"),
    "calendar_day": Kind("calendars_calendarday", "current", REPLACED),
    "intake": Kind("intake_intakefile", "uploaded", repeats=True),
    "shift": Kind("calendars_shiftpattern", "current", REPLACED),
}
UNFOLDED = "SELECT DISTINCT kind FROM journal_transition"
STEPS = """
    SELECT kind, subject_id, id, from_state, to_state, before
    FROM (SELECT id, kind, subject_id, from_state, to_state,
                 LAG(to_state) OVER (PARTITION BY kind, subject_id ORDER BY id) AS before
          FROM journal_transition) AS entries
    WHERE (from_state = to_state AND kind NOT IN ({repeating}))
       OR from_state <> COALESCE(before, CASE kind {births} ELSE from_state END) ORDER BY id
"""
FOLDED = """
    SELECT id, state, folded FROM (
      SELECT s.id, {state} AS state, COALESCE((SELECT t.to_state FROM journal_transition t
        WHERE t.kind = '{kind}' AND t.subject_id = s.id ORDER BY t.id DESC LIMIT 1), '{birth}') AS folded
      FROM {table} s) AS told
    WHERE state <> folded ORDER BY id
"""
STRAY = """
    SELECT t.subject_id, t.id FROM journal_transition t LEFT JOIN {table} s ON s.id = t.subject_id
    WHERE t.kind = '{kind}' AND s.id IS NULL ORDER BY t.id
"""
LOST = """
    SELECT s.{name}, COUNT(*) FROM {table} s LEFT JOIN journal_run r ON r.id = s.{name}
    WHERE s.{name} IS NOT NULL AND r.id IS NULL GROUP BY s.{name} ORDER BY 1
"""
WRITTEN = "SELECT run_id, {columns} FROM {table} WHERE run_id IS NOT NULL ORDER BY {order}"
CONTACTS = """
    SELECT o.id, COALESCE((SELECT e.contact_digest FROM orders_contactedit e WHERE e.order_id = o.id
      ORDER BY e.id DESC LIMIT 1), o.contact_digest) AS stands_for, c.buyer, c.receiver, c.phone, c.province, c.city,
      c.district, c.address, c.country, c.kind, c.merge_key, c.email, c.buyer_note
    FROM orders_order o LEFT JOIN orders_ordercontact c ON c.order_id = o.id ORDER BY o.id
"""


def wrong_entries(asked: Asked) -> Iterator[Offence]:
    """Fold the transitions of every kind from the state at birth, and hold the result against the rows.

    A kind that is not listed here cannot be folded, so its entries are findings.
    """
    for strange in sorted({row[0] for row in rows(UNFOLDED)} - set(KINDS)):
        yield f"kind {strange}", "the checker does not know what these entries are about"
    births = " ".join(f"WHEN '{name}' THEN '{kind.birth}'" for name, kind in KINDS.items())
    repeating = ", ".join(f"'{name}'" for name, kind in KINDS.items() if kind.repeats)
    for name, subject, entry, before, after, found in rows(STEPS.format(births=births, repeating=repeating)):
        yield f"{name} {subject}", f"entry={entry} from_state={before} to_state={after} before={found}"
    for name, kind in KINDS.items():
        folded = FOLDED.format(kind=name, table=kind.table, birth=kind.birth, state=kind.state)
        for key, stands, told in rows(folded):
            yield f"{name} {key}", f"state={stands} entries={told}"
        for key, entry in rows(STRAY.format(kind=name, table=kind.table)):
            yield f"{name} {key}", f"entry={entry} has no subject"


def wrong_digests(asked: Asked) -> Iterator[Offence]:
    """Make every run's digest again from the rows, table by table in the order of runs.

    On SQLite ids grow with runs, so tables are read as they lie; once a row says otherwise, they are sorted.
    Cost: one pass over all tables; memory for the rows of the largest run.
    """
    if connection.vendor == "sqlite":
        try:
            yield from list(_digests("id"))
        except OutOfOrder:
            yield from _digests("run_id, id")
    else:
        yield from _digests("run_id, id")


def _digests(order: str) -> Iterator[Offence]:
    blocks = merge(*(_blocks(table, columns, order) for table, columns in _stamped()), key=itemgetter(0))
    by_run = ((run, [block for _, block in held]) for run, held in groupby(blocks, key=itemgetter(0)))
    nothing: tuple[int | None, list[bytes]] = (None, [])
    run, held = next(by_run, nothing)
    for run_id, digest in rows("SELECT id, digest FROM journal_run ORDER BY id"):
        while run is not None and run < run_id:
            yield f"run {run}", "missing, but rows name it"
            run, held = next(by_run, nothing)
        found = digest_of(held) if run == run_id else digest_of([])
        if found != digest:
            yield f"run {run_id}", f"digest={digest[:12]} recomputed={found[:12]}"
        if run == run_id:
            run, held = next(by_run, nothing)
    while run is not None:
        yield f"run {run}", "missing, but rows name it"
        run, held = next(by_run, nothing)


def _stamped() -> list[tuple[str, tuple[str, ...]]]:
    """Return every table whose rows enter the digest of the run that wrote them, with the columns that do."""
    found = []
    for model in sorted(apps.get_models(), key=lambda model: model._meta.db_table):
        columns = getattr(model, "fixed_columns", ())
        if columns:
            found.append((model._meta.db_table, tuple(columns)))
    return found


def _blocks(table: str, columns: tuple[str, ...], order: str) -> Iterator[Block]:
    """Give a table's rows as canonical blocks, one per run."""
    picked = ", ".join(_picked(table, column) for column in columns)
    text = WRITTEN.format(columns=picked, table=table, order=order)
    truths = [name for name in columns if isinstance(_field(table, name), models.BooleanField)]
    last = 0
    for run_id, held in groupby(rows(text), key=itemgetter(0)):
        if run_id < last:
            raise OutOfOrder
        last = run_id
        _, *values = zip(*held, strict=True)
        told = dict(zip(columns, values, strict=True))
        told |= {name: tuple(map(bool, told[name])) for name in truths}
        yield run_id, canonical_block(table, len(values[0]), told)


def _picked(table: str, column: str) -> str:
    """Return how a column is read: moments and days as their canonical text, the rest as it is."""
    field = _field(table, column)
    if isinstance(field, models.DateTimeField):
        return f"MOMENT({column})"
    if not isinstance(field, PLAIN):
        raise CouldNotCheck("A2", f"{table}.{column} is of a kind that the checker cannot read back")
    return f"CAST({column} AS varchar(10))" if isinstance(field, models.DateField) else column


def _field(table: str, column: str) -> Any:
    return next(
        field for model in apps.get_models() if model._meta.db_table == table
        for field in model._meta.concrete_fields if field.column == column
    )  # fmt: skip


def lost_runs(asked: Asked) -> Iterator[Offence]:
    """Give the rows outside the digests that name a run which does not exist."""
    for model in sorted(apps.get_models(), key=lambda model: model._meta.db_table):
        table = model._meta.db_table
        names = {str(field.column) for field in model._meta.concrete_fields} & {"run_id", "created_run_id"}
        if getattr(model, "fixed_columns", ()) or table in ("journal_seal", "journal_pendingseal"):
            continue
        for name in sorted(names):
            for run_id, count in rows(LOST.format(table=table, name=name)):
                yield f"run {run_id}", f"missing, but {count} rows of {table} name it"


def altered_contacts(asked: Asked) -> Iterator[Offence]:
    """Give the orders whose buyer or receiver is not the one they came in with; erased ones are left alone."""
    for order, digest, *texts in rows(CONTACTS):
        if texts[0] is None:
            yield f"order {order}", "its contact is missing"
        elif any(texts) and digest != keyed_digest(settings.CHAIN_KEY, *texts):
            yield f"order {order}", "its contact is not what came in or was corrected"


def _all(asked: Asked) -> Iterator[Offence]:
    return chain(wrong_entries(asked), wrong_digests(asked), lost_runs(asked), altered_contacts(asked))


A2 = Check("A2", "SELECT (SELECT COUNT(*) FROM journal_run) + (SELECT COUNT(*) FROM journal_transition)", (), _all)
