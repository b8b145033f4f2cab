"""Photographs that are composed of a ground and a portrait, so that the place of the face is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from dynode.crop import FaceFrame, convention_of, paste_face
from dynode.media.images import to_uint8

SEEDS = (1, 2, 3, 5, 8, 13)


@dataclass(frozen=True)
class Composed:
    """A photograph with a portrait in it, and where it is."""

    photo: Image.Image
    frame: FaceFrame


def background(seed: int, size: tuple[int, int]) -> Image.Image:
    """A soft, grainy ground in the colours of a room."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(60, 190, (6, 8, 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), np.float32)
    grain = rng.normal(0, 4, (size[1], size[0], 1))
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def compose(ground: Image.Image, portrait: Image.Image, frame: FaceFrame) -> Composed:
    """Lay a portrait over a ground with a thin soft edge."""
    return Composed(paste_face(ground, portrait, frame, feather=0.04), frame)


def square(side: float, degrees: float, centre: tuple[float, float]) -> FaceFrame:
    """A frame by its side and turn."""
    angle = np.radians(degrees)
    return FaceFrame(centre, (side / 2 * np.cos(angle), side / 2 * np.sin(angle)))


def portraits(generator: Any) -> list[Image.Image]:
    """Portraits that are edited."""
    with torch.inference_mode():
        codes = [generator.sample(1, seed=seed, truncation=0.7) for seed in SEEDS]
        return [Image.fromarray(to_uint8(generator.synthesize(c)).numpy()[0]) for c in codes]


def known_points(frame: FaceFrame) -> np.ndarray:
    """The five points that a frame of the bundled world would be cut out by."""
    convention = convention_of("eyes=2.52 mouth=2.57 down=0.06")
    assert convention is not None
    apart, below = 0.5 / convention.eyes, 0.5 / convention.mouth
    eyes, mouth = 0.5 - convention.down * below, 0.5 + (1 - convention.down) * below
    x = 0.5 + apart * np.array([-0.5, 0.5, 0.0, -0.4, 0.4])
    points = np.stack([x, [eyes, eyes, (eyes + mouth) / 2, mouth, mouth]], axis=1)
    matrix = frame.to_photo(1)
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2] - 0.5)
