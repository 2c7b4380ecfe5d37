"""Whoever edits the journal, or rows that a run vouched for, is found: column by column, link by link."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from tests.checker.planting import drop_constraints, plant, run, triggers_off
from tests.factories.company import EVENING, Day

from zhanggui.delivery.records import MessageRequest
from zhanggui.delivery.steps import queue_head
from zhanggui.journal.models import Run, Seal
from zhanggui.journal.rules import CHAINED
from zhanggui.oversight.verification.queries import verify

VOUCHED = tuple(
    sorted(
        (model._meta.db_table, column)
        for model in apps.get_models()
        for column in getattr(model, "fixed_columns", ())
        if model._meta.app_label not in ("regulation",)
        and model._meta.db_table not in ("intake_refusedrow", "intake_savedmapping")
    )
)
MOMENT = "'2001-01-01 00:00:00+00:00'"


def other_value(table: str, column: str) -> str:
    """SQL that gives a column another value of its type."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    field: Any = next(field for field in model._meta.concrete_fields if field.column == column)
    if isinstance(field, models.DateTimeField):
        return MOMENT
    if isinstance(field, models.DateField):
        return "'2001-01-01'"
    if isinstance(field, models.CharField | models.TextField):
        return f"SUBSTR('~' || {column}, 1, {field.max_length or 200})"
    return f"COALESCE({column}, 0) + {7 if isinstance(field, models.SmallIntegerField) else 1_000_003}"


def first_row(table: str) -> str:
    """Where the first row stands that a run vouched for."""
    return f"WHERE id = (SELECT MIN(id) FROM (SELECT id FROM {table} WHERE run_id IS NOT NULL) AS held)"


def test_an_edit_of_every_vouched_column_is_found(company: Day) -> None:
    tables = tuple(sorted({table for table, _ in VOUCHED}))
    for table in tables:
        drop_constraints(table)
    missed = []
    with triggers_off(tables):
        for table, column in VOUCHED:
            with transaction.atomic():
                edited = run(f"UPDATE {table} SET {column} = {other_value(table, column)} {first_row(table)}")
                found = verify(EVENING, only=["A2"]).broken
                transaction.set_rollback(True)
            if not edited or not found:
                missed.append((table, column))
    assert not missed
    assert len(VOUCHED) > 80


@pytest.mark.parametrize("column", CHAINED)
def test_an_edit_of_every_sealed_column_of_a_run_is_found(company: Day, column: str) -> None:
    value = "key = 'x'" if column == "key" else f"{column} = {other_value('journal_run', column)}"
    plant(("journal_run",), f"UPDATE journal_run SET {value} {middle('journal_run')}")
    assert "A1" in verify(EVENING, only=["A1"]).broken


def middle(table: str) -> str:
    """Where a run in the middle stands."""
    ids = list(Run.objects.order_by("id").values_list("id", flat=True))
    return f"WHERE id = {ids[len(ids) // 2]}"


def test_a_deleted_run_is_found(company: Day) -> None:
    plant(("journal_run",), f"DELETE FROM journal_run {middle('journal_run')}")
    assert {"A1", "A2"} <= set(verify(EVENING).broken)


def test_a_run_that_was_slipped_in_is_found(company: Day) -> None:
    columns = [field.column for field in Run._meta.concrete_fields]
    told = ", ".join("id + 500000" if name == "id" else "NULL" if name == "key" else name for name in columns)
    text = f"INSERT INTO journal_run ({', '.join(columns)}) SELECT {told} FROM journal_run {middle('journal_run')}"
    plant((), text)
    assert "A1" in verify(EVENING).broken


def test_two_links_that_changed_places_are_found(company: Day) -> None:
    first, second = Seal.objects.filter(seq__in=(3, 4)).order_by("seq").values_list("run_id", flat=True)
    swap = (
        f"UPDATE journal_seal SET run_id = CASE run_id WHEN {first} THEN {second} ELSE {first} END WHERE seq IN (3, 4)"
    )
    plant(("journal_seal",), swap)
    assert verify(EVENING).broken == ("A1",)


