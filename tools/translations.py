"""Check and compile the translations, without GNU gettext.

python tools/translations.py --check      every text has its Chinese, none is stale; exit 1 with a list if not
python tools/translations.py --add        add missing texts with empty Chinese, drop stale ones
python tools/translations.py --compile    write the .mo beside each .po
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "zhanggui"
CATALOGUE = SOURCE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|(?<!%)%[sdif]|\{\w*\}")


class Message(NamedTuple):
    """One text of the source; its identity in the catalogue."""

    context: str | None
    text: str
    plural: str | None


def extract(root: Path) -> dict[Message, list[str]]:
    """Return every translatable text below a folder with the files it stands in."""
    found: dict[Message, list[str]] = {}
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.html")]):
        for message in _messages_of(path):
            found.setdefault(message, []).append(path.relative_to(root).as_posix())
    return found


def _messages_of(path: Path) -> Iterator[Message]:
    from babel.messages.extract import extract as extract_source
    from django.utils.translation.template import templatize

    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        text = templatize(text, origin=str(path))
    source = io.BytesIO(text.encode("utf-8"))
    for _line, words, _comments, context in extract_source("python", source, keywords=KEYWORDS):
        singular, plural = (words[0], words[1]) if isinstance(words, tuple) else (words, None)
        if singular:
            yield Message(context, singular, plural)


def read_catalogue(path: Path) -> dict[Message, polib.POEntry]:
    """Return the catalogue's living entries."""
    entries = polib.pofile(str(path)) if path.exists() else []
    return {Message(e.msgctxt, e.msgid, e.msgid_plural or None): e for e in entries if not e.obsolete}


def problems_of(source: dict[Message, list[str]], catalogue: dict[Message, polib.POEntry]) -> list[str]:
    """Return what is wrong, one line each: missing, empty, fuzzy, other placeholders, stale."""
    lines = []
    for message, files in sorted(source.items(), key=lambda item: item[0].text):
        entry = catalogue.get(message)
        if entry is None:
            lines.append(f"missing: {message.text!r} ({files[0]})")
        elif entry.fuzzy:
            lines.append(f"fuzzy: {message.text!r}")
        else:
            lines += [f"{what}: {message.text!r}" for what in _faults(message, entry)]
    return lines + [f"stale: {message.text!r}" for message in catalogue if message not in source]


def _faults(message: Message, entry: polib.POEntry) -> Iterator[str]:
    given = list(entry.msgstr_plural.values()) if message.plural else [entry.msgstr]
    if not given or not all(text.strip() for text in given):
        yield "empty"
        return
    wanted = set(PLACEHOLDER.findall(message.plural or message.text))
    if any(set(PLACEHOLDER.findall(text)) != wanted for text in given):
        yield "placeholders differ"


def add_missing(path: Path, source: dict[Message, list[str]]) -> None:
    """Write the catalogue anew: every text of the source by file, keeping what is translated."""
    known = read_catalogue(path)
    fresh = polib.POFile(wrapwidth=110)
    fresh.metadata = {
        "Language": "zh_Hans",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for message in sorted(source, key=lambda one: (source[one][0], one.text)):
        entry = known.get(message) or polib.POEntry(msgid=message.text, msgctxt=message.context)
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = entry.msgstr_plural or {0: ""}
        entry.occurrences = [(name, "") for name in source[message]]
        entry.flags = ["python-format"] if "%(" in message.text else []
        fresh.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.save(str(path))


def compile_all(root: Path) -> list[Path]:
    """Write the .mo of every .po below a folder and return them."""
    written = []
    for path in sorted(root.rglob("*.po")):
        target = path.with_suffix(".mo")
        polib.pofile(str(path)).save_as_mofile(str(target))
        written.append(target)
    return written


def main() -> int:
    """Do what the arguments ask; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name in ("--check", "--add", "--compile"):
        parser.add_argument(name, action="store_true")
    asked = parser.parse_args()
    if asked.add:
        add_missing(CATALOGUE, extract(SOURCE))
    problems = problems_of(extract(SOURCE), read_catalogue(CATALOGUE)) if asked.check else []
    for line in problems:
        print(line)
    if asked.compile:
        compile_all(SOURCE)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
