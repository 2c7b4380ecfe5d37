"""What people call the subjects of entries, and where they are shown: most of them belong to an order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.urls import reverse

from zhanggui.connectors.intake.models import IntakeFile
from zhanggui.logistics.fulfilment.models import FulfilmentRequest
from zhanggui.logistics.inventory.models import Reservation
from zhanggui.obligations.calendars.models import CalendarDay, ShiftPattern
from zhanggui.obligations.models import Obligation, ObligationPause
from zhanggui.people.queries import names_of
from zhanggui.sales.invoices.models import Invoice
from zhanggui.sales.orders.models import Order, OrderHold
from zhanggui.sales.shortages.models import ShortageCase, ShortageNotice
from zhanggui.sales.shortages.records import CLOCKS

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Named:
    """What a subject is called, and its page; `department` is set where it is called by one."""

    words: str
    address: str
    department: bool = False


ORDER_OF: dict[str, tuple[type[Model], str]] = {
    "hold": (OrderHold, "order_id"),
    "hold_assignee": (OrderHold, "order_id"),
    "invoice": (Invoice, "order_id"),
    "invoice_content": (Invoice, "order_id"),
    "shortage_case": (ShortageCase, "order_id"),
    "shortage_notice": (ShortageNotice, "case__order_id"),
    "request": (FulfilmentRequest, "reference_id"),
    "reservation": (Reservation, "demand_id"),
    "obligation": (Obligation, "subject_id"),
    "warning": (Obligation, "subject_id"),
    "assignee": (Obligation, "subject_id"),
    "pause": (ObligationPause, "obligation__subject_id"),
}
"""Kinds that are called by their order. A clock about a shortage is called by the order that is short."""


def names_of_subjects(keys: Iterable[Key]) -> dict[Key, Named]:
    """Return names and pages of subjects. Cost: one statement per kind that is not an order, and one for all orders."""
    by_kind: dict[str, list[int]] = {}
    for kind, key in keys:
        by_kind.setdefault(kind, []).append(key)
    orders: dict[Key, int] = {}
    found: dict[Key, Named] = {}
    for kind, ids in by_kind.items():
        if kind in ("order", "shortage"):
            orders |= {(kind, key): key for key in ids}
        elif kind in ORDER_OF:
            orders |= {(kind, key): order for key, order in _orders_of(kind, ids).items()}
        else:
            found |= {(kind, key): name for key, name in _others(kind, ids).items()}
    numbers = dict(Order.objects.filter(id__in=set(orders.values())).values_list("id", "external_id"))
    found |= {key: order_named(order, numbers[order]) for key, order in orders.items() if order in numbers}
    return found


def people_in(states: Iterable[str]) -> dict[str, str]:
    """Return the names of the members of staff among states (staff:17). Cost: one statement, none without any."""
    keys = {int(key): state for state in states for kind, _, key in [state.partition(":")] if kind == "staff"}
    return {keys[key]: name for key, name in names_of(list(keys)).items()}


def order_named(key: int, number: str) -> Named:
    """Return an order by its number, with its page."""
    return Named(number, reverse("order", args=[key]))


def _orders_of(kind: str, ids: list[int]) -> dict[int, int]:
    model, column = ORDER_OF[kind]
    rows: Any = model._default_manager.filter(id__in=ids)
    if model not in (Obligation, ObligationPause):
        return dict(rows.values_list("id", column))
    about = "subject_kind" if model is Obligation else "obligation__subject_kind"
    subjects = dict(rows.filter(**{about: "order"}).values_list("id", column))
    short = dict(rows.filter(**{f"{about}__in": CLOCKS}).values_list("id", column))
    owners = dict(ShortageCase.objects.filter(id__in=set(short.values())).values_list("id", "order_id"))
    return subjects | {key: owners[case] for key, case in short.items() if case in owners}


def _others(kind: str, ids: list[int]) -> Mapping[int, Named]:
    if kind == "intake":
        rows = IntakeFile.objects.filter(id__in=ids).values_list("id", "name")
        return {key: Named(name, reverse("import", args=[key])) for key, name in rows}
    if kind == "calendar_day":
        days = CalendarDay.objects.filter(id__in=ids).values_list("id", "day")
        return {key: Named(f"{day:%Y-%m-%d}", f"{reverse('calendar')}?year={day.year}") for key, day in days}
    if kind == "shift":
        shifts = ShiftPattern.objects.filter(id__in=ids).values_list("id", "department")
        return {key: Named(code, reverse("calendar"), department=True) for key, code in shifts}
    return {}
