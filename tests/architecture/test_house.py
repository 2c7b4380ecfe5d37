"""The tree is the regulation: every app has the same files, and no table points upwards."""

from pathlib import Path

import pytest
from django.db import models
from tests.architecture.source import PACKAGE, ROOT, house, ranks, report, stands_in, wing
from tests.architecture.source import Offence as At

TEMPLATE = {"__init__.py", "apps.py", "records.py", "rules.py", "models.py", "queries.py", "steps.py"}
MORE = {
    "journal": {"writing.py": "the hands that write"},
    "people": {"lists.py": "how a person likes their lists: no facts, outside the journal"},
    "obligations": {"copies.py": "clocks that go on for what was split off, for the processes to call"},
    "obligations/calendars": {"words.py": "the sum of a due moment, told to people in their language"},
    "sales/shortages": {"answers.py": "the steps by which customers choose and promises fail, split off by noun"},
    "sales/orders": {
        "intake.py": "the steps by which orders come in, split off by noun",
        "holds.py": "the steps by which orders wait and go on, split off by noun",
        "parts.py": "what leaves the shelf for a line, split off by noun",
        "validity.py": "the named rules of validity, pure",
        "receivers.py": "receivers as rules look at them, pure",
        "regions.py": "a table of provinces and their cities",
        "judging.py": "orders judged by the rules, with what the database says of them",
        "switches.py": "the steps that turn rules on and off and keep the blocklist",
        "corrections.py": "the step that corrects a receiver",
        "finding.py": "the questions that lists, bulk acts and exports ask",
        "masking.py": "personal data as people see them, pure",
        "children.py": "orders that come out of other orders, split off by noun",
        "parcels.py": "orders of one receiver that go together, split off by noun",
        "turns.py": "the steps that say which orders are served first, split off by noun",
    },
    "sales/invoices": {"wishes.py": "the steps by which wishes come in and follow their orders, split off by noun"},
}


def below_processes() -> list[str]:
    """Return the packages below the processes, but not the kernel, which holds no app."""
    return [name for name, rank in ranks().items() if 0 < rank < ranks()["processes"]]


def app_folders() -> list[Path]:
    """Return the folders of apps below the processes; `rules/` may be a folder of rules, split by noun."""
    folders = {
        path.parent
        for name in below_processes()
        for path in (PACKAGE / name).rglob("*.py")
        if "migrations" not in path.parts and f"{path.parent.name}.py" not in TEMPLATE
    }
    return sorted(folders)


def test_an_app_below_the_processes_holds_the_five_files_and_nothing_else() -> None:
    strange = [
        At(path.relative_to(ROOT).as_posix(), 1, "not a file of the template")
        for folder in app_folders()
        for path in sorted(folder.glob("*.py"))
        if path.name not in TEMPLATE | MORE.get(folder.relative_to(PACKAGE).as_posix(), {}).keys()
    ]
    assert not strange, report(strange)


def test_every_exception_to_the_template_is_still_there() -> None:
    gone = [f"{app}/{name}" for app, names in MORE.items() for name in names if not (PACKAGE / app / name).exists()]
    assert not gone


def test_every_package_has_its_place_in_the_house() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages <= ranks().keys()


def points_upwards(owner: str, target: str) -> bool:
    """Tell whether a table of one module may not point at a table of the other.

    Takes: dotted modules, `zhanggui.sales.orders.models`.
    """
    (package, subject), (other, other_subject) = stands_in(owner), stands_in(target)
    if package != other:
        return ranks()[other] >= ranks()[package]
    inner = {name: rank for rank, line in enumerate(reversed(wing(package))) for name in line}
    if subject == other_subject or not inner:
        return False
    return inner[other_subject] >= inner[subject]


def test_no_table_points_at_a_table_above_or_beside_its_app(own_models: list[type[models.Model]]) -> None:
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in own_models
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and field.related_model.__module__.startswith("zhanggui.")
        and points_upwards(model.__module__, field.related_model.__module__)
    ]
    assert own_models
    assert not upward


@pytest.mark.parametrize(
    ("owner", "target"),
    [
        ("zhanggui.journal.models", "zhanggui.people.models"),
        ("zhanggui.catalog.models", "zhanggui.sales.orders.models"),
        ("zhanggui.sales.orders.models", "zhanggui.logistics.inventory.models"),
        ("zhanggui.logistics.inventory.models", "zhanggui.logistics.fulfilment.models"),
    ],
)
def test_a_key_that_points_upwards_is_noticed(owner: str, target: str) -> None:
    assert points_upwards(owner, target)


def test_a_key_that_points_downwards_is_welcome() -> None:
    assert not points_upwards("zhanggui.logistics.fulfilment.models", "zhanggui.logistics.inventory.models")
    assert not points_upwards("zhanggui.sales.orders.models", "zhanggui.catalog.models")


def test_the_house_is_read_from_the_top() -> None:
    assert house()[-1] == ("kernel",)
    assert ranks()["processes"] > ranks()["sales"] == ranks()["logistics"] > ranks()["journal"]
