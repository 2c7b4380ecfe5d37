"""Nine months of a real shop, 320,705 lines, from files to shipped; orders and revenue as truth.json counts them.

One month by default (the first with a price of three decimals), all nine with ZHANGGUI_FULL=1.

truth.json counts a line whose price has three decimals at its exact product; here such a line is refused
(`price_decimals`), not rounded. The test finds them in the files themselves and says what they amount to.
"""

import csv
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum
from tests.factories.intake import let_in_path
from tests.factories.orders import now
from tests.factories.truths import broken

from zhanggui.catalog.models import Sku
from zhanggui.connectors.intake.error_files import write_errors
from zhanggui.connectors.intake.records import IntakeView
from zhanggui.logistics.inventory.models import StockBalance
from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.models import Order, OrderLine

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-retail-orders"
MONTHS = ("2010-12", "2011-01", "2011-02", "2011-03", "2011-04", "2011-05", "2011-06", "2011-07", "2011-08")
CHOSEN = MONTHS if os.environ.get("ZHANGGUI_FULL") == "1" else MONTHS[4:5]
SERVICES = frozenset(["POST", "DOT", "M", "m", "D", "S", "B", "C2", "AMAZONFEE", "BANK CHARGES", "CRUK", "PADS"])
CENT = Decimal("0.01")

pytestmark = [
    pytest.mark.data,
    pytest.mark.django_db,
    pytest.mark.skipif(
        not DATA.is_dir(), reason="the shared real orders are not on this machine: nothing real was imported"
    ),
]


@dataclass(slots=True)
class Month:
    """What the test itself counts in a month's file, in decimals, without the product's code."""

    rows: int = 0
    kept_lines: int = 0
    kept: Decimal = Decimal(0)
    thirds_lines: int = 0
    thirds: Decimal = Decimal(0)
    sale_invoices: set[str] = field(default_factory=set)
    kept_invoices: set[str] = field(default_factory=set)
    refused_rows: list[int] = field(default_factory=list)


def rows_of(month: str) -> Iterator[tuple[int, dict[str, str]]]:
    with gzip.open(DATA / f"orders-{month}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from enumerate(csv.DictReader(file), start=2)


def counted(month: str) -> Month:
    """Count a month by the rules that truth.json states."""
    seen = Month()
    for number, row in rows_of(month):
        seen.rows += 1
        invoice, pieces, price = row["InvoiceNo"], int(row["Quantity"]), Decimal(row["UnitPrice"])
        sale = invoice[0] not in "CA" and pieces > 0 and price > 0
        if not sale or price != price.quantize(CENT):
            seen.refused_rows.append(number)
        if sale:
            seen.sale_invoices.add(invoice)
            thirds = price != price.quantize(CENT)
            seen.thirds_lines += thirds
            seen.kept_lines += not thirds
            seen.thirds += pieces * price if thirds else 0
            seen.kept += 0 if thirds else pieces * price
            if not thirds:
                seen.kept_invoices.add(invoice)
    return seen


def is_service(code: str) -> bool:
    """Tell which codes are no goods: postage, fees, manual entries, discounts, vouchers."""
    return code in SERVICES or code.startswith("gift_")


def write_products_and_stock(folder: Path) -> tuple[Path, Path]:
    """Derive a product for every code and, for goods, as many pieces as all months sell; as two CSV files."""
    names: dict[str, str] = {}
    pieces: Counter[str] = Counter()
    for month in CHOSEN:
        for _, row in rows_of(month):
            code = row["StockCode"]
            names[code] = names.get(code) or row["Description"].strip()
            if row["InvoiceNo"][0] not in "CA" and int(row["Quantity"]) > 0:
                pieces[code] += int(row["Quantity"])
    products, stock = folder / "products.csv", folder / "stock.csv"
    with products.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "name", "stocked"])
        writer.writerows(
            [code, name or code, "no" if is_service(code) else "yes"] for code, name in sorted(names.items())
        )
    with stock.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "quantity"])
        writer.writerows([code, count] for code, count in sorted(pieces.items()) if not is_service(code))
    return products, stock


@pytest.fixture
def stocked(tmp_path: Path) -> None:
    """The products of these months and enough stock of them, imported through files."""
    products, stock = write_products_and_stock(tmp_path)
    taken, booked = let_in_path(products, "products"), let_in_path(stock, "stock")
    assert (taken.new, taken.rows_refused) == (Sku.objects.count(), 0)
    assert (booked.new, booked.rows_refused) == (StockBalance.objects.count(), 0)


def import_month(month: str) -> IntakeView:
    return let_in_path(DATA / f"orders-{month}.csv.gz", "orders", channel="retail-uk")


def assert_as_the_truth_counts(file: IntakeView, month: str) -> Month:
    """Compare a month's figures with truth.json and with this test's own count."""
    truth, own = json.loads((DATA / "truth.json").read_text())[month], counted(month)
    gross = Decimal(truth["gross_gbp"])
    print(
        f"{month}: rows {file.rows_total}, orders {file.entries} of {truth['orders']}, amount {file.amount_fen}, "
        f"refused {file.rows_refused}, lines of three decimals {own.thirds_lines} ({own.thirds})"
    )
    assert (own.rows, len(own.sale_invoices)) == (truth["rows"], truth["orders"])
    assert (own.kept + own.thirds).quantize(CENT) == gross
    assert file.rows_total == truth["rows"]
    assert file.rows_refused == len(own.refused_rows)
    assert file.entries == len(own.kept_invoices)
    assert file.lines == own.kept_lines == truth["sale_lines"] - own.thirds_lines
    assert Decimal(file.amount_fen) / 100 == own.kept
    assert file.rows_done + file.rows_refused == file.rows_total
    return own


def test_real_orders_come_in_as_the_truth_counts_them_and_are_all_shipped(stocked: None, tmp_path: Path) -> None:
    kept_invoices: set[str] = set()
    for month in CHOSEN:
        file = import_month(month)
        own = assert_as_the_truth_counts(file, month)
        kept_invoices |= own.kept_invoices
        errors = tmp_path / f"{month}.csv"
        assert write_errors(file.id, errors) == file.rows_refused
        with errors.open(encoding="utf-8-sig", newline="") as kept:
            assert [int(row["原文件行"]) for row in csv.DictReader(kept)] == own.refused_rows
    assert Order.objects.count() == len(kept_invoices)
    assert not OrderLine.objects.filter(orderpart=None).exists()
    stages = process_orders(now())
    assert {name: (stage.accepted, stage.rejected) for name, stage in stages.items() if name != "resolved"} == {
        name: (len(kept_invoices), {}) for name in ("confirmed", "reserved", "released", "shipped")
    }
    assert set(Order.objects.values_list("state", flat=True)) == {"shipped"}
    assert StockBalance.objects.aggregate(Sum("reserved"))["reserved__sum"] == 0
    assert broken() == {}


def test_a_month_imported_again_changes_nothing(stocked: None) -> None:
    first = import_month(CHOSEN[0])
    process_orders(now())
    before = list(Order.objects.order_by("id").values())
    again = import_month(CHOSEN[0])
    assert again.id == first.id
    assert (again.new, again.changed, again.unchanged) == (0, 0, first.new)
    assert (again.rows_refused, again.amount_fen) == (first.rows_refused, first.amount_fen)
    assert list(Order.objects.order_by("id").values()) == before
