"""Writes about staff. The first administrator comes by a one-time link; there is no default account."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from zhanggui.journal.records import SYSTEM, Actor, Context
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel import ids
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.kernel.text import clean_name, folded
from zhanggui.people.models import SUBJECT_MAX, Access, DataExport, Invitation, SignInAttempt, Staff
from zhanggui.people.queries import rights
from zhanggui.people.records import AccessChange, ExportWish, InvitationRefused, NewInvitation, NewStaff
from zhanggui.people.rules import invitation_fault, too_few_signs

VALID_FOR = timedelta(hours=24)
SHOWN_MAX = 64


def invite(*, department: str, roles: Sequence[str], as_of: datetime, actor: Actor = SYSTEM) -> str:
    """Make a one-time link and return its token, which is kept nowhere.

    Raises: InvitationRefused for a department or role that does not exist.
    """
    token = ids.token(24)
    given = invite_staff([NewInvitation(token, department, tuple(roles))], context=Context(actor, as_of))
    if given.rejected:
        raise InvitationRefused(given.rejected[0].code)
    return token


@step("people.invite", clause="1.1", limit=100)
def invite_staff(batch: Sequence[NewInvitation], *, context: Inside) -> Answer:
    """Make one-time links, each valid for a day; only the digests of their tokens are kept.

    Clause: 1.1 (each member of staff belongs to a department).
    Gives: the invitation's id.
    Rejects: unknown_department, unknown_role. Writes: one invitation per accepted row.
    """
    faults = [invitation_fault(row.department, row.roles) for row in batch]
    rows = [row for row, fault in zip(batch, faults, strict=True) if fault is None]
    keys = context.run.ids(len(rows))
    context.run.insert(Invitation, {
        "id": keys, "token_digest": [row.token_digest for row in rows],
        "department": [row.department for row in rows], "roles": [",".join(row.roles) for row in rows],
        "made_at": context.as_of, "expires_at": context.as_of + VALID_FOR, "used_at": None,
    })  # fmt: skip
    places = [at for at, fault in enumerate(faults) if fault is None]
    accepted = [Accepted(at, key) for at, key in zip(places, keys, strict=True)]
    return answer(accepted, [Rejected(at, fault, {}) for at, fault in enumerate(faults) if fault is not None])


@step("people.join", clause="1.1", limit=1)
def join_staff(batch: Sequence[NewStaff], *, context: Inside) -> Answer:
    """Turn invitations into members of staff.

    Clause: 1.1 (each member of staff belongs to a department).
    Rejects: unknown, used, expired (the link); name_taken, also by one that looks alike; name_missing (to be shown);
    weak_password with the reasons.
    Writes: the member of staff and their access, the invitation's use.
    """
    accepted, rejected = [], []
    for index, person in enumerate(batch):
        try:
            accepted.append(Accepted(index, _join(person, context).pk))
        except InvitationRefused as refusal:
            rejected.append(Rejected(index, refusal.code, {"why": " ".join(refusal.details)}))
    return answer(accepted, rejected)


def _join(person: NewStaff, context: Inside) -> Staff:
    as_of, shown = context.as_of, clean_name(person.display_name)
    invitation = Invitation.objects.select_for_update().filter(token_digest=person.token_digest).first()
    if invitation is None:
        raise InvitationRefused("unknown")
    if invitation.used_at is not None:
        raise InvitationRefused("used")
    if invitation.expires_at <= as_of:
        raise InvitationRefused("expired")
    if Staff.objects.filter(username_folded=folded(person.username)).exists():
        raise InvitationRefused("name_taken")
    if not shown:
        raise InvitationRefused("name_missing")
    staff = Staff(
        username=person.username, display_name=shown[:SHOWN_MAX], department=invitation.department,
        roles=invitation.roles, joined_at=as_of, invitation_id=invitation.pk,
    )  # fmt: skip
    try:
        if too_few_signs(person.password):
            raise ValidationError(_("Use at least five different characters."))
        validate_password(person.password, staff)
    except ValidationError as error:
        raise InvitationRefused("weak_password", tuple(error.messages)) from error
    staff.set_password(person.password)
    staff.save()
    Invitation.objects.filter(pk=invitation.pk).update(used_at=as_of)
    _note_access([(staff.pk, staff.username, 1)], context)
    return staff


def _note_access(changes: Sequence[tuple[int, str, int]], context: Inside) -> None:
    context.run.insert(Access, {
        "id": context.run.ids(len(changes)), "staff_id": [key for key, _, _ in changes],
        "username": [name for _, name, _ in changes], "active": [active for _, _, active in changes],
    })  # fmt: skip


@step("people.set_access", clause="1.1", limit=100)
def set_access(batch: Sequence[AccessChange], *, context: Inside) -> Answer:
    """End the access of members of staff, or give it back; whoever is signed in is out at the next page.

    Clause: 1.1. Gives: the person's id. Rejects: unknown_staff; stands_already; twice_in_batch.
    Writes: the members of staff, one row of access each.
    """
    run = context.run
    names = [row.username for row in batch]
    found = {row[0]: row[1:] for row in run.lock(Staff, "username", names, ["username", "id", "is_active"])}
    accepted, rejected, seen = [], [], set()
    changes: list[tuple[int, str, int]] = []
    for index, row in enumerate(batch):
        key, stands = found.get(row.username, (0, False))
        code = "unknown_staff" if not key else "twice_in_batch" if key in seen else ""
        if code := code or ("stands_already" if stands == row.active else ""):
            rejected.append(Rejected(index, code, {}))
        else:
            changes.append((key, row.username, int(row.active)))
            accepted.append(Accepted(index, key))
        seen.add(key)
    for active in (True, False):
        run.update(Staff, [key for key, _, wanted in changes if wanted == active], {"is_active": active})
    _note_access(changes, context)
    return answer(accepted, rejected)


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


@step("people.export_data", clause="1.1", limit=100)
def note_exports(batch: Sequence[ExportWish], *, context: Inside) -> Answer:
    """Note who takes which rows out of the system as a file, and why.

    Clause: 1.1 (each member of staff belongs to a department). Gives: the export's id.
    Rejects: reason_missing (personal data unmasked need one), no_right (whoever has not `contacts.export`), unknown.
    Writes: one export per accepted row.
    """
    people = {row.pk: row for row in Staff.objects.filter(pk__in=[row.staff_id for row in batch])}
    faults = [_export_fault(row, people.get(row.staff_id), context.reason) for row in batch]
    taken = [at for at, fault in enumerate(faults) if not fault]
    keys, rows = context.run.ids(len(taken)), [batch[at] for at in taken]
    context.run.insert(DataExport, {
        "id": keys, "staff_id": [row.staff_id for row in rows], "subject": [row.subject for row in rows],
        "question": [row.question for row in rows], "rows": [row.rows for row in rows],
        "plain": [row.plain for row in rows], "asked_at": context.as_of,
    })  # fmt: skip
    accepted = [Accepted(at, key) for at, key in zip(taken, keys, strict=True)]
    return answer(accepted, [Rejected(at, fault, {}) for at, fault in enumerate(faults) if fault])


def _export_fault(row: ExportWish, staff: Staff | None, reason: str) -> str:
    if staff is None:
        return "unknown"
    if row.plain and "contacts.export" not in rights(staff):
        return "no_right"
    return "reason_missing" if row.plain and not reason else ""
