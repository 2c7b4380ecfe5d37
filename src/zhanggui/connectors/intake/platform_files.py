"""A file of a platform read to its end: every order judged once, packed on disk, and made when it is asked for."""

from array import array
from collections.abc import Iterable
from datetime import datetime

from zhanggui.connectors.intake.files import folder
from zhanggui.connectors.intake.halves import Plain, made_of
from zhanggui.connectors.intake.platform_rows import PlatformJudge, PlatformReader
from zhanggui.connectors.intake.platforms.shapes import DETAIL, Layout
from zhanggui.connectors.intake.queries import sales_of
from zhanggui.connectors.intake.records import Entries, Entry, Parsed, Reading, RowRefused
from zhanggui.connectors.intake.spool import Spool
from zhanggui.connectors.spreadsheets.records import Row, Table
from zhanggui.sales.orders.records import ShopKey

IDS_AT_ONCE = 5_000


def read_platform(
    table: Table, layout: Layout, reading: Reading, shop: ShopKey, as_of: datetime, rows: Iterable[tuple[int, Row]]
) -> Parsed:
    """Read the rows of a platform's file and judge every order.

    Gives: for a detail file, whose prices are not what is paid, the amount of those orders whose list is here.
    """
    reader = PlatformReader(table, layout, folder())
    reader.read(rows)
    reader.spool.close()
    judge = PlatformJudge(layout, reader.slots, shop, as_of, typed=table.typed)
    packed = Spool[Plain](folder())
    refused, ids, lines, amount = reader.strays, list[str](), 0, 0
    for external_id, group in reader.spool.groups():
        outcome = judge.judge(external_id, group)
        refused += outcome.refused
        if not outcome.plain:
            continue
        packed.add(external_id, [outcome.plain, tuple([row[0] for row in group])])
        lines += outcome.lines
        amount += outcome.amount_fen
        if layout.half == DETAIL:
            ids.append(external_id)
            if len(ids) == IDS_AT_ONCE:
                amount += sales_of(shop.channel, shop.code, ids)
                ids = []
    amount += sales_of(shop.channel, shop.code, ids) if ids else 0
    packed.close()
    entries = _entries(packed)
    return Parsed("orders", reading, shop, reader.rows_total, entries, _by_row(refused), lines, amount)


def _by_row(refused: list[RowRefused]) -> tuple[RowRefused, ...]:
    return tuple(sorted(refused, key=lambda one: one.row))


def _entries(packed: Spool[Plain]) -> Entries:
    def made(number: int) -> Entry:
        plain, rows = packed.group(number)[1]
        return Entry(made_of(plain), rows)

    return Entries(array("q", range(len(packed))), made)
