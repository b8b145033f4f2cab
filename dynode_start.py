"""Where the command `dynode` begins: outside of the package `dynode`, whose files may be another's.

The index has another distribution that is called `dynode` (dynamical systems). Installed beside ours it
writes its own `dynode/__init__.py` over ours, and uninstalling it takes ours along. Nothing inside of the
package could tell that, so this module looks before the package is imported.
"""

from __future__ import annotations

import importlib.util
import sys
from importlib import metadata
from pathlib import Path
from typing import NoReturn

OWN, OTHER = "dynode-gan", "dynode"
_OURS = '"""dynode: edit faces, scenes and videos with StyleGAN'
_AGAIN = f"pip uninstall {OTHER}, then pip install --force-reinstall --no-deps {OWN}"


def main() -> NoReturn:
    """Run the command, or say in one line why the package is not ours."""
    trouble = folder_trouble()
    if trouble:
        sys.stderr.write(f"error: {trouble}\n")
        sys.exit(1)
    from dynode.cli import main as run

    run()


def folder_trouble() -> str:
    """Say whose package `dynode` is, if it is not ours; empty if it is. Imports nothing of it."""
    spec = importlib.util.find_spec("dynode")
    if spec is None or spec.origin is None:
        return (
            f"the package dynode has lost its __init__.py, as happens when the distribution {OTHER!r} is "
            f"uninstalled that shared its folder with {OWN!r}; type: pip install --force-reinstall "
            f"--no-deps {OWN}"
        )
    if _begins_as_ours(Path(spec.origin)):
        return ""
    return (
        f"two distributions share the folder {Path(spec.origin).parent}: {OWN!r}, to which this command "
        f"belongs, and {other_distribution() or 'another'!r}, whose __init__.py lies there now; "
        f"type: {_AGAIN}; who needs both installs them in two environments"
    )


def neighbour_trouble() -> str:
    """Say that another distribution of the name `dynode` is installed, though the files are ours."""
    other = other_distribution()
    if not other:
        return ""
    return (
        f"the distributions {OWN!r} and {other!r} share the folder of the package dynode; it works now, and "
        f"breaks when the other is updated or uninstalled"
    )


def advice() -> str:
    """Say what to type where the folder is shared."""
    return f"{_AGAIN}; who needs both installs them in two environments"


def other_distribution() -> str:
    """Name the distribution `dynode` with its version, if it is installed."""
    try:
        return f"{OTHER} {metadata.version(OTHER)}"
    except metadata.PackageNotFoundError:
        return ""


def _begins_as_ours(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8") as stream:
            return stream.read(len(_OURS)) == _OURS
    except (OSError, UnicodeDecodeError):
        return False
