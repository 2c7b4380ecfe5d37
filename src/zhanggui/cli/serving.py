"""`serve` runs the product; `doctor` tells whether it can run well here."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from zhanggui.cli.outcome import DONE, FINDINGS, CannotRun, Outcome


def add_commands(commands: Any, shared: argparse.ArgumentParser) -> None:
    """Add both commands."""
    run = commands.add_parser("serve", parents=[shared], help="run web, worker and scheduler in one process tree")
    run.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
    run.add_argument("--port", type=_port, default=8000, help="port to listen on (default: 8000)")
    run.add_argument("--workers", type=int, default=2, help="web processes of sixteen threads each (default: 2)")
    run.set_defaults(handler=serve)
    check = commands.add_parser("doctor", parents=[shared], help="check this installation and say what to do")
    check.set_defaults(handler=doctor)
    invite = commands.add_parser("invite", parents=[shared], help="print a one-time link for a new member of staff")
    invite.add_argument("--department", default="management", help="department code (default: management)")
    invite.add_argument(
        "--roles", required=True,
        help="comma-separated: administrator, manager, sales, logistics, service, operations, auditor; or `owner`",
    )  # fmt: skip
    invite.add_argument("--address", help="address of the site in the link (default: where this home was served last)")
    invite.set_defaults(handler=invite_staff)
    access = commands.add_parser("access", parents=[shared], help="end a member of staff's access, or give it back")
    access.add_argument("name", help="name to sign in")
    way = access.add_mutually_exclusive_group(required=True)
    way.add_argument("--end", dest="active", action="store_false", help="no more sign-in; open pages end too")
    way.add_argument("--give", dest="active", action="store_true", help="may sign in again")
    access.add_argument("--reason", default="", help="why; it stays with the run")
    access.set_defaults(handler=change_access)


def _port(text: str) -> int:
    """Read a port.

    Raises: ArgumentTypeError.
    """
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give one from 1 to 65535")
    return int(text)


def serve(parsed: argparse.Namespace) -> Outcome:
    """Run until SIGTERM or SIGINT. Prints the address, and the one-time link while nobody can sign in yet."""
    from zhanggui.cli.demonstration import unfinished_demo
    from zhanggui.worker import supervisor

    address = f"http://{parsed.host}:{parsed.port}"
    if unfinished_demo().exists():
        print("the demo company of this home is unfinished; `zhanggui demo` starts it over", file=sys.stderr)

    def announce() -> None:
        from zhanggui.people.queries import has_staff
        from zhanggui.people.rules import OWNER_ROLES

        _served_at().write_text(f"{address}\n")
        _tell(f"zhanggui 掌柜: {address}")
        if not has_staff():
            link = _link(address, "management", OWNER_ROLES, "serve")
            _tell(f"首次登录 / first sign-in (24 h, once): {link}")

    try:
        code = supervisor.serve(parsed.host, parsed.port, parsed.workers, on_ready=announce)
    except supervisor.PortTaken as error:
        other = "`make run PORT=…`" if os.environ.get("ZHANGGUI_STARTED_BY") == "make" else "--port"
        raise CannotRun(f"{error}; choose another with {other}") from error
    return Outcome({"served": address}, (f"ended: {address}",), code)


def _tell(line: str) -> None:
    """Write a line to stderr in one piece: the children write there too."""
    sys.stderr.flush()
    os.write(sys.stderr.fileno(), f"{line}\n".encode())


def _served_at() -> Path:
    """Return the file that keeps where this home was served last, for the links of `invite`."""
    from django.conf import settings

    return Path(settings.HOME) / "served.address"


def invite_staff(parsed: argparse.Namespace) -> Outcome:
    """Make a one-time link by which a person chooses name and password."""
    from zhanggui.people.rules import DEPARTMENTS, OWNER_ROLES, ROLES

    roles = OWNER_ROLES if parsed.roles == "owner" else tuple(parsed.roles.split(","))
    if parsed.department not in DEPARTMENTS or not set(roles) <= set(ROLES):
        raise CannotRun(f"departments: {', '.join(DEPARTMENTS)}; roles: {', '.join(ROLES)}, or owner for all of them")
    kept = _served_at()
    address = parsed.address or (kept.read_text().strip() if kept.exists() else "http://127.0.0.1:8000")
    link = _link(address.rstrip("/"), parsed.department, roles, "invite")
    return Outcome({"link": link}, (link,))


def change_access(parsed: argparse.Namespace) -> Outcome:
    """End the access of a member of staff, or give it back, in a run that names the reason."""
    from zhanggui.journal.records import Actor, Context
    from zhanggui.kernel import clock
    from zhanggui.people.records import AccessChange
    from zhanggui.people.steps import set_access

    context = Context(Actor("cli", "access"), parsed.as_of or clock.now(), reason=parsed.reason)
    given = set_access([AccessChange(parsed.name, parsed.active)], context=context)
    if given.rejected:
        known = {"unknown_staff": "nobody signs in under this name", "stands_already": "it stands so already"}
        raise CannotRun(f"{parsed.name}: {known[given.rejected[0].code]}")
    return Outcome({"name": parsed.name, "active": parsed.active, "run": given.run_id},
                   (f"{parsed.name}: access {'given' if parsed.active else 'ended'}",))  # fmt: skip


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
