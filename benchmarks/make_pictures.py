"""Draw the pictures and clips of `docs/make.md`.

    python -m benchmarks.make_pictures [CARTOON.safetensors] [--folder docs/images]

CARTOON is what `benchmarks/cartoon.py` writes; without it only what the bundled generator draws.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

import dynode
import dynode_make
from dynode.media.images import grid, to_uint8
from dynode_make.walks import Walk

_QUALITY = 88
_FPS = 12.0


def draw_plain(folder: Path) -> None:
    """What needs the bundled generator only."""
    facets = dynode.load_generator("facets-128")
    mixture = dynode_make.mix("0-2", "4-7", rows="middle", generator=facets)
    keep(mixture.save, folder / "make-mix.jpg")
    morph = dynode_make.morph(3, 7, frames=7, even=True, generator=facets)
    keep(morph.save, folder / "make-morph.jpg")
    finer = dynode.load_generator("facets-256")
    loop = dynode_make.walk("0-3", loop=True, even=True, seconds=4, fps=_FPS, generator=finer)
    keep_clip(loop, folder / "make-walk.webp")
    keys = {
        "smile": [(0.0, 0.0), (1.0, 2.0), (2.0, 0.0)],
        "yaw": [(0.0, -1.0), (1.0, 1.0), (2.0, -1.0)],
    }
    keyed = dynode_make.walk(
        [3, 3], directions=["smile", "yaw"], keys=keys, seconds=2, fps=_FPS, generator=finer
    )
    keep_clip(keyed, folder / "make-keys.webp")


def draw_blend(cartoon: Path, folder: Path) -> None:
    """What needs the fine-tuned network."""
    facets = dynode.load_generator("facets-128")
    blend = dynode_make.blend(facets, cartoon, resolution=16)
    keep(blend.save_sheet, folder / "make-blend.jpg")
    keys = {"blend": [(0.0, 0.0), (1.0, 1.0)]}
    walk = dynode_make.walk(
        [3, 3], directions=[blend.slider()], keys=keys, seconds=1.2, fps=6, generator=facets
    )
    with torch.inference_mode():
        images = facets.synthesize(walk.part(0, len(walk)))
    keep(lambda path: _write(images, path), folder / "make-slider.jpg")


def keep_clip(walk: Walk, path: Path) -> None:
    """Draw every frame of a walk, and keep them as a small moving WebP."""
    drawn = []
    for begin in range(0, len(walk), 8):
        with torch.inference_mode():
            images = walk.generator.synthesize(walk.part(begin, min(begin + 8, len(walk))))
        drawn += [Image.fromarray(tile) for tile in to_uint8(images).numpy()]
    first, *others = drawn
    first.save(
        path,
        save_all=True,
        append_images=others,
        duration=1000 / _FPS,
        loop=0,
        quality=75,
        kmax=1,  # frames are stored whole: parts of them leave seams
    )


def _write(images: Tensor, path: Path) -> None:
    grid(images, columns=len(images)).save(path)


def keep(save: Callable[[Path], object], path: Path) -> None:
    """Draw as PNG, keep as a small JPEG."""
    with tempfile.TemporaryDirectory() as held:
        drawn = Path(held, "drawn.png")
        save(drawn)
        with Image.open(drawn) as picture:
            picture.convert("RGB").save(path, quality=_QUALITY, optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cartoon", type=Path, nargs="?")
    parser.add_argument("--folder", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    draw_plain(given.folder)
    if given.cartoon is not None:
        draw_blend(given.cartoon, given.folder)
