"""The import commands: one JSON document with the promised keys, messages on stderr, and their exit codes."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.factories.intake import row, table
from tests.factories.platforms import TAOBAO_DETAIL, TAOBAO_LIST, file_of, of_detail, of_list

from zhanggui.cli.main import main
from zhanggui.connectors.intake.models import IntakeFile
from zhanggui.sales.orders.models import Order

pytestmark = pytest.mark.django_db
AT = ["--as-of", "2026-03-02T09:00+08:00", "--json"]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command; give its exit code, its document and what it said on stderr."""

    def call(*arguments: object) -> tuple[int, dict[str, Any], str]:
        code = main([*map(str, arguments), *AT])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else {}, err

    return call


@pytest.fixture
def two_orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_bytes(table(row("A1"), row("B1", pieces=0)))
    return path


def test_an_order_import_answers_as_promised(run: Any, two_orders: Path) -> None:
    code, document, said = run("orders", "import", two_orders, "--channel", "manual")
    assert code == 1
    assert list(document) == [
        "layout", "encoding", "orders", "lines", "new", "changed", "unchanged", "refused", "amount_fen", "waiting",
        "unused_columns",
    ]  # fmt: skip
    (refused,) = document.pop("refused")
    assert document == {
        "layout": "guess", "encoding": "utf-8", "orders": 1, "lines": 1, "new": 1, "changed": 0, "unchanged": 0,
        "amount_fen": 1990, "waiting": 0, "unused_columns": [],
    }  # fmt: skip
    assert (refused["row"], refused["code"]) == (3, "quantity_too_small")
    assert "3" in refused["message"]
    assert refused["message"] in said


def test_a_second_import_changes_nothing_and_says_so(run: Any, two_orders: Path) -> None:
    run("orders", "import", two_orders, "--channel", "manual")
    _, document, _ = run("orders", "import", two_orders, "--channel", "manual")
    assert (document["new"], document["changed"], document["unchanged"]) == (0, 0, 1)
    assert document["amount_fen"] == 1990


def test_a_dry_run_says_the_same_and_leaves_nothing(run: Any, two_orders: Path) -> None:
    code, tried, _ = run("orders", "import", two_orders, "--channel", "manual", "--dry-run")
    assert (code, Order.objects.count(), IntakeFile.objects.count()) == (1, 0, 0)
    assert run("orders", "import", two_orders, "--channel", "manual")[1] == tried


def test_all_rows_taken_exits_0_and_a_packed_file_is_read(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(table(row("A1")).decode().encode("gb18030")))
    code, document, _ = run("orders", "import", path, "--channel", "taobao", "--shop", "flagship")
    assert (code, document["encoding"], document["new"]) == (0, "gb18030", 1)
    assert Order.objects.get().shop.code == "flagship"


def test_refused_rows_are_written_to_be_corrected(run: Any, two_orders: Path, tmp_path: Path) -> None:
    run("orders", "import", two_orders, "--channel", "manual", "--errors", tmp_path / "bad.csv")
    assert len((tmp_path / "bad.csv").read_text("utf-8-sig").splitlines()) == 2


def test_the_imported_file_is_never_overwritten_by_its_errors(run: Any, two_orders: Path) -> None:
    before = two_orders.read_bytes()
    code, _, said = run("orders", "import", two_orders, "--channel", "manual", "--errors", two_orders)
    assert (code, two_orders.read_bytes(), Order.objects.count()) == (2, before, 0)
    assert "--errors" in said


@pytest.mark.parametrize("place", ["nowhere/bad.csv", ".", "orders.csv/bad.csv"])
def test_errors_that_cannot_be_written_are_said_before_anything_comes_in(
    run: Any, two_orders: Path, place: str
) -> None:
    code, document, said = run(
        "orders", "import", two_orders, "--channel", "manual", "--errors", two_orders.parent / place
    )
    assert (code, document, Order.objects.count(), IntakeFile.objects.count()) == (2, {}, 0, 0)
    assert "--errors" in said
    assert "nothing was imported" in said


