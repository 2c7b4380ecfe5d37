"""Writes of intake. Lock order: the file first, then what its entries lead to."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from zhanggui.catalog.queries import known_skus
from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import FIELDS, take_in_skus
from zhanggui.connectors.intake.models import IntakeFile, PartCount, RefusedRow, SavedMapping
from zhanggui.connectors.intake.queries import (
    CHECK_JOB,
    COMMIT_JOB,
    known_products,
    parked_jobs_of,
    reading_from,
    reading_text,
)
from zhanggui.connectors.intake.records import (
    Ask,
    Begin,
    Checked,
    Choices,
    Counts,
    OrderRow,
    Part,
    RowRefused,
    SkuRow,
    Stage,
    State,
    StockRow,
    Upload,
)
from zhanggui.delivery.records import JobRequest, Priority
from zhanggui.delivery.steps import enqueue_jobs, release_jobs
from zhanggui.journal.records import Plus, StepRefused
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.logistics.inventory.records import Receipt
from zhanggui.logistics.inventory.steps import open_warehouses, receive_stock
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.records import OrderIn

CHECKABLE = (State.UPLOADED, State.CHECKING, State.CHECKED, State.DONE, State.REFUSED)
PRODUCT_FIELDS = {"name": "name", "specification": "specification", "unit": "unit", "barcode": "barcode",
                  "price_fen": "price", "stocked": "stocked"}  # fmt: skip


class PartMoved(StepRefused):
    """The file no longer stands where this part begins: somebody else carried it on."""

    code = "part_moved"


@step("intake.upload_files", clause="1.2", limit=100)
def upload_files(batch: Sequence[Upload], *, context: Inside) -> Answer:
    """Note files whose bytes are kept. The same bytes for the same subject and shop are one file, whoever brings them.

    Gives: the file's id. Writes: files. Cost: three statements.
    """
    run = context.run
    names = ("subject", "channel", "shop", "sha256")
    rows = run.lock(IntakeFile, "sha256", sorted({row.sha256 for row in batch}), ["id", *names])
    known = {tuple(row[1:]): row[0] for row in rows}
    fresh = {key: row for row in batch if (key := tuple(getattr(row, name) for name in names)) not in known}
    ids = run.ids(len(fresh))
    given = (*names, "name", "size")
    run.insert(IntakeFile, {
        "id": ids, **{name: [getattr(row, name) for row in fresh.values()] for name in given},
        "uploaded_by": f"{context.actor.kind}:{context.actor.id}"[:80], "uploaded_at": context.as_of,
        **{name: _EMPTY[name] for name in _EMPTY}, "state": str(State.UPLOADED), "details": "{}",
    })  # fmt: skip
    known |= dict(zip(fresh, ids, strict=True))
    return answer([Accepted(at, known[tuple(getattr(row, n) for n in names)]) for at, row in enumerate(batch)], [])


_TEXTS = ("reading", "layout", "encoding", "currency", "zone", "refusal")
_FIGURES = ("attempt", "rows_total", "rows_done", "rows_refused", "entries", "lines", "position", "new", "changed",
            "unchanged", "amount_fen")  # fmt: skip
_EMPTY: dict[str, object] = {**dict.fromkeys(_TEXTS, ""), **dict.fromkeys(_FIGURES, 0)}


def _standings(batch: Sequence[Ask | Begin | Checked], context: Inside) -> dict[int, tuple[str, int]]:
    """Lock the files that a batch is about; return (state, attempt) of each, by file."""
    ids = [row.intake_id for row in batch]
    rows = context.run.lock(IntakeFile, "id", ids, ["id", "state", "attempt"])
    return {key: (state, attempt) for key, state, attempt in rows}


@step("intake.begin_checks", clause="1.2", limit=10)
def begin_checks(batch: Sequence[Ask], *, context: Inside) -> Answer:
    """Leave the check of files to the worker, each as a new attempt; what an earlier check found is set back.

    Gives: the attempt. Rejects: unknown_file, wrong_state (being committed), overtaken (another checked it).
    Writes: files, jobs. A check that was laid aside is let go on, to find that it is no longer wanted.
    """
    run = context.run
    found = _standings(batch, context)
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    jobs: list[JobRequest] = []
    for index, ask in enumerate(batch):
        state, attempt = found.get(ask.intake_id, ("", 0))
        if state not in CHECKABLE or ask.attempt != attempt:
            code = "unknown_file" if not state else "overtaken" if state in CHECKABLE else "wrong_state"
            rejected.append(Rejected(index, code, {"state": state}))
            continue
        found[ask.intake_id] = (str(State.CHECKING), attempt + 1)
        again = {**_EMPTY, "attempt": attempt + 1, "state": str(State.CHECKING), "details": "{}"}
        run.update(IntakeFile, [ask.intake_id], again)
        run.move("intake", [ask.intake_id], state, str(State.CHECKING))
        jobs.append(_check_job(ask, context))
        accepted.append(Accepted(index, attempt + 1))
    if jobs:
        enqueue_jobs(jobs, context=context)
    _let_go([f"{row.intake_id}:{row.attempt}" for row in batch], context)
    return answer(accepted, rejected)


def _check_job(ask: Ask, context: Inside) -> JobRequest:
    choices = json.dumps({name: getattr(ask.choices, name) for name in Choices.__slots__}, ensure_ascii=False)
    payload: dict[str, str | int] = {
        "intake": ask.intake_id, "attempt": ask.attempt + 1, "as_of": context.as_of.isoformat(), "choices": choices,
        "actor_kind": context.actor.kind, "actor_id": context.actor.id,
    }  # fmt: skip
    return JobRequest(CHECK_JOB, f"{ask.intake_id}:{ask.attempt + 1}", payload, priority=Priority.BULK)


def _let_go(keys: Sequence[str], context: Inside) -> None:
    """Let checks that were laid aside run to their end: their files are no longer in that attempt."""
    parked = parked_jobs_of(CHECK_JOB, keys)
    if parked:
        release_jobs(parked, context=context)


@step("intake.cancel_checks", clause="1.2", limit=10)
def cancel_checks(batch: Sequence[Begin], *, context: Inside) -> Answer:
    """Call off checks that were left to the worker; the files stand as uploaded. A check in work ends by itself.

    Gives: the state. Rejects: unknown_file, wrong_state (not being checked), overtaken (checked anew).
    Writes: files, jobs.
    """
    run = context.run
    found = _standings(batch, context)
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    for index, asked in enumerate(batch):
        state, attempt = found.get(asked.intake_id, ("", 0))
        if state != State.CHECKING or asked.attempt != attempt:
            code = "unknown_file" if not state else "overtaken" if asked.attempt != attempt else "wrong_state"
            rejected.append(Rejected(index, code, {"state": state}))
            continue
        run.update(IntakeFile, [asked.intake_id], {"state": str(State.UPLOADED)})
        run.move("intake", [asked.intake_id], state, str(State.UPLOADED))
        found[asked.intake_id] = (str(State.UPLOADED), attempt)
        accepted.append(Accepted(index, str(State.UPLOADED)))
    _let_go([f"{batch[row.index].intake_id}:{batch[row.index].attempt}" for row in accepted], context)
    return answer(accepted, rejected)


@step("intake.note_checks", clause="1.2", limit=10)
def note_checks(batch: Sequence[Checked], *, context: Inside) -> Answer:
    """Keep what checks found; each is a new attempt, and nothing of it is in the business tables yet.

    An attempt is the file's next, or the one that the worker was asked for.
    Gives: the state. Rejects: unknown_file, wrong_state (being committed), overtaken (another checked it, or the check
    was cancelled).
    Writes: files, what the checks foresee, refused rows.
    """
    run = context.run
    found = _standings(batch, context)
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    refused: list[tuple[Checked, Stage, RowRefused]] = []
    for index, checked in enumerate(batch):
        state, attempt = found.get(checked.intake_id, ("", 0))
        if state not in CHECKABLE or not _is_next(checked, state, attempt):
            code = "unknown_file" if not state else "overtaken" if state in CHECKABLE else "wrong_state"
            rejected.append(Rejected(index, code, {"state": state}))
            continue
        found[checked.intake_id] = (state, checked.attempt)
        after = State.CHECKED if checked.parsed else State.REFUSED
        run.update(IntakeFile, [checked.intake_id], {
            **_figures(checked), "state": str(after), "attempt": checked.attempt, "checked_at": context.as_of,
            "refusal": checked.refusal, "details": json.dumps(dict(checked.details), ensure_ascii=False),
        })  # fmt: skip
        run.move("intake", [checked.intake_id], state, str(after))
        accepted.append(Accepted(index, str(after)))
        refused += [(checked, Stage.CHECK, row) for row in (checked.parsed.refusals if checked.parsed else ())]
        refused += [(checked, Stage.FORECAST, row) for row in checked.forecast.refusals]
    noted = {row.index for row in accepted if row.result == State.CHECKED}
    _insert_counts([(row.intake_id, row.attempt, Stage.CHECK, len(row.parsed.entries), row.forecast)
                    for at, row in enumerate(batch) if at in noted and row.parsed], context)  # fmt: skip
    _insert_refused([(one.intake_id, one.attempt, stage, row) for one, stage, row in refused], context)
    _let_go([f"{batch[row.index].intake_id}:{batch[row.index].attempt - 1}" for row in accepted], context)
    return answer(accepted, rejected)


def _is_next(checked: Checked, state: str, attempt: int) -> bool:
    return checked.attempt == attempt + 1 or (state == State.CHECKING and checked.attempt == attempt)


def _figures(checked: Checked) -> dict[str, object]:
    """Return the columns that a check sets; a refused file has no figures."""
    parsed, forecast = checked.parsed, checked.forecast
    figures = dict(_EMPTY)
    del figures["attempt"]
    if parsed:
        figures |= {
            "reading": reading_text(parsed.reading), "layout": parsed.reading.layout,
            "encoding": parsed.reading.encoding, "rows_total": parsed.rows_total,
            "rows_refused": len(parsed.refusals), "entries": len(parsed.entries),
            "lines": parsed.lines, "amount_fen": parsed.amount_fen,
            "new": forecast.new, "changed": forecast.changed, "unchanged": forecast.unchanged,
        }  # fmt: skip
        if parsed.shop:
            figures |= {"currency": parsed.shop.currency, "zone": parsed.shop.zone}
    return figures


def _insert_counts(rows: Sequence[tuple[int, int, Stage, int, Counts]], context: Inside) -> None:
    """Keep what a check foresees or a part came to, so that the file's figures can be summed up again."""
    context.run.insert(PartCount, {
        "id": context.run.ids(len(rows)), "intake_id": [row[0] for row in rows], "attempt": [row[1] for row in rows],
        "stage": [str(row[2]) for row in rows], "entries": [row[3] for row in rows],
        **{name: [getattr(row[4], name) for row in rows] for name in ("new", "changed", "unchanged")},
    })  # fmt: skip


