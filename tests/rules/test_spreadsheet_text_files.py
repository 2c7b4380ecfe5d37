"""CSV and its kin: encodings, separators, broken and hostile files."""

import contextlib
import csv
import gzip
import io
import random
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import zhanggui
from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import FileRefused, LimitExceeded, Limits, Row, TextRefused
from zhanggui.kernel.text import plain_cell

HEADER = "订单号,商品名称,数量\n"
ROWS = "A1,白色挂件,2\nA2,红色杯子,3\n"


def read(source: bytes | str | Path, encoding: str | None = None) -> list[tuple[int, Row]]:
    content = source.encode() if isinstance(source, str) else source
    return list(open_table(content, encoding=encoding).rows)


def refusal(source: bytes | str | Path, limits: Limits | None = None) -> FileRefused:
    content = source.encode() if isinstance(source, str) else source
    with pytest.raises(FileRefused) as refused:
        list(open_table(content, limits=limits or Limits()).rows)
    return refused.value


# --- encodings


@pytest.mark.parametrize(
    ("encoding", "mark", "named"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8-sig"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("gbk", b"", "gb18030"),
        ("gb18030", b"", "gb18030"),
    ],
)
def test_D01_encodings_of_practice_are_read_and_named(encoding: str, mark: bytes, named: str) -> None:
    rare = "A3,𠮷野家䶮,1\n" if encoding != "gbk" else "A3,镕,1\n"
    table = open_table(mark + (HEADER + ROWS + rare).encode(encoding))
    assert table.encoding == named
    assert table.header == ("订单号", "商品名称", "数量")
    assert [cells[1] for _, cells in table.rows] == ["白色挂件", "红色杯子", rare.split(",")[1]]


def test_D02_a_person_may_switch_the_encoding_after_the_preview() -> None:
    assert open_table("訂單,名\n1,聯絡\n".encode("big5"), encoding="big5").header == ("訂單", "名")
    wavering = b"id,name\n1,\xc4\xa3\xc4\xa3\n"
    assert read(wavering)[0][1][1] == "ģģ"
    assert read(wavering, encoding="gb18030")[0][1][1] == "模模"


@pytest.mark.parametrize("chosen", ["ascii", "gb18030"])
def test_D02_a_chosen_encoding_that_does_not_fit_is_refused(chosen: str) -> None:
    with pytest.raises(TextRefused) as refused:
        open_table("a,b\n1,é,\n".encode("latin-1") if chosen == "gb18030" else "a,b\n1,é\n".encode(), encoding=chosen)
    assert (refused.value.code, refused.value.details["line"]) == ("encoding_unreadable", 2)


def test_D03_two_encodings_in_one_file_are_refused_with_line_and_sample() -> None:
    for odd in ("A2,红色杯,3\n", "A2,红色杯子,3\n", "A2,红杯,3\n"):
        refused = refusal((HEADER + "A1,白色挂件,2\n").encode("gb18030") + odd.encode("utf-8"))
        assert refused.code in ("encodings_mixed", "encoding_unreadable")
        assert refused.details["line"] == 3
        assert "A2" in str(refused.details["sample"])


def test_D03_two_encodings_the_other_way_round() -> None:
    refused = refusal((HEADER + "A1,白色挂件,2\n").encode("utf-8") + "A2,红色杯子,3\n".encode("gb18030"))
    assert refused.code in ("encodings_mixed", "encoding_unreadable")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_D03_a_last_character_cut_in_half_is_refused(encoding: str) -> None:
    content = (HEADER + "A1,2,白色挂件").encode(encoding)
    refused = refusal(content[:-1])
    assert (refused.code, refused.details["line"]) == ("encoding_unreadable", 2)


def test_D03_half_a_character_in_utf16_is_refused() -> None:
    assert refusal("\ufeff订单号,数量\nA1,1\n".encode("utf-16-le")[:-1]).code == "encoding_unreadable"


def test_D04_nul_bytes_are_refused_with_their_line() -> None:
    refused = refusal("a,b\n1,2\n3,\x004\n")
    assert (refused.code, refused.details["line"]) == ("nul", 3)
    assert refusal("a,b\n1,2\n".encode("utf-16-le")).code == "nul"


