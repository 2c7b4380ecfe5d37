"""One cell to one value: the parsers that every door uses, pages, files and commands alike.

Each returns the value or raises `CellRefused(code, expected)`; none repairs and none rounds. Text comes from
CSV files, forms and text cells; numbers and moments only from typed cells of a workbook. The common shapes
take a short way that gives the same answer as the long one.
"""

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from zhanggui.connectors.spreadsheets.records import Cell, CellRefused
from zhanggui.kernel.money import MONEY_LIMIT
from zhanggui.kernel.text import clean_id, clean_name, forbidden, half_width

QUANTITY_MAX = 1_000_000_000
ID_CHARS_MAX = 64
NAME_CHARS_MAX = 300
YEAR_MIN, YEAR_MAX = 1990, 2099

_EXCEL_DIGITS = 15
_SERIAL_DAY_ONE = datetime(1899, 12, 30)  # noqa: DTZ001 - wall time of the sheet
_FORMULA_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})


# --- quantities


def parse_quantity(cell: Cell, *, least: int = 1) -> int:
    """Return a whole number of pieces.

    Takes: least, 1 for orders, 0 where an empty shelf may be counted.
    Rejects: empty, quantity_not_whole, quantity_too_small, quantity_too_large.
    """
    if type(cell) is str and cell.isdigit() and cell.isascii() and len(cell) < 10:
        value = int(cell)
    elif isinstance(cell, str):
        value = _whole_from_text(cell)
    elif isinstance(cell, int | float) and not isinstance(cell, bool):
        value = _whole_from_number(cell)
    else:
        raise CellRefused("empty" if cell is None else "quantity_not_whole", "whole_number")
    if value < least:
        raise CellRefused("quantity_too_small", f"whole_number_from_{least}")
    if value > QUANTITY_MAX:
        raise CellRefused("quantity_too_large", f"whole_number_to_{QUANTITY_MAX}")
    return value


_WHOLE = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d{1,40})(?:\.0{1,2})?", re.ASCII)


def _whole_from_text(text: str) -> int:
    narrow = _number_text(text)
    if not narrow:
        raise CellRefused("empty", "whole_number")
    found = _WHOLE.fullmatch(narrow)
    if not found:
        raise CellRefused("quantity_not_whole", "whole_number")
    value = int(found[2].replace(",", ""))
    return -value if found[1] == "-" else value


def _whole_from_number(number: float) -> int:
    if number != number or number in (float("inf"), float("-inf")) or number != int(number):
        raise CellRefused("quantity_not_whole", "whole_number")
    return int(number)


# --- money


_PLAIN_AMOUNT = re.compile(r"([+-]?)(\d{1,18})(?:\.(\d{0,40}))?", re.ASCII)
_GROUPED_AMOUNT = re.compile(r"([+-]?)(\d{1,3}(?:[,' ]\d{3})+)(?:\.(\d{0,40}))?", re.ASCII)
_CURRENCY = re.compile(
    r"(?:cny|rmb|gbp|usd|eur|hkd|us\$|hk\$|nt\$|人民币|[¥$£€])\s*:?\s*|\s*(?:元|圆|块|cny|rmb|gbp|usd|eur|hkd|[¥$£€])(?:整)?",
    re.IGNORECASE,
)


def parse_money_minor(cell: Cell, exponent: int = 2) -> int:
    """Return an amount in minor units, sign included.

    Takes: exponent, decimals of the currency. Signs of currency, spaces and thousands marks are accepted.
    Rejects: empty, price_decimals (more decimals than the currency has, even zeros: `2.550` may mean two
    thousand), amount_unclear, amount_too_large.
    """
    if type(cell) is str:
        whole, dot, part = cell.partition(".")
        if whole.isdigit() and cell.isascii() and len(whole) < 10 and (part.isdigit() or not dot):
            if len(part) > exponent:
                raise CellRefused("price_decimals", f"at_most_{exponent}_decimals")
            return int(whole + part.ljust(exponent, "0"))
        return _minor_from_text(_amount_text(cell), exponent)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _minor_from_text(_number_spelled(cell), exponent)
    raise CellRefused("empty" if cell is None else "amount_unclear", "amount")


def _amount_text(text: str) -> str:
    narrow = _number_text(text)
    sign = narrow[:1] if narrow[:1] in ("-", "+") else ""
    bare = narrow[len(sign) :].lstrip()
    lead = _CURRENCY.match(bare)
    bare = bare[lead.end() :] if lead else bare
    for found in reversed(list(_CURRENCY.finditer(bare))):
        if found.end() == len(bare) and found.start() > 0:
            bare = bare[: found.start()]
            break
    return sign + bare.strip() if sign or bare.strip() else ""