def _insert_refused(rows: Sequence[tuple[int, int, Stage, RowRefused]], context: Inside) -> None:
    context.run.insert(RefusedRow, {
        "id": context.run.ids(len(rows)), "intake_id": [row[0] for row in rows], "attempt": [row[1] for row in rows],
        "stage": [str(row[2]) for row in rows], "row": [row[3].row for row in rows],
        "code": [row[3].code for row in rows],
        "field": [row[3].field for row in rows], "expected": [row[3].expected[:80] for row in rows],
    })  # fmt: skip


@step("intake.begin_commits", clause="1.2", limit=10)
def begin_commits(batch: Sequence[Begin], *, context: Inside) -> Answer:
    """Let checked files come in: here, or by a job that can be left alone; their mappings are settled.

    Gives: the state: committing, or done where no row can come in.
    Rejects: unknown_file, wrong_state, overtaken (checked anew). One being committed already is accepted; if its job
    was laid aside, it goes on.
    Writes: files, mappings, jobs.
    """
    run = context.run
    columns = ["id", "state", "attempt", "entries", "subject", "channel", "reading"]
    found = {row[0]: row[1:] for row in run.lock(IntakeFile, "id", [row.intake_id for row in batch], columns)}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    settled: dict[tuple[str, str, str], str] = {}
    jobs: list[JobRequest] = []
    resumed: list[str] = []
    for index, begin in enumerate(batch):
        state, attempt, entries, *about = found.get(begin.intake_id, ("", 0, 0))
        if state not in (State.CHECKED, State.COMMITTING) or begin.attempt != attempt:
            code = "unknown_file" if not state else "wrong_state" if begin.attempt == attempt else "overtaken"
            rejected.append(Rejected(index, code, {"state": state}))
            continue
        after = state if state == State.COMMITTING else str(State.COMMITTING if entries else State.DONE)
        if state == State.CHECKED:
            _begin(begin.intake_id, after, context)
            settled[about[0], about[1], reading_from(about[2]).fingerprint] = about[2]  # type: ignore[union-attr]
        if begin.as_job and after == State.COMMITTING:
            jobs.append(_job(begin, context))
            resumed += [jobs[-1].key] if state == State.COMMITTING else []
        accepted.append(Accepted(index, after))
    _settle(settled, context)
    if jobs:
        enqueue_jobs(jobs, context=context)
    if parked := parked_jobs_of(COMMIT_JOB, resumed) if resumed else []:
        release_jobs(parked, context=context)
    return answer(accepted, rejected)


