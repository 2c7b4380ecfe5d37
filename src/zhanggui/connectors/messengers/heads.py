"""The file that keeps the heads of the chain outside the database: one JSON line per head, append-only."""

import fcntl
import json
import mmap
import os
from pathlib import Path

from zhanggui.delivery.records import NotSent, OutgoingMessage


class HeadsFile:
    """The way to the heads' file. Asking twice with one key leaves one line."""

    repeatable = True

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: OutgoingMessage) -> str:
        """Append the payload as one line, flushed to the disk, unless the file has it; give the line's name.

        Raises: NotSent when the file cannot be written; a line torn by a full disk is closed by the next one
        and never counts.
        """
        body = {"key": message.key, **message.payload}
        line = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=True).encode() + b"\n"
        try:
            self._append_once(line)
        except OSError as error:
            raise NotSent("file_not_written") from error
        return f"{self._path.name}:{message.key}"

    def _append_once(self, line: bytes) -> None:
        new = not self._path.exists()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            known, torn = _look(handle, line)
            if not known:
                _write_all(handle, b"\n" + line if torn else line)
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            _sync_folder(self._path.parent)


def known_heads(path: Path) -> dict[int, str]:
    """Return the heads that the file holds, seq to hash; torn lines never counted. A missing file holds none."""
    heads: dict[int, str] = {}
    for line in path.read_text(encoding="ascii", errors="replace").splitlines() if path.exists() else ():
        try:
            body = json.loads(line)
            heads[int(body["seq"])] = str(body["hash"])
        except (ValueError, KeyError, TypeError):
            continue
    return heads


def _look(handle: int, line: bytes) -> tuple[bool, bool]:
    """Tell whether the file holds the line, and whether its last line is torn."""
    if os.fstat(handle).st_size == 0:
        return False, False
    with mmap.mmap(handle, 0, access=mmap.ACCESS_READ) as text:
        known = text[: len(line)] == line or text.rfind(b"\n" + line) >= 0
        return known, text[-1:] != b"\n"


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
