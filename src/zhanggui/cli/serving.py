"""`serve` runs the product; `doctor` tells whether it can run well here."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from zhanggui.cli.outcome import DONE, FINDINGS, CannotRun, Outcome


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add both commands."""
    run = commands.add_parser("serve", parents=[shared], help="run web, worker and scheduler in one process tree")
    run.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    run.add_argument("--port", type=int, default=8000, help="port to listen on (default: 8000)")
    run.add_argument("--workers", type=int, default=2, help="web processes of sixteen threads each (default: 2)")
    run.set_defaults(handler=serve)
    check = commands.add_parser("doctor", parents=[shared], help="check this installation and say what to do")
    check.set_defaults(handler=doctor)
    invite = commands.add_parser("invite", parents=[shared], help="print a one-time link for a new member of staff")
    invite.add_argument("--department", default="management", help="department code (default: management)")
    invite.add_argument("--roles", required=True, help="roles, comma-separated, or `owner` for all of them")
    invite.add_argument("--address", default="http://127.0.0.1:8000", help="address of the site in the link")
    invite.set_defaults(handler=invite_staff)


def serve(parsed: argparse.Namespace) -> Outcome:
    """Run until SIGTERM or SIGINT. Prints the address, and the one-time link while nobody can sign in yet."""
    from zhanggui.worker import supervisor

    address = f"http://{parsed.host}:{parsed.port}"

    def announce() -> None:
        from zhanggui.people.queries import has_staff
        from zhanggui.people.rules import OWNER_ROLES

        print(f"zhanggui 掌柜: {address}", file=sys.stderr, flush=True)
        if not has_staff():
            link = _link(address, "management", OWNER_ROLES, "serve")
            print(f"首次登录 / first sign-in (24 h, once): {link}", file=sys.stderr, flush=True)

    try:
        code = supervisor.serve(parsed.host, parsed.port, parsed.workers, on_ready=announce)
    except supervisor.PortTaken as error:
        raise CannotRun(f"{error}; choose another with --port") from error
    return Outcome({"served": address}, (), code)


def invite_staff(parsed: argparse.Namespace) -> Outcome:
    """Make a one-time link by which a person chooses name and password."""
    from zhanggui.people.rules import DEPARTMENTS, OWNER_ROLES, ROLES

    roles = OWNER_ROLES if parsed.roles == "owner" else tuple(parsed.roles.split(","))
    if parsed.department not in DEPARTMENTS or not set(roles) <= set(ROLES):
        raise CannotRun(f"departments: {', '.join(DEPARTMENTS)}; roles: {', '.join(ROLES)}, or owner for all of them")
    link = _link(parsed.address, parsed.department, roles, "invite")
    return Outcome({"link": link}, (link,))


def _link(address: str, department: str, roles: Sequence[str], command: str) -> str:
    from zhanggui.journal.records import Actor
    from zhanggui.kernel import clock
    from zhanggui.people.steps import invite

    token = invite(department=department, roles=roles, as_of=clock.now(), actor=Actor("cli", command))
    return f"{address}/welcome/{token}/"


def doctor(parsed: argparse.Namespace) -> Outcome:
    """Check schema, engine settings, register, calendar, keys, static files and the chain's tail."""
    from zhanggui.cli.health import examine
    from zhanggui.kernel import clock

    found = examine(parsed.as_of or clock.now())
    document = {"checks": [{"name": row.name, "ok": row.ok, "found": row.found, "remedy": row.remedy} for row in found]}
    lines = [
        f"{'ok  ' if row.ok else 'LOOK'} {row.name}: {row.found}{'' if row.ok else f' -> {row.remedy}'}"
        for row in found
    ]
    return Outcome(document, tuple(lines), DONE if all(row.ok for row in found) else FINDINGS)
