"""Products and stock from files: brought up to date, booked once, refused by code."""

import pytest
from django.utils import translation
from tests.factories.intake import check, codes, judged, let_in, row, table
from tests.factories.truths import broken

from zhanggui.catalog.models import Sku
from zhanggui.connectors.intake.messages import row_message
from zhanggui.connectors.intake.queries import refused_rows
from zhanggui.journal.models import Run
from zhanggui.logistics.inventory.models import StockBalance, StockMovement, Warehouse

pytestmark = pytest.mark.django_db
PRODUCTS = ("商家编码", "商品名称", "售价", "是否管库存")
STOCK = ("商家编码", "仓库", "数量", "入库单号")


def products(*rows: list[object]) -> bytes:
    return table(*rows, header=PRODUCTS)


def stock(*rows: list[object]) -> bytes:
    return table(*rows, header=STOCK)


@pytest.fixture
def known() -> None:
    """Tea and cups are stocked, postage is not."""
    let_in(products(["TEA", "茶", "19.90", "是"], ["CUP", "杯", "", "是"], ["POST", "邮费", "6", "否"]), "products")


def on_hand() -> dict[str, int]:
    return {row[0]: row[1] for row in StockBalance.objects.values_list("sku__code", "on_hand")}


def test_products_come_in_with_price_and_whether_they_are_stocked(known: None) -> None:
    rows = Sku.objects.order_by("code").values_list("code", "name", "price_fen", "stocked")
    assert list(rows) == [("CUP", "杯", None, True), ("POST", "邮费", 600, False), ("TEA", "茶", 1990, True)]


def test_products_imported_again_are_unchanged_and_changes_are_taken(known: None) -> None:
    again = let_in(products(["TEA", "茶", "19.90", "是"], ["CUP", "杯子", "", "是"], ["NEW", "新", "", ""]), "products")
    assert (again.new, again.changed, again.unchanged) == (1, 1, 1)
    assert Sku.objects.get(code="CUP").name == "杯子"


def test_fields_that_a_file_has_no_column_for_stay_as_they_are(known: None) -> None:
    file = let_in(table(["TEA", "绿茶"], ["POST", "邮费"], header=("商家编码", "商品名称")), "products")
    assert (file.changed, file.unchanged) == (1, 1)
    assert list(Sku.objects.order_by("code").values_list("price_fen", "stocked")) == [
        (None, True), (600, False), (1990, True)
    ]  # fmt: skip


def test_a_product_that_stands_twice_must_say_the_same() -> None:
    parsed = check(products(["TEA", "茶", "1", ""], ["TEA", "茶", "1", ""], ["TEA", "茶", "2", ""]), "products")
    assert judged(parsed) == [(4, "twice_in_file", "sku")]
    assert [entry.rows for entry in parsed.entries] == [(2, 3)]


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (["", "茶", "1", ""], "empty", "sku"),
        (["TEA", "", "1", ""], "empty", "name"),
        (["TEA", "茶", "-1", ""], "amount_negative", "price"),
        (["TEA", "茶", "1.999", ""], "price_decimals", "price"),
        (["TEA", "茶", "1", "也许"], "not_yes_or_no", "stocked"),
    ],
)
def test_a_bad_product_row_is_refused_by_code(bad: list[object], code: str, field: str) -> None:
    assert judged(check(products(bad), "products")) == [(2, code, field)]


def test_opening_stock_is_booked_once_however_often_it_is_stated(known: None) -> None:
    content = stock(["TEA", "HZ", 10, ""], ["CUP", "", 5, ""])
    assert let_in(content, "stock").new == 2
    again = let_in(content, "stock")
    assert (again.new, again.unchanged) == (0, 2)
    assert on_hand() == {"TEA": 10, "CUP": 5}
    assert sorted(Warehouse.objects.values_list("code", flat=True)) == ["HZ", "MAIN"]
    assert broken() == {}