def _begin(intake_id: int, after: str, context: Inside) -> None:
    done = {"done_at": context.as_of} if after == State.DONE else {}
    zero: dict[str, object] = {"new": 0, "changed": 0, "unchanged": 0, "position": 0, "state": after}
    context.run.update(IntakeFile, [intake_id], zero | done)
    context.run.move("intake", [intake_id], str(State.CHECKED), after)


def _job(begin: Begin, context: Inside) -> JobRequest:
    payload: dict[str, str | int] = {
        "intake": begin.intake_id,
        "actor_kind": context.actor.kind,
        "actor_id": context.actor.id,
    }
    return JobRequest(COMMIT_JOB, f"{begin.intake_id}:{begin.attempt}", payload, priority=Priority.BULK)


def _settle(readings: dict[tuple[str, str, str], str], context: Inside) -> None:
    """Keep mappings for the next file with the same header; a later choice takes the place of an earlier one."""
    if not readings:
        return
    run = context.run
    columns = ["id", "subject", "channel", "fingerprint"]
    rows = run.lock(SavedMapping, "fingerprint", sorted({key[2] for key in readings}), columns)
    known = {tuple(row[1:]): row[0] for row in rows}
    kept = {key: reading for key, text in readings.items() if (reading := reading_from(text))}
    texts = {key: json.dumps(dict(reading.columns), sort_keys=True) for key, reading in kept.items()}
    for key in kept.keys() & known.keys():
        run.update(SavedMapping, [known[key]], {"layout": kept[key].layout, "columns": texts[key]})
    fresh = [key for key in kept if key not in known]
    run.insert(SavedMapping, {
        "id": run.ids(len(fresh)), "subject": [key[0] for key in fresh], "channel": [key[1] for key in fresh],
        "fingerprint": [key[2] for key in fresh], "layout": [kept[key].layout for key in fresh],
        "columns": [texts[key] for key in fresh],
    })  # fmt: skip


