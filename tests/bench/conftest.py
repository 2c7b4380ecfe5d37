"""Commands of the benches run in homes as those of tests/cli do."""

from tests.cli.conftest import new_home, statics

__all__ = ["new_home", "statics"]
