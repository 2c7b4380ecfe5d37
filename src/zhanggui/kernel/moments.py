"""Moments as whole microseconds since 1970 in UTC, one or many, exact both ways.

Arithmetic over thousands of moments is done in int64 columns; this is the one place where datetimes become numbers and
numbers datetimes. The checker has its own, so that it never agrees with a mistake made here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

Moments = npt.NDArray[np.int64]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FEW = 50


def span_us(length: timedelta) -> int:
    """Return a length of time in microseconds."""
    return (length.days * 86_400 + length.seconds) * 1_000_000 + length.microseconds


def micros(moment: datetime) -> int:
    """Return a moment as microseconds.

    Raises: TypeError for a naive moment, which is a mistake of the caller.
    """
    return span_us(moment - EPOCH)


def micros_of(moments: Sequence[datetime]) -> Moments:
    """Return moments as an int64 array of microseconds.

    Raises: TypeError, as `micros`.
    """
    if len(moments) < FEW:
        return np.array([micros(moment) for moment in moments], dtype=np.int64)
    return np.array([moment - EPOCH for moment in moments], dtype="timedelta64[us]").astype(np.int64)


def moment_of(value: int) -> datetime:
    """Return the moment that so many microseconds since 1970 are, in UTC."""
    return EPOCH + timedelta(microseconds=value)


def moments_of(values: Moments) -> list[datetime]:
    """Return the moments of an int64 array, in UTC."""
    return [moment_of(value) for value in values.tolist()]
