"""Draw the pictures of seeds."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.generator.redraw import Synthesizer, redrawing
from dynode.generator.rows import parse_rows
from dynode.latents.latents import Latents
from dynode.latents.mixing import mix_table
from dynode.media.display import Displayed, short
from dynode.media.images import grid, write_image
from dynode.pipeline.seeds import chosen_seeds, parse_seeds, sample_seeds
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent

_BATCH = 4
_COARSE_ROWS = 7


def synthesize_batches(
    generator: Generator, latents: Latents, *, noise: str = "const", progress: Progress = silent
) -> Tensor:
    """Draw many pictures a few at a time, without gradients: (n, 3, h, w) on the CPU.

    Pictures that begin like their neighbours are drawn one by one, each from where it differs.
    """
    alike = noise != "random" and begin_alike(latents)
    draw: Synthesizer = redrawing(generator) if alike else generator
    drawn, batch = [], 1 if alike else _BATCH
    for start in range(0, len(latents), batch):
        with torch.inference_mode():
            drawn.append(draw.synthesize(latents[start : start + batch], noise=noise).cpu())
        progress(min(start + batch, len(latents)), len(latents))
    return torch.cat(drawn)


def begin_alike(latents: Latents) -> bool:
    """Say whether most pictures have the first row of w of the one before them."""
    same = (latents.w[1:, 0] == latents.w[:-1, 0]).all(1)
    return len(same) > 0 and bool(same.float().mean() > 0.5)


@dataclass(frozen=True, eq=False, repr=False)
class Generated(Displayed):
    """Pictures of seeds.

    Attributes:
        seeds: One a picture, or with mixed styles one a row of pictures.
        latents: Their codes.
        images: (n, 3, h, w) float in about [-1, 1], RGB, on the CPU.
        generator: What drew them.
        columns: Pictures a row that belong together; None for any number.
    """

    seeds: tuple[int, ...]
    latents: Latents
    images: Tensor
    generator: Generator
    columns: int | None = None

    def __repr__(self) -> str:
        """Say how many there are and what drew them, in a line."""
        name = short(self.generator.info.name)
        return f"Generated({len(self.images)} pictures of {len(self.seeds)} seeds, {name})"

    def image(self, *, columns: int | None = None) -> Image.Image:
        """Draw the pictures into one grid; see `save`."""
        width = columns or self.columns or max(1, round(len(self.images) ** 0.5))
        return grid(self.images, columns=width)

    def save(self, path: str | Path, *, columns: int | None = None) -> Written:
        """Write the pictures into one grid.

        Args:
            path: Image to write; a file of that name is replaced.
            columns: Pictures a row; None makes it as good as square, or a row for each mixed seed.

        Raises:
            MediaError: No image format has this suffix.
        """
        write_image(self.image(columns=columns), Path(path))
        return Written(Path(path), len(self.images))

    def save_latents(self, path: str | Path) -> None:
        """Write the codes as a latents file."""
        self.latents.save(Path(path), fingerprint=self.generator.info.fingerprint)


def generate(
    seeds: str | int | Sequence[int] = "0-15",
    *,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    truncation: float = 0.7,
    truncation_cutoff: int | None = None,
    mix: str | Sequence[int] | None = None,
    mix_rows: str | None = None,
    noise: Literal["const", "random", "none"] = "const",
    progress: Progress = silent,
) -> Generated:
    """Draw the pictures of some seeds.

    Args:
        seeds: Seeds such as `"0-15"` or `"3,8,20-24"`, one number, or several.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator, by number or name, that whatever is sampled is
            of; None for all classes.
        truncation: Truncation ψ (`truncation_psi` of the published scripts): 1 none, 0 the mean
            picture, that of `w_avg`.
        truncation_cutoff: Number of first rows of w+ to truncate; None for all.
        mix: Seeds whose styles are mixed in: every seed becomes a row of pictures, itself and one for
            each of these.
        mix_rows: Rows of w+ that come from them, such as `"0-6"`, the default: the coarse ones.
        noise: The stored noise, fresh noise or none.
        progress: Called with the number of pictures.

    Raises:
        OptionError: The seeds are none or too many, or there are no such rows.
        DynodeError: See `load_generator`.
    """
    chosen = chosen_seeds(seeds)
    drawing = loaded(generator, device=device, class_index=class_index)
    draw = functools.partial(sample_seeds, drawing, truncation=truncation, cutoff=truncation_cutoff)
    latents, columns = draw(chosen), None
    if mix is not None:
        styles = parse_seeds(mix, "--mix") if isinstance(mix, str) else list(mix)
        info = drawing.info
        default = f"0-{min(_COARSE_ROWS, info.num_layers) - 1}"
        rows = parse_rows(mix_rows or default, info, option="--mix-rows")
        latents, columns = _with_looks(latents, draw(styles), rows, info), 1 + len(styles)
    elif mix_rows is not None:
        raise OptionError("--mix-rows is for mixed styles; give the seeds of the styles with --mix")
    images = synthesize_batches(drawing, latents, noise=noise, progress=progress)
    return Generated(tuple(chosen), latents, images, drawing, columns)


def _with_looks(
    latents: Latents, looks: Latents, rows: Sequence[int], info: GeneratorInfo
) -> Latents:
    """Put every code before its mixtures with the looks."""
    table = mix_table(latents, looks, rows, layer_rows=info.style_rows)
    count = len(looks)
    parts = [(latents[i], table[i * count : (i + 1) * count]) for i in range(len(latents))]
    return Latents.cat([part for pair in parts for part in pair])


def check_codes_name(path: Path) -> None:
    """Refuse a name under which codes would not be known as such when they are read.

    Raises:
        OptionError: It does not end in `.safetensors`.
    """
    if path.suffix != ".safetensors":
        raise OptionError(
            f"cannot write {path.name}: codes are a .safetensors file, so that they are known as such "
            f"when they are read"
        )
