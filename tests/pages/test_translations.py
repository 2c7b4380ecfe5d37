"""Every text has its Chinese; the check can find what it looks for."""

import polib

from tools import translations as tool


def test_the_catalogue_is_complete() -> None:
    assert tool.problems_of(tool.extract(tool.SOURCE), tool.read_catalogue(tool.CATALOGUE)) == []


def test_the_check_finds_missing_empty_fuzzy_stale_and_broken_entries() -> None:
    def entry(text: str, chinese: str, *flags: str) -> tuple[tool.Message, polib.POEntry]:
        return tool.Message(None, text, None), polib.POEntry(msgid=text, msgstr=chinese, flags=list(flags))

    source = {tool.Message(None, text, None): ["a.py"] for text in ("new", "hollow", "unsure", "%(n)d rows")}
    catalogue = dict(
        [
            entry("hollow", " "),
            entry("unsure", "大概", "fuzzy"),
            entry("%(n)d rows", "%(m)d 行"),
            entry("gone", "没了"),
        ]
    )
    words = [line.split(":")[0] for line in tool.problems_of(source, catalogue)]
    assert sorted(words) == ["empty", "fuzzy", "missing", "placeholders differ", "stale"]


def test_texts_of_python_and_templates_are_both_seen() -> None:
    texts = {message.text for message in tool.extract(tool.SOURCE)}
    assert {"Met in time", "Skip to the content"} <= texts
