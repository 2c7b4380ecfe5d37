"""A backup is the whole company in one file; it comes back whole on either engine, or not at all."""

import gzip
import json
import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from select import select

import psycopg
import pytest
from tests.cli.conftest import NewHome
from tests.cli.homes import MOMENT, Home, rows_of

NEXT_MORNING = "2026-03-03T09:30+08:00"


def test_a_backup_says_rows_and_digest_and_leaves_the_keys_out(company: Home, tmp_path: Path) -> None:
    done = company.run("backup", tmp_path / "b.gz", "--json")
    assert done.code == 0
    assert list(done.document) == ["rows", "digest"]
    assert done.document["rows"] == sum(map(len, rows_of(tmp_path / "b.gz").values()))
    assert "secret.key" in done.err
    text = gzip.decompress((tmp_path / "b.gz").read_bytes()).decode()
    assert (company.folder / "chain.key").read_text().strip() not in text
    assert [path.name for path in tmp_path.iterdir()] == ["b.gz"]


def comes_back_whole(company: Home, home: Home, archive: Path) -> None:
    """Restore, and prove that everything is there, verifies, and lives on."""
    kept = company.run("backup", home.folder / "again.gz", "--json").document
    back = home.run("restore", archive, "--json")
    assert (back.code, back.document) == (0, kept)
    assert home.contents() == rows_of(archive)
    assert home.run("backup", home.folder / "b.gz", "--json").document == kept
    proof = home.ask("verify")
    assert (proof.code, [row for row in proof.document["invariants"] if row["violations"]]) == (0, [])
    worked = home.ask("orders", "process", at=NEXT_MORNING)
    assert worked.document["per_stage"]["shipped"]["accepted"] > 0, worked.err
    assert home.ask("verify", at=NEXT_MORNING).code == 0
    assert home.sql("SELECT COUNT(*) FROM journal_pendingseal") == [(0,)]


def test_a_backup_comes_back_on_the_same_engine(company: Home, archive: Path, new_home: NewHome) -> None:
    comes_back_whole(company, new_home(keys_of=company), archive)


@pytest.mark.postgres
def test_a_backup_of_postgresql_comes_back_on_sqlite(company: Home, archive: Path, new_home: NewHome) -> None:
    comes_back_whole(company, new_home(sqlite=True, keys_of=company), archive)


@pytest.mark.postgres
def test_a_backup_of_sqlite_comes_back_on_postgresql(new_home: NewHome, tmp_path: Path) -> None:
    small = new_home(sqlite=True)
    assert small.ask("demo", "--days", 3, "--seed", 1).code == 0
    assert small.run("backup", tmp_path / "small.gz").code == 0
    comes_back_whole(small, new_home(keys_of=small), tmp_path / "small.gz")


def test_runs_that_wait_for_their_seal_wait_after_the_restore_too(own_company: Home, new_home: NewHome) -> None:
    columns = ("step", "clause", "actor_kind", "actor_id", "as_of", "recorded_at", "reason", "input_hash", "outcome",
               "accepted", "rejected", "codes", "terms", "statements", "duration_us", "digest")  # fmt: skip
    names = ", ".join(columns)
    own_company.sql(
        f"INSERT INTO journal_run (id, {names}) SELECT 990001, {names} FROM journal_run"
        " WHERE id = (SELECT MIN(id) FROM journal_run)"
    )
    assert own_company.run("backup", own_company.folder / "b.gz").code == 0
    home = new_home(keys_of=own_company)
    assert home.run("restore", own_company.folder / "b.gz").code == 0
    assert home.sql("SELECT run_id FROM journal_pendingseal") == [(990001,)]


def cut_short(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def one_byte_changed(whole: bytes) -> bytes:
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]


def one_amount_changed(whole: bytes) -> bytes:
    return gzip.compress(gzip.decompress(whole).replace(b"8900", b"8901", 1))


def one_row_left_out(whole: bytes) -> bytes:
    lines = gzip.decompress(whole).splitlines(keepends=True)
    return gzip.compress(b"".join(lines[:-3] + lines[-2:]))


def last_line_left_out(whole: bytes) -> bytes:
    return gzip.compress(b"".join(gzip.decompress(whole).splitlines(keepends=True)[:-1]))


def of_another_format(whole: bytes) -> bytes:
    return gzip.compress(gzip.decompress(whole).replace(b"zhanggui-archive/1", b"zhanggui-archive/9", 1))


def no_archive(_: bytes) -> bytes:
    return b"a,b\n1,2\n"


DAMAGES = [
    cut_short, one_byte_changed, one_amount_changed, one_row_left_out, last_line_left_out, of_another_format, no_archive
]  # fmt: skip


@pytest.fixture(scope="module")
def empty(new_home: NewHome) -> Home:
    """A home into which nothing ever gets."""
    return new_home()


def holds_nothing(home: Home) -> bool:
    """Tell whether there is no row of the company, or not even a table for it."""
    counted = []
    for table in ("orders_order", "journal_run", "people_staff", "catalog_sku", "calendars_calendarday"):
        with suppress(sqlite3.OperationalError, psycopg.errors.UndefinedTable):
            counted += home.sql(f"SELECT COUNT(*) FROM {table}")
    return not any(n for (n,) in counted)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_before_anything_is_written(
    archive: Path, empty: Home, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "bad.gz").write_bytes(damage(archive.read_bytes()))
    done = empty.run("restore", tmp_path / "bad.gz", "--json")
    assert (done.code, done.out) == (2, "")
    assert "bad.gz" in done.err
    assert "Traceback" not in done.err
    assert holds_nothing(empty)


