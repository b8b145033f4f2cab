"""A picture that shows what inverted codes draw."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from dynode.generator.protocol import Generator
from dynode.media.clip import open_clip
from dynode.media.images import fit_to, grid, read_image, write_image
from dynode.media.kind import is_clip
from dynode.pipeline.clip_codes import clip_images
from dynode.pipeline.faces import ClipFaces
from dynode.pipeline.generate import synthesize_batches
from dynode.pipeline.inverted import Inversion

_MOST = 16
_PAIRS_A_ROW = 4


def write_preview(source: Path, found: Inversion, generator: Generator, path: Path) -> None:
    """Draw the first sixteen pictures, each beside what its code draws.

    Args:
        source: What was inverted.
        found: Its codes.
        generator: Draws them.
        path: Image to write.
    """
    count = min(_MOST, len(found.latents))
    size = generator.info.resolution
    if is_clip(source):
        faces = found.cut if isinstance(found.cut, ClipFaces) else None
        frames = clip_images(open_clip(source), size, faces)
        given = torch.cat([next(frames) for _ in range(count)])
    else:
        given = _given(source, found, size, count)
    drawn = synthesize_batches(generator, found.latents[:count])
    pairs = torch.stack([given, drawn.float()], dim=1).flatten(0, 1)
    write_image(grid(pairs, columns=min(2 * _PAIRS_A_ROW, len(pairs))), path)


def _given(source: Path, found: Inversion, size: tuple[int, int], count: int) -> Tensor:
    paths = [source / name if source.is_dir() else source for name in found.names[:count]]
    photos = [read_image(path) for path in paths]
    align = found.cut
    if align is not None and not isinstance(align, ClipFaces):
        photos = [align(photo, path) for photo, path in zip(photos, paths, strict=True)]
    return torch.cat([fit_to(photo, size) for photo in photos])
