"""People come in by one-time links, with the rights of their roles; guessing is slowed, nobody is locked out."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from tests.cast import MONDAY_MORNING, PASSWORD
from tests.factories.orders import now, refusals, results

import zhanggui
from zhanggui.journal.models import Run
from zhanggui.journal.records import Actor, KeyReused
from zhanggui.people.models import Access, Invitation, SignInAttempt, Staff
from zhanggui.people.queries import has_staff, rights, seconds_to_wait
from zhanggui.people.records import AccessChange, InvitationRefused, NewInvitation, NewStaff
from zhanggui.people.rules import OWNER_ROLES, ROLES, rights_of, roles_with, wait_seconds
from zhanggui.people.steps import (
    VALID_FOR,
    forget_failed_sign_ins,
    invite,
    invite_staff,
    join_staff,
    note_failed_sign_in,
    set_access,
)

US = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)


def invited(department: str = "sales", *roles: str) -> str:
    return invite(department=department, roles=roles or ("sales",), as_of=MONDAY_MORNING)


def person(token: str, username: str = "sun.qian", password: str = PASSWORD) -> NewStaff:
    return NewStaff(token, username, "孙倩", password)


@pytest.mark.django_db
def test_an_invited_person_joins_the_department_with_the_roles_of_the_link() -> None:
    assert not has_staff()
    (key,) = results(join_staff([person(invited("logistics", "logistics", "service"))], context=now()))
    staff = Staff.objects.get(pk=key)
    assert (staff.username, staff.display_name, staff.department) == ("sun.qian", "孙倩", "logistics")
    assert staff.check_password(PASSWORD)
    assert staff.joined_at == MONDAY_MORNING
    assert rights(staff) == ROLES["logistics"] | ROLES["service"]
    assert has_staff()
    assert Run.objects.get(step="people.join").clause == "1.1"


@pytest.mark.django_db
def test_who_made_a_link_with_which_roles_is_on_record() -> None:
    invite(department="sales", roles=("sales", "service"), as_of=MONDAY_MORNING, actor=Actor("cli", "invite"))
    made, run = Invitation.objects.get(), Run.objects.get()
    assert (made.run_id, made.roles, made.expires_at) == (run.id, "sales,service", MONDAY_MORNING + VALID_FOR)
    assert (run.step, run.clause, run.actor_kind, run.actor_id) == ("people.invite", "1.1", "cli", "invite")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("department", "roles", "code"),
    [("kitchen", ("sales",), "unknown_department"), ("sales", ("sales", "king"), "unknown_role")],
)
def test_a_department_or_role_that_does_not_exist_makes_no_link(
    department: str, roles: tuple[str, ...], code: str
) -> None:
    rows = [NewInvitation("t1", department, roles), NewInvitation("t2", "sales", ("sales",))]
    assert refusals(invite_staff(rows, context=now())) == [(0, code)]
    assert [made.department for made in Invitation.objects.all()] == ["sales"]
    with pytest.raises(InvitationRefused, match=code):
        invite(department=department, roles=roles, as_of=MONDAY_MORNING)


@pytest.mark.django_db
def test_links_are_made_once_under_a_key_and_not_at_all_in_a_dry_run() -> None:
    rows = [NewInvitation("t1", "sales", ("sales",))]
    assert not invite_staff(rows, context=now(dry_run=True)).rejected
    assert not Invitation.objects.exists()
    first = invite_staff(rows, context=now(key="once"))
    assert invite_staff(rows, context=now(key="once")).accepted == first.accepted
    assert Invitation.objects.count() == 1
    with pytest.raises(KeyReused):
        invite_staff([NewInvitation("t1", "sales", ("service",))], context=now(key="once"))


@pytest.mark.django_db
def test_neither_the_token_nor_the_password_is_kept_anywhere() -> None:
    token = invited()
    join_staff([person(token)], context=now(key="once"))
    kept = [*Invitation.objects.values_list(), *Staff.objects.values_list(), *Run.objects.values_list()]
    assert token not in str(kept)
    assert PASSWORD not in str(kept)


@pytest.mark.django_db
def test_a_link_that_nobody_made_is_unknown() -> None:
    invited()
    assert refusals(join_staff([person("made up")], context=now())) == [(0, "unknown")]
    assert not has_staff()


@pytest.mark.django_db
def test_a_link_works_once() -> None:
    token = invited()
    join_staff([person(token)], context=now())
    assert refusals(join_staff([person(token, "other")], context=now())) == [(0, "used")]
    assert Staff.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("off", "codes"), [(-US, []), (0 * US, [(0, "expired")]), (US, [(0, "expired")])])
def test_a_link_lives_for_a_day(off: timedelta, codes: list[tuple[int, str]]) -> None:
    answer = join_staff([person(invited())], context=now(MONDAY_MORNING + VALID_FOR + off))
    assert refusals(answer) == codes
    assert has_staff() == (not codes)


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["short", "password1234", "sun.qian.2026", "123456789012", "abab" * 4, "王" * 12])
def test_a_weak_password_is_refused_with_reasons_and_leaves_the_link_alive(password: str) -> None:
    token = invited()
    answer = join_staff([person(token, password=password)], context=now())
    assert refusals(answer) == [(0, "weak_password")]
    assert answer.rejected[0].details["why"]
    assert not has_staff()
    assert not join_staff([person(token)], context=now()).rejected


@pytest.mark.django_db
def test_a_taken_name_is_refused_and_leaves_the_link_alive() -> None:
    join_staff([person(invited())], context=now())
    token = invited()
    assert refusals(join_staff([person(token)], context=now())) == [(0, "name_taken")]
    assert not join_staff([person(token, "sun.qian2")], context=now()).rejected


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["SUN.QIAN", "sun.ｑian", "Sun.Qian", "ſun.qian"])
def test_a_name_that_looks_like_a_taken_one_is_taken(name: str) -> None:
    join_staff([person(invited())], context=now())
    assert refusals(join_staff([person(invited(), name)], context=now())) == [(0, "name_taken")]
    twin = Staff(username=name, display_name="x", department="sales", joined_at=MONDAY_MORNING)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "kept"), [("王\u202eabc", "王<U+202E>abc"), (" 孙\t倩 ", "孙 倩"), ("\u2066" * 20, "<U+2066>" * 8)]
)
def test_a_shown_name_holds_nothing_unseen(typed: str, kept: str) -> None:
    join_staff([NewStaff(invited(), "sun.qian", typed, PASSWORD)], context=now())
    assert Staff.objects.get().display_name == kept


@pytest.mark.django_db
def test_a_shown_name_of_nothing_is_refused() -> None:
    answer = join_staff([NewStaff(invited(), "sun.qian", "\t \x01", PASSWORD)], context=now())
    assert refusals(answer) == [(0, "name_missing")]


@pytest.mark.django_db
def test_who_left_has_no_rights_and_may_be_let_in_again_each_in_a_run() -> None:
    (key,) = results(join_staff([person(invited("management", *OWNER_ROLES))], context=now()))
    out, back = AccessChange("sun.qian", False), AccessChange("sun.qian", True)
    assert results(set_access([out], context=replace(now(), reason="left"))) == [key]
    assert rights(Staff.objects.get(pk=key)) == frozenset()
    assert refusals(set_access([out, AccessChange("nobody", False)], context=now())) == [
        (0, "stands_already"), (1, "unknown_staff"),
    ]  # fmt: skip
    assert refusals(set_access([back, back], context=now())) == [(1, "twice_in_batch")]
    assert Staff.objects.get(pk=key).is_active
    assert list(Access.objects.order_by("id").values_list("staff_id", "username", "active")) == [
        (key, "sun.qian", 1), (key, "sun.qian", 0), (key, "sun.qian", 1),
    ]  # fmt: skip
    assert Run.objects.filter(step="people.set_access").order_by("id")[0].reason == "left"


def test_roles_add_up_and_unknown_roles_give_nothing() -> None:
    assert rights_of([]) == rights_of(["", "king"]) == frozenset()
    assert rights_of(["service", "king"]) == ROLES["service"]
    assert rights_of(["sales", "auditor"]) == ROLES["sales"] | ROLES["auditor"]


def test_every_right_guards_something() -> None:
    portal = Path(zhanggui.__file__).parent / "portal"
    asked = "".join(path.read_text() for path in portal.rglob("*.py"))
    assert [right for right in sorted(frozenset().union(*ROLES.values())) if f'"{right}"' not in asked] == []


def test_a_one_time_link_never_stands_in_what_is_printed_of_a_person() -> None:
    given = NewStaff("secret-token", "anna", "Anna", "four words of mine")
    assert "secret-token" not in repr(given)
    assert "four words" not in repr(given)


def test_only_an_administrator_lets_jobs_go_on_and_only_workers_process_orders() -> None:
    assert roles_with("jobs.release") == ("administrator",)
    assert {name for name, given_rights in ROLES.items() if "orders.process" in given_rights} == {"sales", "logistics"}
    assert all("work.see" in given_rights for given_rights in ROLES.values())


@given(st.lists(st.sampled_from(sorted(ROLES))), st.lists(st.sampled_from(sorted(ROLES))))
def test_more_roles_never_take_a_right_away(some: list[str], more: list[str]) -> None:
    assert rights_of(some) <= rights_of(some + more) == rights_of(more) | rights_of(some)


def test_the_first_four_failures_cost_nothing_and_then_the_wait_doubles() -> None:
    assert [wait_seconds(n) for n in range(15)] == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@given(st.integers(0, 10_000))
def test_the_wait_never_shrinks_nor_locks_out(failures: int) -> None:
    assert wait_seconds(failures) <= wait_seconds(failures + 1) <= 300


def failed(times: int, *subjects: str) -> None:
    for number in range(times):
        note_failed_sign_in(subjects, MONDAY_MORNING + number * SECOND)


@pytest.mark.django_db
def test_the_wait_runs_from_the_last_failure() -> None:
    failed(6, "account:a")
    last = MONDAY_MORNING + 5 * SECOND
    assert seconds_to_wait(["account:a"], last) == 4
    assert seconds_to_wait(["account:a"], last + SECOND / 2) == 4
    assert seconds_to_wait(["account:a"], last + 3 * SECOND) == 1
    assert seconds_to_wait(["account:a"], last + 4 * SECOND) == 0


@pytest.mark.django_db
def test_the_slower_of_account_and_address_counts_and_others_are_free() -> None:
    failed(6, "account:a", "address:1")
    failed(1, "address:1")
    last = MONDAY_MORNING + 5 * SECOND
    assert seconds_to_wait(["account:a", "address:1"], last) == 8
    assert seconds_to_wait(["account:b", "address:2"], last) == 0
    assert seconds_to_wait([], last) == 0


@pytest.mark.django_db
def test_failures_are_forgotten_after_a_quarter_of_an_hour_and_swept_after_a_day() -> None:
    failed(30, "account:a")
    last = MONDAY_MORNING + 29 * SECOND
    assert seconds_to_wait(["account:a"], last) == 300
    assert seconds_to_wait(["account:a"], last + timedelta(minutes=15)) == 0
    note_failed_sign_in(["account:b"], last + timedelta(days=1))
    assert list(SignInAttempt.objects.values_list("subject", flat=True)) == ["account:a", "account:b"]


@pytest.mark.django_db
def test_a_sign_in_clears_its_own_failures_only() -> None:
    failed(8, "account:a", "address:1")
    forget_failed_sign_ins(["account:a"])
    assert seconds_to_wait(["account:a"], MONDAY_MORNING) == 0
    assert seconds_to_wait(["address:1"], MONDAY_MORNING) > 0


@pytest.mark.django_db
def test_a_long_subject_is_cut_alike_when_noted_counted_and_forgotten() -> None:
    failed(6, "x" * 500)
    assert seconds_to_wait(["x" * 500], MONDAY_MORNING + 5 * SECOND) == 4
    forget_failed_sign_ins(["x" * 500])
    assert not SignInAttempt.objects.exists()
