"""Draw the pictures of `docs/make.md`.

    python -m benchmarks.make_pictures CARTOON.safetensors [--folder docs/images]

CARTOON is what `benchmarks/cartoon.py` writes.
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
from dynode.media.images import grid

_QUALITY = 88


def draw(cartoon: Path, folder: Path) -> None:
    facets = dynode.load_generator("facets-128")
    mixture = dynode.mix("0-2", "4-7", rows="middle", generator=facets)
    keep(mixture.save, folder / "make-mix.jpg")
    morph = dynode.morph(3, 7, frames=7, even=True, generator=facets)
    keep(morph.save, folder / "make-morph.jpg")
    blend = dynode.blend(facets, cartoon, resolution=16)
    keep(blend.save_sheet, folder / "make-blend.jpg")
    keys = {"blend": [(0.0, 0.0), (1.0, 1.0)]}
    walk = dynode.walk(
        [3, 3], directions=[blend.slider()], keys=keys, seconds=1.2, fps=6, generator=facets
    )
    with torch.inference_mode():
        images = facets.synthesize(walk.part(0, len(walk)))
    keep(lambda path: _write(images, path), folder / "make-slider.jpg")


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
    parser.add_argument("cartoon", type=Path)
    parser.add_argument("--folder", type=Path, default=Path("docs/images"))
    given = parser.parse_args()
    draw(given.cartoon, given.folder)