@pytest.mark.parametrize("half", ["\ud800", "\udfff", "\ud83d\ude00"])  # noqa: PT014 - three different halves
def test_D04_lone_surrogates_are_refused(half: str) -> None:
    assert refusal(("a,b\n1," + half + "\n").encode("utf-8", "surrogatepass")).code == "lone_surrogate"
    if len(half) == 1:
        content = b"\xff\xfe" + ("a,b\n1," + half + "\n").encode("utf-16-le", "surrogatepass")
        assert refusal(content).code == "encoding_unreadable"


@pytest.mark.parametrize("name", ["klingon", "rot13", "hex", ""])
def test_D02_an_encoding_that_is_not_offered_is_refused(name: str) -> None:
    with pytest.raises(TextRefused, match="encoding_unknown"):
        open_table(b"a,b\n", encoding=name)


@pytest.mark.parametrize("sign", ["", ",,", '"', "\n"])
def test_D05_a_separator_that_cannot_be_one_is_refused(sign: str) -> None:
    with pytest.raises(TextRefused, match="delimiter_unknown"):
        open_table(b"a,b\n", delimiter=sign)


# --- separators and line ends


@pytest.mark.parametrize("sign", [",", ";", "\t", "，"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_D05_separators_and_line_ends_are_found(sign: str, end: str) -> None:
    lines = [["order", "name", "qty"], ["A1", "x y", "1"], ["A2", "a.b", "2"]]
    table = open_table(end.join(sign.join(line) for line in lines).encode())
    assert table.delimiter == sign
    assert table.kind == ("tsv" if sign == "\t" else "csv")
    assert [cells for _, cells in table.rows] == lines[1:]


def test_D05_mixed_line_ends_are_read() -> None:
    assert read("a,b\r\n1,2\n3,4\r5,6") == [(2, ["1", "2"]), (3, ["3", "4"]), (4, ["5", "6"])]


def test_D05_signs_inside_cells_do_not_win() -> None:
    content = 'no,status,goods\nA1,"买家已付款,等待，发货",x;y;z\nA2,已发货，已签收，退款,p;q;r\n'
    assert open_table(content.encode()).delimiter == ","


@pytest.mark.parametrize("content", ["订单号\nA1\nA2\n", "a|b|c\n1|2|3\n", "some words in a line\nand more"])
def test_D05_a_single_column_is_never_silent(content: str) -> None:
    assert refusal(content).code == "single_column"


def test_D05_a_person_may_say_that_there_is_one_column_or_another_sign() -> None:
    assert open_table(b"sku\nA1\n", delimiter=",").header == ("sku",)
    assert open_table(b"a|b\n1|2\n", delimiter="|").header == ("a", "b")


def test_D05_two_signs_that_fit_equally_well_ask() -> None:
    assert refusal("a,b;c\n1,2;3\n").code == "delimiter_unclear"


# --- broken and oversized


def test_D06_an_unbalanced_quote_is_refused_with_its_line() -> None:
    refused = refusal('a,b\n1,2\n3,"4\n5,6\n7,8\n')
    assert (refused.code, refused.details["line"]) == ("quote_open", 3)
    long = 'a,b\n1,"2\n' + "5,6\n" * 50_000
    refused = refusal(long)
    assert (refused.code, refused.details["line"]) == ("quote_open", 2)


def test_D06_signs_after_a_closing_quote_are_refused_with_their_line() -> None:
    refused = refusal('a,b\n1,2\n3,"4"x\n')
    assert (refused.code, refused.details["line"]) == ("quote_broken", 3)


def test_D06_a_quote_inside_an_unquoted_cell_is_a_sign_like_others() -> None:
    assert read('a,b\n12" pipe,5"\n') == [(2, ['12" pipe', '5"'])]


def test_D06_ten_thousand_columns_are_refused() -> None:
    refused = refusal(",".join(f"c{number}" for number in range(10_000)) + "\n" + ",".join("1" * 10_000))
    assert (refused.code, refused.details["row"]) == ("too_many_columns", 1)
    refused = refusal("a,b\n1,2\n" + ",".join("1" * 10_000))
    assert (refused.code, refused.details["row"]) == ("too_many_columns", 3)


def test_D06_a_cell_beyond_the_limit_is_refused_with_its_line() -> None:
    refused = refusal("a,b\n1," + "x" * 32_001 + "\n")
    assert (refused.code, refused.details["line"]) == ("cell_too_long", 2)
    assert len(str(read("a,b\n1," + "x" * 32_000 + "\n")[0][1][1])) == 32_000


def test_D06_a_line_of_50_mb_is_refused_quickly_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,")
        for _ in range(50):
            file.write(b"x" * 1_000_000)
    script = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from zhanggui.connectors.spreadsheets.reading import open_table\n"
        "from zhanggui.connectors.spreadsheets.records import FileRefused\n"
        "try: open_table(sys.argv[1])\n"
        "except FileRefused as refused: print(refused.code, refused.details['line'])\n"
        "print(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, timeout=30, check=True,
        env={"PYTHONPATH": str(Path(zhanggui.__file__).parent.parent)},
    )  # fmt: skip
    said, peak = done.stdout.splitlines()
    assert said == "line_too_long 2"
    assert int(peak) < 200 * 1024  # kB of this process alone; getrusage counts what its parent held before it


# --- header and rows


@pytest.mark.parametrize("content", ["", "\ufeff"])
def test_D08_D20_an_empty_file_is_named(content: str) -> None:
    assert refusal(content).code in ("file_empty", "single_column")
    assert refusal(b"").code == "file_empty"


def test_D08_a_header_alone_gives_no_rows() -> None:
    table = open_table(HEADER.encode())
    assert table.header == ("订单号", "商品名称", "数量")
    assert list(table.rows) == []


def test_D08_more_rows_than_the_limit_are_refused_with_the_limit() -> None:
    limits = Limits(rows=3)
    assert len(list(open_table(b"a,b\n1,2\n1,2\n1,2\n\n", limits=limits).rows)) == 3
    refused = refusal("a,b\n" + "1,2\n" * 4, limits)
    assert (refused.code, refused.details) == ("too_many_rows", {"row": 5, "limit": 3})


def test_blank_lines_count_but_are_not_given_and_short_rows_are_filled() -> None:
    assert read("\na,b,c\n\n1\n,,\n1,2,3,,\n , \n") == [(4, ["1", "", ""]), (6, ["1", "2", "3"])]


def test_cells_beyond_the_header_stay_to_be_refused() -> None:
    assert read("a,b\n1,2,3\n") == [(2, ["1", "2", "3"])]


def test_a_trailing_separator_and_blanks_in_the_header_do_no_harm() -> None:
    assert open_table(b"a , b,\n1,2,\n").header == ("a", "b")


def test_quoted_cells_keep_line_ends_and_the_number_is_the_spreadsheets() -> None:
    assert read('a,b\n"1\r\n2","x,y"\n3,"say ""hi"""\n') == [(2, ["1\r\n2", "x,y"]), (3, ["3", 'say "hi"'])]


# --- what it really is


@pytest.mark.parametrize("name", ["orders.xls", "orders.xlsx", "orders.txt", ""])
def test_D19_a_csv_is_a_csv_whatever_its_name(name: str) -> None:
    assert open_table((HEADER + ROWS).encode("gbk"), name).kind == "csv"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<html><body><table><tr><td>订单号</td></tr></table></body></html>", "html_page"),
        ("\ufeff \n<!DOCTYPE html><table>", "html_page"),
        ('<table border="1"><tr><td>a</td></tr></table>', "html_page"),
        (
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "xml_spreadsheet",
        ),
        ("<?xml version='1.0'?><a/>", "xml"),
        ("%PDF-1.7\n1,2", "not_a_table"),
    ],
)
def test_D19_web_pages_and_other_kinds_are_named_for_what_they_are(content: str, code: str) -> None:
    assert refusal(content).code == code


