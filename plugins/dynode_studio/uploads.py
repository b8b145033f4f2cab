"""Files from the browser: bounded, looked at by their content, gone when the block ends."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from dynode.errors import UsageError
from dynode.media import kind_of

LARGEST_PICTURE = 64 * 2**20  # bytes
MOST_CLIP_SECONDS = 60.0


@contextlib.contextmanager
def uploaded(content: bytes, name: str) -> Iterator[Path]:
    """Write an upload into a folder of its own that is deleted afterwards.

    Args:
        content: Its bytes.
        name: What the browser calls it; only its suffix is used, so it leads nowhere.

    Raises:
        UsageError: It is too large, or empty.
    """
    if not content:
        raise UsageError(f"{plain_name(name)} is empty; choose another file")
    if len(content) > LARGEST_PICTURE:
        raise UsageError(
            f"{plain_name(name)} is larger than {LARGEST_PICTURE // 2**20} MiB; scale it down"
        )
    with tempfile.TemporaryDirectory(prefix="dynode-studio-") as folder:
        path = Path(folder) / f"upload{suffix_of(name)}"
        path.write_bytes(content)
        yield path


def plain_name(name: str) -> str:
    """Return the last part of a name, whatever system's path it is, without control characters."""
    last = PureWindowsPath(PurePosixPath(name).name).name
    return "".join(part for part in last if part.isprintable()).lstrip("-.")[:100] or "upload"


def kind_of_upload(path: Path) -> str:
    """Say what an upload is by its content: `picture`, `latents`, `clip` or `other`."""
    return kind_of(path)


def suffix_of(name: str) -> str:
    """Return the suffix of a name, if it is a plain one."""
    suffix = Path(plain_name(name)).suffix.lower()
    return suffix if suffix[1:].isalnum() and len(suffix) <= 12 else ""
