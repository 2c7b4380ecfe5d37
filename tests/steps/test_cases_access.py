"""Cases of the fault catalogue about people: what a person may do is asked at every request, of today's rights."""

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from tests.cast import PASSWORD, SUN, ZHENG
from tests.factories.orders import bring, open_company, states
from tests.factories.steps import contents

from zhanggui.config import settings as product
from zhanggui.journal.models import Run
from zhanggui.people.models import Staff
from zhanggui.portal.urls import urlpatterns

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller(cast: dict[str, Staff], client: Client) -> Client:
    """孙倩, signed in by her password."""
    answer = client.post("/sign-in/", {"username": SUN.username, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get("/orders/").status_code == 200
    return client


def test_G04_a_role_that_was_taken_away_is_gone_at_the_next_request(seller: Client) -> None:
    ids = bring(open_company(TEA=10), 1, {"TEA": 1})
    Staff.objects.filter(username=SUN.username).update(roles="service")
    assert seller.post("/orders/move/", {"act": "confirm", "id": ids}).status_code == 403
    assert seller.get("/orders/").status_code == 200
    assert states(ids) == ["received"]


def test_G05_every_session_of_a_disabled_account_is_dead_at_once(seller: Client) -> None:
    elsewhere = Client()
    elsewhere.post("/sign-in/", {"username": SUN.username, "password": PASSWORD})
    Staff.objects.filter(username=SUN.username).update(is_active=False)
    for session in (seller, elsewhere):
        answer = session.get("/orders/")
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/sign-in/")


def test_G08_fields_that_a_form_does_not_have_are_never_stored(seller: Client) -> None:
    one, other = bring(open_company(TEA=10), 2, {"TEA": 1})
    before = contents()["orders.OrderLine"]
    extra = {"state": "shipped", "total_fen": "1", "owner": "me", "created_at": "2001-01-01", "actor": "lin.yue"}
    assert seller.post("/orders/move/", {"act": "confirm", "id": one, "key": "k", **extra}).status_code == 302
    assert states([one, other]) == ["confirmed", "received"]
    assert contents()["orders.OrderLine"] == before
    run = Run.objects.get(step="orders.confirm")
    assert (run.actor_kind, run.actor_id) == ("staff", str(Staff.objects.get(username=SUN.username).pk))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_G09_G11_an_auditor_reads_and_changes_nothing(cast: dict[str, Staff], client: Client, method: str) -> None:
    ids = bring(open_company(TEA=10), 1, {"TEA": 1})
    client.force_login(cast[ZHENG.username])
    before = contents(journal=True)
    for address in ("/", "/orders/", "/clauses/", "/journal/", "/imports/", f"/orders/{ids[0]}/"):
        assert client.get(address).status_code == 200
        assert client.generic(method, address).status_code == 405
        assert client.get(address, headers={"X-HTTP-Method-Override": method}).status_code == 200
    writing = {"/orders/move/": {"act": "confirm", "id": ids}, "/imports/upload/": {}, "/imports/1/commit/": {}}
    for address, form in writing.items():
        answer = client.post(address, form) if method == "POST" else client.generic(method, address)
        assert answer.status_code in (403, 405)
    assert contents(journal=True) == before
    assert states(ids) == ["received"]


def test_G14_there_is_no_way_in_beside_our_own_pages(cast: dict[str, Staff], client: Client) -> None:
    client.force_login(cast["lin.yue"])
    for address in ("/admin/", "/admin/login/", "/django-admin/"):
        assert client.get(address).status_code == 404
    reached = {id(pattern) for part in get_resolver().url_patterns for pattern in getattr(part, "url_patterns", [part])}
    assert reached == {id(pattern) for pattern in urlpatterns}


def test_H07_forged_host_and_forwarding_headers_change_nothing(seller: Client, settings: Any) -> None:
    assert not [host for host in product.ALLOWED_HOSTS if "*" in host or host.startswith(".")]
    settings.ALLOWED_HOSTS = [*product.ALLOWED_HOSTS, "testserver"]
    assert seller.get("/orders/", headers={"Host": "evil.example"}).status_code == 400
    plain = Client().get("/orders/")["Location"]
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1"}
    assert Client().get("/orders/", headers=forged)["Location"] == plain
    assert "evil" not in seller.get("/orders/", headers=forged).content.decode()


@pytest.mark.parametrize(
    "path",
    ["../config/settings.py", "..%2f..%2fsecret.key", "%2e%2e/secret.key", "/etc/hostname", "portal/../../secret.key"],
)
def test_H08_no_path_leads_out_of_the_static_files(client: Client, path: str) -> None:
    answer = client.get(f"/static/{path}")
    assert answer.status_code == 404
