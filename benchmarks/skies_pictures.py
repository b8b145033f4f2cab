"""Draw the pictures of landscapes for `docs/skies.md` and the generator's card.

    python benchmarks/skies_pictures.py

Writes skies-generator.png, skies-edits.png and skies-motions.jpg into docs/images, by the bundled
generator, its ready directions and its ready micromotions.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

import dynode
import dynode_skies
from dynode.latents import Latents
from dynode.media.images import grid
from dynode_skies.world import SKIES

READY = Path(str(dynode_skies.__file__)).parent / "directions"
IMAGES = Path(__file__).parents[1] / "docs" / "images"
PICTURES, SEED, EDITED, MOVED = 6, 7, 3, 2
FRAMES = 6
EDITS = ({}, {"night": 2.0, "aurora": 2.0}, {"snow": 2.0, "mountains": 1.5}, {"sunset": 1.8})


def directed(codes: Latents, strengths: dict[str, float]) -> Latents:
    """Add ready directions to codes."""
    for name, strength in strengths.items():
        codes = dynode.load_direction(READY / f"{name}.safetensors").apply(codes, strength)
    return codes


@torch.inference_mode()
def main() -> None:
    """Draw."""
    generator = dynode.load_generator("skies", device="cpu")
    z = torch.randn(PICTURES, 512, generator=torch.Generator().manual_seed(SEED))
    renders = SKIES.render(SKIES.population.factors(z), 128)
    made = generator.synthesize(generator.map(z, truncation=1.0))
    sheet(torch.cat([renders, made]), PICTURES, "skies-generator.png")
    start = generator.sample(1, seed=EDITED)
    edited = [generator.synthesize(directed(start, each)) for each in EDITS]
    sheet(torch.cat(edited), len(EDITS), "skies-edits.png")
    start = generator.sample(1, seed=MOVED)
    rows = []
    for name in ("sunset", "clouds"):
        moved = dynode.animate(start, name, generator=generator, frames=FRAMES)
        rows.append(generator.synthesize(moved.codes(moved.progress)))
    drift = [directed(start, {"drift": 1.5 * at / (FRAMES - 1)}) for at in range(FRAMES)]
    rows += [generator.synthesize(each) for each in drift]
    sheet(torch.cat(rows), FRAMES, "skies-motions.jpg")


def sheet(pictures: Tensor, columns: int, name: str) -> None:
    """Write pictures in rows."""
    drawn = grid(pictures.clamp(-1, 1), columns=columns)
    options = {"quality": 88} if name.endswith(".jpg") else {}
    drawn.convert("RGB").save(IMAGES / name, optimize=True, **options)


if __name__ == "__main__":
    main()