def test_opening_stock_stated_otherwise_is_refused_and_a_reference_books_the_difference(known: None) -> None:
    let_in(stock(["TEA", "", 10, ""]), "stock")
    file = let_in(stock(["TEA", "", 12, ""], ["TEA", "", 2, "GR-1"]), "stock")
    assert codes(file.id) == [(2, "cause_differs", "quantity")]
    assert on_hand() == {"TEA": 12}
    causes = StockMovement.objects.order_by("id").values_list("cause_key", "kind")
    assert list(causes) == [("opening:MAIN:TEA", "opening"), ("receipt:GR-1:MAIN:TEA", "receipt")]


def test_with_a_reference_fewer_pieces_can_be_booked_but_never_more_than_are_free(known: None) -> None:
    let_in(stock(["TEA", "", 10, ""]), "stock")
    content = stock(["TEA", "", -3, "COUNT-1"], ["TEA", "", -8, "COUNT-2"], ["CUP", "", -1, "COUNT-1"])
    file = let_in(content, "stock")
    assert codes(file.id) == [(3, "below_reserved", "quantity"), (4, "below_reserved", "quantity")]
    again = let_in(content, "stock")
    assert (file.new, again.unchanged, on_hand()) == (1, 1, {"TEA": 7})
    differs = let_in(stock(["TEA", "", -4, "COUNT-1"]), "stock")
    with translation.override("en"):
        (refused,) = refused_rows(differs.id)
        assert row_message(refused, "stock").startswith(
            "Row 2, Quantity: This was booked before with another quantity (-3)."
        )
    assert broken() == {}


def test_what_stands_twice_in_one_file_is_refused_in_all_its_rows(known: None) -> None:
    file = let_in(stock(["TEA", "", 10, ""], ["CUP", "", 1, ""], ["TEA", "MAIN", 10, ""]), "stock")
    assert codes(file.id) == [(2, "twice_in_file", "sku"), (4, "twice_in_file", "sku")]
    assert on_hand() == {"CUP": 1}


def test_unknown_products_and_services_carry_no_stock(known: None) -> None:
    file = let_in(stock(["NEW", "", 1, ""], ["POST", "", 1, ""], ["TEA", "", 0, ""]), "stock")
    assert codes(file.id) == [(2, "unknown_sku", "sku"), (3, "not_stocked", "sku")]
    assert (file.unchanged, on_hand()) == (1, {})


def test_a_file_refused_for_an_unknown_product_comes_in_once_the_product_is_there(known: None) -> None:
    content = stock(["NEW", "", 3, ""], ["TEA", "", 1, ""])
    first = let_in(content, "stock")
    let_in(products(["NEW", "新", "", ""]), "products")
    second = let_in(content, "stock")
    assert (first.new, first.rows_refused) == (1, 1)
    assert (second.id, second.new, second.unchanged, second.rows_refused) == (first.id, 1, 1, 0)


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (["TEA", "", -1, ""], "quantity_too_small", "quantity"),
        (["TEA", "", "-0.5", "GR-1"], "quantity_not_whole", "quantity"),
        (["TEA", "", "-1000000001", "GR-1"], "quantity_too_small", "quantity"),
        (["TEA", "", "", ""], "empty", "quantity"),
        (["TEA", "W" * 33, 1, ""], "id_too_long", "warehouse"),
        (["TEA", "", 1, "R" * 49], "id_too_long", "reference"),
    ],
)
def test_a_bad_stock_row_is_refused_by_code(bad: list[object], code: str, field: str) -> None:
    assert judged(check(stock(bad), "stock")) == [(2, code, field)]


def test_the_longest_keys_still_fit(known: None) -> None:
    code = "S" * 64
    let_in(products([code, "长", "", ""]), "products")
    file = let_in(stock([code, "W" * 32, 1, "R" * 48]), "stock")
    assert (file.new, file.rows_refused) == (1, 0)


def test_what_comes_in_is_born_under_the_clause_that_it_comes_in_for(known: None) -> None:
    let_in(stock(["TEA", "", 1, ""]), "stock")
    let_in(table(row("A1")))
    names = ("intake.commit_products", "intake.commit_stock", "intake.commit_orders")
    clauses = dict(Run.objects.filter(step__in=names).values_list("step", "clause"))
    assert [clauses[name] for name in names] == ["2.1.2.1", "2.1.2.1", "2.1.3.1"]
