"""What people's steps take and give."""

from dataclasses import dataclass, field
from hashlib import sha256


class InvitationRefused(Exception):
    """The one-time link cannot be used. `code`: unknown, used, expired, name_taken, weak_password."""

    def __init__(self, code: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class NewStaff:
    """A person who accepts an invitation: the name to sign in with, the name to be shown, and the password."""

    token: str
    username: str
    display_name: str
    password: str = field(repr=False)

    @property
    def content_hash(self) -> str:
        """Return what stands for the person in a run's input hash; the password has no part in it."""
        return sha256(f"{self.token} {self.username} {self.display_name}".encode()).hexdigest()
