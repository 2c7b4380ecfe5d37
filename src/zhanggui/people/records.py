"""What people's steps take and give."""

from dataclasses import dataclass, field
from hashlib import sha256


class InvitationRefused(Exception):
    """The one-time link cannot be made or used.

    `code`: unknown_department, unknown_role; unknown, used, expired, name_taken, name_missing, weak_password.
    """

    def __init__(self, code: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """A one-time link to be made: its token, and the department and roles that whoever accepts it will have."""

    token: str = field(repr=False)
    department: str
    roles: tuple[str, ...]

    @property
    def token_digest(self) -> str:
        """Return what is kept of the token."""
        return sha256(self.token.encode()).hexdigest()

    @property
    def content_hash(self) -> str:
        """Return what stands for the invitation in a run's input hash; the token itself has no part in it."""
        return sha256(f"{self.token_digest} {self.department} {','.join(self.roles)}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AccessChange:
    """Whether a member of staff may sign in from now on."""

    username: str
    active: bool


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A person who accepts an invitation: the name to sign in with, the name to be shown, and the password."""

    token: str = field(repr=False)
    username: str
    display_name: str
    password: str = field(repr=False)

    @property
    def token_digest(self) -> str:
        """Return by what the invitation is found."""
        return sha256(self.token.encode()).hexdigest()

    @property
    def content_hash(self) -> str:
        """Return what stands for the person in a run's input hash; the password has no part in it."""
        return sha256(f"{self.token} {self.username} {self.display_name}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ExportWish:
    """Rows that a person wants as a file; plain: with personal data unmasked. rows: how many match now."""

    staff_id: int
    subject: str
    question: str
    rows: int
    plain: bool = False