def crafted(whole: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    """Change the lines of an archive and close it with a digest that fits again."""
    *lines, _closing = gzip.decompress(whole).splitlines(keepends=True)
    kept = change(lines)
    closing = {"rows": sum(line.startswith(b"[") for line in kept), "digest": sha256(b"".join(kept)).hexdigest()}
    return gzip.compress(b"".join(kept) + json.dumps(closing).encode() + b"\n")


def first_order(change: Callable[[list[object]], list[object]]) -> Callable[[list[bytes]], list[bytes]]:
    """Change the first order's row."""

    def changed(lines: list[bytes]) -> list[bytes]:
        at = next(at for at, line in enumerate(lines) if b'"table": "orders_order"' in line) + 1
        return [*lines[:at], json.dumps(change(json.loads(lines[at]))).encode() + b"\n", *lines[at + 1 :]]

    return changed


def without_table(lines: list[bytes]) -> list[bytes]:
    """Leave one table out, with its line."""
    at = next(at for at, line in enumerate(lines) if b'"table": "people_signinattempt"' in line)
    return [*lines[:at], *lines[at + 1 :]]


def row_twice(lines: list[bytes]) -> list[bytes]:
    """Write the first order's row twice."""
    at = next(at for at, line in enumerate(lines) if b'"table": "orders_order"' in line) + 1
    return [*lines[:at], lines[at], *lines[at:]]


def moment_spoilt(row: list[object]) -> list[object]:
    """Put rubbish where a moment stands."""
    return ["rubbish" if isinstance(cell, str) and cell.endswith("+00:00") else cell for cell in row]


CRAFTED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a short row": first_order(lambda row: row[:-1]),
    "a rubbish moment": first_order(moment_spoilt),
    "a huge id": first_order(lambda row: [10**30, *row[1:]]),
    "an id that leaves no room": first_order(lambda row: [2**63 - 2, *row[1:]]),
    "a word for an id": first_order(lambda row: ["x", *row[1:]]),
    "a row twice": row_twice,
    "a table twice": lambda lines: [*lines, next(line for line in lines if b'"table": "orders_order"' in line)],
    "no last id": lambda lines: [lines[0].replace(b"last_fact_id", b"lost"), *lines[1:]],
    "a word for the last id": lambda lines: [b'{"format": "zhanggui-archive/1", "last_fact_id": "x"}\n', *lines[1:]],
    "no JSON": lambda lines: [*lines, b"no json\n"],
    "nested without end": lambda lines: [*lines, b"[" * 200_000 + b"\n"],
    "a number alone": lambda lines: [*lines, b"5\n"],
    "a row before its table": lambda lines: [lines[0], b"[1]\n", *lines[1:]],
    "a table without a name": lambda lines: [*lines, b'{"table": [], "columns": []}\n'],
    "a table without columns": lambda lines: [*lines, b'{"table": "orders_order"}\n'],
    "a table left out": without_table,
    "nothing but its frame": lambda lines: lines[:1],
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_file_is_refused_in_one_line_and_leaves_nothing(
    archive: Path, empty: Home, tmp_path: Path, name: str
) -> None:
    (tmp_path / "bad.gz").write_bytes(crafted(archive.read_bytes(), CRAFTED[name]))
    done = empty.run("restore", tmp_path / "bad.gz", "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("zhanggui: ")
    assert "bad.gz" in done.err
    assert done.err.count("\n") == 1
    assert holds_nothing(empty)


def test_a_file_that_is_not_whole_makes_no_database(archive: Path, new_home: NewHome, tmp_path: Path) -> None:
    (tmp_path / "bad.gz").write_bytes(cut_short(archive.read_bytes()))
    home = new_home(sqlite=True)
    assert home.run("restore", tmp_path / "bad.gz").code == 2
    assert not list(home.folder.glob("*.sqlite3*"))


def test_a_file_that_is_not_there_is_named(empty: Home, tmp_path: Path) -> None:
    done = empty.run("restore", tmp_path / "none.gz")
    assert done.code == 2
    assert "none.gz" in done.err


def test_a_database_that_holds_data_takes_no_backup_in(own_company: Home, archive: Path) -> None:
    before = own_company.contents()
    done = own_company.run("restore", archive)
    assert done.code == 2
    assert "ZHANGGUI_HOME" in done.err
    assert own_company.contents() == before


def test_a_killed_backup_never_carries_the_final_name(company: Home, tmp_path: Path) -> None:
    target = tmp_path / "b.gz"
    target.write_bytes(b"the backup of yesterday")
    pipe = tmp_path / "b.gz.part"  # a pipe holds 64 KB and then lets the writer wait: killed in the middle of the file
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    process = company.start("backup", target, "--overwrite", "--as-of", MOMENT)
    while process.poll() is None and not select([reader], [], [], 0.05)[0]:
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    os.close(reader)
    assert process.returncode == -signal.SIGKILL, "the backup ended without writing beside its final name"
    assert target.read_bytes() == b"the backup of yesterday"


def test_a_folder_that_is_not_there_exits_2_and_leaves_nothing(company: Home, tmp_path: Path) -> None:
    done = company.run("backup", tmp_path / "nowhere" / "b.gz")
    assert done.code == 2
    assert "nowhere" in done.err
    assert list(tmp_path.iterdir()) == []
