"""Mix styles: rows of one picture's code with the other rows of another's, for all pairs of two lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode import FaceSource
from dynode.generator import Generator, loaded, parse_rows
from dynode.latents import Latents, mix_table
from dynode.media import grid, write_image
from dynode.pipeline import Written, synthesize_batches
from dynode.plugins import Progress, silent
from dynode_make.points import PointOptions, PointsLike, open_points, parse_points

_FINE = 8  # the first fine row


@dataclass(frozen=True, eq=False)
class Mixture:
    """Pictures with the styles of others.

    Attributes:
        base: Codes of the pictures that give the other rows, one a row of the table.
        looks: Codes of the pictures that give `rows`, one a column.
        latents: The mixed codes, row by row.
        rows: Rows of w+ that come from the looks.
        names: What the pictures are called, those of `base` and those of `looks`.
        generator: What draws.
        noise: How it draws, see `Generator.synthesize`.
    """

    base: Latents
    looks: Latents
    latents: Latents
    rows: tuple[int, ...]
    names: tuple[tuple[str, ...], tuple[str, ...]]
    generator: Generator
    noise: str = "const"

    @property
    def is_single(self) -> bool:
        """Whether there is one mixed picture."""
        return len(self.latents) == 1

    def images(self, *, progress: Progress = silent) -> Tensor:
        """Draw the mixed pictures: (n, 3, h, w) float in about [-1, 1], RGB, on the CPU."""
        return synthesize_batches(self.generator, self.latents, noise=self.noise, progress=progress)

    def save(
        self, path: str | Path, *, with_sources: bool = True, progress: Progress = silent
    ) -> Written:
        """Write the mixed picture, or the table of all of them.

        Args:
            path: Image to write; a file of that name is replaced.
            with_sources: Show the pictures of the rows on the left and those of the columns on top;
                of a single mixed picture nothing else is shown.
            progress: Called with the number of pictures.

        Returns:
            The file, and the pictures in it.

        Raises:
            MediaError: No image format has this suffix.
        """
        drawn, count = self.images(progress=progress), len(self.looks)
        if self.is_single or not with_sources:
            write_image(grid(drawn, columns=count), Path(path))
            return Written(Path(path), len(drawn))
        left = synthesize_batches(self.generator, self.base, noise=self.noise)
        above = synthesize_batches(self.generator, self.looks, noise=self.noise)
        corner = torch.ones_like(left[:1])  # white, like the gaps
        lines = [torch.cat([corner, above])]
        lines += [
            torch.cat([left[i : i + 1], drawn[i * count : (i + 1) * count]])
            for i in range(len(left))
        ]
        write_image(grid(torch.cat(lines), columns=1 + count), Path(path))
        return Written(Path(path), len(drawn) + len(left) + len(above))

    def save_latents(self, path: str | Path) -> None:
        """Write the mixed codes as a latents file."""
        self.latents.save(Path(path), fingerprint=self.generator.info.fingerprint)


def mix(
    base: PointsLike,
    looks: PointsLike,
    *,
    rows: str | None = None,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    inverter: str | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    faces: FaceSource | None = None,
    truncation: float | None = None,
    seed: int = 0,
    noise: str = "const",
    progress: Progress = silent,
) -> Mixture:
    """Give pictures the styles of others: every one of `base` with every one of `looks`.

    Args:
        base: Seeds such as `"0-3"`, files of codes, pictures, or latents; one or several. They give
            the rows that are not named.
        looks: Likewise; they give `rows`.
        rows: Rows of w+ such as `"8-"`, `"0,3-5"`, or zones: `"coarse"` (0-3), `"middle"` (4-7),
            `"fine"` (8 to the last). None takes the fine ones, of a short code the second half.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator, by number or name, that seeds are of.
        inverter: Inverter of pictures; None for that of the generator's domain.
        inverter_options: Its options by name.
        faces: Where the faces are in pictures; None takes the middle.
        truncation: Truncation ψ of seeds, 0.7 if not said: 1 none, 0 the mean picture.
        seed: Seed of the inverter.
        noise: The stored noise `const`, fresh noise `random`, or `none`.
        progress: Called with the number of points.

    Raises:
        OptionError: There are no such rows or points, codes are of another generator's width, or an
            option applies to none of the points.
        DynodeError: See `load_generator` and `invert`.

    Source:
        Karras et al. 2019, StyleGAN, arXiv:1812.04948 (style mixing).
    """
    how = PointOptions(truncation, inverter, inverter_options, faces, seed)
    below, across = parse_points(base, "BASE"), parse_points(looks, "LOOK")
    how.check("mix", [*below, *across])
    drawing = loaded(generator, device=device, class_index=class_index)
    info = drawing.info
    taken = parse_rows(rows or f"{min(_FINE, info.num_layers // 2)}-", info)
    first = open_points(below, drawing, how, progress=progress)
    second = open_points(across, drawing, how, progress=progress)
    mixed = mix_table(first.latents, second.latents, taken, layer_rows=info.style_rows)
    names = (first.names, second.names)
    return Mixture(first.latents, second.latents, mixed, tuple(taken), names, drawing, noise)
