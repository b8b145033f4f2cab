"""Pictures with their factors, and the wear that real pictures have, for training readers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dynode.generator import Generator
from dynode.latents import Latents
from dynode.options import option
from dynode.training import generator_at
from dynode_worlds.population import Population
from dynode_worlds.resizing import resized
from dynode_worlds.training.code_samples import draw_codes
from dynode_worlds.world import World

_SIZES_PX = (128, 128, 96, 64)
_ROW_SHAKE = 0.12


def draw_factors(people: Population, count: int, random: torch.Generator) -> Tensor:
    """Draw factors, half of them from the population and half without its correlations.

    A reader trained on the population alone learns to guess one factor from another.
    """
    z = torch.randn(count, len(people.names), generator=random)
    free = torch.rand(count, len(people.names), generator=random) * 2.0 - 1.0
    chosen = torch.rand(count, 1, generator=random) < 0.5
    return torch.where(chosen, people.factors(z), free)


@torch.no_grad()
def draw_pictures(
    world: World, count: int, size_px: int, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Render pictures, at several resolutions, and bring them to one size.

    Returns:
        Pictures (count, 3, size_px, size_px) uint8 and factors (count, F) float32.
    """
    factors = draw_factors(world.population, count, random)
    parts = factors.split(256)
    pictures = torch.empty(count, 3, size_px, size_px, dtype=torch.uint8)
    for index, part in enumerate(parts):
        image = resized(world.render(part, _SIZES_PX[index % len(_SIZES_PX)]), size_px)
        pictures[index * 256 : index * 256 + len(part)] = as_bytes(image)
    return pictures, factors


