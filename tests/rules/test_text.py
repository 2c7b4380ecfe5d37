"""Texts at the entrance and at the exit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhanggui.kernel.text import clean_id, clean_name, escape_control, forbidden, plain_cell, safe_cell

FORMULAS = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A",
    "'=1",
    "''@x",
    "-",
    "=-1",
]


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("  白色 挂件 ", "白色 挂件"),
        ("\u3000\u3000", ""),
        ("两\n行\t字", "两 行 字"),
        ("abc\u202egnp.exe", "abc<U+202E>gnp.exe"),
        ("zero\u200bwidth", "zero<U+200B>width"),
        ("\ufeffname", "name"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("𠮷野家", "𠮷野家"),
        ("\u0007bell", "bell"),
        ("x\ud800y", "x\ufffdy"),
    ],
)
def test_D04_D31_a_name_is_kept_and_what_is_unseen_becomes_visible(raw: str, stored: str) -> None:
    assert clean_name(raw) == stored


@pytest.mark.parametrize(
    ("raw", "compared"),
    [
        (" A-1 ", "A-1"),
        ("１２３ＡＢ", "123AB"),
        ("12\u200b34\u202e", "1234"),
        ("\u30001\u3000", "1"),
        ("a\u00adb\u200dc", "abc"),
        ("\t5", "5"),
    ],
)
def test_D04_an_identifier_has_nothing_unseen_and_ordinary_width(raw: str, compared: str) -> None:
    assert clean_id(raw) == compared


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_name(clean_name(text)) == clean_name(text)
    assert clean_id(clean_id(text)) == clean_id(text)


@given(st.text(st.characters()))
def test_cleaned_texts_can_be_stored(text: str) -> None:
    for cleaned in (clean_name(text), clean_id(text)):
        assert forbidden(cleaned) is None
        assert not set(cleaned) & {chr(code) for code in range(32)}


@pytest.mark.parametrize(("text", "code"), [("a\x00", "nul"), ("\udc00", "lone_surrogate"), ("a", None)])
def test_D04_what_no_database_stores_is_named(text: str, code: str | None) -> None:
    assert forbidden(text) == code


@pytest.mark.parametrize("text", FORMULAS)
def test_D15_H19_what_looks_like_a_formula_is_marked_and_comes_back(text: str) -> None:
    marked = safe_cell(text)
    assert marked == "'" + text
    assert plain_cell(marked) == text


@pytest.mark.parametrize("text", ["-12.50", "-3", "12", "a=b", "", "it's", "'quoted'", "白色"])
def test_D15_ordinary_texts_and_plain_negative_numbers_stay(text: str) -> None:
    assert safe_cell(text) == text
    assert plain_cell(text) == text


@given(st.text(st.sampled_from("'=+-@\t\r\n＝12.a "), max_size=8) | st.text())
def test_D15_H19_the_mark_can_always_be_taken_back(text: str) -> None:
    marked = safe_cell(text)
    assert plain_cell(marked) == text.replace("\x00", "")
    assert marked[:1] not in tuple("=+@\t\r\n＝＋－＠")


@given(st.text())
def test_H21_a_log_line_stays_one_line(text: str) -> None:
    shown = escape_control(text)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
