"""What plugins load: models of texts and pictures, models that score pictures, detectors of faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class TextImageModel(Protocol):
    """A loaded pair of towers that put texts and pictures into one space (CLIP).

    Attributes:
        image_size: Side of the square input in pixels.
    """

    image_size: int

    def encode_images(self, images: Tensor, *, normalize: bool = True) -> Tensor:
        """Embed pictures.

        Args:
            images: (n, 3, image_size, image_size) float in [-1, 1], RGB.
            normalize: Apply the model's own mean and standard deviation; False feeds the values as
                they are (published StyleCLIP).

        Returns:
            (n, d) of unit norm, differentiable.
        """
        ...

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts: (n, d) of unit norm."""
        ...

    def unknown_words(self, text: str) -> list[str]:
        """List the words of a text that mean nothing to the model, in order."""
        ...

    def known_words(self, text: str) -> list[str]:
        """List the words of a text that the model was trained on, in order."""
        ...


@runtime_checkable
class LimitedTextModel(TextImageModel, Protocol):
    """A text-image model that knows few words; texts of none of them are refused.

    Attributes:
        vocabulary: Every word it was trained on, in lower case; empty if there is no limit.
    """

    vocabulary: tuple[str, ...]


class ScorerModel(Protocol):
    """A loaded scorer.

    Attributes:
        attributes: Names of the columns.
        deviations: Standard deviation of each attribute over the generator's population.
    """

    attributes: tuple[str, ...]
    deviations: tuple[float, ...]

    def score(self, images: Tensor) -> Tensor:
        """Predict attributes.

        Args:
            images: (n, 3, h, w) float in [-1, 1], RGB, any size.

        Returns:
            (n, len(attributes)), differentiable.
        """
        ...


@runtime_checkable
class FeatureScorerModel(ScorerModel, Protocol):
    """A loaded scorer that also offers features; they make a better distance than its scores."""

    def features(self, images: Tensor) -> Tensor:
        """Describe pictures so that squared differences tell how different they look.

        Args:
            images: (n, 3, h, w) float in [-1, 1], RGB, any size.

        Returns:
            (n, d), differentiable.
        """
        ...


@runtime_checkable
class HiddenScorerModel(ScorerModel, Protocol):
    """A loaded scorer that also offers its hidden units: they see how good a picture is, scores do not."""

    def hidden(self, images: Tensor) -> Tensor:
        """Describe pictures by the units before the scores.

        Args:
            images: (n, 3, h, w) float in [-1, 1], RGB, any size.

        Returns:
            (n, d), for distances of sets of pictures.
        """
        ...


class Detector(Protocol):
    """A loaded face detector; any function of pixels will do."""

    def __call__(self, pixels: np.ndarray, /) -> Sequence[np.ndarray]:
        """Find the landmarks of every face.

        Args:
            pixels: (h, w, 3) 8 bit RGB; not to be written into.

        Returns:
            A list with the landmarks of each face, empty where there is none: (68, 2) in dlib's order,
            or (5, 2): the eye on the left of the picture, the one on the right, nose, left and right
            corner of the mouth; (x, y) pixels, centres of pixels at whole numbers.
        """
        ...


@runtime_checkable
class ScoringDetector(Detector, Protocol):
    """A loaded face detector that also says how certain it is of each face."""

    def scored(self, pixels: np.ndarray, /) -> Sequence[tuple[np.ndarray, float]]:
        """Find the landmarks of every face with a score, the higher the more certain.

        Args:
            pixels: See `Detector`.

        Returns:
            For each face its landmarks, as `Detector` returns them, and its score.
        """
        ...


@runtime_checkable
class Recogniser(Protocol):
    """A loaded face detector that also knows people again."""

    def describe(self, pixels: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Describe whose face it is: descriptions of one person point the same way.

        Args:
            pixels: (h, w, 3) 8 bit RGB.
            points: Landmarks of the face, as the detector returned them.

        Returns:
            (d,) float, compared by their cosine.
        """
        ...
