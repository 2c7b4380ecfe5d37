"""Files as people bring them: a few rows to bytes, and the whole way of a file in one call."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.cast import MONDAY_MORNING
from tests.factories.orders import now

from zhanggui.connectors.intake import taking_in
from zhanggui.connectors.intake.queries import intake, refused_rows
from zhanggui.connectors.intake.records import Choices, IntakeView, Parsed
from zhanggui.connectors.spreadsheets.mapping import Subject
from zhanggui.journal.records import Context

HEADER = ("订单编号", "商家编码", "商品名称", "数量", "单价", "下单时间", "收货人")
GUESSING = Choices()
AT = "2026-03-01 10:00:00"


def table(*rows: Sequence[object], header: Sequence[str] = HEADER) -> bytes:
    """A CSV file of these rows."""
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def row(
    order: str, sku: str = "TEA", pieces: object = 1, price: object = "19.90", at: str = AT, who: str = "沈雨"
) -> list[object]:
    """One row of an order file under HEADER."""
    return [order, sku, sku, pieces, price, at, who]


def bring_file(content: bytes, subject: Subject = "orders", *, channel: str = "manual", name: str = "file.csv") -> int:
    """Keep a file; give its id."""
    return taking_in.take_file([content], subject, name, channel=channel, shop="", context=now())


def check(
    content: bytes, subject: Subject = "orders", *, channel: str = "manual", choices: Choices = GUESSING
) -> Parsed:
    """Keep and check a file."""
    intake_id = bring_file(content, subject, channel=channel)
    return taking_in.check_intake(intake_id, context=now(), choices=choices)


def let_in(
    content: bytes,
    subject: Subject = "orders",
    *,
    channel: str = "manual",
    choices: Choices = GUESSING,
    context: Context | None = None,
) -> IntakeView:
    """Keep, check and commit a file; give its figures."""
    context = context or now()
    intake_id = bring_file(content, subject, channel=channel)
    taking_in.check_intake(intake_id, context=context, choices=choices)
    taking_in.begin_commit(intake_id, context=context)
    assert taking_in.commit_intake(intake_id, context=context)
    return seen(intake_id)


def let_in_path(path: Path, subject: Subject, *, channel: str = "", at: datetime = MONDAY_MORNING) -> IntakeView:
    """Keep, check and commit a file of the disk; give its figures."""
    intake_id = taking_in.take_file(
        iter([path.read_bytes()]), subject, path.name, channel=channel, shop="", context=now(at)
    )
    parsed = taking_in.check_intake(intake_id, context=now(at), forecast=False)
    taking_in.begin_commit(intake_id, context=now(at))
    taking_in.commit_intake(intake_id, context=now(at), parsed=parsed)
    return seen(intake_id)


def seen(intake_id: int) -> IntakeView:
    """A file as it stands."""
    file = intake(intake_id)
    assert file
    return file


def codes(intake_id: int) -> list[tuple[int, str, str]]:
    """Row, code and field of every refused row of a file's newest attempt."""
    return [(one.row, one.code, one.field) for one in refused_rows(intake_id)]


def judged(parsed: Parsed) -> list[tuple[int, str, str]]:
    """Row, code and field of every refused row of a check."""
    return [(one.row, one.code, one.field) for one in parsed.refusals]
