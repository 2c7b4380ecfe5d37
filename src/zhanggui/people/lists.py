"""How a person likes their lists: saved questions and chosen columns.

These are conveniences of one screen, not facts of the company, so they stand outside the journal, as failures to sign
in do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Q

from zhanggui.people.models import ListColumns, SavedFilter

FILTERS_MAX = 30


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved question as one person sees it; opens: their list begins with it."""

    id: int
    name: str
    query: str
    shared: bool
    opens: bool
    own: bool
    owner: str


def filters_of(staff_id: int, page: str) -> list[Saved]:
    """Return a person's saved questions of a list and those that others share, the own ones first."""
    rows = SavedFilter.objects.select_related("staff").filter(Q(staff_id=staff_id) | Q(shared=True), page=page)
    found = [
        Saved(row.pk, row.name, row.query, row.shared, row.opens and row.staff_id == staff_id,
              row.staff_id == staff_id, row.staff.display_name)
        for row in rows.order_by("name", "id")[:200]
    ]  # fmt: skip
    return sorted(found, key=lambda one: not one.own)


def opening_of(staff_id: int, page: str) -> str:
    """Return the question with which a person's list begins; empty for none."""
    found = SavedFilter.objects.filter(staff_id=staff_id, page=page, opens=True).values_list("query", flat=True)
    return found.first() or ""


def save_filter(staff_id: int, page: str, name: str, query: str, *, shared: bool, opens: bool) -> bool:
    """Keep a question under a name; the same name again takes the place of the one before.

    Gives: False when the person has too many.
    """
    with transaction.atomic():
        own = SavedFilter.objects.filter(staff_id=staff_id, page=page)
        if opens:
            own.update(opens=False)
        if own.filter(name=name).update(query=query, shared=shared, opens=opens):
            return True
        if own.count() >= FILTERS_MAX:
            return False
        SavedFilter.objects.create(staff_id=staff_id, page=page, name=name, query=query, shared=shared, opens=opens)
    return True


def change_filter(staff_id: int, filter_id: int, *, name: str, shared: bool, opens: bool) -> bool:
    """Rename an own question, share it or keep it, and say whether the list begins with it.

    Gives: False when it is not the person's, or the name is taken.
    """
    own = SavedFilter.objects.filter(staff_id=staff_id)
    row = own.filter(pk=filter_id).first()
    if row is None:
        return False
    try:
        with transaction.atomic():
            if opens:
                own.filter(page=row.page).update(opens=False)
            own.filter(pk=filter_id).update(name=name, shared=shared, opens=opens)
    except IntegrityError:
        return False
    return True


def remove_filter(staff_id: int, filter_id: int) -> bool:
    """Take an own question away. Gives: whether there was one."""
    own = SavedFilter.objects.filter(staff_id=staff_id, pk=filter_id)
    return own.delete()[0] > 0


def columns_of(staff_id: int, page: str, default: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that a person chose for a list, or those of everybody."""
    found = ListColumns.objects.filter(staff_id=staff_id, page=page).values_list("columns", flat=True).first()
    return tuple(default) if found is None else tuple(found.split(",")) if found else ()


def choose_columns(staff_id: int, page: str, columns: Sequence[str]) -> None:
    """Keep the columns of a person's list, in their order; none at all goes back to those of everybody."""
    with transaction.atomic():
        ListColumns.objects.filter(staff_id=staff_id, page=page).delete()
        if columns:
            ListColumns.objects.create(staff_id=staff_id, page=page, columns=",".join(columns))