def test_errors_written_before_stay_when_the_file_cannot_be_imported(run: Any, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_bytes(b"")
    (tmp_path / "old.csv").write_text("kept")
    for name in ("old.csv", "new.csv"):
        run("orders", "import", tmp_path / "orders.csv", "--channel", "manual", "--errors", tmp_path / name)
    assert (tmp_path / "old.csv").read_text() == "kept"
    assert not (tmp_path / "new.csv").exists()


def test_a_file_name_that_is_no_utf_8_is_imported_and_shown(run: Any, two_orders: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(two_orders.parent) + b"/\xb6\xa9\xb5\xa5.csv"))
    two_orders.rename(odd)
    code, document, _ = run("orders", "import", odd, "--channel", "manual", "--errors", f"{odd}.errors.csv")
    assert (code, document["new"]) == (1, 1)
    assert IntakeFile.objects.get().name == "\ufffd\ufffd\ufffd\ufffd.csv"
    odd.write_bytes(b"")
    code, _, said = run("orders", "import", odd, "--channel", "manual")
    assert code == 2
    assert "\ufffd.csv" in said


def test_a_folder_exits_2(run: Any, tmp_path: Path) -> None:
    code, _, said = run("orders", "import", tmp_path, "--channel", "manual")
    assert code == 2
    assert "Traceback" not in said


def test_a_new_channel_is_warned_of(run: Any, two_orders: Path) -> None:
    assert "rakuten is new" in run("orders", "import", two_orders, "--channel", "rakuten")[2]


@pytest.mark.parametrize(
    ("content", "arguments", "says"),
    [
        (b"", ["--channel", "manual"], "orders.csv"),
        (b"a,b\n1,2\n", ["--channel", "manual"], "订单编号"),
        (table(row("A1")), ["--channel", "Über"], "Über"),
        (table(row("A1")), ["--channel", "manual", "--shop", "a b"], "a b"),
        (table(row("A1")), ["--channel", "manual", "--layout", "nobody"], "online-retail"),
        (table(row("A1")), ["--channel", "manual", "--layout", "online-retail"], "InvoiceNo"),
    ],
)
def test_what_cannot_be_imported_at_all_exits_2_with_the_reason(
    run: Any, tmp_path: Path, content: bytes, arguments: list[str], says: str
) -> None:
    (tmp_path / "orders.csv").write_bytes(content)
    code, document, said = run("orders", "import", tmp_path / "orders.csv", *arguments)
    assert (code, document) == (2, {})
    assert says in said


def test_a_file_that_is_not_there_exits_2(run: Any, tmp_path: Path) -> None:
    assert run("orders", "import", tmp_path / "none.csv", "--channel", "manual")[0] == 2


def test_products_and_stock_answer_in_the_same_way(run: Any, tmp_path: Path) -> None:
    products, stock = tmp_path / "p.csv", tmp_path / "s.csv"
    products.write_bytes(table(["TEA", "茶"], ["POST", "邮费"], header=("sku", "name")))
    stock.write_bytes(table(["TEA", 5], ["NEW", 1], header=("sku", "quantity")))
    code, document, _ = run("products", "import", products)
    assert (code, document) == (0, {
        "layout": "guess", "encoding": "utf-8", "products": 2, "new": 2, "changed": 0, "unchanged": 0, "refused": [],
    })  # fmt: skip
    code, document, _ = run("stock", "import", stock)
    assert (code, document["rows"], document["new"]) == (1, 2, 1)
    assert [(one["row"], one["code"]) for one in document["refused"]] == [(3, "unknown_sku")]


def test_a_list_answers_how_many_wait_and_names_the_other_file(run: Any, tmp_path: Path) -> None:
    listed, details = tmp_path / "ExportOrderList.csv", tmp_path / "ExportOrderDetailList.csv"
    number = "3012345678901234567"
    listed.write_bytes(file_of(TAOBAO_LIST, of_list(number, "9.00"), encoding="gb18030"))
    details.write_bytes(file_of(TAOBAO_DETAIL, of_detail(number, "TEA", 1, "10.00"), encoding="gb18030"))
    code, document, said = run("orders", "import", listed, "--channel", "taobao")
    assert (code, document["layout"], document["waiting"], document["new"]) == (1, "taobao_order_list_38", 1, 0)
    assert "ExportOrderDetailList" in said
    code, document, _ = run("orders", "import", details, "--channel", "taobao")
    assert (code, document["waiting"], document["new"], document["amount_fen"]) == (0, 0, 1, 900)
