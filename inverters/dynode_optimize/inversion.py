"""Codes by gradient descent on the picture's error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode import plugins
from dynode.distance import ReconstructionLoss
from dynode.errors import OptionError
from dynode.generator import Generator, draw_population
from dynode.latents import Latents
from dynode.plugins import Progress, silent
from dynode_optimize.noise import noise_maps, noise_regularisation, normalise

if TYPE_CHECKING:
    from dynode_optimize.options import OptimizeOptions

_SPREAD_SAMPLES = 1000
_RAMP_UP, _RAMP_DOWN = 0.05, 0.25
_JITTER_PART = 0.75
_LEAST_GAIN = 1e-3  # of the error, to count as better
NAME = "optimize"


def invert(
    generator: Generator,
    images: Tensor,
    options: OptimizeOptions,
    *,
    seed: int,
    progress: Progress,
) -> Latents:
    """Find codes; see `dynode.Inverter.invert`.

    Every picture keeps its best code, by an error of its own, so a batch gives what its pictures
    give alone.

    Source:
        Karras et al. 2020, StyleGAN2, arXiv:1912.04958, appendix D (rate, code noise, noise maps);
        Abdal et al. 2019, Image2StyleGAN, arXiv:1904.03189 (W+).
        Deviation: steps and noise are in standard deviations of the generator's codes; it stops
        when nothing improves; maps that were optimised are dropped at the end, as PTI does.
    """
    spread = _spread(generator)
    start = _start(generator, images, options, seed)
    is_single = options.space == "w"
    free = (start.mean(1, keepdim=True) if is_single else start).clone().requires_grad_(True)
    anchor = free.detach().clone()
    random = torch.Generator().manual_seed(seed)
    loss = ReconstructionLoss(options, generator)
    target = loss.target(images)
    maps = _free_maps(generator, images, options, random)
    optimizer = _optimizer(free, maps, spread)
    best = _Best(anchor)
    for step in range(options.steps):
        for group in optimizer.param_groups:
            group["lr"] = options.learning_rate * group["unit"] * _ramp(step, options.steps)
        shake = _jitter(options, step) * spread
        noise = torch.randn(1, *free.shape[1:], generator=random).to(free)
        codes = (free + shake * noise).expand(-1, start.shape[1], -1)
        drawn = generator.synthesize(Latents(codes), noise=maps if maps else "const")
        error = loss(drawn, target)
        held = _held((free - anchor) / spread, maps, options)
        optimizer.zero_grad()
        torch.autograd.backward(error.sum() + held)
        best.offer(free, error, is_exact=shake == 0, step=step)
        optimizer.step()
        if maps:
            normalise(maps)
        progress(step + 1, options.steps, f"error {float(error.detach().mean()):.4f}")
        if best.age(step) >= options.patience:
            break
    return Latents(best.codes.expand(-1, start.shape[1], -1).contiguous())


def _optimizer(free: Tensor, maps: list[Tensor], spread: float) -> torch.optim.Adam:
    """Make Adam, which moves every number by about its rate: `unit` brings that to what is moved."""
    groups = [{"params": [free], "unit": spread}, *({"params": [m], "unit": 1.0} for m in maps)]
    return torch.optim.Adam(groups, lr=1.0)


def _held(moved: Tensor, maps: list[Tensor], options: OptimizeOptions) -> Tensor:
    """Weigh how far codes went from where they began, and what is no noise in the maps."""
    held = options.anchor * moved.square().mean((1, 2)).sum()
    if maps:
        held = held + options.noise_weight * noise_regularisation(maps).sum()
    return held


def _free_maps(
    generator: Generator, images: Tensor, options: OptimizeOptions, random: torch.Generator
) -> list[Tensor]:
    """Draw the noise maps that are optimised too; none if they are not asked for."""
    if not options.noise_maps:
        return []
    maps = noise_maps(generator.info, len(images), random, images)
    return [part.requires_grad_(True) for part in maps]


class _Best:
    """The best code of every picture so far."""

    def __init__(self, codes: Tensor) -> None:
        self.codes = codes.clone()
        self.error = codes.new_full((len(codes),), math.inf)
        self._since = 0

    @torch.no_grad()
    def offer(self, codes: Tensor, error: Tensor, *, is_exact: bool, step: int) -> None:
        """Keep codes that are better; while codes are shaken the latest ones count as best."""
        if not is_exact:
            self.codes, self._since = codes.detach().clone(), step
            return
        if bool((error < self.error * (1 - _LEAST_GAIN)).any()):
            self._since = step
        better = error < self.error
        self.codes = torch.where(better[:, None, None], codes, self.codes)
        self.error = torch.where(better, error, self.error)

    def age(self, step: int) -> int:
        """Count the steps since something improved."""
        return step - self._since


def _spread(generator: Generator) -> float:
    """Measure the standard deviation of a code's numbers, root mean square over them."""
    codes = draw_population(generator, _SPREAD_SAMPLES, seed=0).latents.w[:, 0]
    return float((codes - codes.mean(0)).square().mean().sqrt())


def _start(generator: Generator, images: Tensor, options: OptimizeOptions, seed: int) -> Tensor:
    info = generator.info
    if options.start == "mean":
        mean = generator.mean_w.expand(info.num_layers, info.w_dim)
        return mean[None].expand(len(images), -1, -1)
    if options.start == NAME:
        raise OptionError(f"--start of {NAME} is {NAME} itself; use mean, or another inverter")
    method = plugins.registry().inverters[options.start]
    found = method.invert(generator, images, method.options(), seed=seed, progress=silent)
    return found.w.detach()


def _ramp(step: int, steps: int) -> float:
    """Rise over the first twentieth, fall along a cosine over the last quarter."""
    done = (step + 1) / steps
    fall = min(1.0, (1 - step / steps) / _RAMP_DOWN)
    return min(1.0, done / _RAMP_UP) * (0.5 - 0.5 * math.cos(math.pi * fall))


def _jitter(options: OptimizeOptions, step: int) -> float:
    left = max(0.0, 1 - step / options.steps / _JITTER_PART)
    return options.jitter * left * left
