"""The processes of the worker: `python -m zhanggui.worker runner` and `python -m zhanggui.worker scheduler`."""

import importlib
import os
import sys
from collections.abc import Sequence

import django

PARTS = ("runner", "scheduler")


def main(arguments: Sequence[str]) -> int:
    """Set Django up, then run the named part until it is asked to stop; give its exit code."""
    if len(arguments) != 1 or arguments[0] not in PARTS:
        print(f"say which part to run: {' or '.join(PARTS)}", file=sys.stderr)
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhanggui.config.settings")
    django.setup()
    part = importlib.import_module(f"zhanggui.worker.{arguments[0]}")
    return int(part.main())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
