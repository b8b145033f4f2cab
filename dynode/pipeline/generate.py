"""Draw seeds into a grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from dynode import files
from dynode.errors import OptionError
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents
from dynode.media.images import check_image_name, grid, write_image
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


def generate_grid(
    seeds: Sequence[int],
    path: Path,
    *,
    generator: str | None = None,
    device: str | None = None,
    truncation: float = 0.7,
    noise: str = "const",
    columns: int | None = None,
    latents_path: Path | None = None,
    force: bool = False,
    progress: Progress = silent,
) -> GeneratorInfo:
    """Draw seeds into one picture; see the options of `dynode generate`.

    Returns:
        The description of the generator that drew them.
    """
    check_image_name(path)
    files.check_free(path, force=force)
    if latents_path:
        if latents_path.suffix != ".safetensors":
            raise OptionError(
                f"cannot write {latents_path.name}: codes are a .safetensors file, so that they are known "
                f"as such when they are read"
            )
        files.check_free(latents_path, force=force)
    loaded = load_generator(generator, device=device)
    latents = sample_seeds(loaded, seeds, truncation=truncation)
    images = synthesize_batches(loaded, latents, noise=noise, progress=progress)
    write_image(grid(images, columns=columns or max(1, round(len(seeds) ** 0.5))), path)
    if latents_path:
        latents.save(latents_path, fingerprint=loaded.info.fingerprint)
    return loaded.info
