"""Load the face detector that was asked for, and hold it to its promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import numpy as np

from dynode import plugins
from dynode.crop.landmarks import SHAPES
from dynode.errors import DynodeError, OptionError, PluginError
from dynode.plugins.face_detector import FaceDetector
from dynode.plugins.loaded import Detector, Recogniser

_REMEDY = "check it with 'dynode plugins check', or give the points with --landmarks FILE"


def load_detector(name: str | None = None, model: Path | None = None) -> Detector:
    """Load a face detector.

    Args:
        name: Name of a detector (`dynode plugins`); None for the only one that reads a file.
        model: File for the detector.

    Returns:
        The detector; `PluginError` comes out of a call that fails or returns no landmarks.

    Raises:
        UnknownNameError: There is none of that name.
        OptionError: Neither is given, it reads no file and one is given, or without a name none or
            several read one.
        MissingWeightsError: The file is needed and absent.
        PluginError: Loading it failed.
    """
    chosen = plugins.registry().face_detectors[name] if name is not None else _reader(model)
    if model is not None and not chosen.takes_model:
        raise OptionError(
            f"the face detector {chosen.name!r} reads no file and {model} was given; leave out "
            f"--face-model, or name another with --face-detector"
        )
    with _blamed(chosen.name):
        return _Checked(chosen.name, chosen.load(model))


def ready_detector() -> str | None:
    """Return the name of the first detector that can be loaded without a file, if there is one."""
    ready = (each.name for each in plugins.registry().face_detectors if each.is_ready())
    return next(ready, None)


def recogniser_of(detector: Detector) -> Recogniser | None:
    """Return what knows people again, if a detector that `load_detector` returned does."""
    inner = detector.inner if isinstance(detector, _Checked) else detector
    return inner if isinstance(inner, Recogniser) else None


def _reader(model: Path | None) -> FaceDetector:
    """Return the only detector that reads a file."""
    if model is None:
        raise OptionError("no face detector was asked for; give the name of one, or a file for one")
    readers = [each for each in plugins.registry().face_detectors if each.takes_model]
    if len(readers) == 1:
        return readers[0]
    if not readers:
        raise OptionError(
            f"no installed face detector reads a file, and {model} was given for one; install one (see "
            f"'dynode plugins'), name another with --face-detector, or give --landmarks FILE"
        )
    names = ", ".join(each.name for each in readers)
    raise OptionError(
        f"{model} may be meant for any of the face detectors {names}; name one with --face-detector"
    )


class _Checked:
    """A detector whose landmarks are looked at before they are used."""

    def __init__(self, name: str, detector: Detector) -> None:
        self._name, self.inner = name, detector

    def __call__(self, pixels: np.ndarray, /) -> list[np.ndarray]:
        with _blamed(self._name):
            found = self.inner(pixels)
            if not isinstance(found, list | tuple):
                self._refuse(f"a {type(found).__name__}")
            faces = [np.asarray(face, dtype=np.float64) for face in found]
        for face in faces:
            if face.shape not in SHAPES:
                self._refuse(f"landmarks of shape {face.shape}")
            if not np.isfinite(face).all():
                self._refuse("landmarks that are not finite")
        return faces

    def _refuse(self, found: str) -> NoReturn:
        raise PluginError(
            f"the face detector {self._name!r} returned {found}; expected a list of finite (5, 2) or "
            f"(68, 2), one for each face: {_REMEDY}"
        )


@contextmanager
def _blamed(name: str) -> Iterator[None]:
    """Name the detector in what goes wrong inside of it."""
    try:
        yield
    except DynodeError:
        raise
    # Detectors are strangers: whatever one raises is told with its name.
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise PluginError(f"the face detector {name!r} failed ({told}); {_REMEDY}") from error