@torch.no_grad()
def synthesize_pictures(
    world: World, generator: Generator, count: int, size_px: int, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw pictures by a generator of the world, half of them from codes whose rows disagree a little.

    Optimised and inverted codes are like that, and what they show must be read as well.

    Returns:
        As `draw_pictures`.
    """
    rows, w_dim = generator.info.num_layers, generator.info.w_dim
    codes, factors = draw_codes(world.population, count, rows, random)
    shake = torch.rand(count, 1, 1, generator=random) * 2.0 - 1.0
    codes = codes + _ROW_SHAKE * shake.clamp(min=0) * torch.randn(codes.shape, generator=random)
    pictures = torch.empty(count, 3, size_px, size_px, dtype=torch.uint8)
    for start in range(0, count, 32):
        w = world.codes.code_of(codes[start : start + 32], w_dim).to(
            generator.device, generator.dtype
        )
        image = resized(generator.synthesize(Latents(w)).cpu().float(), size_px)
        pictures[start : start + 32] = as_bytes(image)
    return pictures, factors


def as_bytes(images: Tensor) -> Tensor:
    """Quantise pictures in [-1, 1] to uint8."""
    return ((images.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8)


def as_floats(images: Tensor) -> Tensor:
    """Bring uint8 pictures back to floats in [-1, 1]."""
    return images.float() / 127.5 - 1.0


@dataclass(frozen=True)
class AlbumOptions:
    """How many pictures are at hand in training, and from where."""

    pictures: int = option(12288, help="Pictures kept in memory at a time.", min=16)
    steps_each: int = option(1000, help="Steps after which they are replaced.", min=1)
    synthesized: float = option(
        0.4, help="Share of the pictures that a generator draws.", min=0.0, max=1.0
    )
    seed: int = option(0, help="Seed of everything random.")


class Album:
    """Rendered pictures that are used for a while and then replaced by others.

    Which pictures a step sees depends on the seed and the step alone.
    """

    def __init__(
        self,
        world: World,
        options: AlbumOptions,
        size_px: int,
        generator: Generator | None = None,
    ) -> None:
        """Make an album that is filled when it is first asked.

        Args:
            world: What is drawn.
            options: How many pictures, drawn how.
            size_px: Side of the pictures.
            generator: Draws a part of them; None for the bundled one of the world.
        """
        self._world, self._options, self._size_px = world, options, size_px
        self._synthesized = round(options.pictures * options.synthesized)
        if generator is None and self._synthesized:
            generator = world.load_generator("cpu")
        self._generator = generator
        self._volume = -1
        self._pictures = self._factors = torch.empty(0)

    @property
    def source(self) -> str:
        """Fingerprint of the generator that draws a part of the pictures; empty for none."""
        return self._generator.info.fingerprint if self._generator else ""

    def batch(self, step: int, size: int, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw a batch for a step: pictures (n, 3, s, s) in [-1, 1] and factors (n, F)."""
        volume = step // self._options.steps_each
        if volume != self._volume:
            self._fill(volume)
        rows = torch.randint(self._options.pictures, (size,), generator=random)
        return as_floats(self._pictures[rows]), self._factors[rows]

    def _fill(self, volume: int) -> None:
        numbers = generator_at(self._options.seed, 77, volume)
        rendered = self._options.pictures - self._synthesized
        parts = [draw_pictures(self._world, rendered, self._size_px, numbers)]
        if self._generator is not None and self._synthesized:
            drawn = synthesize_pictures(
                self._world, self._generator, self._synthesized, self._size_px, numbers
            )
            parts.append(drawn)
        self._pictures, self._factors = (torch.cat(columns) for columns in zip(*parts, strict=True))
        self._volume = volume


def worn(images: Tensor, random: torch.Generator) -> Tensor:
    """Shift, scale, tint, blur and add noise to pictures, each by its own small amount.

    Args:
        images: (n, 3, h, w) in [-1, 1].
        random: Where the amounts are drawn from.

    Returns:
        Pictures of the same shape; a fifth of them unchanged except for the tint.
    """
    images = _moved(images, random)
    images = _tinted(images, random)
    images = _blurred(images, random)
    noise = torch.randn(images.shape, generator=random)
    amount = torch.rand(images.shape[0], 1, 1, 1, generator=random) ** 2 * 0.12
    return (images + noise * amount).clamp(-1.0, 1.0)


def _uniform(count: int, low: float, high: float, random: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=random)


def _moved(images: Tensor, random: torch.Generator) -> Tensor:
    count = images.shape[0]
    matrix = torch.zeros(count, 2, 3)
    moved = (torch.rand(count, generator=random) < 0.8).float()
    scale = 1.0 + moved * _uniform(count, -0.05, 0.05, random)
    angle = moved * _uniform(count, -0.04, 0.04, random)
    matrix[:, 0, 0] = matrix[:, 1, 1] = scale
    matrix[:, 0, 1], matrix[:, 1, 0] = -angle, angle
    matrix[:, 0, 2] = moved * _uniform(count, -0.05, 0.05, random)
    matrix[:, 1, 2] = moved * _uniform(count, -0.05, 0.05, random)
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _tinted(images: Tensor, random: torch.Generator) -> Tensor:
    count = images.shape[0]
    gain = 1.0 + 0.04 * torch.randn(count, 3, 1, 1, generator=random) * 0.5
    shift = 0.03 * torch.randn(count, 3, 1, 1, generator=random) * 0.5
    return images * gain + shift


def _blurred(images: Tensor, random: torch.Generator) -> Tensor:
    count, channels, height, width = images.shape
    sigma = _uniform(count, 0.05, 1.3, random) * (torch.rand(count, generator=random) < 0.5)
    taps = torch.arange(-3, 4).float()
    kernel = torch.exp(-0.5 * (taps / (sigma[:, None] + 1e-3)) ** 2)
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    flat = functional.pad(images, (3, 3, 3, 3), mode="replicate").reshape(
        1, count * channels, height + 6, width + 6
    )
    flat = functional.conv2d(flat, kernel[:, None, :, None], groups=count * channels)
    flat = functional.conv2d(flat, kernel[:, None, None, :], groups=count * channels)
    return flat.reshape(count, channels, height, width)