def test_gzipped_csv_is_read_and_the_path_works_as_well(tmp_path: Path) -> None:
    packed = gzip.compress((HEADER + ROWS).encode("gb18030"))
    assert [number for number, _ in read(packed)] == [2, 3]
    (tmp_path / "orders.csv.gz").write_bytes(packed)
    assert [number for number, _ in read(tmp_path / "orders.csv.gz")] == [2, 3]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (gzip.compress(b"a,b\n1,2\n" * 1000)[:-9], "gzip_broken"),
        (gzip.compress(b"a,b\n1,2\n" * 1000)[:40], "gzip_broken"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "gzip_holds_no_text"),
        (gzip.compress(b"PK\x03\x04rest"), "gzip_holds_no_text"),
        (gzip.compress(b""), "file_empty"),
        (b"\x1f\x8b\x08", "gzip_broken"),
    ],
    ids=["tail_cut_off", "middle_cut_off", "packed_twice", "a_workbook_packed", "nothing_packed", "only_the_head"],
)
def test_D20_broken_or_nested_gzip_is_named(content: bytes, code: str) -> None:
    assert refusal(content).code == code


@pytest.mark.parametrize("declared", [20_000_000, 1000])
def test_D17_a_gzip_of_a_thousand_to_one_is_refused_whatever_it_declares(declared: int) -> None:
    bomb = gzip.compress(b"1,2\n" * 5_000_000)[:-4] + declared.to_bytes(4, "little")
    refused = refusal(bomb)
    assert isinstance(refused, LimitExceeded)
    assert refused.code == "packed_too_tightly"


