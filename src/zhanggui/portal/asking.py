"""What a request asks for, read strictly: a value outside its list is a bad request, never a guess."""

import re
from collections.abc import Collection
from datetime import date, datetime

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

WORDS_MAX = 80
LAST_YEAR = 2100
WRITTEN_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def choice(request: HttpRequest, name: str, allowed: Collection[str], default: str = "") -> str:
    """Return a parameter that must be one of the allowed words.

    Raises: BadRequest.
    """
    value = request.GET.get(name, "") or default
    if value != default and value not in allowed:
        raise BadRequest(f"unknown {name}")
    return value


def whole(request: HttpRequest, name: str) -> int | None:
    """Return a parameter that must be a whole number, or nothing.

    Raises: BadRequest.
    """
    value = request.GET.get(name, "")
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise BadRequest(f"{name} is not a number")
    return int(value)


def day(request: HttpRequest, name: str) -> date | None:
    """Return a parameter that must be a day (2026-11-24), or nothing.

    Raises: BadRequest.
    """
    value = request.GET.get(name, "")
    try:
        found = date.fromisoformat(value) if value else None
    except ValueError as error:
        raise BadRequest(f"{name} is not a day") from error
    if found and not 1990 <= found.year < 2200:
        raise BadRequest(f"{name} lies outside the years 1990 to 2199")
    return found


def posted_version(request: HttpRequest) -> int:
    """Return the version that a form was looked at with, 0 if it names none.

    Raises: BadRequest.
    """
    text = request.POST.get("version", "") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadRequest("version is not a number")
    return int(text)


def posted_day(text: str) -> date | None:
    """Return a day as a form's field holds it (2026-11-24), or nothing if it is none."""
    try:
        return date.fromisoformat(text) if WRITTEN_DAY.fullmatch(text) else None
    except ValueError:
        return None


def moment(request: HttpRequest, name: str) -> datetime | None:
    """Return a parameter that must be a moment with its zone (2026-11-24T10:00:00+00:00), or nothing.

    Raises: BadRequest.
    """
    value = request.GET.get(name, "").replace(" ", "+")
    try:
        found = datetime.fromisoformat(value) if value else None
    except ValueError as error:
        raise BadRequest(f"{name} is not a moment") from error
    if found and (found.tzinfo is None or not 1990 <= found.year < 2200):
        raise BadRequest(f"{name} lies outside the years 1990 to 2199, or has no zone")
    return found


def words(request: HttpRequest, name: str) -> str:
    """Return searched words without outer spaces, cut to what a number or name can hold."""
    return request.GET.get(name, "").strip()[:WORDS_MAX]


def render_page(request: HttpRequest, template: str, part: str, facts: dict[str, object]) -> HttpResponse:
    """Render a page, or only the part of it that an htmx request asked for.

    The part is rendered when the request names the element `list` as its target; going back in the
    browser's history needs the page whole.
    """
    asked = request.headers.get("HX-Target") == "list"
    restoring = request.headers.get("HX-History-Restore-Request") == "true"
    partly = asked and not restoring
    return render(request, part if partly else template, {**facts, "part": partly})
