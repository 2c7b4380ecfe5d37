"""One way in and one way out for texts that people or platforms typed.

In: `clean_name` for what is shown, `clean_id` for what is compared. Out: `safe_cell` for every table that a
spreadsheet program may open; `plain_cell` takes its mark away again; `escape_control` and `mask_personal` for logs.
"""

import re
import unicodedata

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ZERO_WIDTH = "\u00ad\u180e\u200b\u2060-\u2064\ufeff"
_JOINERS = "\u200c\u200d"
_UNSEEN = re.compile(f"[{_BIDI}{_ZERO_WIDTH}]")
_UNSEEN_IN_ID = re.compile(f"[{_BIDI}{_ZERO_WIDTH}{_JOINERS}]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FORMULA_START = "=+-@\t\r\n＝＋－＠"
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)", re.ASCII)
_MAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
_PLAIN_NEGATIVE = re.compile(r"-\d+(?:\.\d+)?", re.ASCII)


def forbidden(text: str) -> str | None:
    """Return the code of what no database stores: `nul` or `lone_surrogate`; None if the text is storable."""
    if "\x00" in text:
        return "nul"
    return None if text.isascii() or not _SURROGATE.search(text) else "lone_surrogate"


def half_width(text: str) -> str:
    """Return the text with full-width ASCII and the ideographic space in their ordinary forms."""
    return text if text.isascii() else text.translate(_FULL_WIDTH)


def clean_name(text: str) -> str:
    """Return a name or remark as it is stored.

    Spaces at the ends go, control characters inside become one space, and signs that change direction or are
    not seen become visible as `<U+202E>`. Every other sign stays exactly as it came (rare characters, emoji
    with joiners).
    """
    stripped = text.strip()
    if stripped.isprintable():
        return stripped
    visible = _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", stripped.strip("\ufeff"))
    return _drop_surrogates(_CONTROL.sub(" ", visible)).strip()


def clean_id(text: str) -> str:
    """Return an identifier as it is compared: ordinary width, nothing unseen, no spaces at the ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    narrow = _UNSEEN_IN_ID.sub("", half_width(text))
    return _drop_surrogates(_CONTROL.sub(" ", narrow)).strip()


def folded(text: str) -> str:
    """Return a name as look-alikes are compared: without case, width and composition."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _drop_surrogates(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text)


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet program takes for a formula.

    An apostrophe goes before anything that begins like one; a plain negative number stays a number. Texts
    that already look marked are marked once more, so that `plain_cell` always gives the text back.
    """
    bare = text.replace("\x00", "")
    start = bare.lstrip("'")[:1]
    if not start or start not in _FORMULA_START or _PLAIN_NEGATIVE.fullmatch(bare):
        return bare
    return "'" + bare


def plain_cell(text: str) -> str:
    """Return a cell without the mark that `safe_cell` gave it."""
    if not text.startswith("'"):
        return text
    start = text.lstrip("'")[:1]
    return text[1:] if start and start in _FORMULA_START else text


def escape_control(text: str) -> str:
    """Return a text for one log line: line breaks, control and unseen signs written as escapes."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def mask_personal(text: str) -> str:
    """Return a text for a log with its phone numbers and mail addresses masked.

    Example: `13812345678` becomes `138****5678`, `li@example.com` becomes `***@example.com`. Names and addresses cannot
    be told from other words, so they must not come near a log.
    """
    return _MAIL.sub(r"***@\1", _PHONE.sub(r"\1****\2", text))
