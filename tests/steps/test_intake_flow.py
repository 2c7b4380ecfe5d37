"""The way of a file: kept once, checked without a trace, committed part by part, every row with a fate."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import translation
from tests.factories.intake import bring_file, check, let_in, row, seen, table
from tests.factories.orders import now
from tests.factories.steps import contents
from tests.factories.truths import broken

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.connectors import spreadsheets
from zhanggui.connectors.intake import files, steps, taking_in
from zhanggui.connectors.intake.messages import FILES, PROBLEMS, ROWS, file_words, row_message
from zhanggui.connectors.intake.models import IntakeFile, RefusedRow, SavedMapping
from zhanggui.connectors.intake.records import RowRefused, State
from zhanggui.connectors.spreadsheets.mapping import Subject, check_mapping
from zhanggui.connectors.spreadsheets.records import FileRefused
from zhanggui.delivery.models import Job
from zhanggui.journal.models import Run
from zhanggui.sales.orders.holds import resolve_holds
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db


def many(count: int) -> bytes:
    return table(*[row(f"N{at:04}") for at in range(count)])


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of two orders, so that a few rows make several runs."""
    monkeypatch.setattr(taking_in, "PART_ENTRIES", 2)


def test_the_bytes_are_kept_under_their_hash_before_the_row() -> None:
    file = seen(bring_file(many(1), name="订单 2026.csv"))
    assert files.kept(file.sha256).read_bytes() == many(1)
    assert (file.name, file.size, file.state, file.uploaded_by) == (
        "订单 2026.csv",
        len(many(1)),
        "uploaded",
        "staff:sun.qian",
    )
    assert files.kept(file.sha256).name == file.sha256


def test_the_same_file_brought_twice_is_one_file_and_another_shop_is_another() -> None:
    first, second = bring_file(many(1), name="a.csv"), bring_file(many(1), name="b.csv")
    assert first == second
    assert bring_file(many(1), channel="taobao") != first
    assert IntakeFile.objects.count() == 2


def test_a_check_changes_no_business_table_and_foretells_what_will_come() -> None:
    let_in(table(row("A1")))
    before = contents()
    intake_id = bring_file(table(row("A1"), row("B1"), row("C1", pieces=0)))
    taking_in.check_intake(intake_id, context=now())
    file = seen(intake_id)
    assert contents() == before
    assert (file.state, file.new, file.unchanged, file.rows_refused, file.rows_waiting) == ("checked", 1, 1, 1, 2)


def test_every_row_has_a_fate(small_parts: None) -> None:
    file = let_in(table(*[row(f"N{at}") for at in range(7)], row("BAD", pieces=0)))
    assert (file.state, file.rows_total, file.rows_done, file.rows_refused, file.rows_waiting) == ("done", 8, 7, 1, 0)
    assert Run.objects.filter(step="intake.commit_orders", outcome="done").count() == 4
    assert broken() == {}


def test_a_file_imported_again_changes_nothing() -> None:
    first = let_in(many(5))
    before = contents()
    again = let_in(many(5))
    assert again.id == first.id
    assert (again.new, again.changed, again.unchanged, again.attempt) == (0, 0, 5, 2)
    assert contents() == before


def test_a_commit_that_was_left_goes_on_where_it_stood(small_parts: None) -> None:
    intake_id = bring_file(many(5))
    taking_in.check_intake(intake_id, context=now())
    taking_in.begin_commit(intake_id, context=now())
    parts = iter([False, True])
    assert not taking_in.commit_intake(intake_id, context=now(), stopping=lambda: next(parts))
    left = seen(intake_id)
    assert (left.state, left.position, left.new, left.rows_waiting) == ("committing", 2, 2, 3)
    told: list[tuple[int, int]] = []
    assert taking_in.commit_intake(intake_id, context=now(), told=lambda done, total: told.append((done, total)))
    assert told == [(2, 5), (4, 5), (5, 5)]
    assert (seen(intake_id).state, seen(intake_id).new, Order.objects.count()) == ("done", 5, 5)


def test_a_part_committed_under_its_key_is_answered_again_and_written_once(small_parts: None) -> None:
    intake_id = bring_file(many(2))
    parsed = taking_in.check_intake(intake_id, context=now())
    taking_in.begin_commit(intake_id, context=now())
    batch = taking_in._batch(parsed, intake_id, 1, 0, tuple(parsed.entries))
    first = steps.commit_orders(batch, context=now(key="k"))
    again = steps.commit_orders(batch, context=now(key="k"))
    assert (again.replayed, again.accepted) == (True, first.accepted)
    with pytest.raises(steps.PartMoved):
        steps.commit_orders(batch, context=now(key="other"))
    assert (seen(intake_id).new, Order.objects.count()) == (2, 2)


def test_a_file_being_committed_is_not_checked_anew() -> None:
    intake_id = bring_file(many(2))
    taking_in.check_intake(intake_id, context=now())
    taking_in.begin_commit(intake_id, context=now())
    with pytest.raises(taking_in.Overtaken):
        taking_in.check_intake(intake_id, context=now())
    assert taking_in.begin_commit(intake_id, context=now()) == State.COMMITTING


def test_of_two_checks_at_once_the_later_is_told() -> None:
    intake_id = bring_file(many(2))
    parsed = taking_in.check_intake(intake_id, context=now())
    stale = taking_in.Checked(intake_id, 1, parsed)
    assert [one.code for one in steps.note_checks([stale], context=now()).rejected] == ["overtaken"]


