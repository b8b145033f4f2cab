"""Draw the pictures of seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.images import grid, write_image
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent

_MOST_SEEDS = 10_000
_BATCH = 4


def parse_seeds(text: str) -> list[int]:
    """Read seeds such as `0-15` or `3,8,20-24`.

    Raises:
        OptionError: It is none, or too many.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not _is_number(first) or (dash and not _is_number(last)):
            raise OptionError(f"--seeds is {text!r}; expected seeds such as 0-15 or 3,8,20-24")
        end = int(last) if dash else int(first)
        if end - int(first) >= _MOST_SEEDS or end >= 2**32:
            raise OptionError(f"--seeds is {text!r}; expected at most {_MOST_SEEDS} below 2^32")
        seeds += range(int(first), end + 1)
        if len(seeds) > _MOST_SEEDS:
            raise OptionError(f"--seeds is {text!r}; expected at most {_MOST_SEEDS} in all")
    if not seeds:
        raise OptionError(f"--seeds is {text!r}, an empty range; expected seeds such as 0-15")
    return seeds


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10


def sample_seeds(generator: Generator, seeds: Sequence[int], *, truncation: float = 0.7) -> Latents:
    """Draw one code per seed, each the published scripts' picture of that seed."""
    return Latents.cat([generator.sample(1, seed=s, truncation=truncation) for s in seeds])


def synthesize_batches(
    generator: Generator, latents: Latents, *, noise: str = "const", progress: Progress = silent
) -> Tensor:
    """Draw many pictures a few at a time, without gradients: (n, 3, h, w) on the CPU."""
    drawn = []
    for start in range(0, len(latents), _BATCH):
        with torch.inference_mode():
            drawn.append(generator.synthesize(latents[start : start + _BATCH], noise=noise).cpu())
        progress(min(start + _BATCH, len(latents)), len(latents))
    return torch.cat(drawn)


@dataclass(frozen=True, eq=False)
class Generated:
    """Pictures of seeds.

    Attributes:
        seeds: One a picture.
        latents: Their codes.
        images: (n, 3, h, w) float in about [-1, 1], RGB, on the CPU.
        generator: What drew them.
    """

    seeds: tuple[int, ...]
    latents: Latents
    images: Tensor
    generator: Generator

    def save(self, path: str | Path, *, columns: int | None = None) -> Written:
        """Write the pictures into one grid.

        Args:
            path: Image to write; a file of that name is replaced.
            columns: Pictures a row; None makes it as good as square.

        Raises:
            MediaError: No image format has this suffix.
        """
        count = len(self.seeds)
        write_image(grid(self.images, columns=columns or max(1, round(count**0.5))), Path(path))
        return Written(Path(path), count)

    def save_latents(self, path: str | Path) -> None:
        """Write the codes as a latents file."""
        self.latents.save(Path(path), fingerprint=self.generator.info.fingerprint)


def generate(
    seeds: str | int | Sequence[int] = "0-15",
    *,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    truncation: float = 0.7,
    noise: Literal["const", "random", "none"] = "const",
    progress: Progress = silent,
) -> Generated:
    """Draw the pictures of some seeds.

    Args:
        seeds: Seeds such as `"0-15"` or `"3,8,20-24"`, one number, or several.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        truncation: Truncation ψ (`truncation_psi` of the published scripts): 1 none, 0 the mean
            picture, that of `w_avg`.
        noise: The stored noise, fresh noise or none.
        progress: Called with the number of pictures.

    Raises:
        OptionError: The seeds are none, or too many.
        DynodeError: See `load_generator`.
    """
    chosen = [seeds] if isinstance(seeds, int) else seeds
    chosen = parse_seeds(chosen) if isinstance(chosen, str) else list(chosen)
    drawing = loaded(generator, device=device)
    latents = sample_seeds(drawing, chosen, truncation=truncation)
    images = synthesize_batches(drawing, latents, noise=noise, progress=progress)
    return Generated(tuple(chosen), latents, images, drawing)


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