@step("intake.commit_orders", clause="2.1.3.1")
def commit_orders(batch: Sequence[OrderRow], *, context: Inside) -> Answer:
    """Take in a part of a file of orders; its place in the file moves in the same run.

    Clause: 2.1.3.1. Gives and rejects: as `take_in_orders`. Raises: PartMoved.
    """
    part = batch[0].part
    _lock_part(part, context)
    assert part.shop is not None
    shop = int(open_shops([part.shop], context=context).accepted[0].result)
    orders = [_of_shop(row.order, shop) for row in batch]
    return _note_part(batch, take_in_orders(orders, context=context), context)


def _of_shop(order: OrderIn, shop: int) -> OrderIn:
    return OrderIn(
        shop, order.external_id, order.placed_at, order.lines, order.content_hash, order.contact, order.freight_fen,
        order.discount_fen,
    )  # fmt: skip


@step("intake.commit_products", clause="2.1.2.1")
def commit_products(batch: Sequence[SkuRow], *, context: Inside) -> Answer:
    """Take in a part of a file of products; fields that the file has no column for stay as they are.

    Clause: 2.1.2.1. Gives and rejects: as `take_in_skus`. Raises: PartMoved.
    """
    part = batch[0].part
    _lock_part(part, context)
    absent = [name for name in FIELDS if PRODUCT_FIELDS[name] not in part.given and name not in part.given]
    known: dict[str, dict[str, Any]] = known_products([row.sku.code for row in batch], absent) if absent else {}
    skus: list[SkuIn] = [replace(row.sku, **known.get(row.sku.code, {})) for row in batch]
    return _note_part(batch, take_in_skus(skus, context=context), context)


