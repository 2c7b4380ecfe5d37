"""The nine months of real order lines, read and parsed cell by cell."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from zhanggui.connectors.spreadsheets.cells import (
    parse_code,
    parse_datetime,
    parse_external_id,
    parse_money_minor,
    parse_quantity,
)
from zhanggui.connectors.spreadsheets.mapping import guess
from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import Cell, CellRefused

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "online-retail-orders"
LONDON = ZoneInfo("Europe/London")
PARSERS: tuple[tuple[str, Callable[[Cell], object]], ...] = (
    ("external_id", parse_external_id),
    ("sku", parse_code),
    ("quantity", parse_quantity),
    ("placed_at", lambda cell: parse_datetime(cell, LONDON)),
    ("unit_price", parse_money_minor),
)


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the shared real orders are not on this machine")
def test_real_orders_are_read_whole_and_only_known_rows_are_refused() -> None:
    truth = json.loads((DATA / "truth.json").read_text())
    refused: Counter[str] = Counter()
    for path in sorted(DATA.glob("orders-*.csv.gz")):
        table = open_table(path)
        found = guess(table.header)
        assert found.complete
        rows = 0
        for _, cells in table.rows:
            rows += 1
            assert len(cells) == len(table.header)
            for field, parse in PARSERS:
                try:
                    parse(cells[found.columns[field]])
                except CellRefused as reason:
                    refused[f"{field}:{reason.code}"] += 1
        assert rows == truth[path.name[7:14]]["rows"]
    assert set(refused) == {"quantity:quantity_too_small", "unit_price:price_decimals"}
    assert refused["quantity:quantity_too_small"] > 5_000
    assert 0 < refused["unit_price:price_decimals"] < 100
