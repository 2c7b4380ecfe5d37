"""Products, stock and orders come in from files and go out to customers, command by command, as scripts rely on it."""

from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import NewHome
from tests.cli.homes import Done, Home
from tests.factories.intake import row, table

AT = "2026-03-02T09:00+08:00"
ORDER_KEYS = {"layout", "encoding", "orders", "lines", "new", "changed", "unchanged", "refused", "amount_fen"}
GOODS_KEYS = {"layout", "encoding", "new", "changed", "unchanged", "refused"}
STAGES = ["resolved", "confirmed", "reserved", "released", "shipped"]


@pytest.fixture(scope="module")
def home(new_home: NewHome) -> Home:
    """A home that this file's story is told in."""
    return new_home()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Products, stock, and four orders: two that can go, one too large for the stock, one with an unknown product."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "products.csv").write_bytes(table(["TEA", "茶"], ["CUP", "杯"], header=("sku", "name")))
    (folder / "stock.csv").write_bytes(table(["TEA", 5], ["CUP", 5], ["", 1], header=("sku", "quantity")))
    (folder / "orders.csv").write_bytes(
        table(
            row("A1"),
            row("A1", "CUP", 2),
            row("A2", "CUP"),
            row("A3", pieces=50),
            row("A4", "NEW"),
            row("A5", pieces=0),
        )
    )
    return folder


@pytest.fixture(scope="module")
def story(home: Home, files: Path) -> dict[str, Done]:
    """The whole way, told once: what each command answered."""
    orders = ("orders", "import", files / "orders.csv", "--channel", "manual")
    return {
        "products": home.ask("products", "import", files / "products.csv", at=AT),
        "stock": home.ask("stock", "import", files / "stock.csv", at=AT),
        "dry": home.ask(*orders, "--dry-run", at=AT),
        "none": home.ask("orders", "process", at=AT),
        "orders": home.ask(*orders, "--errors", files / "bad.csv", at=AT),
        "again": home.ask(*orders, at=AT),
        "reserved": home.ask("orders", "process", "--until", "reserved", at=AT),
        "shipped": home.ask("orders", "process", at=AT),
        "rest": home.ask("orders", "process", at=AT),
    }


def figures(done: Done, *names: str) -> list[Any]:
    return [done.document[name] for name in names]


def test_every_answer_is_one_document_with_the_promised_keys(story: dict[str, Done]) -> None:
    assert set(story["orders"].document) == ORDER_KEYS
    assert set(story["products"].document) >= GOODS_KEYS
    assert set(story["stock"].document) >= GOODS_KEYS
    assert set(story["shipped"].document) == {"orders", "per_stage", "overtaken"}
    assert story["shipped"].document["overtaken"] == 0
    for refused in story["orders"].document["refused"]:
        assert set(refused) == {"row", "code", "message"}
    assert all("Traceback" not in done.err for done in story.values())


def test_orders_that_stand_later_on_record_say_so_in_words(home: Home, story: dict[str, Done]) -> None:
    assert story["rest"].code == 1
    early = home.run("orders", "process", "--as-of", "2026-03-02T08:59+08:00")
    assert "later_on_record: 1" in early.out
    assert "2 stay: a later moment is on record for them already" in early.out


def test_products_and_stock_come_in(story: dict[str, Done]) -> None:
    assert story["products"].code == 0
    assert figures(story["products"], "new", "changed", "unchanged", "refused") == [2, 0, 0, []]
    assert story["stock"].code == 1
    assert figures(story["stock"], "new") == [2]
    assert [one["row"] for one in story["stock"].document["refused"]] == [4]


def test_orders_come_in_and_a_bad_row_is_told_by_number_code_and_remedy(story: dict[str, Done], files: Path) -> None:
    done = story["orders"]
    assert done.code == 1
    assert figures(done, "orders", "lines", "new", "changed", "unchanged", "amount_fen") == [4, 5, 4, 0, 0, 1990 * 55]
    (refused,) = done.document["refused"]
    assert (refused["row"], refused["code"]) == (7, "quantity_too_small")
    assert refused["message"] in done.err
    assert len((files / "bad.csv").read_text("utf-8-sig").splitlines()) == 2


def test_a_dry_run_answers_the_same_and_leaves_nothing(story: dict[str, Done]) -> None:
    assert story["dry"].document == story["orders"].document
    assert figures(story["none"], "orders") == [0]
    assert story["none"].code == 0


def test_the_same_file_again_changes_nothing(story: dict[str, Done]) -> None:
    assert figures(story["again"], "new", "changed", "unchanged") == [0, 0, 4]


def test_processing_stops_where_it_is_told_and_counts_per_stage(story: dict[str, Done]) -> None:
    done = story["reserved"]
    assert done.code == 1
    assert done.document["orders"] == 4
    stages = done.document["per_stage"]
    assert list(stages) == STAGES[:3]
    assert all(set(stage) == {"accepted", "rejected"} for stage in stages.values())
    assert [stages[name]["accepted"] for name in STAGES[:3]] == [0, 3, 2]
    assert sum(stages["reserved"]["rejected"].values()) == 1


def test_processing_goes_on_to_shipped_and_then_has_nothing_more_to_do(story: dict[str, Done], home: Home) -> None:
    stages = story["shipped"].document["per_stage"]
    assert list(stages) == STAGES
    assert [stages[name]["accepted"] for name in STAGES] == [0, 0, 0, 2, 2]
    assert [stage["accepted"] for stage in story["rest"].document["per_stage"].values()] == [0] * 5
    states = home.sql("SELECT external_id, state FROM orders_order ORDER BY 1")
    assert states == [("A1", "shipped"), ("A2", "shipped"), ("A3", "confirmed"), ("A4", "held")]


def test_the_books_are_right_afterwards_even_when_nobody_works_for_days(story: dict[str, Done], home: Home) -> None:
    assert home.ask("verify", at=AT).code == 0
    assert home.ask("orders", "process", at="2026-03-12T09:00+08:00").code == 1
    assert home.ask("verify", at="2026-03-12T09:00+08:00").code == 0
    assert home.sql("SELECT COUNT(*) FROM obligations_obligation WHERE state = 'breached'") == [(2,)]


def test_what_cannot_be_done_at_all_exits_2_with_an_empty_stdout(home: Home, files: Path) -> None:
    for arguments in (
        ("orders", "import", files / "none.csv", "--channel", "manual"),
        ("orders", "import", files / "orders.csv"),
        ("orders", "import", files / "products.csv", "--channel", "manual"),
        ("orders", "process", "--until", "delivered"),
    ):
        done = home.run(*arguments, "--json")
        assert (done.code, done.out) == (2, ""), arguments
        assert done.err
        assert "Traceback" not in done.err


def test_without_json_people_read_lines(home: Home) -> None:
    done = home.run("orders", "process", "--as-of", AT)
    assert done.out.splitlines()[0].endswith("open orders")
