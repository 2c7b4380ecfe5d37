"""Files of a platform from bytes to orders, beside a plain parser and a raw bulk insert of the same rows in one run.

The reference writes into the very tables, with their indexes, constraints and triggers: SQLite's prepared statement over all
rows, PostgreSQL's COPY.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.db import connection, transaction

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.connectors.intake import taking_in
from zhanggui.connectors.intake.queries import intake
from zhanggui.journal.records import Actor, Context
from zhanggui.kernel import clock, ids, sql

LIST = ("订单编号", "买家会员名", "买家应付货款", "买家应付邮费", "总金额", "买家实际支付金额", "订单状态", "收货人姓名", "收货地址",
        "联系手机", "订单创建时间", "订单付款时间", "宝贝总数量")  # fmt: skip
DETAIL = ("订单编号", "标题", "价格", "购买数量", "商品属性", "订单状态", "商家编码")
LINES = (1, 2, 1, 2)
OWN, APART = frozenset({"id", "order_id", "line_id", "subject_id"}), 10**15
TABLES = ("intake_halforder", "orders_order", "orders_ordercontact", "orders_orderline", "orders_orderpart",
          "obligations_obligation")  # fmt: skip
AT = datetime(2026, 11, 12, 2, tzinfo=UTC)
ENCODING = "gb18030"
Rows = list[list[str]]


def made(orders: int) -> tuple[Rows, Rows]:
    """Return the rows of a list of this many orders and of its detail file, one and a half lines each."""
    head: Rows = []
    lines: Rows = []
    for number in range(orders):
        key, moment = f'="{3_000_000_000_000_000_001 + number * 7}"', f"2026-11-11 {number % 24:02}:{number % 60:02}:09"
        count = LINES[number % len(LINES)]
        goods = f"{count * 19}.00"
        status = "买家已付款,等待卖家发货"
        head.append([key, f"买家{number}", goods, "0.00", goods, goods, status, f"收货人{number % 9_000}",
                     f"浙江省 杭州市 余杭区 文一西路{number % 999}号", f"'138{number % 10**8:08}", moment, moment, str(count)])  # fmt: skip
        lines += [[key, f"商品{at}", "20.00", "1", f"颜色:{at}", status, f"SKU{(number + at) % 5_000:05}"]
                  for at in range(count)]  # fmt: skip
    return head, lines


def file_of(header: tuple[str, ...], rows: Rows) -> bytes:
    """Return a file as the platform writes it."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode(ENCODING)


def ours(files: tuple[bytes, bytes]) -> float:
    """Return how long both files take from bytes to orders: kept, checked and committed."""
    context, shop = Context(Actor("cli", "bench"), AT), f"bench-{ids.token(4)}"[:20].lower().replace("_", "x")
    began, came = clock.monotonic(), 0
    for name, content in zip(("list.csv", "detail.csv"), files, strict=True):
        key = taking_in.take_file([content], "orders", name, channel="taobao", shop=shop, context=context)
        parsed = taking_in.check_intake(key, context=context, forecast=False)
        taking_in.begin_commit(key, context=context)
        taking_in.commit_intake(key, context=context, parsed=parsed)
        file = intake(key)
        assert file
        assert not file.rows_refused
        came += file.new
    assert came == len(files[0].splitlines()) - 1
    return clock.monotonic() - began


def reference(files: tuple[bytes, bytes], last: int) -> tuple[float, str]:
    """Return how long plain parsing and raw inserts of the very rows that an import wrote take.

    Takes: last, the highest id before that import. The rows go into the same tables under ids and numbers of their own, in one
    transaction that is rolled back once its constraints were checked. Gives: seconds, and which parser it was.
    """
    parser = "polars" if find_spec("polars") else "csv"
    written = [(table, *_rows_since(table, last)) for table in TABLES]
    began = clock.monotonic()
    for content in files:
        _parsed(content, parser)
    with transaction.atomic():
        insert = _copied if connection.vendor == "postgresql" else _inserted
        for table, names, rows in written:
            insert(table, names, rows)
        connection.check_constraints() if connection.vendor == "postgresql" else None
        seconds = clock.monotonic() - began
        transaction.set_rollback(True)
    return seconds, parser


def _inserted(table: str, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(names))
    connection.connection.cursor().executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def _copied(table: str, names: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _rows_since(table: str, last: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return a table's columns and the rows that came after an id, under ids and order numbers that nobody has."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} WHERE id > %s", [last])
        names = [column[0] for column in cursor.description]
        changes = [_shifted if name in OWN else _renamed if name == "external_id" else _kept for name in names]
        rows = [tuple([change(value) for change, value in zip(changes, row, strict=True)]) for row in cursor.fetchall()]
    return names, rows


def _newest_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(cursor.fetchone()[0])


def _shifted(key: int) -> int:
    return key + APART


def _renamed(number: str) -> str:
    return f"9{number[1:]}"


def _kept(value: object) -> object:
    return sql.sqlite_moment(value) if isinstance(value, datetime) and connection.vendor == "sqlite" else value


def _parsed(content: bytes, parser: str) -> list[Any]:
    text = content.decode(ENCODING)
    if parser == "csv":
        return list(csv.reader(io.StringIO(text)))[1:]
    return list(import_module("polars").read_csv(io.BytesIO(text.encode()), infer_schema_length=0).rows())


def figures(rows: int) -> dict[str, Any]:
    """Return rows per second of both, their ratio, and the parser of the reference.

    Takes: rows, of list and detail file together.
    """
    orders = rows * 2 // 5
    head, lines = made(orders)
    files = file_of(LIST, head), file_of(DETAIL, lines)
    total = len(head) + len(lines)
    context = Context(Actor("cli", "bench"), AT)
    take_in_skus([SkuIn(f"SKU{number:05}", "bench") for number in range(5_000)], context=context)
    ours((file_of(LIST, head[:2]), file_of(DETAIL, lines[:3])))  # what a process reads once is read
    last = max(map(_newest_of, TABLES))
    mine = ours(files)
    raw, parser = reference(files, last)
    return {"name": f"intake.taobao_{total}_rows_per_s.{parser}_and_raw_insert", "ours": total / mine,
            "reference": total / raw, "ratio": raw / mine}  # fmt: skip
