"""Where dlib's networks lie: in the package face-recognition-models, which is not imported.

Importing it needs `pkg_resources`, which newer setuptools do without.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from dynode.errors import MissingWeightsError, UsageError

_PACKAGE = "face_recognition_models"
_INSTALL = "run 'pip install dynode-gan[faces]', or give the points with --landmarks"


def is_installed() -> bool:
    """Say whether dlib and its networks are there, without importing either."""
    return find_spec("dlib") is not None and find_spec(_PACKAGE) is not None


def dlib_module() -> ModuleType:
    """Import dlib.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import dlib
    except ModuleNotFoundError as error:
        raise UsageError(f"finding faces needs dlib, which is not installed; {_INSTALL}") from error
    module: ModuleType = dlib
    return module


def network_file(name: str) -> str:
    """Return the path of one of its networks.

    Raises:
        MissingWeightsError: It is not there.
    """
    spec = find_spec(_PACKAGE)
    folders = [] if spec is None else list(spec.submodule_search_locations or ())
    for folder in folders:
        path = Path(folder) / "models" / name
        if path.is_file():
            return str(path)
    raise MissingWeightsError(
        f"dlib's {name} is not installed (expected in the package face-recognition-models); {_INSTALL}"
    )
