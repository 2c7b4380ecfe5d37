"""Changes of the regulation's numbers: values from a date on, and values laid over them for a time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.regulation import rules
from zhanggui.regulation.models import ParameterOverlay, ParameterVersion, RegulationGate
from zhanggui.regulation.queries import register, terms_for
from zhanggui.regulation.records import NewOverlay, NewValue, term

Details = Mapping[str, str | int]
Fault = tuple[str, Details]
Scope = tuple[str, str, str, str]
Span = tuple[datetime, datetime, str]


@dataclass(frozen=True, slots=True)
class NoticeTerms:
    """What clause 3.3 asks of a temporary adjustment."""

    notice_hours: int = term("3.3")


@step("regulation.set_parameter_values", clause="1.3", limit=1_000)
def set_parameter_values(batch: Sequence[NewValue], *, context: Inside) -> Answer:
    """Give parameters new values from given moments on; the past and running clocks keep theirs.

    Clause: 1.3 (the rules are reviewed and adjusted).
    Rejects, first that applies: unknown_clause, unknown_parameter, wrong_type, out_of_bounds (with the
    bounds), in_the_past (begins before as_of), already_dated (that moment has a value already).
    Writes: one dated value per accepted row.
    """
    _close_gate(context)
    taken = _dated_moments(context, {row.clause for row in batch})
    accepted: list[tuple[int, NewValue]] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(batch):
        place = (row.clause, row.parameter, row.valid_from)
        fault = _parameter_fault(row) or _date_fault(row, context.as_of, place in taken)
        if fault:
            rejected.append(Rejected(index, *fault))
        else:
            taken.add(place)
            accepted.append((index, row))
    ids = context.run.ids(len(accepted))
    rows = [row for _, row in accepted]
    context.run.insert(ParameterVersion, {
        "id": ids, "clause": [row.clause for row in rows], "parameter": [row.parameter for row in rows],
        "value": [json.dumps(row.value) for row in rows], "valid_from": [row.valid_from for row in rows],
    })  # fmt: skip
    return answer([Accepted(index, new) for (index, _), new in zip(accepted, ids, strict=True)], rejected)


@step("regulation.lay_overlays", clause="3.3", limit=1_000)
def lay_overlays(batch: Sequence[NewOverlay], *, context: Inside) -> Answer:
    """Lay values over the dated ones, for a scope and a limited time; each ends by itself.

    Clause: 3.3 (temporary adjustment with notice).
    Rejects, first that applies: unknown_clause, unknown_parameter, wrong_type, out_of_bounds (with the
    bounds), unknown_scope, ends_before_start, notice_too_short (with the hours asked for), overlaps (another
    one of the same parameter and scope, stored or earlier in the batch).
    Writes: one overlay per accepted row.
    """
    _close_gate(context)
    spans = _laid_spans(context, {row.clause for row in batch})
    notice = terms_for(NoticeTerms, [context.as_of])
    notice_hours = notice.row(0).notice_hours
    context.run.terms["3.3"] = int(notice.version[0])
    accepted: list[tuple[int, NewOverlay]] = []
    rejected: list[Rejected] = []
    for index, row in enumerate(batch):
        laid = spans.setdefault((row.clause, row.parameter, row.scope_kind, row.scope_key), [])
        fault = _parameter_fault(row) or _overlay_fault(row, context.as_of, notice_hours, laid)
        if fault:
            rejected.append(Rejected(index, *fault))
        else:
            laid.append((row.starts_at, row.ends_at, f"row {index}"))
            accepted.append((index, row))
    ids = context.run.ids(len(accepted))
    context.run.insert(ParameterOverlay, {"id": ids, **_overlay_columns([row for _, row in accepted])})
    return answer([Accepted(index, new) for (index, _), new in zip(accepted, ids, strict=True)], rejected)


def _close_gate(context: Inside) -> None:
    """Let one change of the regulation through at a time: what is checked here has no row to lock yet."""
    RegulationGate.objects.get_or_create(id=1)
    context.run.lock(RegulationGate, "id", [1], ("id",))


def _dated_moments(context: Inside, clauses: set[str]) -> set[tuple[str, str, datetime]]:
    columns = ("clause", "parameter", "valid_from")
    return set(context.run.lock(ParameterVersion, "clause", sorted(clauses), columns))


def _laid_spans(context: Inside, clauses: set[str]) -> dict[Scope, list[Span]]:
    columns = ("clause", "parameter", "scope_kind", "scope_key", "starts_at", "ends_at", "id")
    spans: dict[Scope, list[Span]] = {}
    for row in context.run.lock(ParameterOverlay, "clause", sorted(clauses), columns):
        clause, parameter, kind, key, starts_at, ends_at, overlay = row
        spans.setdefault((clause, parameter, kind, key), []).append((starts_at, ends_at, f"overlay {overlay}"))
    return spans


def _parameter_fault(row: NewValue | NewOverlay) -> Fault | None:
    found = register().by_number.get(row.clause)
    if found is None:
        return "unknown_clause", {"clause": row.clause}
    parameter = next((one for one in found.parameters if one.name == row.parameter), None)
    if parameter is None:
        return "unknown_parameter", {"clause": row.clause, "parameter": row.parameter}
    if code := rules.value_fault(parameter, row.value):
        return code, {"value": str(row.value), "bounds": rules.bounds_text(parameter)}
    return None


def _date_fault(row: NewValue, as_of: datetime, taken: bool) -> Fault | None:
    if row.valid_from < as_of:
        return "in_the_past", {"valid_from": row.valid_from.isoformat(), "as_of": as_of.isoformat()}
    if taken:
        return "already_dated", {"valid_from": row.valid_from.isoformat()}
    return None


def _overlay_fault(row: NewOverlay, as_of: datetime, notice_hours: int, laid: Sequence[Span]) -> Fault | None:
    if rules.scope_fault(row.scope_kind, row.scope_key):
        return "unknown_scope", {"scope_kind": row.scope_kind, "scope_key": row.scope_key}
    if row.ends_at <= row.starts_at:
        return "ends_before_start", {
            "starts_at": row.starts_at.isoformat(),
            "ends_at": row.ends_at.isoformat(),
        }
    if row.starts_at < as_of + timedelta(hours=notice_hours):
        return "notice_too_short", {"starts_at": row.starts_at.isoformat(), "notice_hours": notice_hours}
    for starts_at, ends_at, name in laid:
        if row.starts_at < ends_at and starts_at < row.ends_at:
            return "overlaps", {"with": name}
    return None


def _overlay_columns(rows: Sequence[NewOverlay]) -> dict[str, object]:
    plain = ("clause", "parameter", "scope_kind", "scope_key", "starts_at", "ends_at")
    columns: dict[str, object] = {name: [getattr(row, name) for row in rows] for name in plain}
    return {**columns, "value": [json.dumps(row.value) for row in rows]}
