"""Coming in: one sentence for every failure, slower with each guess, never out of our host."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse
from tests.pages.conftest import MOMENT, PASSWORD, Hire

from zhanggui.config.home import NotANetwork, networks
from zhanggui.kernel import clock
from zhanggui.people.models import SignInAttempt, Staff
from zhanggui.people.rules import OWNER_ROLES
from zhanggui.people.steps import invite
from zhanggui.portal.addresses import origin
from zhanggui.portal.views.entry import DEVICE_COOKIE, DEVICE_SALT

SIGN_IN = "/sign-in/"


def attempt(client: Client, username: str, password: str, address: str = "10.0.0.1", **more: str) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password, **more}, REMOTE_ADDR=address)


def words_of(answer: Any) -> str:
    """Return a page without what differs by nature: the token and the typed name."""
    text = answer.content.decode()
    return re.sub(r'value="[^"]*"', "", text)


def test_the_right_password_opens_the_workbench(client: Client, hire: Hire) -> None:
    hire()
    assert attempt(client, "wang", PASSWORD)["Location"] == reverse("workbench")


def test_a_known_and_an_unknown_name_get_the_same_text(client: Client, hire: Hire) -> None:
    hire()
    known = attempt(client, "wang", "wrong")
    unknown = attempt(Client(), "nobody", "wrong")
    assert words_of(known) == words_of(unknown)
    assert "登录名与密码不匹配" in words_of(known)


def test_an_inactive_person_gets_the_same_text(client: Client, hire: Hire) -> None:
    hire()
    Staff.objects.update(is_active=False)
    assert "登录名与密码不匹配" in words_of(attempt(client, "wang", PASSWORD))


def test_guessing_one_account_from_many_addresses_is_slowed(client: Client, hire: Hire) -> None:
    hire()
    with clock.frozen(MOMENT):
        for n in range(5):
            assert attempt(client, "wang", "wrong", f"10.0.1.{n}").status_code == 200
        slowed = attempt(client, "wang", PASSWORD, "10.0.2.1")
    assert slowed.status_code == 429
    assert "秒" in words_of(slowed)


def test_one_address_trying_many_accounts_is_slowed(client: Client, hire: Hire) -> None:
    hire()
    with clock.frozen(MOMENT):
        for n in range(5):
            attempt(client, f"name{n}", "wrong")
        assert attempt(client, "wang", PASSWORD).status_code == 429


def test_waiting_as_told_opens_the_door_again(client: Client, hire: Hire) -> None:
    hire()
    with clock.frozen(MOMENT):
        for _n in range(5):
            attempt(client, "wang", "wrong")
    with clock.frozen(MOMENT + timedelta(seconds=2)):
        assert attempt(client, "wang", PASSWORD).status_code == 302


def test_a_stranger_cannot_keep_the_owner_out(client: Client, hire: Hire) -> None:
    hire()
    with clock.frozen(MOMENT):
        assert attempt(client, "wang", PASSWORD).status_code == 302
        client.post("/sign-out/")
        for n in range(10):
            attempt(Client(), "wang", "wrong", f"10.0.3.{n}")
        assert attempt(Client(), "wang", PASSWORD, "10.0.4.1").status_code == 429
        assert attempt(client, "wang", PASSWORD, "10.0.4.2").status_code == 302


def test_a_known_browser_is_slowed_by_its_own_guesses(client: Client, hire: Hire) -> None:
    hire()
    with clock.frozen(MOMENT):
        attempt(client, "wang", PASSWORD)
        client.post("/sign-out/")
        for n in range(5):
            attempt(client, "wang", "wrong", f"10.0.3.{n}")
        assert attempt(client, "wang", PASSWORD, "10.0.4.1").status_code == 429


def test_a_forged_forwarded_address_counts_for_nothing(client: Client, hire: Hire) -> None:
    hire()
    with clock.frozen(MOMENT):
        for n in range(5):
            client.post(
                SIGN_IN, {"username": f"u{n}", "password": "x"}, REMOTE_ADDR="10.0.0.9",
                headers={"X-Forwarded-For": f"9.9.9.{n}"},
            )  # fmt: skip
        assert attempt(client, "wang", PASSWORD, "10.0.0.9").status_code == 429


def forwarded(client: Client, username: str, noted: str, peer: str = "10.0.0.9", password: str = "x") -> int:
    """Sign in through whoever speaks to us as `peer` and says that the request came from `noted`."""
    form = {"username": username, "password": password}
    return client.post(SIGN_IN, form, REMOTE_ADDR=peer, headers={"X-Forwarded-For": noted}).status_code


def test_behind_a_trusted_proxy_each_visitor_is_counted_alone(client: Client, hire: Hire, settings: Any) -> None:
    hire()
    settings.TRUSTED_PROXIES = networks("10.0.0.0/24")
    with clock.frozen(MOMENT):
        for n in range(5):
            forwarded(client, f"u{n}", "9.9.9.9")
        assert forwarded(Client(), "wang", "9.9.9.9", password=PASSWORD) == 429
        assert forwarded(client, "wang", "8.8.8.8", password=PASSWORD) == 302


def test_what_a_visitor_writes_before_the_proxy_counts_for_nothing(client: Client, hire: Hire, settings: Any) -> None:
    hire()
    settings.TRUSTED_PROXIES = networks("10.0.0.0/24")
    with clock.frozen(MOMENT):
        for n in range(5):
            forwarded(client, f"u{n}", f"7.7.7.{n}, 9.9.9.9, 10.0.0.5")
        assert forwarded(client, "wang", "6.6.6.6, 9.9.9.9", password=PASSWORD) == 429


def test_a_peer_that_is_no_proxy_of_ours_cannot_name_an_address(client: Client, hire: Hire, settings: Any) -> None:
    hire()
    settings.TRUSTED_PROXIES = networks("10.0.0.0/24")
    with clock.frozen(MOMENT):
        for n in range(5):
            forwarded(client, f"u{n}", f"10.0.0.{n}, 9.9.9.{n}", peer="11.0.0.1")
        assert forwarded(client, "wang", "9.9.9.77", peer="11.0.0.1", password=PASSWORD) == 429


def test_neighbours_behind_one_address_do_not_slow_a_known_browser(client: Client, hire: Hire) -> None:
    hire()
    with clock.frozen(MOMENT):
        attempt(client, "wang", PASSWORD)
        client.post("/sign-out/")
        for n in range(8):
            attempt(Client(), f"other{n}", "wrong")
        assert attempt(Client(), "wang", PASSWORD).status_code == 429
        assert attempt(client, "wang", PASSWORD).status_code == 302


def test_a_made_up_or_foreign_device_cookie_helps_nobody(client: Client, hire: Hire) -> None:
    hire()
    hire("li")
    with clock.frozen(MOMENT):
        attempt(client, "li", PASSWORD)
        client.post("/sign-out/")
        for n in range(5):
            attempt(Client(), f"other{n}", "wrong")
        assert attempt(client, "wang", PASSWORD).status_code == 429
        forged = Client()
        forged.cookies[DEVICE_COOKIE] = signing.dumps(("wang", "x"), key="another key", salt=DEVICE_SALT)
        assert attempt(forged, "wang", PASSWORD).status_code == 429


@pytest.mark.parametrize(
    ("peer", "noted", "found"),
    [
        ("10.0.0.1", "9.9.9.9", "9.9.9.9"),
        ("10.0.0.1", "9.9.9.9:4711", "9.9.9.9"),
        ("::ffff:10.0.0.1", "[2001:db8::7]:443", "2001:db8::7"),
        ("10.0.0.1", "1.1.1.1, 10.0.0.3, 10.0.0.2", "1.1.1.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("11.0.0.1", "9.9.9.9", "11.0.0.1"),
        ("", "9.9.9.9", "None"),
    ],
)
def test_the_first_address_that_is_no_proxy_of_ours_began_the_request(peer: str, noted: str, found: str) -> None:
    assert str(origin(peer, noted.split(","), networks("10.0.0.0/24"))) == found


def test_a_setting_that_is_no_network_stops_the_start_with_an_example() -> None:
    assert networks("") == ()
    with pytest.raises(NotANetwork, match=r"10\.0\.0\.0/8"):
        networks("proxy.example")


def test_typed_names_are_not_kept_readable(client: Client, hire: Hire) -> None:
    hire()
    attempt(client, "my-secret-typed-in-the-wrong-field", "wrong")
    assert not any("my-secret" in subject for subject in SignInAttempt.objects.values_list("subject", flat=True))


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "javascript:alert(1)",
        "\\\\evil.example",
        "https:evil.example",
    ],
)
def test_only_our_own_host_is_followed(wanted: str, client: Client, hire: Hire) -> None:
    hire()
    assert attempt(client, "wang", PASSWORD, next=wanted)["Location"] == reverse("workbench")


def test_an_own_address_is_followed(client: Client, hire: Hire) -> None:
    hire()
    assert attempt(client, "wang", PASSWORD, next="/gallery/?a=1")["Location"] == "/gallery/?a=1"


def test_a_session_from_before_is_not_carried_in(client: Client, hire: Hire) -> None:
    hire()
    client.session["planted"] = 1
    client.session.save()
    before = client.cookies["sessionid"].value if "sessionid" in client.cookies else ""
    attempt(client, "wang", PASSWORD)
    cookie = client.cookies["sessionid"]
    assert cookie.value != before
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_signing_out_needs_a_form_and_ends_the_session(owner: Client) -> None:
    assert owner.get("/sign-out/").status_code == 405
    owner.post("/sign-out/")
    assert owner.get("/gallery/").status_code == 302


def test_the_welcome_link_makes_the_first_person(client: Client, db: None) -> None:
    token = invite(department="management", roles=OWNER_ROLES, as_of=clock.now())
    assert client.get(f"/welcome/{token}/").status_code == 200
    form = {"username": "li", "display_name": "李娜", "password": PASSWORD}
    assert client.post(f"/welcome/{token}/", form)["Location"] == reverse("workbench")
    assert "李娜" in client.get("/gallery/").content.decode()
    again = Client().post(f"/welcome/{token}/", {**form, "username": "other"})
    assert "链接已被使用" in again.content.decode()
    assert Staff.objects.count() == 1
    opened = Client().get(f"/welcome/{token}/").content.decode()
    assert "链接已被使用" in opened
    assert "<input" not in opened.split("<main")[-1].replace('type="hidden"', "")


def test_a_weak_password_is_explained_at_its_field_and_the_link_still_works(client: Client, db: None) -> None:
    token = invite(department="management", roles=OWNER_ROLES, as_of=clock.now())
    form = {"username": "li", "display_name": "李娜", "password": "short"}
    refused = client.post(f"/welcome/{token}/", form)
    assert 'id="id_password_error"' in refused.content.decode()
    for language, why in (("zh-hans", "密码"), ("en", "entirely numeric")):
        client.cookies["django_language"] = language
        digits = client.post(f"/welcome/{token}/", {**form, "password": "482915370264"}).content.decode()
        assert why in digits[digits.index('id="id_password_error"') :]
    assert client.post(f"/welcome/{token}/", {**form, "password": PASSWORD}).status_code == 302


def test_the_page_says_when_nobody_can_sign_in_yet(client: Client, db: None) -> None:
    assert "还没有任何账号" in client.get(SIGN_IN).content.decode()
