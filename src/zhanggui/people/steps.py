"""Writes about staff. The first administrator comes by a one-time link; there is no default account."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from zhanggui.journal.records import Inside
from zhanggui.journal.steps import step
from zhanggui.kernel import ids
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.people.models import SUBJECT_MAX, Invitation, SignInAttempt, Staff
from zhanggui.people.records import InvitationRefused, NewStaff

VALID_FOR = timedelta(hours=24)


def invite(*, department: str, roles: Sequence[str], as_of: datetime) -> str:
    """Make a one-time link's token, valid for a day; only its digest is kept.

    Writes: one invitation.
    """
    token = ids.token(24)
    Invitation.objects.create(
        token_digest=_digest(token), department=department, roles=",".join(roles),
        made_at=as_of, expires_at=as_of + VALID_FOR,
    )  # fmt: skip
    return token


@step("people.join", clause="1.1", limit=1)
def join_staff(batch: Sequence[NewStaff], *, context: Inside) -> Answer:
    """Turn invitations into members of staff.

    Clause: 1.1 (each member of staff belongs to a department).
    Rejects: unknown, used, expired (the link); name_taken; weak_password with the reasons.
    Writes: the member of staff, the invitation's use.
    """
    accepted, rejected = [], []
    for index, person in enumerate(batch):
        try:
            accepted.append(Accepted(index, _join(person, context.as_of).pk))
        except InvitationRefused as refusal:
            rejected.append(Rejected(index, refusal.code, {"why": " ".join(refusal.details)}))
    return answer(accepted, rejected)


def _join(person: NewStaff, as_of: datetime) -> Staff:
    invitation = Invitation.objects.select_for_update().filter(token_digest=_digest(person.token)).first()
    if invitation is None:
        raise InvitationRefused("unknown")
    if invitation.used_at is not None:
        raise InvitationRefused("used")
    if invitation.expires_at <= as_of:
        raise InvitationRefused("expired")
    if Staff.objects.filter(username=person.username).exists():
        raise InvitationRefused("name_taken")
    staff = Staff(
        username=person.username, display_name=person.display_name, department=invitation.department,
        roles=invitation.roles, joined_at=as_of,
    )  # fmt: skip
    try:
        validate_password(person.password, staff)
    except ValidationError as error:
        raise InvitationRefused("weak_password", tuple(error.messages)) from error
    staff.set_password(person.password)
    staff.save()
    Invitation.objects.filter(pk=invitation.pk).update(used_at=as_of)
    return staff


def note_failed_sign_in(subjects: Sequence[str], as_of: datetime) -> None:
    """Remember a failed sign-in under an account name and an address, and forget those older than a day."""
    with transaction.atomic():
        SignInAttempt.objects.filter(failed_at__lt=as_of - timedelta(days=1)).delete()
        SignInAttempt.objects.bulk_create(
            SignInAttempt(subject=text[:SUBJECT_MAX], failed_at=as_of) for text in subjects
        )


def forget_failed_sign_ins(subjects: Sequence[str]) -> None:
    """Forget the failures of an account that has just signed in."""
    SignInAttempt.objects.filter(subject__in=[text[:SUBJECT_MAX] for text in subjects]).delete()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
