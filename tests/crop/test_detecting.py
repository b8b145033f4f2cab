"""The face detector that is meant is loaded, and its landmarks are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dynode
from dynode.crop import load_detector
from dynode.errors import MissingWeightsError, OptionError, PluginError, UnknownNameError
from dynode.plugins import registry

FACE = np.array([(40.0, 50.0), (60.0, 50.0), (50.0, 60.0), (43.0, 74.0), (57.0, 74.0)])
PICTURE = np.zeros((100, 120, 3), np.uint8)


class Stub(dynode.FaceDetector):
    """Returns what it is told to; remembers the file it was given."""

    def __init__(self, name: str, found: Any = (), *, takes_model: bool = False) -> None:
        self.__dict__.update(name=name, takes_model=takes_model)
        self.found, self.model = found, None

    def load(self, model: Path | None = None) -> Any:
        self.model = model
        return lambda pixels: self.found


def shelved(*stubs: Stub) -> None:
    for stub in stubs:
        registry().face_detectors.add(stub, "the test")


def test_the_detector_of_a_name_is_loaded_without_a_file() -> None:
    shelved(Stub("other"), named := Stub("corners", [FACE]))

    (found,) = load_detector("corners")(PICTURE)

    assert np.array_equal(found, FACE)
    assert named.model is None


def test_a_file_alone_is_for_the_only_detector_that_reads_one() -> None:
    shelved(Stub("corners"), reader := Stub("mesh", [FACE], takes_model=True))

    (found,) = load_detector(model=Path("mesh.task"))(PICTURE)

    assert np.array_equal(found, FACE)
    assert reader.model == Path("mesh.task")


def test_a_name_chooses_among_several_that_read_a_file() -> None:
    shelved(first := Stub("one", takes_model=True), second := Stub("two", takes_model=True))

    load_detector("two", Path("mesh.task"))

    assert (first.model, second.model) == (None, Path("mesh.task"))


@pytest.mark.parametrize(
    ("stubs", "asked", "error", "message"),
    [
        (["corners"], ("cornrs", None), UnknownNameError, "detector 'cornrs'; did you mean 'corn"),
        ([], ("corners", None), UnknownNameError, "none is installed"),
        (["one*", "two*"], (None, Path("m")), OptionError, "detectors one, two; name one with"),
        (["corners"], (None, Path("m")), OptionError, "no installed face detector reads a file"),
        (["corners"], ("corners", Path("m")), OptionError, "'corners' reads no file and m was"),
        (["corners*"], (None, None), OptionError, "no face detector was asked for"),
    ],
    ids=["misspelt", "none at all", "ambiguous", "no reader", "reads no file", "neither"],
)
def test_what_cannot_be_meant_is_told_in_one_line(
    stubs: list[str], asked: tuple[Any, Any], error: type[Exception], message: str
) -> None:
    shelved(*(Stub(name.rstrip("*"), takes_model=name.endswith("*")) for name in stubs))

    with pytest.raises(error) as caught:
        load_detector(*asked)

    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "returned a NoneType; expected a list"),
        (np.stack([FACE]), "returned a ndarray; expected a list"),
        ([FACE[:4]], "returned landmarks of shape (4, 2)"),
        ([FACE.T], "returned landmarks of shape (2, 5)"),
        ([FACE, FACE * np.nan], "returned landmarks that are not finite"),
        ([[(1, 2), (3,)]], "failed (ValueError: "),
        (["eyes"], "failed (ValueError: "),
    ],
    ids=["nothing", "an array", "four points", "transposed", "no numbers", "ragged", "words"],
)
def test_what_are_no_landmarks_is_told_with_the_name_of_the_plugin(
    found: Any, message: str
) -> None:
    shelved(Stub("corners", found))

    with pytest.raises(PluginError) as caught:
        load_detector("corners")(PICTURE)

    assert str(caught.value).startswith("the face detector 'corners' ")
    assert message in str(caught.value)
    assert "'dynode plugins check'" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_face_and_several_faces_are_fine() -> None:
    shelved(Stub("none", []), Stub("two", (FACE, np.ones((68, 2)))))

    assert load_detector("none")(PICTURE) == []
    assert [face.shape for face in load_detector("two")(PICTURE)] == [(5, 2), (68, 2)]


@pytest.mark.parametrize(
    ("raised", "error", "message"),
    [
        (
            RuntimeError("out of\npaper"),
            PluginError,
            r"'corners' failed \(RuntimeError: out of paper",
        ),
        (MissingWeightsError("no file"), MissingWeightsError, "^no file$"),
    ],
    ids=["its own", "of dynode"],
)
def test_what_loading_raises_is_told(
    raised: Exception, error: type[Exception], message: str
) -> None:
    class Broken(Stub):
        def load(self, model: Path | None = None) -> Any:
            raise raised

    shelved(Broken("corners"))

    with pytest.raises(error, match=message):
        load_detector("corners")
