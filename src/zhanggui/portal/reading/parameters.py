"""Parameters as pages show them: what holds, what is coming, who set it, and what a new value would change."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from zhanggui.journal.models import Run
from zhanggui.portal import wording
from zhanggui.portal.reading.runs import RunRow, timeline
from zhanggui.regulation import rules
from zhanggui.regulation.models import ParameterVersion
from zhanggui.regulation.queries import history, in_force
from zhanggui.regulation.records import Dated, InForce, NewValue, Parameter, ParameterType, Value

SET_STEP = "regulation.set_parameter_values"


@dataclass(frozen=True, slots=True)
class Change:
    """What a new value does: from when, from which value to which, and until when another is to take over."""

    since: datetime
    before: Value
    after: Value
    next: Dated | None
    covered_until: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A value of the past, of now or to come, with the run that set it; shipped values have none."""

    value: Dated
    run: RunRow | None
    future: bool


def held(parameter: Parameter, moment: datetime) -> InForce:
    """Return a parameter with the value in force. Cost: two statements."""
    return next(one for one in in_force(parameter.clause, moment) if one.parameter.name == parameter.name)


def coming(parameter: Parameter, as_of: datetime) -> tuple[Dated, ...]:
    """Return the decided values of a parameter that begin later, the next one first. Cost: two statements."""
    return tuple(
        line
        for line in history(parameter.clause)
        if line.parameter == parameter.name and line.since > as_of and line.run_id and line.until is None
    )


def history_lines(clause: str, as_of: datetime) -> tuple[HistoryLine, ...]:
    """Return every value of a clause with who set it and why. Cost: five statements."""
    lines = history(clause)
    runs = _runs(line.run_id for line in lines if line.run_id)
    return tuple(HistoryLine(line, runs.get(line.run_id), line.since > as_of) for line in lines)


def _runs(ids: Iterable[int]) -> dict[int, RunRow]:
    wanted = sorted(set(ids))
    return {row.id: row for row in timeline([], wanted)} if wanted else {}


def change_of(parameter: Parameter, row: NewValue, as_of: datetime) -> Change:
    """Return what a new value would change. Cost: four statements."""
    before = held(parameter, row.valid_from)
    later = [line for line in coming(parameter, as_of) if line.since > row.valid_from]
    return Change(row.valid_from, before.value, row.value, later[0] if later else None, before.until)


def is_set_already(row: NewValue, key: str | None) -> bool:
    """Tell whether the form with this key has set this very value from the same day on. Cost: two statements."""
    run = Run.objects.filter(step=SET_STEP, key=key).values_list("id", flat=True).first() if key else None
    made = run and ParameterVersion.objects.filter(run_id=run, clause=row.clause, parameter=row.parameter).first()
    if not made or json.loads(made.value) != row.value:
        return False
    zone = settings.COMPANY_ZONE
    return made.valid_from.astimezone(zone).date() == row.valid_from.astimezone(zone).date()


def bounds_of(parameter: Parameter) -> str:
    """Write the bounds of a parameter; choices are named."""
    if parameter.type is ParameterType.CHOICE:
        return " · ".join(str(wording.VALUES.get(choice, choice)) for choice in parameter.choices)
    return rules.bounds_text(parameter)


def expected(parameter: Parameter) -> str:
    """Say in words what a value must be."""
    if parameter.type is ParameterType.INTEGER:
        return _("a whole number within %(bounds)s") % {"bounds": bounds_of(parameter)}
    if parameter.type is ParameterType.TIME:
        return _("a time of day like 09:30")
    return _("one of: %(bounds)s") % {"bounds": bounds_of(parameter)}
