"""What a file on its way in is: who brought it, how it is read, what each of its rows came to."""

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from zhanggui.catalog.records import SkuIn
from zhanggui.connectors.intake.halves import Half
from zhanggui.connectors.spreadsheets.mapping import Subject
from zhanggui.sales.orders.records import OrderIn, ShopKey

DEFAULT_WAREHOUSE = "MAIN"


class State(StrEnum):
    """Where a file stands: checking while the worker has it to check.

    From refused and done it may be checked again, as a new attempt.
    """

    UPLOADED = "uploaded"
    CHECKING = "checking"
    CHECKED = "checked"
    COMMITTING = "committing"
    DONE = "done"
    REFUSED = "refused"


class HalfState(StrEnum):
    """Whether half of an order still waits for its other half."""

    WAITING = "waiting"
    JOINED = "joined"


class Stage(StrEnum):
    """When a row was refused: reading it, trying the commit at the check, or in the commit."""

    CHECK = "check"
    FORECAST = "forecast"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class RowRefused:
    """One row that stays out. expected: what would have been right, a word with its numbers; never the cell itself."""

    row: int
    code: str
    field: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class StockIn:
    """Pieces of a SKU that a warehouse holds at the opening, or (with a reference) receives."""

    sku: str
    warehouse: str
    quantity: int
    reference: str = ""

    @property
    def cause_key(self) -> str:
        """Return the key under which it counts once."""
        if self.reference:
            return f"receipt:{self.reference}:{self.warehouse}:{self.sku}"
        return f"opening:{self.warehouse}:{self.sku}"


Record = OrderIn | Half | SkuIn | StockIn


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to take in, with the rows of the file that it was read from."""

    record: Record
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person chose instead of the guess; everything may be left open.

    columns: field → column index. layout: the name of a known layout, or "auto".
    """

    columns: Mapping[str, int] | None = None
    layout: str = "auto"
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file was read: with the same reading and moment, the same file gives the same entries again.

    unused: columns that no known edition of a platform's layout has; nothing is taken from them.
    """

    layout: str
    columns: Mapping[str, int]
    fingerprint: str
    kind: str
    encoding: str
    delimiter: str = ""
    sheet: str = ""
    warnings: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


class Entries:
    """What of a file can be taken in, in its order: made from what was set aside, anew at each walk.

    Takes: kept, the numbers of the groups that come in; make, which turns the number of a group into its entry.
    """

    def __init__(self, kept: "array[int]", make: Callable[[int], Entry]) -> None:
        self._kept, self._make = kept, make

    def __len__(self) -> int:
        """Return how many there are; nothing is made."""
        return len(self._kept)

    def __iter__(self) -> Iterator[Entry]:
        """Give all."""
        return self.since(0)

    def since(self, start: int) -> Iterator[Entry]:
        """Give those from a place on."""
        return map(self._make, self._kept[start:])


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file read to its end: what can be taken in, and which rows cannot, by row.

    lines, amount_fen: of orders only; amount_fen is the sum of their line amounts in the shop's minor unit.
    """

    subject: Subject
    reading: Reading
    shop: ShopKey | None
    rows_total: int
    entries: Entries
    refusals: tuple[RowRefused, ...]
    lines: int = 0
    amount_fen: int = 0

    @property
    def rows_ok(self) -> int:
        """Return how many rows belong to entries."""
        return self.rows_total - len(self.refusals)


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of entries: new, changed, unchanged, waiting for their other half; and the rows refused on the way."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refusals: tuple[RowRefused, ...] = ()
    waiting: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Return both together."""
        return Counts(
            self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged,
            self.refusals + other.refusals, self.waiting + other.waiting,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Upload:
    """A file whose bytes are kept. channel, shop: of orders only."""

    subject: Subject
    channel: str
    shop: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: a parsed file with its forecast, or the refusal of the whole file."""

    intake_id: int
    attempt: int
    parsed: Parsed | None
    forecast: Counts = field(default_factory=Counts)
    refusal: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """The wish that the worker checks a file that was seen at this attempt."""

    intake_id: int
    attempt: int
    choices: Choices = field(default_factory=Choices)


@dataclass(frozen=True, slots=True)
class Begin:
    """The wish to commit what was checked in this attempt, here or by a job."""

    intake_id: int
    attempt: int
    as_job: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a file on its way in: whose file (0: none is kept), which attempt, from which entry on.

    given: the fields that the file has columns for.
    """

    intake_id: int
    attempt: int
    start: int
    shop: ShopKey | None
    given: frozenset[str]


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order, or a half of one, in its part; its shop is opened in the same run."""

    part: Part
    rows: tuple[int, ...]
    order: OrderIn | Half

    @property
    def content_hash(self) -> str:
        """Return what stands for it in the input hash."""
        return self.order.content_hash


@dataclass(frozen=True, slots=True)
class SkuRow:
    """A product in its part."""

    part: Part
    rows: tuple[int, ...]
    sku: SkuIn

    @property
    def content_hash(self) -> str:
        """Return what stands for it in the input hash."""
        return repr(self.sku)


@dataclass(frozen=True, slots=True)
class StockRow:
    """A statement of stock in its part."""

    part: Part
    rows: tuple[int, ...]
    stock: StockIn

    @property
    def content_hash(self) -> str:
        """Return what stands for it in the input hash."""
        return repr(self.stock)


class Standing(StrEnum):
    """How the worker stands to a file that was left to it.

    behind: another file is in work. nobody: no worker took it up for a while. again: an error, tried again by itself.
    silent: the worker that had it gave no sign of life. parked: laid aside for a person.
    """

    WAITING = "waiting"
    BEHIND = "behind"
    NOBODY = "nobody"
    AGAIN = "again"
    RUNNING = "running"
    SILENT = "silent"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Work:
    """The job of a file. done, total: how far a check is, total 0 while it is not known. why: its last error."""

    job_id: int
    standing: Standing
    done: int
    total: int
    why: str
    run_at: datetime

    @property
    def percent(self) -> int | None:
        """Return how far it is in whole per cent, below a hundred until it has ended; None while not known."""
        return min(99, 100 * self.done // self.total) if self.total else None


@dataclass(frozen=True, slots=True)
class MappingEdit:
    """Another name for a saved mapping, or the wish to take it away."""

    mapping_id: int
    name: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class MappingView:
    """A saved mapping as pages show it. fields: the fields that have a column."""

    id: int
    subject: Subject
    channel: str
    name: str
    layout: str
    fields: tuple[str, ...]
    settled_by: str
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Orders of one shop of which one file has come and the other has not: how many, since when, from which file."""

    channel: str
    shop: str
    half: str
    count: int
    since_at: datetime
    intake_id: int


@dataclass(frozen=True, slots=True)
class IntakeView:
    """A file as pages and commands see it."""

    id: int
    subject: Subject
    channel: str
    shop: str
    name: str
    sha256: str
    size: int
    state: State
    attempt: int
    layout: str
    encoding: str
    currency: str
    rows_total: int
    rows_done: int
    rows_refused: int
    entries: int
    position: int
    lines: int
    new: int
    changed: int
    unchanged: int
    waiting: int
    amount_fen: int
    uploaded_by: str
    uploaded_at: datetime
    checked_at: datetime | None
    done_at: datetime | None
    refusal: str
    details: Mapping[str, str | int]
    reading: Reading | None

    @property
    def rows_waiting(self) -> int:
        """Return how many rows are neither done nor refused yet (J1: received = done + waiting + exception)."""
        return self.rows_total - self.rows_done - self.rows_refused