def test_a_link_taken_from_the_middle_is_found(company: Day) -> None:
    plant(("journal_seal",), "DELETE FROM journal_seal WHERE seq = 5")
    assert verify(EVENING).broken == ("A1",)


def cut_tail(links: int) -> dict[int, str]:
    """Cut the newest links with everything their runs wrote, as if they had never been; return the head before."""
    seal = Seal.objects.order_by("-seq").first()
    assert seal is not None
    runs = list(Seal.objects.order_by("-seq").values_list("run_id", flat=True)[:links])
    named = ", ".join(str(key) for key in runs)
    tables = ("journal_seal", "journal_run", "journal_transition", "obligations_obligation")
    plant(
        tables,
        "UPDATE obligations_obligation SET state = 'open' WHERE id IN"
        f" (SELECT subject_id FROM journal_transition WHERE run_id IN ({named}) AND kind = 'obligation')",
        "UPDATE obligations_obligation SET warned = 0, warn_at = NULL WHERE id IN"
        f" (SELECT subject_id FROM journal_transition WHERE run_id IN ({named}) AND kind = 'warning')",
        f"DELETE FROM journal_seal WHERE run_id IN ({named})",
        f"DELETE FROM journal_transition WHERE run_id IN ({named})",
        f"DELETE FROM journal_run WHERE id IN ({named})",
        f"UPDATE journal_chainhead SET seq = {seal.seq - links},"
        f" hash = (SELECT hash FROM journal_seal WHERE seq = {seal.seq - links})",
    )
    return {seal.seq: seal.hash}


def test_a_tail_cut_without_a_trace_is_found_by_the_published_head(company: Day) -> None:
    head = cut_tail(2)
    assert "A1" not in verify(EVENING).broken, "the rest of the chain is whole"
    assert "A1" in verify(EVENING, heads=head).broken


def test_a_tail_cut_after_its_head_was_queued_for_the_outside_is_found(company: Day) -> None:
    seal = Seal.objects.order_by("-seq").first()
    assert seal is not None
    queue_head(
        MessageRequest("chain_head", str(seal.seq), "heads.log", {"seq": seal.seq, "hash": seal.hash}), as_of=EVENING
    )
    assert verify(EVENING).clean
    cut_tail(2)
    assert "A1" in verify(EVENING).broken


def test_a_chain_made_anew_without_the_key_is_found(company: Day, settings: Any) -> None:
    key = settings.CHAIN_KEY
    settings.CHAIN_KEY = "somebody else's"
    found = verify(EVENING, only=["A1"], limit=3)
    assert found.invariants[0].violations == found.invariants[0].checked
    assert len(found.invariants[0].findings) == 3
    settings.CHAIN_KEY = key
    assert verify(EVENING, only=["A1"]).clean


TABLES = ("journal_run", "journal_transition", "journal_seal", "inventory_stockmovement")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_a_missing_guard_is_found(company: Day, table: str, verb: str) -> None:
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    run(f"DROP TRIGGER {table}_no_{verb}{on}")
    report = verify(EVENING)
    assert report.broken == ("A5",)
    assert {finding.text for finding in report.invariants[-1].findings} == {
        f"no trigger refuses {verb.upper()}",
        f"{verb.upper()} was not refused",
    }


def test_trying_the_guards_leaves_no_trace(company: Day) -> None:
    before = json.dumps([list(Run.objects.order_by("id").values_list("id", "digest")), Seal.objects.count()])
    run("DROP TRIGGER journal_run_no_delete" + (" ON journal_run" if connection.vendor == "postgresql" else ""))
    assert not verify(EVENING).clean
    assert before == json.dumps([list(Run.objects.order_by("id").values_list("id", "digest")), Seal.objects.count()])
