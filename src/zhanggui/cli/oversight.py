"""What is owed, how clauses stand, and whether the books are right: `obligations`, `compliance`, `verify`."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhanggui.cli.outcome import DONE, FINDINGS, CannotRun, Outcome

if TYPE_CHECKING:
    from zhanggui.obligations.records import DueLine
    from zhanggui.oversight.compliance.records import Period


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add the three commands."""
    owed = commands.add_parser("obligations", parents=[shared], help="how each clause's clocks stand")
    owed.add_argument("--open", action="store_true", help="list all running clocks, earliest due first")
    owed.add_argument("--clause", default="", help="only this clause")
    owed.set_defaults(handler=obligations)
    kept = commands.add_parser("compliance", parents=[shared], help="how each clause of the regulation stands")
    kept.add_argument("--clause", default="", help="only this clause")
    kept.add_argument("--from", dest="from_at", type=_moment, help="cases that began at or after this moment")
    kept.add_argument("--to", dest="until_at", type=_moment, help="cases that began before this moment")
    kept.set_defaults(handler=compliance)
    proof = commands.add_parser(
        "verify", parents=[shared], help="prove the invariants and the hash chain; never repairs"
    )
    proof.add_argument("--all", action="store_true", help="all invariants (the default)")
    proof.add_argument(
        "--heads", type=Path, help="also hold the chain against a file of heads, such as heads.log of the home folder"
    )
    proof.add_argument("--only", action="append", default=[], metavar="ID", help="only this invariant; may be repeated")
    proof.set_defaults(handler=verify)


def _moment(text: str) -> object:
    from zhanggui.cli.main import moment

    return moment(text)


def obligations(parsed: argparse.Namespace) -> Outcome:
    """Report the clocks of each event clause; with --open, list those that run."""
    from zhanggui.kernel import clock
    from zhanggui.obligations.queries import all_due, clause_figures
    from zhanggui.oversight.compliance.rules import verdict

    as_of = parsed.as_of or clock.now()
    numbers = [_known_clause(parsed.clause)] if parsed.clause else _event_clauses()
    figures = clause_figures(numbers, as_of=as_of)
    rows = [
        {
            "clause": f.clause,
            "state": str(verdict(f.in_time, f.judged)),
            "numerator": f.in_time,
            "denominator": f.judged,
            "running": f.running,
        }
        for f in figures.values()
    ]
    document: dict[str, object] = {"clauses": rows}
    lines = [
        f"{row['clause']:<10} {row['numerator']}/{row['denominator']} in time, {row['running']} running" for row in rows
    ]
    if parsed.open:
        if parsed.json:
            document["open"] = [_as_document(one) for one in all_due(parsed.clause)]
        else:
            lines += _open_lines(list(all_due(parsed.clause)))
    return Outcome(document, tuple(lines), FINDINGS if any(f.in_time < f.judged for f in figures.values()) else DONE)


def _as_document(one: "DueLine") -> dict[str, str]:
    return {
        "clause": one.clause,
        "subject": f"{one.subject_kind}:{one.subject_id}",
        "state": one.state,
        "due_at": one.due_at.isoformat(),
        "department": one.department,
    }


def _open_lines(due: "list[DueLine]") -> list[str]:
    """Write each clock with its order's number and its due moment in the company's zone."""
    from django.conf import settings

    from zhanggui.sales.orders.queries import external_numbers

    zone = settings.COMPANY_ZONE
    numbers = external_numbers([one.subject_id for one in due if one.subject_kind == "order"])
    return [
        f"  {one.due_at.astimezone(zone):%Y-%m-%d %H:%M} {one.clause:<10} {one.subject_kind}"
        f" {numbers.get(one.subject_id, one.subject_id)} {one.state}"
        for one in due
    ]


def _known_clause(number: str) -> str:
    from zhanggui.regulation.queries import clause
    from zhanggui.regulation.records import UnknownClause

    try:
        return clause(number).number
    except UnknownClause as error:
        raise CannotRun(f"{number}: no such clause; `zhanggui compliance` lists them all") from error


def _event_clauses() -> list[str]:
    from zhanggui.regulation.queries import register
    from zhanggui.regulation.records import Kind

    return [clause.number for clause in register() if clause.kind is Kind.EVENT]


def compliance(parsed: argparse.Namespace) -> Outcome:
    """Report how each clause stands, over the whole record or in a period."""
    from zhanggui.kernel import clock
    from zhanggui.oversight.compliance.queries import standings
    from zhanggui.oversight.compliance.records import Period, Standing

    numbers = [_known_clause(parsed.clause)] if parsed.clause else []
    period = Period(parsed.from_at, parsed.until_at)
    found = standings(parsed.as_of or clock.now(), period, numbers)
    rows = [
        {"clause": s.clause, "state": str(s.state), "numerator": s.numerator, "denominator": s.denominator}
        for s in found
    ]
    lines = [_period_line(period)]
    lines += [
        f"{s.clause:<10} {s.state:<15} {'' if s.numerator is None else f'{s.numerator}/{s.denominator}'}" for s in found
    ]
    bad = any(s.state in (Standing.FAIL, Standing.ERROR) for s in found)
    return Outcome({"clauses": rows}, tuple(lines), FINDINGS if bad else DONE)


def _period_line(period: "Period") -> str:
    """Say which cases are counted: pages count the recent ones, this command all unless it is told otherwise."""
    from django.conf import settings

    ends = {"from": period.from_at, "until": period.until_at}
    zone = settings.COMPANY_ZONE
    told = [f"{word} {moment.astimezone(zone):%Y-%m-%d %H:%M}" for word, moment in ends.items() if moment]
    return f"cases that began {' '.join(told)}" if told else "cases of the whole record"


def verify(parsed: argparse.Namespace) -> Outcome:
    """Prove the invariants over one snapshot. Exit 1 with findings; what could not be checked exits 2."""
    from zhanggui.connectors.messengers.heads import known_heads
    from zhanggui.kernel import clock
    from zhanggui.oversight.verification.queries import INVARIANTS, CouldNotCheck
    from zhanggui.oversight.verification.queries import verify as check
    from zhanggui.oversight.verification.records import INVARIANTS as TITLES

    unknown = sorted(set(parsed.only) - set(INVARIANTS))
    if unknown:
        raise CannotRun(f"no such invariant: {', '.join(unknown)}; known are {', '.join(INVARIANTS)}")
    if parsed.heads and not parsed.heads.is_file():
        raise CannotRun(f"{parsed.heads}: there is no such file of heads; nothing was held against it")
    heads = known_heads(parsed.heads) if parsed.heads else None
    try:
        report = check(parsed.as_of or clock.now(), only=parsed.only or None, heads=heads)
    except CouldNotCheck as error:
        raise CannotRun(f"could not check: {error}") from error
    rows = [{"id": row.id, "checked": row.checked, "violations": row.violations} for row in report.invariants]
    lines = [
        f"{row.id:<4} {row.checked:>9} checked, {row.violations} violations  {TITLES[row.id][0]} / {TITLES[row.id][1]}"
        for row in report.invariants
    ]
    lines += [f"  {row.id} {found.subject}: {found.text}" for row in report.invariants for found in row.findings]
    return Outcome({"invariants": rows}, tuple(lines), FINDINGS if any(row["violations"] for row in rows) else DONE)
