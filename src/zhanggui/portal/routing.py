"""Addresses with their rights. What declares no right cannot be routed, so nothing is open by accident."""

from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import URLPattern, path
from django.utils.http import urlencode

from zhanggui.people.models import Staff
from zhanggui.people.queries import rights
from zhanggui.people.rules import ROLES

View = Callable[..., HttpResponseBase]
ANYONE = "anyone"
"""The right of pages that need no sign-in."""

RIGHTS = frozenset().union(*ROLES.values())
_CONTROLS = {chr(code) for code in range(32)} - {"\t", "\n", "\r"}


def page(
    route: str,
    view: View,
    *,
    name: str,
    right: str,
    methods: Collection[str] = ("GET",),
    many: Collection[str] = (),
) -> URLPattern:
    """Return the address of a view that only holders of the right may use.

    Takes: right, one of the rights table, or ANYONE; methods, GET includes HEAD; many, the parameters
    that may come more than once (any other doubled parameter is refused with 400).
    Raises: ValueError for a right that no role can have.
    """
    if right != ANYONE and right not in RIGHTS:
        raise ValueError(f"{name}: no role has the right {right}")

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if (request.method or "") not in {*methods, *(["HEAD"] if "GET" in methods else [])}:
            return HttpResponseNotAllowed(sorted(methods))
        if right != ANYONE:
            if not isinstance(request.user, Staff):
                return to_sign_in(request)
            if right not in rights(request.user):
                raise PermissionDenied(right)
        refuse_odd_parameters(request.GET, many)
        refuse_odd_parameters(request.POST, many)
        return view(request, *args, **kwargs)

    guarded.right = right  # type: ignore[attr-defined]
    guarded.methods = tuple(methods)  # type: ignore[attr-defined]
    return path(route, guarded, name=name)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send a visitor to the sign-in page; a page that can be opened again is remembered as the way back."""
    address = resolve_url("sign-in")
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    if request.method in ("GET", "HEAD"):
        address += "?" + urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(address)


def refuse_odd_parameters(given: QueryDict, many: Collection[str]) -> None:
    """Refuse doubled parameters and control characters before any view or query sees them.

    Raises: BadRequest.
    """
    for key, values in given.lists():
        if len(values) > 1 and key not in many:
            raise BadRequest(f"parameter given more than once: {key[:40]!r}")
        if any(_CONTROLS.intersection(str(value)) for value in (key, *values)):
            raise BadRequest("control character in a parameter")
