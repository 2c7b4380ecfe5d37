"""What the environment says, and the refusals when it cannot be followed.

SettingsRefused        the installation's settings cannot be followed; the text says which and what to write
├── HomeUnusable       the home folder cannot be made, read or written
├── UnknownZone        `ZHANGGUI_ZONE` names no zone
├── UnknownLevel       `ZHANGGUI_LOG_LEVEL` names no level
├── UnknownDatabase    `ZHANGGUI_DATABASE_URL` is no address of a database (`config.home`)
├── NotANetwork        `ZHANGGUI_TRUSTED_PROXIES` holds something that is no network (`config.home`)
└── EmptySecret        a secret of the installation is empty (`config.home`)
"""

import logging
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class SettingsRefused(Exception):
    """The installation's settings cannot be followed; the text is one line and never holds a secret."""


class HomeUnusable(SettingsRefused):
    """The home folder cannot be made, read or written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path}: {error.strerror}; name a folder in ZHANGGUI_HOME that this user can read and write")


class UnknownZone(SettingsRefused):
    """`ZHANGGUI_ZONE` names no zone."""


class UnknownLevel(SettingsRefused):
    """`ZHANGGUI_LOG_LEVEL` names no level."""


def home_folder(name: str) -> Path:
    """Return the home folder, made on first use with rights for its owner only.

    Raises: HomeUnusable.
    """
    path = Path(name or "var").absolute()
    try:
        path = path.resolve()
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HomeUnusable(path, error) from error
    return path


def zone(name: str) -> ZoneInfo:
    """Return the zone of the company's business days.

    Raises: UnknownZone.
    """
    try:
        return ZoneInfo(name or "Asia/Shanghai")
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(f"ZHANGGUI_ZONE: {name!r} is no zone; write one such as Asia/Shanghai") from error


def log_level(name: str) -> str:
    """Return the level from which on events are logged.

    Raises: UnknownLevel.
    """
    level = (name or "INFO").upper()
    if level not in logging.getLevelNamesMapping():
        raise UnknownLevel(f"ZHANGGUI_LOG_LEVEL: {name!r} is no level; write DEBUG, INFO, WARNING or ERROR")
    return level
