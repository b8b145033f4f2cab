"""Squares of found faces, moved to where the inverter's generator expects the face."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL import Image
from torch import Tensor

from dynode.crop import FaceFrame, crop_face
from dynode.generator.protocol import Generator
from dynode.media.images import fit_to
from dynode.pipeline.choosing import ReadyInverter


def settled(
    photo: Image.Image,
    frames: Sequence[FaceFrame],
    index: int,
    generator: Generator,
    ready: ReadyInverter,
) -> list[FaceFrame]:
    """Move squares of one face by what an inverter says of one of them; see `Inverter.settle`.

    Args:
        photo: 8-bit RGB; the one that is looked at.
        frames: The squares as landmarks tell them, in a photograph or in the frames of a clip.
        index: Which of them is that of `photo`.
        generator: What will draw the face.
        ready: The inverter.
    """
    frame, side = frames[index], max(generator.info.resolution)

    def look(moves: Tensor) -> Tensor:
        crops = [crop_face(photo, frame.moved(*move), side) for move in moves.tolist()]
        return torch.cat([fit_to(crop, generator.info.resolution) for crop in crops])

    move = ready.settle(generator, look)
    return list(frames) if move is None else [each.moved(*move) for each in frames]
