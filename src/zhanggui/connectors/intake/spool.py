"""What was read of one file, set aside on disk: grouped by key without holding the rows in memory.

A key's rows may lie anywhere in the file. Each run of its rows is one record that points back to the one before, so
that adding is always at the end and costs the same, however the rows lie.
"""

import json
import os
import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

Fields = tuple[object, ...]
R = TypeVar("R", bound=Fields)
TAIL_BYTES = 4 * 1024 * 1024
WINDOW_BYTES = 64 * 1024
SURROGATES = "surrogatepass"
_spelled = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


class Spool(Generic[R]):
    """Groups of rows under a key each, in the order in which the keys first came.

    Takes: folder, where the file is made once there is more than `TAIL_BYTES`; it has no name and ends with this
    object. Rows are tuples of texts, whole numbers, truths, None and tuples of these.
    Cost: in memory the keys while it is written, and eight bytes per record and per group.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: int | None = None
        self._starts = array("q", [0])
        self._newest = array("q")
        self._numbers: dict[str, int] = {}
        self._tail = bytearray()
        self._flushed = 0
        self._window, self._window_at = b"", 0

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self._newest)

    def add(self, key: str, rows: list[R]) -> None:
        """Set rows aside, behind those that came under this key before."""
        record = len(self._starts) - 1
        group = self._numbers.setdefault(key, len(self._newest))
        if group == len(self._newest):
            before = -1
            self._newest.append(record)
        else:
            before = self._newest[group]
            self._newest[group] = record
        self._tail += _spelled((before, key, rows)).encode(errors=SURROGATES)
        self._starts.append(self._flushed + len(self._tail))
        if len(self._tail) > TAIL_BYTES:
            self._flush()

    def close(self) -> None:
        """Forget the keys: nothing more comes, the groups are only read from now on."""
        self._numbers = {}

    def group(self, number: int) -> tuple[str, list[R]]:
        """Return a group's key and its rows in the order of the file."""
        record = self._newest[number]
        before, key, rows = self._record(record)
        parts = [rows]
        while before >= 0:
            before, _, rows = self._record(before)
            parts.append(rows)
        return key, rows if len(parts) == 1 else [row for part in reversed(parts) for row in part]

    def groups(self) -> Iterator[tuple[str, list[R]]]:
        """Give all groups."""
        return map(self.group, range(len(self)))

    def _record(self, record: int) -> tuple[int, str, list[R]]:
        start, end = self._starts[record], self._starts[record + 1]
        before, key, rows = json.loads(str(self._bytes(start, end), "utf-8", SURROGATES))
        return before, key, [_tuples(row) for row in rows]

    def _bytes(self, start: int, end: int) -> bytes | memoryview:
        if start >= self._flushed:
            return memoryview(self._tail)[start - self._flushed : end - self._flushed]
        if not self._window_at <= start <= end <= self._window_at + len(self._window):
            assert self._file is not None
            self._window = os.pread(self._file, max(end - start, WINDOW_BYTES), start)
            self._window_at = start
        return memoryview(self._window)[start - self._window_at : end - self._window_at]

    def _flush(self) -> None:
        if self._file is None:
            with tempfile.TemporaryFile(dir=self._folder) as file:
                self._file = os.dup(file.fileno())
        os.pwrite(self._file, self._tail, self._flushed)
        self._flushed += len(self._tail)
        self._tail = bytearray()

    def __del__(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)


def _tuples(values: list[object]) -> Any:
    return tuple([_tuples(value) if value.__class__ is list else value for value in values])
