"""Chinese first, whatever the browser says; English whole; both and dark mode are the reader's choice."""

from django.test import Client
from tests.pages.conftest import Hire

ENGLISH_BROWSER = {"Accept-Language": "en-US,en;q=0.9"}


def test_an_english_browser_gets_chinese(client: Client, db: None) -> None:
    answer = client.get("/sign-in/", headers=ENGLISH_BROWSER)
    assert '<html lang="zh-Hans">' in answer.content.decode()
    assert "登录" in answer.content.decode()


def test_the_switch_is_kept_and_returns_to_the_page(client: Client, db: None) -> None:
    answer = client.post("/preferences/", {"language": "en", "next": "/sign-in/?next=/"})
    assert answer["Location"] == "/sign-in/?next=/"
    page = client.get("/sign-in/").content.decode()
    assert '<html lang="en">' in page
    assert "Name to sign in" in page


def test_the_persons_own_language_comes_before_the_cookie(client: Client, hire: Hire) -> None:
    staff = hire()
    staff.language = "en"
    staff.save()
    client.force_login(staff)
    client.cookies["django_language"] = "zh-hans"
    assert '<html lang="en">' in client.get("/gallery/").content.decode()


def test_an_unknown_language_or_theme_changes_nothing(client: Client, db: None) -> None:
    answer = client.post("/preferences/", {"language": "../../etc", "theme": "neon", "next": "//evil.example"})
    assert answer.cookies == {}
    assert answer["Location"] == "/"


def test_dark_by_hand_loads_the_dark_colours_without_asking_the_device(client: Client, db: None) -> None:
    assert "prefers-color-scheme: dark" in client.get("/sign-in/").content.decode()
    client.post("/preferences/", {"theme": "dark"})
    assert 'dark.css" media="screen"' in client.get("/sign-in/").content.decode()
    client.post("/preferences/", {"theme": "light"})
    assert "dark.css" not in client.get("/sign-in/").content.decode()


def test_no_chinese_is_left_on_an_english_page(owner: Client) -> None:
    owner.cookies["django_language"] = "en"
    text = owner.get("/gallery/").content.decode().replace("中文", "")
    assert [char for char in text if "一" <= char <= "鿿"] == []
