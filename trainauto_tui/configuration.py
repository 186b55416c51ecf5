"""Where the reader's configuration is: the settings, the hosts, and the units of their systemd."""

import os
from pathlib import Path


def base_directory() -> Path:
    """Return the directory of all programs' configuration, which need not exist.

    ``$XDG_CONFIG_HOME`` must be absolute to count (XDG Base Directory Specification), as for
    systemd, which would not find a unit written anywhere else.
    """
    base = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return base if base.is_absolute() else Path.home() / ".config"


def config_directory() -> Path:
    """Return the directory of our own configuration, which need not exist."""
    return base_directory() / "trainauto"