def test_a_file_that_was_never_checked_cannot_be_committed() -> None:
    intake_id = bring_file(many(1))
    with pytest.raises(taking_in.Overtaken):
        taking_in.begin_commit(intake_id, context=now())
    assert taking_in.commit_intake(intake_id, context=now())
    assert (seen(intake_id).state, Order.objects.count()) == ("uploaded", 0)


def test_a_file_of_bad_rows_only_is_done_at_once() -> None:
    file = let_in(table(row("A1", pieces=0)))
    assert (file.state, file.rows_refused, file.new) == ("done", 1, 0)


def test_a_large_file_is_left_to_a_job_that_exists_once() -> None:
    intake_id = bring_file(many(3))
    taking_in.check_intake(intake_id, context=now())
    for _ in range(2):
        taking_in.begin_commit(intake_id, context=now(), as_job=True)
    job = Job.objects.get()
    assert (job.kind, job.key) == ("intake.commit", f"{intake_id}:1")
    assert f'"intake":{intake_id}' in job.payload.replace(" ", "")


def test_an_order_that_changed_while_in_work_is_stopped_and_keeps_its_state() -> None:
    let_in(table(row("A1")))
    order = Order.objects.get()

    take_in_skus([SkuIn("TEA", "茶")], context=now())
    resolve_holds([order.id], context=now())
    confirm_orders([order.id], context=now())
    file = let_in(table(row("A1", pieces=2), row("A1", "CUP"), row("B1")))
    order.refresh_from_db()
    assert (order.state, order.stopped) == ("confirmed", True)
    assert (file.rows_done, file.rows_refused, file.new, file.changed) == (3, 0, 1, 1)


def test_mappings_are_settled_once_per_header() -> None:
    let_in(many(1))
    let_in(many(2))
    assert SavedMapping.objects.count() == 1


def test_refused_rows_hold_no_cell() -> None:
    file = let_in(table(row("A1", at="13/12/2026", who="沈雨")))
    kept = RefusedRow.objects.filter(intake_id=file.id).values_list("code", "field", "expected").get()
    assert kept == ("date_unclear", "placed_at", "date_and_time")


def test_a_kept_file_that_is_gone_is_said_so() -> None:
    intake_id = bring_file(many(1))
    files.kept(seen(intake_id).sha256).unlink()
    with pytest.raises(FileRefused, match="file_gone"):
        taking_in.check_intake(intake_id, context=now())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_message_names_row_field_reason_and_remedy(language: str) -> None:
    with translation.override(language):
        for code in ROWS:
            text = row_message(RowRefused(12, code, "quantity", "at_most_3_decimals"), "orders")
            assert "12" in text
            assert ("数量" in text) if language == "zh-hans" else ("Quantity" in text)
            assert "{" not in text
            assert len(text) > 15
        assert all(reason and remedy for reason, remedy in FILES.values())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", "所选各列与文件不符（没有为“单价”选择列；第 4 列被选了不止一次；为“数量”选择的列不在文件中）。"),
        (
            "en",
            "The columns chosen do not fit the file (no column is chosen for Unit price;"
            " column 4 is chosen more than once; the column chosen for Quantity is not in the file).",
        ),
    ],
)
def test_a_wrong_choice_of_columns_is_told_in_words(language: str, said: str) -> None:
    problems = "missing:unit_price, column_used_twice:3, no_such_column:quantity"
    with translation.override(language):
        assert file_words("mapping_wrong", {"problems": problems}, "orders")[0] == said


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_problem_of_a_choice_of_columns_has_its_words(language: str) -> None:
    problems = check_mapping({"sku": 1, "title": 1, "quantity": 9, "nonsense": 0}, 5, "orders")
    assert {one.partition(":")[0] for one in problems} == PROBLEMS.keys()
    with translation.override(language):
        said = file_words("mapping_wrong", {"problems": ", ".join(problems)}, "orders")[0]
    assert not any(code in said for code in PROBLEMS)
    assert "{" not in said


def test_every_code_of_a_cell_or_file_has_its_words() -> None:
    folder = Path(str(spreadsheets.__file__)).parent
    text = "\n".join(path.read_text() for path in sorted(folder.glob("*.py")))
    cells = set(re.findall(r'CellRefused\(\s*"(\w+)"(?! if)', text)) | {"empty", "quantity_not_whole", "date_unclear"}
    whole = set(re.findall(r'(?:FileRefused|TextRefused|WorkbookRefused|LimitExceeded|_Refused)\(\s*"(\w+)"', text))
    assert len(cells) > 10
    assert len(whole) > 25
    assert cells <= ROWS.keys()
    assert whole <= FILES.keys()


def test_a_dry_run_leaves_no_trace() -> None:
    parsed = check(many(3))
    before = contents(journal=True)
    counts = taking_in.foresee(parsed, context=now())
    assert (counts.new, contents(journal=True)) == (3, before)
    assert replace(counts, new=0) == taking_in.Counts()


@pytest.mark.parametrize("subject", ["orders", "products", "stock"])
def test_a_part_costs_the_same_statements_whatever_its_size(subject: Subject) -> None:
    def statements(count: int, mark: str) -> int:
        names = [f"{mark}{at:03}" for at in range(count)]
        if subject == "orders":
            content = table(*[row(name) for name in names])
        else:
            content = table(
                *[[name, 1] for name in names], header=("sku", "name" if subject == "products" else "quantity")
            )
        let_in(content, subject)
        return Run.objects.filter(step=f"intake.commit_{subject}").latest("id").statements

    take_in_skus([SkuIn(f"{mark}{at:03}", "茶") for mark in "ABC" for at in range(50)], context=now())
    statements(1, "A")
    assert statements(1, "B") == statements(50, "C")