def _number_spelled(number: float) -> str:
    """Return a typed number as decimal text, exactly, in the 15 digits that a sheet keeps."""
    if isinstance(number, int):
        return str(number)
    text = repr(number)
    if len(text) > _EXCEL_DIGITS + 1:
        text = format(number, f".{_EXCEL_DIGITS}g")
    return text.removesuffix(".0")


def _minor_from_text(text: str, exponent: int) -> int:
    if not text:
        raise CellRefused("empty", "amount")
    found = _PLAIN_AMOUNT.fullmatch(text) or _GROUPED_AMOUNT.fullmatch(text)
    if not found:
        raise CellRefused("amount_unclear", "amount")
    part = found[3] or ""
    if len(part) > exponent:
        raise CellRefused("price_decimals", f"at_most_{exponent}_decimals")
    whole = found[2].replace(",", "").replace("'", "").replace(" ", "")
    value = int(whole + part.ljust(exponent, "0"))
    if value > MONEY_LIMIT:
        raise CellRefused("amount_too_large", f"amount_to_{MONEY_LIMIT}")
    return -value if found[1] == "-" else value


_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")


def _number_text(text: str) -> str:
    """Return the text of a number in ordinary width, with single spaces and a plain minus."""
    plain = _unwrapped(half_width(text)).replace("\u2212", "-").replace("，", ",").replace("￥", "¥")
    return _SPACES.sub(" ", plain).strip()


# --- moments


_MOMENT = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]*(\d{1,2})\s*[:时点]\s*(\d{1,2})\s*(?:[:分]\s*(?:(\d{1,2})(?:\.(\d{1,9}))?\s*秒?)?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)


def parse_datetime(cell: Cell, zone: tzinfo) -> datetime:
    """Return a moment in UTC.

    Takes: zone of the file's wall times, used where the cell names none; a workbook's serial number is taken
    as a day count only from a typed cell. An hour that a zone skips or repeats is read as the first of its
    meanings.
    Rejects: empty, date_unclear (order of day and month, words, a bare number), date_impossible,
    date_out_of_range.
    """
    if type(cell) is str:
        return _moment_from_text(cell, zone)
    if isinstance(cell, datetime):
        return _placed(cell, zone)
    if isinstance(cell, date):
        return _placed(datetime.combine(cell, time()), zone)
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _moment_from_serial(cell, zone)
    raise CellRefused("empty" if cell is None else "date_unclear", "date_and_time")


@lru_cache(maxsize=65_536)
def _moment_from_text(text: str, zone: tzinfo) -> datetime:
    if text.isascii() and len(text) in (10, 16, 19) and text[4:5] == text[7:8] == "-":
        try:
            return _placed(datetime.fromisoformat(text), zone)
        except ValueError:
            pass
    narrow = _unwrapped(half_width(text)).strip()
    if not narrow:
        raise CellRefused("empty", "date_and_time")
    found = _MOMENT.fullmatch(narrow)
    if not found:
        raise CellRefused("date_unclear", "date_and_time")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "").ljust(6, "0")[:6])
    try:
        wall = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 - zone follows
        place = datetime.strptime(found[8], "%z").tzinfo if found[8] else zone
    except ValueError:
        raise CellRefused("date_impossible", "date_and_time") from None
    return _placed(wall, place or zone)


def _placed(wall: datetime, zone: tzinfo) -> datetime:
    if not YEAR_MIN <= wall.year <= YEAR_MAX:
        raise CellRefused("date_out_of_range", f"year_from_{YEAR_MIN}_to_{YEAR_MAX}")
    return (wall if wall.tzinfo else wall.replace(tzinfo=zone)).astimezone(UTC)


def _moment_from_serial(days: float, zone: tzinfo) -> datetime:
    if not 1 <= days < 80_000:
        raise CellRefused("date_out_of_range", f"year_from_{YEAR_MIN}_to_{YEAR_MAX}")
    seconds = round(days * 86_400)
    return _placed(_SERIAL_DAY_ONE + timedelta(seconds=seconds), zone)


# --- identifiers, codes, names


_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d{2,3}", re.ASCII)


