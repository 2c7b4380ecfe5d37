"""The product's own settings, with a home folder that lives as long as the test process.

Everything that could reach the developer's real data is replaced before the settings are read; the database
engine is picked by ZHANGGUI_DATABASE_URL as in production (SQLite when it is empty).
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "zhanggui-tests-"
for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
    if Path("/proc/self").exists() and not Path("/proc", left.name.split("-")[2]).exists():
        shutil.rmtree(left, ignore_errors=True)
TEST_HOME = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
atexit.register(shutil.rmtree, TEST_HOME, ignore_errors=True)
os.environ["ZHANGGUI_HOME"] = str(TEST_HOME)
os.environ["ZHANGGUI_TEST_HOOKS"] = "1"
for name in ("ZHANGGUI_SECRET_KEY", "ZHANGGUI_CHAIN_KEY", "ZHANGGUI_REGULATION_DIR", "ZHANGGUI_ZONE"):
    os.environ.pop(name, None)

from zhanggui.config.settings import *  # noqa: E402, F403
from zhanggui.config.settings import STORAGES  # noqa: E402

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["*"]
