"""Cells of platform files: their wrappings off, and how plainly they tell the receiver."""

import re
from datetime import date, datetime
from functools import lru_cache

from zhanggui.connectors.spreadsheets.cells import parse_name
from zhanggui.connectors.spreadsheets.records import Cell
from zhanggui.sales.orders.records import Receiver

LOST = 10**15
_NONE = frozenset({"", "-", "--", "null", "'null", "无", "\\N"})
_MASK = re.compile(r"\*{2,}|[*＊]|xxxx", re.IGNORECASE)
_MASKED_PLACE = re.compile(r"[*＊]{2,}")
_CIPHER = re.compile(
    r"^(?:##|\$\$|~|#[A-Za-z0-9+/=]{16,}|\$[A-Za-z0-9+/=]{16,}\$)|密文|已加密|平台保护|隐私保护", re.MULTILINE
)


def text_of(cell: Cell) -> str:
    """Return a cell as it is set aside: text, moments of workbooks spelled out, nothing for None."""
    if type(cell) is str:
        return cell
    if cell is None:
        return ""
    if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= LOST:
        return f"{cell:.5E}"  # a spreadsheet has kept fifteen digits of it: never to pass for an identifier
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return f"{cell.isoformat()} 00:00:00"
    return parse_name(cell, required=False) if isinstance(cell, int | float) else str(cell)


@lru_cache(65_536)
def bare(text: str) -> str:
    """Return a text cell without its wrapping: tabs, an apostrophe, ="…", and the words for nothing."""
    plain = text.strip()
    if plain[:2] == '="' and plain[-1:] == '"':
        plain = plain[2:-1].strip()
    if plain[:1] in ("'", "\u2019"):
        plain = plain[1:].strip()
    if plain[:3] in ("No:", "NO:", "No："):
        plain = plain[3:].strip()
    return "" if plain.casefold() in _NONE else plain


def is_cipher(text: str) -> bool:
    """Tell whether a cell, or a line of several, holds cipher text, which only the platform can read."""
    return _CIPHER.search(text) is not None


def receiver_kind(receiver: str, phone: str, address: str, *, given: bool, cipher: bool) -> str:
    """Return how a channel gave a receiver.

    Takes: given, whether the file has columns for it at all; cipher, whether some cell was cipher text.
    """
    if cipher or not given:
        return str(Receiver.HELD)
    if not (receiver or phone or address):
        return str(Receiver.NONE)
    if _MASK.search(receiver) or _MASK.search(phone) or _MASKED_PLACE.search(address):
        return str(Receiver.MASKED)
    return str(Receiver.PLAIN)