def parse_external_id(cell: Cell, *, typed: bool = False) -> str:
    """Return an identifier of the outside, for comparing: trimmed, ordinary width, nothing unseen.

    Takes: typed, true for cells of a workbook: a text cell there kept all of its digits. So did a text that
    carries a mark against becoming a number (tab, apostrophe, `="…"`).
    Rejects: empty, digits_lost (1.23457E+17; a number of 16 digits or more; 17 digits or more that end in
    zeros from the 16th on), id_not_text (a date, a fraction), id_too_long, formula_error, nul,
    lone_surrogate.
    """
    if type(cell) is str:
        if cell.isascii() and cell.isalnum() and (len(cell) < 17 or (cell[-1] != "0" and len(cell) <= ID_CHARS_MAX)):
            return cell
        return _id_from_text(cell, kept=typed)
    return _id_from_number(cell)


def parse_code(cell: Cell, *, typed: bool = False) -> str:
    """Return a merchant code or SKU; as `parse_external_id`, since it is compared in the same way."""
    return parse_external_id(cell, typed=typed)


def _id_from_text(text: str, *, kept: bool) -> str:
    wrong = forbidden(text)
    if wrong:
        raise CellRefused(wrong, "text")
    bare = _unwrapped(text)
    marked = kept or bare is not text or text.startswith("\t")
    value = clean_id(bare)
    if not value:
        raise CellRefused("empty", "identifier")
    if value in _FORMULA_ERRORS:
        raise CellRefused("formula_error", "identifier")
    if len(value) > ID_CHARS_MAX:
        raise CellRefused("id_too_long", f"at_most_{ID_CHARS_MAX}_characters")
    if _SCIENTIFIC.fullmatch(value) or (not marked and _zeros_where_digits_were(value)):
        raise CellRefused("digits_lost", "identifier_as_text")
    return value


def _zeros_where_digits_were(value: str) -> bool:
    return len(value) > _EXCEL_DIGITS + 1 and value.isdigit() and not value[_EXCEL_DIGITS:].strip("0")


def _id_from_number(cell: Cell) -> str:
    if cell is None:
        raise CellRefused("empty", "identifier")
    if isinstance(cell, bool) or not isinstance(cell, int | float) or cell != cell:
        raise CellRefused("id_not_text", "identifier_as_text")
    if abs(cell) >= 10**_EXCEL_DIGITS:
        raise CellRefused("digits_lost", "identifier_as_text")
    if cell < 0 or cell != int(cell):
        raise CellRefused("id_not_text", "identifier_as_text")
    return str(int(cell))


def _unwrapped(text: str) -> str:
    """Return a text without the marks against becoming a number; the same object if it has none."""
    bare = text.strip()
    if bare[:2] == '="' and bare[-1:] == '"' and len(bare) > 2:
        return bare[2:-1]
    return bare[1:] if bare[:1] in ("'", "\u2019") else text


def is_open(cell: Cell) -> bool:
    """Tell whether a cell says nothing: empty, or a lone hyphen."""
    return cell is None or (isinstance(cell, str) and cell.strip() in ("", "-"))


def parse_name(cell: Cell, *, required: bool = True, limit: int = NAME_CHARS_MAX) -> str:
    """Return a name, title or remark as it is stored.

    Rejects: empty (if required), name_too_long, formula_error, nul, lone_surrogate.
    """
    if type(cell) is str:
        value = clean_name(cell)
        wrong = forbidden(cell) if not cell.isprintable() else None
        if wrong:
            raise CellRefused(wrong, "text")
    else:
        value = "" if cell is None else _spelled(cell)
    if required and not value:
        raise CellRefused("empty", "text")
    if len(value) > limit:
        raise CellRefused("name_too_long", f"at_most_{limit}_characters")
    if value[:1] == "#" and value in _FORMULA_ERRORS:
        raise CellRefused("formula_error", "text")
    return value


def _spelled(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return _number_spelled(cell) if isinstance(cell, int | float) else str(cell)


_YES = frozenset(["是", "有", "管", "对", "√", "✓", "y", "yes", "true", "t", "1", "on"])
_NO = frozenset(["否", "无", "不", "不管", "×", "✗", "x", "n", "no", "false", "f", "0", "off"])


def parse_yes_no(cell: Cell, *, empty: bool = True) -> bool:
    """Return a yes or no, Chinese or English words, 1 or 0; `empty` is what an empty cell means.

    Rejects: not_yes_or_no.
    """
    if isinstance(cell, bool):
        return cell
    word = "" if cell is None else clean_id(_spelled(cell) if not isinstance(cell, str) else cell).casefold()
    if not word:
        return empty
    if word in _YES or word in _NO:
        return word in _YES
    raise CellRefused("not_yes_or_no", "yes_or_no")
