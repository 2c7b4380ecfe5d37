"""What only a real browser can tell: accessibility, keys, the drawer on a phone, the policy at work."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from tests.pages.conftest import MOMENT, Hire
from tests.pages.shop import take_orders

from zhanggui.journal.models import Run
from zhanggui.kernel import clock
from zhanggui.people.rules import OWNER_ROLES
from zhanggui.people.steps import invite
from zhanggui.sales.orders.models import Order

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


@pytest.mark.parametrize(("size", "scheme", "language"), [("desk", "dark", "zh-hans"), ("phone", "light", "en")])
def test_no_page_has_an_accessibility_finding(
    size: str, scheme: str, language: str, browser: Any, live_server: LiveServer, hire: Hire
) -> None:
    staff = hire()
    key, _, odd = take_orders(["A-1", "A-2"], MOMENT) + take_orders(["A-3"], MOMENT, code="UNKNOWN")
    run = Run.objects.order_by("id").last()
    assert run is not None
    page = open_page(browser, live_server, staff, size=size, scheme=scheme, language=language)
    for address in (
        "/", "/orders/", "/orders/?state=received", "/orders/?q=nothing", f"/orders/{key}/", f"/orders/{odd}/",
        "/journal/", f"/journal/{run.id}/", "/clauses/", "/clauses/2.1.3.1/", "/clauses/1.1/", "/imports/",
        "/clauses/2.1.3.1/values/confirm_hours/", "/clauses/2.1.3.1/values/time_basis/", "/calendar/",
        "/calendar/?year=2060&day=2060-05-01", "/calendar/hours/sales/", "/jobs/", "/jobs/?state=waiting",
    ):  # fmt: skip
        page.complaints.clear()
        page.goto(live_server.url + address)
        findings = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert (address, findings, page.complaints, wide) == (address, [], [], False)


def test_the_doors_have_no_accessibility_finding(browser: Any, live_server: LiveServer, db: None) -> None:
    token = invite(department="management", roles=OWNER_ROLES, as_of=clock.now())
    page = browser.new_page()
    for address in ("/sign-in/", f"/welcome/{token}/", "/nowhere/"):
        page.goto(live_server.url + address)
        findings = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
        assert (address, findings) == (address, [])


def test_a_value_is_set_from_the_keyboard_after_a_look(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    page = open_page(browser, live_server, hire(), language="en")
    page.goto(f"{live_server.url}/clauses/2.3.2.1/values/ship_hours/")
    for field, typed in (("#value", "999999"), ("#day", "2069-12-01"), ("#reason", "a trial")):
        page.fill(field, typed)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#value-wrong")
    assert "336" in page.locator("#value-wrong").text_content()
    page.fill("#value", "36")
    page.locator("button[value=check]").press("Enter")
    page.wait_for_selector(".toast-info")
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]] == []
    page.locator("button[value=save]").press("Enter")
    page.wait_for_selector(".toast-success")
    assert "not yet in force" in page.locator(".timeline .is-future").text_content()


def test_a_day_is_chosen_on_the_calendar_and_changed(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    page = open_page(browser, live_server, hire(), language="en")
    page.goto(f"{live_server.url}/calendar/?year=2069")
    page.locator("a[title^='2069-05-06']").press("Enter")
    page.wait_for_url("**day=2069-05-06**")
    assert page.input_value("#first") == "2069-05-06"
    page.fill("#name_en", "Company day")
    page.fill("#reason", "a trial")
    page.locator("button[value=check]").press("Enter")
    page.wait_for_selector("#edit .toast-info")
    assert [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]] == []
    page.locator("button[value=save]").press("Enter")
    page.wait_for_selector(".toast-success")
    assert "Company day" in page.locator(".month li").text_content()


def test_a_filter_changes_rows_tabs_and_address_together(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    take_orders(["A-1"], MOMENT)
    take_orders(["B-1"], MOMENT, currency="GBP")
    page = open_page(browser, live_server, hire())
    page.goto(f"{live_server.url}/orders/")
    page.select_option("#shop", index=1)
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "shop=" in page.url
    page.locator("#tabs a").nth(1).click()
    page.wait_for_url("**state=received**")
    assert "shop=" in page.url
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.locator("#shop").count() == 1


def test_orders_are_confirmed_from_the_keyboard(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    take_orders(["A-1", "A-2"], MOMENT)
    page = open_page(browser, live_server, hire())
    page.goto(f"{live_server.url}/orders/?state=received")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.locator("button[name=act]").press("Enter")
    page.wait_for_selector(".toast-success")
    assert Order.objects.filter(state="confirmed").count() == 1


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
