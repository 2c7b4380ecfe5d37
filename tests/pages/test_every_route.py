"""What holds for every address: a declared right, strict headers, sign-in first, and GET changes nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse
from tests.pages.conftest import Hire

from zhanggui.portal.routing import ANYONE, RIGHTS, page

ARGUMENTS = {"token": "nothing", "number": "2.1.3.1", "name": "confirm_hours", "department": "sales"}


def routes() -> list[URLPattern]:
    """Return every route of the site."""

    def walk(patterns: list[object]) -> Iterator[URLPattern]:
        for one in patterns:
            if isinstance(one, URLPattern):
                yield one
            else:
                yield from walk(one.url_patterns)  # type: ignore[attr-defined]

    return list(walk(get_resolver().url_patterns))


def address_of(route: URLPattern) -> str:
    names = route.pattern.converters
    return reverse(str(route.name), kwargs={name: ARGUMENTS.get(name, 1) for name in names})


ROUTES = routes()
FOR_CUSTOMERS = ("offer",)
"""Pages behind an address that only its reader knows: the address is the right, so a form needs no token of ours."""
GUARDED = [route for route in ROUTES if getattr(route.callback, "right", "") != ANYONE]


def each(chosen: list[URLPattern], method: str = "") -> pytest.MarkDecorator:
    """Run a test for each of the routes that answer to the method."""
    kept = [route for route in chosen if not method or method in route.callback.methods]
    return pytest.mark.parametrize("route", kept, ids=[str(route.name) for route in kept])


@each(ROUTES)
def test_each_route_declares_its_right(route: URLPattern) -> None:
    assert getattr(route.callback, "right", None) in {ANYONE, *RIGHTS}


@each(GUARDED, "GET")
def test_a_visitor_is_sent_to_sign_in(route: URLPattern, client: Client, db: None) -> None:
    answer = client.get(address_of(route))
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("sign-in"))


@each(GUARDED, "POST")
def test_a_visitor_cannot_write(route: URLPattern, client: Client, db: None) -> None:
    answer = client.post(address_of(route), {})
    assert (answer.status_code, answer["Location"]) == (302, reverse("sign-in"))


@each(GUARDED)
def test_staff_without_the_right_are_refused(route: URLPattern, client: Client, hire: Hire) -> None:
    client.force_login(hire("nobody", roles=()))
    for method in route.callback.methods:
        assert client.generic(method, address_of(route)).status_code == 403


@each(ROUTES)
def test_each_answer_carries_the_headers(route: URLPattern, owner: Client) -> None:
    answer = owner.get(address_of(route))
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy if route.name in FOR_CUSTOMERS else "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == ("no-referrer" if route.name in FOR_CUSTOMERS else "same-origin")
    assert answer["X-Frame-Options"] == "DENY"
    assert "no-store" in answer["Cache-Control"]


def bears_the_headers(answer: Any) -> bool:
    """Tell whether an answer of any kind keeps strangers' code, frames and guesses about its kind away."""
    policy = answer.headers.get("Content-Security-Policy", "")
    return (
        "default-src 'self'" in policy
        and "frame-ancestors 'none'" in policy
        and "unsafe" not in policy
        and answer.headers.get("X-Content-Type-Options") == "nosniff"
        and answer.headers.get("X-Frame-Options") == "DENY"
    )


@each(ROUTES)
def test_each_answer_of_each_method_to_strangers_and_staff_carries_them(route: URLPattern, hire: Hire) -> None:
    person, nobody = hire(), hire("nobody", roles=())
    for who in (None, person, nobody):
        for strict in (True, False):
            asked = Client(enforce_csrf_checks=strict, raise_request_exception=False)
            if who:
                asked.force_login(who)
            for method in ("HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS"):
                answer = asked.generic(method, address_of(route))
                assert answer.status_code < 500, (method, answer.status_code)
                assert bears_the_headers(answer), (method, answer.status_code)


@each(ROUTES)
def test_whatever_is_sent_without_the_token_is_refused(route: URLPattern, hire: Hire) -> None:
    for who in (None, hire()):
        strict = Client(enforce_csrf_checks=True)
        if who:
            strict.force_login(who)
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert strict.generic(method, address_of(route)).status_code == 403, method


@pytest.mark.parametrize("address", ["/nothing/", "/gallery/?q=1&q=2", "/static/nothing.js", "/orders/?state=x"])
def test_answers_about_what_went_wrong_carry_them_too(owner: Client, address: str) -> None:
    answer = owner.get(address)
    assert answer.status_code in (400, 404)
    assert bears_the_headers(answer)


@each(ROUTES, "GET")
def test_opening_a_page_writes_nothing(route: URLPattern, owner: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        owner.get(address_of(route))
    writes = [q["sql"] for q in queries if q["sql"].split(" ", 1)[0] in ("INSERT", "UPDATE", "DELETE")]
    assert writes == []


@each([route for route in ROUTES if "GET" not in getattr(route.callback, "methods", ())])
def test_what_only_takes_a_form_refuses_to_be_opened(route: URLPattern, owner: Client) -> None:
    assert owner.get(address_of(route)).status_code == 405


@each([route for route in ROUTES if route.name not in FOR_CUSTOMERS], "POST")
def test_a_form_without_the_token_is_refused(route: URLPattern, hire: Hire) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(hire())
    assert strict.post(address_of(route), {}).status_code == 403


def test_a_doubled_parameter_is_refused(owner: Client) -> None:
    assert owner.get("/gallery/?q=1&q=2").status_code == 400


def test_a_control_character_is_refused(owner: Client) -> None:
    assert owner.get("/gallery/?q=a%00b").status_code == 400


def test_a_right_that_no_role_has_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="no role has the right"):
        page("x/", lambda request: None, name="x", right="everything")  # type: ignore[arg-type, return-value]


def test_an_expired_part_request_goes_to_sign_in_whole(client: Client, db: None) -> None:
    answer = client.get("/gallery/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, reverse("sign-in"))


def test_error_pages_hold_no_data_and_say_what_to_do(owner: Client) -> None:
    answer = owner.get("/there-is-nothing/<script>here")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "页面不存在" in text
    assert "there-is-nothing" not in text
    assert "Wang" not in text
