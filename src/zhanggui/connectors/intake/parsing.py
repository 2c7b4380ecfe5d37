"""A file read to its end, every row judged: nothing is written, and little is held in memory."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from zhanggui.connectors.channels import channel_for, checked_code
from zhanggui.connectors.intake.files import folder
from zhanggui.connectors.intake.goods_rows import Rows, read_products, read_stock
from zhanggui.connectors.intake.layouts import fingerprint, own_header, settle
from zhanggui.connectors.intake.opening import open_file
from zhanggui.connectors.intake.order_groups import entry_of, judged
from zhanggui.connectors.intake.order_rows import OrderReader, currency_column
from zhanggui.connectors.intake.platform_files import read_platform
from zhanggui.connectors.intake.platforms import PLATFORMS
from zhanggui.connectors.intake.queries import saved_mapping, shop_terms
from zhanggui.connectors.intake.records import Choices, Entries, Entry, Parsed, Reading
from zhanggui.connectors.spreadsheets.mapping import Subject
from zhanggui.connectors.spreadsheets.records import FileRefused, Row, Table
from zhanggui.sales.orders.records import ShopKey

DEFAULT_SHOP = "main"
GUESSING = Choices()
ROWS_AT_ONCE = 1_000
PLATFORM_CHANNELS = frozenset(code for layout in PLATFORMS.values() for code in layout.channels)
Told = Callable[[int, int], None]


def silent(_done: int, _total: int) -> None:
    """Tell nobody."""


def parse_file(
    path: Path,
    subject: Subject,
    *,
    name: str = "",
    channel: str = "",
    shop: str = "",
    choices: Choices = GUESSING,
    as_of: datetime,
    told: Told = silent,
) -> Parsed:
    """Read a file to its end and judge every row.

    Takes: told, called every thousand rows with the rows read and the number expected (0: not known); what it raises
    ends the reading.
    Raises: FileRefused for the whole file.
    Cost: one walk over the rows; what was read of them is set aside on disk.
    """
    with open_file(path, name, encoding=choices.encoding, delimiter=choices.delimiter, sheet=choices.sheet) as table:
        if subject == "orders":
            return _parse_orders(table, (channel, shop or DEFAULT_SHOP), choices, as_of, told)
        reading = _reading(table, subject, "", choices)
        read = read_products if subject == "products" else read_stock
        entries, refusals, n_rows = read(table, _paced(table, told), reading.columns, folder())
    _refuse_empty(n_rows)
    return Parsed(subject, reading, None, n_rows, entries, refusals)


def _paced(table: Table, told: Told) -> Rows:
    """Give the rows, and tell how far they are."""
    rows, done = iter(table.rows), 0
    while some := list(islice(rows, ROWS_AT_ONCE)):
        yield from some
        done += len(some)
        told(done, max(done, table.rows_expected) if table.rows_expected else 0)


def _parse_orders(table: Table, place: tuple[str, str], choices: Choices, as_of: datetime, told: Told) -> Parsed:
    channel = channel_for(place[0])
    checked_code(place[1])
    reading = _reading(table, "orders", channel.code, choices)
    rows = iter(_paced(table, told))
    first = list(islice(rows, 1))
    terms = shop_terms(*place) or (channel.currency, channel.zone)
    platform = PLATFORMS.get(reading.layout)
    if shop_terms(*place) is None:
        if not channel.known:
            reading = replace(reading, warnings=(*reading.warnings, "channel_new"))
        if not channel.known or platform:
            terms = (_currency_named(table, first) or terms[0], terms[1])
    key = ShopKey(channel.code, place[1], *terms, channel.rules_off)
    if platform:
        if channel.code in PLATFORM_CHANNELS and channel.code not in platform.channels:
            reading = replace(reading, warnings=(*reading.warnings, "other_channel"))
        parsed = read_platform(table, platform, reading, key, as_of, _chained(first, rows))
        _refuse_empty(parsed.rows_total)
        return parsed
    reader = OrderReader(table, reading.columns, channel, key, as_of, folder())
    reader.read(_chained(first, rows))
    _refuse_empty(reader.rows_total)
    return _judged_orders(reader, reading, key, partial=channel.partial_orders)


def _chained(first: list[tuple[int, Row]], rows: Rows) -> Iterator[tuple[int, Row]]:
    yield from first
    yield from rows


def _judged_orders(reader: OrderReader, reading: Reading, shop: ShopKey, *, partial: bool) -> Parsed:
    """Judge each order number's rows together; the orders themselves are made when they are asked for."""
    spool, names = reader.spool, reader.contact_names
    spool.close()
    kept, refused, lines, amount = array("q"), reader.strays, 0, 0
    for number, (_, rows) in enumerate(spool.groups()):
        group = judged(rows, names, partial=partial)
        refused += group.refused
        if group.lines:
            kept.append(number)
            lines += len(group.lines)
            amount += group.amount_fen
    refused.sort(key=lambda one: one.row)

    def made(number: int) -> Entry:
        external_id, rows = spool.group(number)
        return entry_of(external_id, judged(rows, names, partial=partial))

    return Parsed("orders", reading, shop, reader.rows_total, Entries(kept, made), tuple(refused), lines, amount)


def _currency_named(table: Table, first: list[tuple[int, Row]]) -> str:
    at = currency_column(table.header)
    word = str(first[0][1][at] or "").strip().upper() if first and at is not None else ""
    if word and not (len(word) == 3 and word.isascii() and word.isalpha()):
        raise FileRefused("currency_unknown")
    return word


def _reading(table: Table, subject: Subject, channel: str, choices: Choices) -> Reading:
    mark = fingerprint(table.header)
    saved = saved_mapping(subject, channel, mark)
    layout, columns = settle(table.header, subject, chosen=choices.columns, layout=choices.layout, saved=saved)
    unused = PLATFORMS[layout].unknown(own_header(table.header)) if layout in PLATFORMS else ()
    return Reading(
        layout, columns, mark, table.kind, table.encoding, table.delimiter, table.sheet, table.warnings, unused
    )


def _refuse_empty(n_rows: int) -> None:
    if not n_rows:
        raise FileRefused("no_rows")
