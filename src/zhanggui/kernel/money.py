"""Money is whole minor units (fen, pence); nothing here knows a float, and nothing here rounds.

A total that is split is never rounded part by part; the largest remainders get the odd units.
"""

from collections.abc import Sequence

Fen = int

MONEY_LIMIT: Fen = 999_999_999_999

_EXPONENTS = {
    "JPY": 0,
    "KRW": 0,
    "VND": 0,
    "CLP": 0,
    "ISK": 0,
    "BHD": 3,
    "KWD": 3,
    "JOD": 3,
    "OMR": 3,
    "TND": 3,
}
_SIGNS = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "JPY": "JP¥", "HKD": "HK$", "TWD": "NT$"}


class MoneyOutOfRange(ArithmeticError):
    """An amount is beyond ±9,999,999,999.99 (in a currency of two decimals)."""


def in_range(amount: Fen) -> Fen:
    """Return the amount itself.

    Raises: MoneyOutOfRange beyond the limit, which is itself allowed.
    """
    if not -MONEY_LIMIT <= amount <= MONEY_LIMIT:
        raise MoneyOutOfRange(amount)
    return amount


def exponent(currency: str) -> int:
    """Return how many decimals the currency's minor unit stands for (2 for CNY)."""
    return _EXPONENTS.get(currency.upper(), 2)


def line_amount(quantity: int, unit_price_fen: Fen, discount_fen: Fen = 0) -> Fen:
    """Return what a line comes to: quantity × price less the discount the seller bears.

    Raises: MoneyOutOfRange beyond the limit; ValueError for a discount that is negative or larger than the
    line.
    """
    gross = in_range(quantity * unit_price_fen)
    if discount_fen and not 0 <= discount_fen <= gross:
        raise ValueError("discount_beyond_line")
    return gross - discount_fen


def split_by_largest_remainder(total: Fen, weights: Sequence[int]) -> list[Fen]:
    """Return the total in parts proportional to the weights; the parts always add up to the total.

    Takes: weights, whole and not negative; if all are 0 every part weighs the same.
    Gives: one part per weight. Units left after rounding down go to the largest remainders, ties to the
    earlier part.
    Raises: ValueError for a negative weight, or for nothing to split among.
    Example: `split_by_largest_remainder(1000, [1, 1, 1])` is [334, 333, 333].
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be present and not negative")
    if total < 0:
        return [-part for part in split_by_largest_remainder(-total, weights)]
    whole = sum(weights)
    shares = list(weights) if whole else [1] * len(weights)
    whole = whole or len(weights)
    parts = [total * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda part: (-(total * shares[part] % whole), part))
    for part in by_remainder[: total - sum(parts)]:
        parts[part] += 1
    return parts


def format_amount(amount: Fen, currency: str = "CNY") -> str:
    """Return the amount as plain digits for files: no sign of currency, no thousands marks (`-1234.50`)."""
    decimals = exponent(currency)
    digits = str(abs(amount)).rjust(decimals + 1, "0")
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return "-" + text if amount < 0 else text


def format_money(amount: Fen, currency: str = "CNY") -> str:
    """Return the amount for people.

    Example: `format_money(-123450)` is `-¥1,234.50`; a currency without a sign of its own shows its code.
    """
    whole, dot, rest = format_amount(abs(amount), currency).partition(".")
    sign = _SIGNS.get(currency.upper(), f"{currency.upper()} ")
    return f"{'-' if amount < 0 else ''}{sign}{int(whole):,}{dot}{rest}"
