"""The checker: all invariants of the company in one snapshot, with other code than the steps, never repairing.

`verify` is the whole interface. Each module beside it holds the statements of one subject.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import DatabaseError

from zhanggui.kernel import clock
from zhanggui.oversight.verification.queries import clocks, invoices, orders, parcels, queue, shortages, stock
from zhanggui.oversight.verification.queries.chain import A1, unsealed_tail
from zhanggui.oversight.verification.queries.evidence import A2
from zhanggui.oversight.verification.queries.guards import A5, toothless_guards
from zhanggui.oversight.verification.queries.people import A4
from zhanggui.oversight.verification.queries.reading import Check, counted, first_findings, offences, snapshot
from zhanggui.oversight.verification.records import INVARIANTS, Asked, Checked, CouldNotCheck, Report

BY_SUBJECT = (stock, orders, shortages, invoices, parcels, clocks, queue)
CHECKS: dict[str, Check] = {
    check.id: check for check in (*(one for subject in BY_SUBJECT for one in subject.CHECKS), A1, A2, A4, A5)
}


def verify(
    as_of: datetime, *, only: Collection[str] | None = None, limit: int = 20, heads: Mapping[int, str] | None = None
) -> Report:
    """Check the invariants as of a moment, all of them or only some.

    Clause: 1.2 (traceable).
    Takes: limit, how many findings of each invariant are told; all are counted. heads, heads of the chain kept outside
    (seq → hash), against which the chain is held too.
    Gives: one entry per invariant in the fixed order; `checked` 0 where there is nothing yet that it speaks about.
    Raises: CouldNotCheck when an invariant cannot be judged, or is not known; nothing passes by not being looked at.
    Cost: one snapshot; set-based statements, one pass over the journal, memory for the rows of the largest run.
    """
    wanted = list(CHECKS) if only is None else [name for name in CHECKS if name in only]
    if only is not None and (unknown := sorted(set(only) - set(CHECKS))):
        raise CouldNotCheck(", ".join(unknown), "no such invariant")
    asked = Asked(as_of, clock.now(), heads or {})
    with snapshot():
        figures = unsealed_tail(asked)
        checked = [_checked(CHECKS[name], asked, limit) for name in wanted]
    return Report(tuple(_with_trial(row, limit) for row in checked), figures)


def _checked(check: Check, asked: Asked, limit: int) -> Checked:
    try:
        violations, findings = first_findings(offences(check, asked), limit)
        return Checked(check.id, counted(check, asked), violations, findings)
    except DatabaseError as error:
        raise CouldNotCheck(check.id, str(error)) from error


def _with_trial(row: Checked, limit: int) -> Checked:
    """Add to A5 what can only be tried outside the snapshot, which is read-only."""
    if row.id != "A5":
        return row
    count, tried = first_findings(toothless_guards(), limit)
    return Checked(row.id, row.checked, row.violations + count, (*row.findings, *tried)[:limit])


__all__ = ["CHECKS", "INVARIANTS", "CouldNotCheck", "verify"]