@step("intake.commit_stock", clause="2.1.2.1")
def commit_stock(batch: Sequence[StockRow], *, context: Inside) -> Answer:
    """Book a part of a file of stock; a statement that was booked before changes nothing.

    Clause: 2.1.2.1. Gives: as `receive_stock`; "unchanged" for an empty shelf.
    Rejects: as `receive_stock`; unknown_sku, not_stocked. Raises: PartMoved.
    """
    _lock_part(batch[0].part, context)
    skus = known_skus([row.stock.sku for row in batch])
    codes = sorted({row.stock.warehouse for row in batch})
    opened = open_warehouses(codes, context=context)
    places = {codes[row.index]: int(row.result) for row in opened.accepted}
    accepted: list[Accepted] = []
    rejected: list[Rejected] = []
    booking: list[tuple[int, Receipt]] = []
    for index, row in enumerate(batch):
        sku, stocked = skus.get(row.stock.sku, (0, False))
        if not sku or not stocked:
            rejected.append(Rejected(index, "not_stocked" if sku else "unknown_sku"))
        elif row.stock.quantity == 0:
            accepted.append(Accepted(index, "unchanged"))
        else:
            kind = "receipt" if row.stock.reference else "opening"
            receipt = Receipt(sku, places[row.stock.warehouse], row.stock.quantity, kind, row.stock.cause_key)
            booking.append((index, receipt))
    if booking:
        booked = receive_stock([receipt for _, receipt in booking], context=context)
        accepted += [Accepted(booking[row.index][0], row.result) for row in booked.accepted]
        rejected += [Rejected(booking[row.index][0], row.code, row.details) for row in booked.rejected]
    return _note_part(batch, answer(accepted, rejected), context)


def _lock_part(part: Part, context: Inside) -> None:
    """Lock the file and see that it stands where this part begins."""
    if not part.intake_id:
        return
    rows = context.run.lock(IntakeFile, "id", [part.intake_id], ["state", "attempt", "position"])
    if rows != [(State.COMMITTING, part.attempt, part.start)]:
        raise PartMoved(intake=part.intake_id, start=part.start)


def _note_part(batch: Sequence[OrderRow | SkuRow | StockRow], given: Answer, context: Inside) -> Answer:
    """Move the file's place and figures by what became of a part, and keep its counts and refused rows."""
    part = batch[0].part
    if not part.intake_id:
        return given
    run, counts = context.run, counts_of(batch, given)
    ((entries,),) = run.lock(IntakeFile, "id", [part.intake_id], ["entries"])
    ended = part.start + len(batch) == entries
    done: dict[str, object] = {"state": str(State.DONE), "done_at": context.as_of} if ended else {}
    n_refused = len(counts.refusals)
    n_done = sum(len(row.rows) for row in batch) - n_refused
    run.update(IntakeFile, [part.intake_id], {
        "position": Plus(len(batch)), "rows_done": Plus(n_done), "rows_refused": Plus(n_refused),
        "new": Plus(counts.new), "changed": Plus(counts.changed), "unchanged": Plus(counts.unchanged), **done,
    })  # fmt: skip
    if ended:
        run.move("intake", [part.intake_id], str(State.COMMITTING), str(State.DONE))
    _insert_counts([(part.intake_id, part.attempt, Stage.COMMIT, len(batch), counts)], context)
    _insert_refused([(part.intake_id, part.attempt, Stage.COMMIT, row) for row in counts.refusals], context)
    return given


def counts_of(batch: Sequence[OrderRow | SkuRow | StockRow], given: Answer) -> Counts:
    """Return how many entries were new, changed and unchanged, and the rows of those that were refused."""
    results = [row.result for row in given.accepted]
    changed, unchanged = results.count("changed"), results.count("unchanged")
    refusals = tuple(
        RowRefused(number, str(refusal.code), _FIELD.get(refusal.code, "sku"), str(refusal.details.get("booked", "")))
        for refusal in given.rejected
        for number in batch[refusal.index].rows
    )
    return Counts(len(results) - changed - unchanged, changed, unchanged, refusals)


_FIELD = {
    "changed_in_work": "external_id", "changed_after_end": "external_id", "twice_in_batch": "external_id",
    "cause_differs": "quantity", "below_reserved": "quantity",
}  # fmt: skip
