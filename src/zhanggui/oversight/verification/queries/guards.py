"""A5: the append-only tables refuse changes. Their triggers are looked at, and tried in what is rolled back."""

from collections.abc import Iterator

from django.db import DatabaseError, connection, transaction

from zhanggui.oversight.verification.queries.reading import Check, Offence, rows
from zhanggui.oversight.verification.records import Asked, CouldNotCheck

GUARDED = (
    "journal_run", "journal_transition", "journal_seal", "inventory_stockmovement", "regulation_parameterversion",
    "regulation_parameteroverlay", "fulfilment_shipment", "fulfilment_fulfilmentline",
    "invoices_invoicenumber",
)  # fmt: skip
REFUSED = ("append-only", "permission denied")
POSTGRESQL_TRIGGERS = """
    SELECT c.relname, CASE WHEN (t.tgtype & 16) > 0 THEN 'UPDATE' ELSE 'DELETE' END
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname = 'journal_refuse' AND t.tgenabled IN ('O', 'A') AND (t.tgtype & 2) > 0 AND t.tgqual IS NULL
      AND c.relnamespace = CAST(CURRENT_SCHEMA() AS regnamespace)
"""
SQLITE_TRIGGERS = """
    SELECT tbl_name, CASE WHEN UPPER(sql) LIKE '%% BEFORE UPDATE ON %%' THEN 'UPDATE' ELSE 'DELETE' END
    FROM sqlite_master
    WHERE type = 'trigger' AND UPPER(sql) LIKE '%%BEGIN SELECT RAISE(ABORT,%%' AND UPPER(sql) NOT LIKE '%% WHEN %%'
"""
TRIALS = {
    "UPDATE": "UPDATE {table} SET {key} = {key} WHERE {key} = (SELECT MIN({key}) FROM {table})",
    "DELETE": "DELETE FROM {table} WHERE {key} = (SELECT MIN({key}) FROM {table})",
}


def missing_guards(asked: Asked) -> Iterator[Offence]:
    """Give the tables whose trigger against a change is gone, switched off, or replaced."""
    text = POSTGRESQL_TRIGGERS if connection.vendor == "postgresql" else SQLITE_TRIGGERS
    found = set(rows(text))
    for table in GUARDED:
        for verb in ("UPDATE", "DELETE"):
            if (table, verb) not in found:
                yield f"table {table}", f"no trigger refuses {verb}"


def toothless_guards() -> Iterator[Offence]:
    """Try to change and to delete one row of each guarded table, in transactions that are rolled back.

    Raises: CouldNotCheck when the store refuses for another reason, such as being a read-only copy.
    """
    for table in GUARDED:
        key = "seq" if table == "journal_seal" else "id"
        for verb, text in TRIALS.items():
            if _goes_through(text.format(table=table, key=key)):
                yield f"table {table}", f"{verb} was not refused"


def _goes_through(text: str) -> bool:
    """Tell whether a forbidden statement would have changed a row."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(text)
                changed = bool(cursor.rowcount > 0)
            transaction.set_rollback(True)
    except DatabaseError as error:
        if not any(words in str(error) for words in REFUSED):
            raise CouldNotCheck("A5", f"the trial was stopped otherwise: {error}") from error
        return False
    return changed


A5 = Check("A5", "SELECT (SELECT COUNT(*) FROM journal_run) + (SELECT COUNT(*) FROM journal_transition)"
           " + (SELECT COUNT(*) FROM journal_seal)", (), missing_guards)  # fmt: skip
