"""Which column is which field: guesses from headers of practice."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.connectors.intake import order_rows
from zhanggui.connectors.spreadsheets.mapping import FIELDS, Subject, check_mapping, guess, normalise

RETAIL = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"


def named(header: str, subject: Subject = "orders") -> dict[str, str]:
    names = header.split(",")
    return {field: names[index] for field, index in guess(names, subject).columns.items()}


def test_D07_the_retail_header_is_understood_completely() -> None:
    found = guess(RETAIL.split(","))
    assert found.complete
    assert found.confidence == 100
    assert named(RETAIL) == {
        "external_id": "InvoiceNo", "sku": "StockCode", "title": "Description", "quantity": "Quantity",
        "placed_at": "InvoiceDate", "unit_price": "UnitPrice", "buyer": "CustomerID", "country": "Country",
    }  # fmt: skip


@pytest.mark.parametrize(
    "header",
    [
        "订单号,商家编码,数量,单价,下单时间",
        "订单编号 , SKU ,数量（件）,单价(元),下单时间",
        "Order ID,SKU,Qty,Unit Price,Created at",
        "order_no,code,qty,price,created_at",
        "external_id,sku,quantity,unit_price_fen,placed_at",
        "ORDER-NO,StockCode,QUANTITY,Price (CNY),Order Date",
        "下单时间,单价【元】,数量,货号,订单号",
        "ＯＲＤＥＲ　ＩＤ,ＳＫＵ,Ｑｔｙ,Ｐｒｉｃｅ,时间",
        "订单号,商品ID,商品名称,订购数量,下单时间,京东价,货号",
    ],
)
def test_D07_orders_in_chinese_and_english_reordered_with_spaces_and_brackets(header: str) -> None:
    found = guess(header.split(","))
    assert found.complete, found
    names = header.split(",")
    assert "时间" in names[found.columns["placed_at"]] or "at" in names[found.columns["placed_at"]].lower()


@pytest.mark.parametrize(
    ("header", "subject", "fields"),
    [
        ("sku,name,specification,unit,price,barcode,stocked", "products",
         ["sku", "name", "specification", "unit", "price", "barcode", "stocked"]),
        ("商家编码,商品名称,规格,单位,售价（元）,条码,是否管库存", "products",
         ["sku", "name", "specification", "unit", "price", "barcode", "stocked"]),
        ("code,title,price_fen", "products", ["sku", "name", "price_fen"]),
        ("sku,warehouse,quantity,reference", "stock", ["sku", "warehouse", "quantity", "reference"]),
        ("货号,仓库,期初库存,入库单号", "stock", ["sku", "warehouse", "quantity", "reference"]),
        ("sku,on_hand", "stock", ["sku", "quantity"]),
        ("StockCode,stock", "stock", ["sku", "quantity"]),
        ("code,opening", "stock", ["sku", "quantity"]),
    ],
)  # fmt: skip
def test_D07_products_and_stock(header: str, subject: Subject, fields: list[str]) -> None:
    found = guess(header.split(","), subject)
    assert found.complete
    assert list(found.columns) == fields
    assert list(found.columns.values()) == list(range(len(fields)))


def test_only_what_an_order_keeps_is_offered_as_its_field() -> None:
    reader = (Path(order_rows.__file__)).read_text(encoding="utf-8")
    unread = [field for field in FIELDS["orders"] if f'"{field.name}"' not in reader]
    assert unread == []
    found = guess([*RETAIL.split(","), "买家留言", "备注", "规格", "颜色"])
    assert found.complete
    assert found.unknown == (11,)


def test_D07_missing_required_names_are_listed() -> None:
    found = guess(["订单号", "数量", "颜色"])
    assert found.missing == ("sku", "unit_price", "placed_at")
    assert found.unknown == (2,)
    assert not found.complete
    assert found.confidence < 50


def test_D07_a_doubled_name_asks() -> None:
    found = guess(["订单号", "SKU", "数量", "数量 (件)", "单价", "下单时间"])
    assert dict(found.doubled) == {"quantity": (2, 3)}
    assert "quantity" not in found.columns
    assert found.missing == ()
    assert not found.complete


def test_D07_of_two_names_for_one_field_the_stronger_wins_and_the_other_is_left() -> None:
    names = ["订单编号", "外部系统编号", "商家编码", "数量", "单价", "下单时间"]
    found = guess(names)
    assert names[found.columns["sku"]] == "商家编码"
    assert found.unknown == (1,)


@pytest.mark.parametrize(
    ("raw", "bare"),
    [
        ("商品总价(元)", "商品总价"),
        ("Unit_Price", "unitprice"),
        ("（件）", "件"),
        (" 收货地址 ", "收货地址"),
        ("%", ""),
    ],
)
def test_names_are_compared_without_what_does_not_name(raw: str, bare: str) -> None:
    assert normalise(raw) == bare


@pytest.mark.parametrize("subject", ["orders", "products", "stock"])
def test_every_known_name_leads_to_its_own_field(subject: Subject) -> None:
    seen: dict[str, str] = {}
    for field in FIELDS[subject]:
        assert field.zh
        assert field.en
        for name in (field.name, *field.names):
            key = normalise(name)
            assert key
            assert seen.setdefault(key, field.name) == field.name, name
            assert dict(guess([name], subject).columns) == {field.name: 0}


@given(
    st.lists(st.text(max_size=8) | st.sampled_from(RETAIL.split(",")), max_size=30),
    st.sampled_from(list(FIELDS)),
)
def test_a_guess_uses_every_column_at_most_once(header: list[str], subject: Subject) -> None:
    found = guess(header, subject)
    used = list(found.columns.values())
    assert len(used) == len(set(used))
    assert 0 <= found.confidence <= 100
    assert not set(used) & set(found.unknown)


def test_D07_the_order_of_columns_does_not_matter() -> None:
    names = RETAIL.split(",")
    for seed in range(20):
        shuffled = random.Random(seed).sample(names, len(names))
        found = guess(shuffled)
        assert {field: shuffled[index] for field, index in found.columns.items()} == named(RETAIL)


@pytest.mark.parametrize(
    ("columns", "wrong"),
    [
        ({"external_id": 0, "sku": 1, "quantity": 2, "unit_price": 3, "placed_at": 4}, ()),
        ({"external_id": 0, "sku": 1, "quantity": 2, "unit_price_fen": 3, "placed_at": 4}, ()),
        (
            {"external_id": 0, "sku": 0, "quantity": 2, "unit_price": 3, "placed_at": 4},
            ("column_used_twice:0",),
        ),
        (
            {"external_id": 0, "sku": 9, "quantity": 2, "unit_price": 3, "placed_at": 4},
            ("no_such_column:sku",),
        ),
        (
            {"sku": 1, "quantity": 2, "unit_price": 3, "placed_at": 4, "x": 0},
            ("unknown_field:x", "missing:external_id"),
        ),
    ],
)
def test_D07_a_chosen_mapping_is_checked(columns: dict[str, int], wrong: tuple[str, ...]) -> None:
    assert check_mapping(columns, 5) == wrong
