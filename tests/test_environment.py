"""The tests stand on their own ground: a temporary home and a database they may empty."""

from datetime import datetime
from threading import Thread

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from tests.cast import CAST
from tests.settings import TEST_HOME

from zhanggui.journal.models import Run, Transition
from zhanggui.people.models import Staff
from zhanggui.people.rules import DEPARTMENTS, ROLES


def test_the_home_folder_is_temporary() -> None:
    assert settings.HOME == TEST_HOME


@pytest.mark.django_db(transaction=True)
def test_the_database_is_the_one_of_this_process() -> None:
    if connection.vendor == "sqlite":
        assert str(connection.settings_dict["NAME"]).startswith(str(TEST_HOME))
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
    else:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            assert cursor.fetchone() == ("UTF8",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_again", [1, 2])
def test_each_transactional_test_begins_with_empty_append_only_tables(_again: int) -> None:
    assert Transition.objects.count() == 0
    Transition.objects.create(run_id=1, kind="order", subject_id=1, from_state="new", to_state="confirmed")


@pytest.mark.django_db(transaction=True)
def test_append_only_tables_refuse_a_change_after_a_flush() -> None:
    row = Transition.objects.create(run_id=1, kind="order", subject_id=1, from_state="new", to_state="held")
    with pytest.raises(DatabaseError), transaction.atomic():
        Transition.objects.filter(pk=row.pk).update(to_state="shipped")
    with pytest.raises(DatabaseError), transaction.atomic():
        Transition.objects.filter(pk=row.pk).delete()
    assert Run.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_another_thread_sees_what_was_committed(as_of: datetime) -> None:
    Staff.objects.create(username="seen", display_name="Seen", department="sales", joined_at=as_of)
    seen: list[int] = []

    def look() -> None:
        seen.append(Staff.objects.filter(username="seen").count())
        connection.close()

    thread = Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]


def test_the_cast_works_in_known_departments_with_known_roles() -> None:
    for person in CAST:
        assert person.department in DEPARTMENTS
        assert set(person.roles.split(",")) <= set(ROLES)


def test_the_cast_can_be_put_on_the_staff_list(cast: dict[str, Staff]) -> None:
    assert {name: staff.display_name for name, staff in cast.items()} == {
        person.username: person.display_name for person in CAST
    }
