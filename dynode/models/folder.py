"""Where fetched models lie."""

from __future__ import annotations

import os
from pathlib import Path

from dynode.errors import UsageError


def cache_folder() -> Path:
    """Return the folder of fetched models: DYNODE_CACHE, else the system's cache folder."""
    chosen = os.environ.get("DYNODE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import pooch  # brings what downloads, which a start does not need

    return Path(pooch.os_cache("dynode"))


def given_folder() -> Path | None:
    """Return the folder of weights that the user keeps, DYNODE_MODELS; None where none is named.

    Raises:
        UsageError: There is no such folder.
    """
    told = os.environ.get("DYNODE_MODELS")
    if not told:
        return None
    folder = Path(told).expanduser()
    if not folder.is_dir():
        raise UsageError(
            f"DYNODE_MODELS is {told!r}, which is no folder; make it, or unset the variable"
        )
    return folder
