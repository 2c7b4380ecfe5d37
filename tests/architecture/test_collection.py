"""Whoever collects the suite finds the same names: none holds bytes, a moment, a random number or an address."""

import os
import re

import pytest

CHANGING = re.compile(r"0x[0-9a-f]{6,}|/tmp/|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}")


@pytest.mark.parametrize("content", [os.urandom(8), os.urandom(9)])
def test_bytes_are_named_by_their_place(request: pytest.FixtureRequest, content: bytes) -> None:
    assert content
    assert request.node.name in {f"test_bytes_are_named_by_their_place[content{at}]" for at in (0, 1)}


def test_no_name_holds_what_changes_from_process_to_process(request: pytest.FixtureRequest) -> None:
    assert [item.nodeid for item in request.session.items if CHANGING.search(item.nodeid)] == []
