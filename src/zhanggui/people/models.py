"""Staff: who may sign in, in which department, with which roles."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from zhanggui.kernel.text import folded

SUBJECT_MAX = 80


class Staff(AbstractBaseUser):
    """One member of staff. Never deleted: `is_active` ends the access, the name stays on the runs.

    Department and roles are those of the invitation, name and access those of the newest `Access` row; their runs
    vouch for them, and the checker compares them. `username_folded`: names that look alike are one name.
    """

    username = models.CharField(max_length=64, unique=True)
    username_folded = models.CharField(max_length=255, unique=True)
    display_name = models.CharField(max_length=64)
    department = models.CharField(max_length=24)
    roles = models.CharField(max_length=200, default="")
    language = models.CharField(max_length=10, default="")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()
    invitation_id = models.BigIntegerField(null=True, unique=True)

    objects = BaseUserManager["Staff"]()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    def __str__(self) -> str:
        return self.display_name

    def save(self, *args: Any, **named: Any) -> None:
        """Fold the name with every save, so that the unique column speaks of the name as it is."""
        self.username_folded = folded(self.username)
        super().save(*args, **named)


class Access(models.Model):
    """From this run on a member of staff may sign in under this name (`active` 1), or no more (0). Never changes."""

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    username = models.CharField(max_length=64)
    active = models.SmallIntegerField()

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "staff_id", "username", "active")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(active__in=(0, 1)), name="access_yes_or_no"),)


class Invitation(models.Model):
    """A one-time link by which a member of staff chooses name and password. Only its digest is kept.

    Born in a run, so that it is on record who gave which roles; only `used_at` is written later.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    token_digest = models.CharField(max_length=64, unique=True)
    department = models.CharField(max_length=24)
    roles = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    fixed_columns: ClassVar[tuple[str, ...]] = ("id", "token_digest", "department", "roles", "made_at", "expires_at")


class SignInAttempt(models.Model):
    """Failed sign-ins of one account name or address, for slowing them down. Rows older than a day are swept."""

    subject = models.CharField(max_length=SUBJECT_MAX, db_index=True)
    failed_at = models.DateTimeField()


class SavedFilter(models.Model):
    """A question to a list, kept under a name by one person, for themselves or for everybody."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    page = models.CharField(max_length=24)
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=1000)
    shared = models.BooleanField(default=False)
    opens = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["staff", "page", "name"], name="filter_named_once"),
            models.UniqueConstraint(fields=["staff", "page"], condition=models.Q(opens=True), name="filter_opens_once"),
        )


class ListColumns(models.Model):
    """The columns that a person chose for a list."""

    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    page = models.CharField(max_length=24)
    columns = models.CharField(max_length=300)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["staff", "page"], name="columns_once"),)


class DataExport(models.Model):
    """Rows that a person took out of the system as a file: what they asked, how many, and whether unmasked.

    Born in the run that notes who did it and why; the file itself lies in the home folder for a week.
    """

    id = models.BigIntegerField(primary_key=True)
    run_id = models.BigIntegerField(db_index=True)
    staff = models.ForeignKey(Staff, on_delete=models.PROTECT)
    subject = models.CharField(max_length=24)
    question = models.CharField(max_length=2000)
    rows = models.IntegerField()
    plain = models.BooleanField()
    asked_at = models.DateTimeField()

    fixed_columns: ClassVar[tuple[str, ...]] = (
        "id", "staff_id", "subject", "question", "rows", "plain", "asked_at",
    )  # fmt: skip
