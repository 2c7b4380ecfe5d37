"""Old workbooks (.xls), made byte by byte here: no library that still writes them is used.

A compound file holds named streams; the stream `Workbook` is a list of records (kind, length, body).
"""

import struct

import pytest

from zhanggui.connectors.spreadsheets.reading import open_table
from zhanggui.connectors.spreadsheets.records import WorkbookRefused

END = 0xFFFFFFFE
FREE = 0xFFFFFFFF


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def beginning(kind: int) -> bytes:
    return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0xDBB, 0x7CC, 0, 6))


def sheet_records(rows: list[list[str | float]]) -> bytes:
    out = beginning(0x10) + record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            place = struct.pack("<HHH", number, column, 0)
            if isinstance(cell, str):
                out += record(0x204, place + struct.pack("<H", len(cell)) + b"\x01" + cell.encode("utf-16-le"))
            else:
                out += record(0x203, place + struct.pack("<d", cell))
    return out + record(0x0A)


def workbook_stream(rows: list[list[str | float]], name: str = "订单") -> bytes:
    head = beginning(0x05) + record(0x42, struct.pack("<H", 1200))
    title = struct.pack("<BBB", 0, 0, len(name)) + b"\x01" + name.encode("utf-16-le")
    first_byte = len(head) + len(record(0x85, struct.pack("<I", 0) + title)) + len(record(0x0A))
    return head + record(0x85, struct.pack("<I", first_byte) + title) + record(0x0A) + sheet_records(rows)


def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    spelled = name.encode("utf-16-le")
    length = len(spelled) + 2 if name else 0
    tree = struct.pack("<HBBIII", length, kind, 1, FREE, FREE, child)
    return spelled.ljust(64, b"\0") + tree + b"\0" * 36 + struct.pack("<IQ", start, size)


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    data = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(data) // 512
    chain = [0xFFFFFFFD, END, *(number + 3 for number in range(sectors - 1)), END]
    chain += [FREE] * (128 - len(chain))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", FREE) * 108
    folder = entry("Root Entry", 5, 1, END, 0) + entry(name, 2, FREE, 2, len(data)) + entry("", 0, FREE, 0, 0) * 2
    return header + struct.pack("<128I", *chain) + folder + data


ROWS: list[list[str | float]] = [["订单号", "数量"], ["A1", 3.0], ["5069830286478316001", 2.5]]


@pytest.mark.parametrize("name", ["orders.xls", "orders.csv", ""])
def test_D19_an_old_workbook_is_read_whatever_its_name(name: str) -> None:
    table = open_table(compound(workbook_stream(ROWS)), name)
    assert (table.kind, table.sheet, table.header) == ("xls", "订单", ("订单号", "数量"))
    assert list(table.rows) == [(2, ["A1", 3.0]), (3, ["5069830286478316001", 2.5])]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (compound(b"\0" * 5000, "EncryptedPackage"), "workbook_password"),
        (
            compound(beginning(5) + record(0x2F, b"\x01\0" + b"\x01\0" * 26) + record(0x0A)),
            "workbook_password",
        ),
        (compound(b"text" * 2000, "WordDocument"), "container_holds_no_workbook"),
        (compound(workbook_stream(ROWS))[:700], "workbook_broken"),
        (compound(workbook_stream(ROWS))[:3000], "workbook_broken"),
        (compound(b"\xff" * 5000), "workbook_broken"),
        (compound(workbook_stream(ROWS) + "_VBA_PROJECT".encode("utf-16-le")), "workbook_macros"),
    ],
    ids=["encrypted xlsx", "encrypted xls", "a letter", "cut early", "cut late", "no records", "macros"],
)
def test_D20_other_containers_are_named_for_what_they_are(content: bytes, code: str) -> None:
    with pytest.raises(WorkbookRefused) as refused:
        open_table(content, "orders.xls")
    assert refused.value.code == code
