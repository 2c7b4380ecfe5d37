"""Named points at which a test may kill the process.

`ZHANGGUI_CRASH_AT` names one point; the process kills itself with SIGKILL when it passes there. The switch works only
together with `ZHANGGUI_TEST_HOOKS=1`, which production never sets.
"""

import os
import signal

_armed = os.environ.get("ZHANGGUI_CRASH_AT", "") if os.environ.get("ZHANGGUI_TEST_HOOKS") == "1" else ""


def crash_point(name: str) -> None:
    """Die here without any clean-up if a test armed this name; otherwise do nothing."""
    if _armed and _armed == name:
        os.kill(os.getpid(), signal.SIGKILL)
