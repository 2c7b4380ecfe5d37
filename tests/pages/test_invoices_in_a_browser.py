"""Invoices in a real browser: corrected from the keyboard, exported, numbered; no accessibility finding anywhere."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from pytest_django.live_server_helper import LiveServer
from tests.pages.conftest import Hire
from tests.pages.test_in_a_browser import open_page
from tests.pages.test_invoices import COMPANY, NUMBERS, PERSON, want

from zhanggui.sales.invoices.models import Invoice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("size", "scheme", "language"), [("desk", "dark", "zh-hans"), ("phone", "light", "en")])
def test_no_invoice_page_has_an_accessibility_finding(
    size: str, scheme: str, language: str, browser: Any, live_server: LiveServer, hire: Hire
) -> None:
    (wrong,) = want(PERSON.__class__("某公司"), "A-1")
    (right,) = want(COMPANY, "A-2")
    page = open_page(browser, live_server, hire(), size=size, scheme=scheme, language=language)
    for address in (
        "/invoices/", "/invoices/?tab=ready", "/invoices/?tab=red", "/invoices/?tab=ready&q=zzz",
        f"/invoices/{wrong.id}/", f"/invoices/{right.id}/", f"/orders/{right.order_id}/",
        f"/orders/{right.order_id}/invoice/",
    ):  # fmt: skip
        page.complaints.clear()
        page.goto(live_server.url + address)
        findings = [(one["id"], one["nodes"][0]["html"]) for one in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert (address, findings, page.complaints, wide) == (address, [], [], False)


def test_a_wish_is_corrected_exported_and_numbered(browser: Any, live_server: LiveServer, hire: Hire) -> None:
    (one,) = want(COMPANY.__class__(COMPANY.title, "1"), "A-1")
    page = open_page(browser, live_server, hire(), language="en")
    page.goto(f"{live_server.url}/invoices/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Edit").press("Enter")
    page.fill("#tax_no", COMPANY.tax_no)
    page.get_by_role("button", name="Save").press("Enter")
    page.wait_for_selector(".toast-success")
    assert page.locator(".toast-warning").count() == 0
    page.goto(f"{live_server.url}/invoices/?tab=ready")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export all that match").press("Enter")
    assert download.value.suggested_filename.endswith(".xlsx")
    page.goto(f"{live_server.url}/invoices/")
    page.get_by_role("button", name="Bring numbers from a file").press("Enter")
    content = f"订单号,发票号码,开票日期\nA-1,{NUMBERS[0]},2026-11-24\nA-7,{NUMBERS[1]},2026-11-24\n"
    page.set_input_files("#file", {"name": "n.csv", "mimeType": "text/csv", "buffer": content.encode()})
    page.get_by_role("button", name="Note the numbers").press("Enter")
    page.wait_for_selector(".toast-success")
    assert Invoice.objects.get(id=one.id).state == "issued"
    with page.expect_download() as download:
        page.get_by_role("link", name="Get these rows with their reasons").press("Enter")
    assert download.value.suggested_filename.endswith(".xlsx")
