"""The content policy allows no inline script or style, so no template may hold any."""

import re
from pathlib import Path

import pytest

import zhanggui.portal

TEMPLATES = sorted((Path(zhanggui.portal.__file__).parent / "templates").rglob("*.html"))
FORBIDDEN = {
    "style attribute": re.compile(r"\sstyle\s*=", re.I),
    "style element": re.compile(r"<style\b", re.I),
    "inline script": re.compile(r"<script\b(?![^>]*\bsrc=)", re.I),
    "event attribute": re.compile(r"\son[a-z]+\s*=\s*[\"']", re.I),
    "javascript address": re.compile(r"javascript:", re.I),
    "htmx expression": re.compile(r"hx-on|hx-vals=.js:|hx-headers=.js:", re.I),
    "address of another host": re.compile(r"(src|href)\s*=\s*[\"'](https?:)?//", re.I),
    "unescaped value": re.compile(r"\|\s*safe\b|autoescape off", re.I),
}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_inline_code_and_no_foreign_address(path: Path) -> None:
    text = path.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


def test_the_patterns_find_what_they_forbid() -> None:
    bad = "<p style='x'><style></style><script>x</script><a onclick='x' href='javascript:x' hx-on:click='x'>"
    bad += "<img src='//elsewhere.test/x.png'>{{ x|safe }}"
    assert all(pattern.search(bad) for pattern in FORBIDDEN.values())


def test_there_are_templates_to_check() -> None:
    assert len(TEMPLATES) > 10