# --- many at once


def test_320000_rows_stream_through_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text("no,sku,qty,price\n" + "536365,85123A,6,2.55\n" * 320_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(1 for _ in open_table(path).rows) == 320_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60 * 1024


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@given(
    st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=8),
    st.sampled_from(["utf-8-sig", "gb18030"]),
)
def test_what_the_csv_module_writes_is_read_back(rows: list[tuple[str, str, str]], encoding: str) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    table = open_table(out.getvalue().encode(encoding), encoding=None if encoding == "utf-8-sig" else encoding)
    kept = [[plain_cell(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    assert [row for _, row in table.rows] == kept


@pytest.mark.parametrize("seed", range(60))
def test_T23_damaged_files_are_read_or_refused_and_nothing_else(seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray((HEADER + ROWS * 20).encode(dice.choice(["utf-8", "gb18030", "utf-16"])))
    for _ in range(dice.randrange(1, 12)):
        place = dice.randrange(len(content))
        change = dice.choice(("flip", "cut", "quote", "insert"))
        if change == "flip":
            content[place] = dice.randrange(256)
        elif change == "cut":
            del content[place : place + dice.randrange(1, 5)]
        elif change == "quote":
            content[place:place] = b'"'
        else:
            content[place:place] = bytes(dice.randrange(256) for _ in range(3))
    with contextlib.suppress(FileRefused):
        rows = list(open_table(bytes(content)).rows)
        assert all(number > 1 and cells for number, cells in rows)


LINES = "订单编号,商品\r\n" + "".join(f"A{number},上海保温杯上{number}\r\n" for number in range(2, 40_002))


def cut_after(encoding: str, *, spare: int) -> bytes:
    """A file of 40,001 lines whose last line ends within its last Chinese character."""
    whole, mark = LINES.encode(encoding), "上40001".encode(encoding)
    return whole[: whole.index(mark) + spare]


@pytest.mark.parametrize(
    ("content", "line", "encoding"),
    [
        (cut_after("utf-8", spare=1), 40_001, "UTF-8"),
        (cut_after("utf-8", spare=2), 40_001, "UTF-8"),
        (cut_after("gb18030", spare=1), 40_001, "GB18030"),
        (b"\xff\xfe" + cut_after("utf-16-le", spare=1), 40_001, "UTF-16"),
        ("订单,商品\nA,杯杯\nB,杯杯\nC,杯杯".encode()[:-2], 4, "UTF-8"),
        ("订单,商品\rA,杯杯\rB,杯杯\rC,杯杯".encode()[:-2], 4, "UTF-8"),
        ('订单,商品\n"A\n\n",杯杯\nC,杯杯'.encode()[:-2], 5, "UTF-8"),
    ],
    ids=["utf8-a-third", "utf8-two-thirds", "gb18030", "utf16", "even-number-of-signs", "returns", "quoted-line-ends"],
)
def test_a_file_cut_within_a_character_names_the_line_and_the_encoding(
    content: bytes, line: int, encoding: str
) -> None:
    refused = refusal(content)
    assert refused.code == "encoding_unreadable"
    assert (refused.details["line"], refused.details["encoding"]) == (line, encoding)


@pytest.mark.parametrize("text", ["A70000,保温杯\r\n", "A70000,保温杯和\r\n"])
def test_lines_of_another_encoding_are_named_wherever_they_stand(text: str) -> None:
    whole = LINES.encode()
    place = whole.index(b"A30000,")
    refused = refusal(whole[:place] + text.encode("gb18030") + whole[place:])
    assert (refused.details["line"], refused.details["encoding"]) == (30_000, "UTF-8")
    whole = LINES.encode("gb18030")
    place = whole.index(b"A30000,")
    refused = refusal(whole[:place] + text.encode() + whole[place:])
    assert refused.details["line"] == 30_000


def test_a_table_says_about_how_many_rows_are_to_come() -> None:
    with open_table(LINES.encode()) as table:
        assert table.rows_expected == 40_000
    with open_table(b"a,b\n1,2") as table:
        assert table.rows_expected == 1
