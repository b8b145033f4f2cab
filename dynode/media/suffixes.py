"""Which files are images and which are videos, by suffix; importing this imports nothing heavy."""

from __future__ import annotations

from pathlib import Path

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".gif")
STRIP_SUFFIXES = (".gif", ".webp")
"""Written as one series of pictures, with neither sound nor segments."""

WRITTEN_SUFFIXES = (*VIDEO_SUFFIXES, ".webp")
"""What frames are written to; where either would do, a `.webp` is a picture."""


def is_moving(path: Path) -> bool:
    """Say whether a file of this name is written as a video."""
    return path.suffix.lower() in VIDEO_SUFFIXES
