"""Where fetched models lie."""

from __future__ import annotations

import os
from pathlib import Path

import pooch


def cache_folder() -> Path:
    """Return the folder of fetched models: DYNODE_CACHE, else the system's cache folder."""
    chosen = os.environ.get("DYNODE_CACHE")
    return Path(chosen).expanduser() if chosen else Path(pooch.os_cache("dynode"))
