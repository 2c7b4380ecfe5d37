"""Which role may do what: the one table that pages, commands and tests read."""

from collections.abc import Iterable

DEPARTMENTS = ("management", "sales", "operations", "service", "logistics")

ROLES: dict[str, frozenset[str]] = {
    "administrator": frozenset({"work.see", "calendar.edit", "jobs.see", "jobs.release", "clauses.see"}),
    "manager": frozenset(
        {
            "work.see",
            "orders.see",
            "invoices.see",
            "journal.see",
            "clauses.see",
            "import.see",
            "calendar.edit",
            "regulation.change",
            "jobs.see",
            "holds.decide",
            "rules.change",
            "contacts.export",
        }
    ),
    "sales": frozenset(
        {
            "work.see",
            "orders.see",
            "orders.process",
            "shortages.run",
            "holds.decide",
            "rules.change",
            "invoices.see",
            "invoices.run",
            "import.see",
            "import.run",
            "clauses.see",
            "journal.see",
        }
    ),
    "finance": frozenset({"work.see", "orders.see", "invoices.see", "invoices.run", "clauses.see", "journal.see"}),
    "logistics": frozenset({"work.see", "orders.see", "orders.process", "import.see", "import.run", "clauses.see"}),
    "service": frozenset({"work.see", "orders.see", "shortages.run", "invoices.see", "clauses.see"}),
    "operations": frozenset({"work.see", "orders.see", "import.see", "clauses.see", "journal.see"}),
    "auditor": frozenset({"work.see", "orders.see", "invoices.see", "journal.see", "clauses.see", "import.see"}),
}
OWNER_ROLES = ("administrator", "manager", "sales", "logistics", "service", "operations")


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """Return the rights that the roles give together; an unknown role gives none."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def roles_with(right: str) -> tuple[str, ...]:
    """Return the roles that give a right, in the order of the table."""
    return tuple(role for role, given in ROLES.items() if right in given)


def invitation_fault(department: str, roles: Iterable[str]) -> str | None:
    """Return what is wrong with an invitation: `unknown_department`, `unknown_role`; None when it is fine."""
    if department not in DEPARTMENTS:
        return "unknown_department"
    return None if set(roles) <= ROLES.keys() else "unknown_role"


def too_few_signs(password: str) -> bool:
    """Tell whether a password is made of fewer than five different characters, whatever its length."""
    return len(set(password)) < 5


def wait_seconds(failures: int) -> int:
    """Return how long a further sign-in must wait after so many failures in the last 15 minutes.

    The first four cost nothing, then 2, 4, 8 … up to 300 seconds: a guesser is slowed, nobody is locked out.
    """
    return 0 if failures < 5 else min(300, 2 ** (failures - 4))
