"""What only a real browser can tell: accessibility, keys, the drawer on a phone, the policy at work."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from tests.pages.conftest import Hire

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDTHS = {"desk": (1440, 900), "phone": (390, 844)}


def open_page(
    browser: Any,
    live_server: LiveServer,
    staff: Any,
    *,
    size: str = "desk",
    scheme: str = "light",
    language: str = "zh-hans",
) -> Any:
    """Return a signed-in page with a list of what the console complained about."""
    client = Client()
    client.force_login(staff)
    width, height = WIDTHS[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US")
    context.add_cookies([
        {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url},
        {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": live_server.url},
    ])  # fmt: skip
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda m: page.complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(f"{live_server.url}/gallery/")
    return page


@pytest.mark.parametrize("size", ["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_gallery_has_no_accessibility_finding(
    size: str, scheme: str, language: str, browser: Any, live_server: LiveServer, hire: Hire
) -> None:
    page = open_page(browser, live_server, hire(), size=size, scheme=scheme, language=language)
    findings = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in findings] == []
    assert page.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_keys_move_select_and_peek(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    page = open_page(browser, live_server, hire())
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "E2026-0002"
    page.keyboard.press("x")
    assert page.locator("tbody input:checked").count() == 1
    assert page.locator("#g-picked").text_content() == "1"
    page.keyboard.press("p")
    page.wait_for_selector("#panel[open] .timeline")
    page.keyboard.press("Escape")
    assert not page.locator("#panel").is_visible()
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()


def test_keys_typed_into_a_field_stay_text(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    page = open_page(browser, live_server, hire())
    page.locator("#g-q").press_sequentially("jk?/x")
    assert page.locator("#g-q").input_value() == "jk?/x"
    assert not page.locator("#help").is_visible()


def test_the_navigation_is_a_drawer_on_a_phone(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    page = open_page(browser, live_server, hire(), size="phone")
    assert not page.locator("#side").is_visible()
    page.locator(".menu-button").click()
    assert page.locator("#side").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#side").is_visible()


def test_a_failed_part_request_is_said_aloud(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    page = open_page(browser, live_server, hire())
    page.route("**/gallery/panel/", lambda route: route.fulfill(status=500, body="x"))
    page.locator("[data-peek]").first.click()
    page.wait_for_selector("#failed:not([hidden])")
    assert "没有成功" in page.locator("#failed").text_content()


def test_inline_code_does_not_run(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    page = open_page(browser, live_server, hire())
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is None
