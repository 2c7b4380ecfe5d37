"""Pages escape everything and hold no script or style of their own: the content policy forbids both."""

import re
from pathlib import Path

import pytest
from tests.architecture.source import PACKAGE, ROOT, Offence, product, report

FORBIDDEN = {
    "an unescaped value": re.compile(r"\|\s*safe(seq)?\b|{%\s*autoescape\s+off"),
    "a script in the page": re.compile(r"<script(?![^>]*\ssrc=)[^>]*>", re.IGNORECASE),
    "a style in the page": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=|\bhx-on\b", re.IGNORECASE),
    "an address of another host": re.compile(
        r"<(script|link|img|iframe)\b[^>]*\b(src|href)=[\"'](https?:)?//", re.IGNORECASE
    ),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
}
MAY_UNESCAPE = {"portal/templatetags/portal_parts.py": "draws icons of the package by names our templates give"}
UNESCAPING = re.compile(r"\bmark_safe\b|\bSafeString\(|\bis_safe\s*=\s*True|html_safe\b")


def faults_in(text: str) -> list[str]:
    """Return what a template holds that it must not, by name."""
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
    return [name for name, pattern in FORBIDDEN.items() if pattern.search(text)]


def templates() -> list[Path]:
    """Return every page and fragment."""
    return sorted(path for folder in PACKAGE.rglob("templates") for path in folder.rglob("*.*"))


def test_templates_hold_nothing_unsafe() -> None:
    faults = [
        Offence(path.relative_to(ROOT).as_posix(), 1, fault)
        for path in templates()
        for fault in faults_in(path.read_text(encoding="utf-8"))
    ]
    assert not faults, report(faults)


def unescaping() -> list[Offence]:
    """Return every line of code that declares text to be safe."""
    return [
        Offence(source.inside, number, line.strip())
        for source in product()
        for number, line in enumerate(source.text.splitlines(), 1)
        if UNESCAPING.search(line) and not line.startswith(("from ", "import "))
    ]


def test_no_code_switches_escaping_off_but_the_icons() -> None:
    faults = [fault for fault in unescaping() if fault.place not in MAY_UNESCAPE]
    assert not faults, report(faults)
    assert [fault.place for fault in unescaping()] == list(MAY_UNESCAPE)


@pytest.mark.parametrize(
    "text",
    [
        "{{ name|safe }}",
        "{% autoescape off %}{{ name }}{% endautoescape %}",
        "<script>go()</script>",
        "<script nonce='1'>go()</script>",
        "<style>p {}</style>",
        '<p style="color: red">',
        '<button onclick="go()">',
        '<button hx-on:click="go()">',
        '<script src="https://example.org/x.js"></script>',
        '<a href="javascript:go()">',
    ],
)
def test_an_unsafe_template_is_noticed(text: str) -> None:
    assert faults_in(text)


@pytest.mark.parametrize(
    "text",
    [
        '<script src="{% static "portal/js/keys.js" %}" defer></script>',
        '<a href="https://example.org">',
        "one=",
    ],
)
def test_a_safe_template_is_left_alone(text: str) -> None:
    assert not faults_in(text)
