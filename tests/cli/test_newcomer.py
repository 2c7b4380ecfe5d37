"""What a newcomer runs into: interrupted set-ups, missing keys, odd ports, closed pipes, lists without names."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import NewHome
from tests.cli.homes import MOMENT, SERVER, Home

COUNTED = "SELECT COUNT(*) FROM orders_order"


@pytest.mark.skipif(bool(SERVER), reason="a database server is never emptied")
def test_an_interrupted_demo_starts_over_and_ends_as_it_would_have(new_home: NewHome, company: Home) -> None:
    home = new_home()
    making = home.start("demo", "--days", 200, "--seed", 5)
    assert making.stderr
    while not (home.folder / "demo.unfinished").exists() or not home.sql(COUNTED)[0][0]:
        assert making.poll() is None
    making.send_signal(signal.SIGINT)
    making.communicate(timeout=60)
    assert making.returncode == 130
    again = home.ask("demo", "--if-empty", "--days", 3, "--seed", 1)
    assert (again.code, home.sql(COUNTED)) == (0, company.sql(COUNTED))
    assert "starts over" in again.err
    assert not (home.folder / "demo.unfinished").exists()
    assert home.ask("demo", "--if-empty").document["orders"] == 0


def test_an_unfinished_demo_that_somebody_works_with_is_never_removed(own_company: Home) -> None:
    before = own_company.sql(COUNTED)
    (own_company.folder / "demo.unfinished").write_text("")
    assert own_company.ask("orders", "process").code in (0, 1)
    refused = own_company.ask("demo", "--if-empty")
    assert (refused.code, own_company.sql(COUNTED)) == (2, before)
    assert "demo.unfinished" in refused.err


def test_restoring_without_the_old_keys_says_so_and_so_does_doctor(archive: Path, new_home: NewHome) -> None:
    home = new_home()
    back = home.run("restore", archive)
    assert back.code == 1
    assert "chain.key and secret.key" in back.out
    assert str(home.folder) in back.out
    checks = {row["name"]: row for row in home.run("doctor", "--json").document["checks"]}
    assert not checks["chain.key and secret.key"]["ok"]


def test_a_backup_never_replaces_a_file_unasked(company: Home, archive: Path, tmp_path: Path) -> None:
    there = tmp_path / "b.gz"
    there.write_bytes(b"mine")
    refused = company.run("backup", there)
    assert (refused.code, there.read_bytes()) == (2, b"mine")
    assert "--overwrite" in refused.err
    assert company.run("backup", there, "--overwrite").code == 0
    assert there.read_bytes() != b"mine"


@pytest.mark.parametrize("port", ["99999", "0", "-1", "x"])
def test_an_impossible_port_is_one_line(company: Home, port: str) -> None:
    done = company.run("serve", f"--port={port}")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert "no port" in done.err


@pytest.mark.parametrize(("started_by", "remedy"), [("make", "make run PORT="), ("", "--port")])
def test_a_taken_port_names_the_remedy_of_who_started(company: Home, started_by: str, remedy: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "zhanggui.cli.main", "serve", "--port", str(taken.getsockname()[1])]
        environment = company.environment | {"ZHANGGUI_STARTED_BY": started_by}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, remedy in done.stderr) == (2, True)


def test_a_reader_that_goes_away_is_no_error(company: Home) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "zhanggui.cli.main", "compliance", "--json"]
    done = subprocess.run(command, env=company.environment, stdout=writing, stderr=subprocess.PIPE, timeout=60)
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode in (0, 1)


def test_open_clocks_are_listed_by_order_number_in_company_time(company: Home) -> None:
    done = company.run("obligations", "--open", "--as-of", MOMENT)
    line = next(row for row in done.out.splitlines() if row.startswith("  20"))
    moment, number = re.match(r"  (\d{4}-\d\d-\d\d \d\d:\d\d) \S+ +order (\S+) ", line).groups()  # type: ignore[union-attr]
    assert not moment.endswith("Z")
    assert company.sql(f"SELECT COUNT(*) FROM orders_order WHERE external_id = '{number}'") == [(1,)]


def test_processing_names_the_orders_that_wait_and_why(own_company: Home) -> None:
    done = own_company.run("orders", "process", "--as-of", MOMENT)
    waits = [line for line in done.out.splitlines() if line.startswith("  waits: ")]
    assert 0 < len(waits) <= 10
    assert any(re.search(r": (short: \S+ x \d+|on hold: \S+)", line) for line in waits)


def test_verify_says_what_each_code_means(company: Home) -> None:
    assert "on hand is the sum of the movements" in company.run("verify", "--only", "S1").out


def test_an_invitation_leads_to_where_the_home_was_served(own_company: Home) -> None:
    (own_company.folder / "served.address").write_text("http://127.0.0.1:8123\n")
    assert own_company.run("invite", "--roles", "sales").out.startswith("http://127.0.0.1:8123/welcome/")
