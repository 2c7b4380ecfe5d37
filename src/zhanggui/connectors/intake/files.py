"""The bytes of files taken in, kept under their hash: written whole before anything refers to them."""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from zhanggui.connectors.spreadsheets.records import LIMITS, FileRefused, LimitExceeded
from zhanggui.kernel import ids

_CHUNK = 1024 * 1024


def folder() -> Path:
    """Return the folder of kept files, made at first need."""
    place = Path(settings.HOME) / "files" / "intake"
    place.mkdir(parents=True, exist_ok=True)
    return place


def kept(sha256: str) -> Path:
    """Return the place of a kept file.

    Raises: FileRefused("file_gone").
    """
    place = folder() / sha256
    if not place.is_file():
        raise FileRefused("file_gone")
    return place


def keep(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Keep a file; return its SHA-256 and its size. The same bytes are kept once.

    Raises: LimitExceeded("file_too_large"), before anything remains of it; OSError when the disk is full.
    """
    target, size = hashlib.sha256(), 0
    draft = folder() / f".{ids.token()}"
    try:
        with draft.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > LIMITS.text_bytes:
                    raise LimitExceeded("file_too_large", limit_bytes=LIMITS.text_bytes)
                target.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder() / target.hexdigest())
    finally:
        draft.unlink(missing_ok=True)
    return target.hexdigest(), size


def chunks_of(path: Path) -> Iterable[bytes]:
    """Give the bytes of a file, part by part."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
