"""Latent optimisation: move codes until the text-image model sees the text."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo, LinearDirection
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, TextImageModel
from dynode.text import check_text, load_text_model
from dynode_styleclip.clip_input import area_resize
from dynode_styleclip.goal import Goal, price
from dynode_styleclip.options import OptimisationOptions
from dynode_styleclip.schedule import learning_rate
from dynode_styleclip.whitening import principal_axes

_PATIENCE = 12
_LEAST_GAIN = 2e-4


@dataclass(frozen=True)
class _Settings:
    """Numbers of a mode; the published ones are those of the released code.

    Attributes:
        steps: Optimiser steps at most.
        learning_rate: Adam's peak rate.
        l2_lambda: Price of the squared distance.
        sparsity: Price of the distance along each principal axis: few axes move.
        purity: Price of what the text-image model sees change besides the text.
        overshoot: Factor on the optimum. The prices, and a likeness that flattens out as soon as
            an attribute is plain to see, stop the optimum short of a full effect.
    """

    steps: int
    learning_rate: float
    l2_lambda: float
    sparsity: float = 0.0
    purity: float = 0.0
    overshoot: float = 1.0


PUBLISHED = _Settings(steps=300, learning_rate=0.1, l2_lambda=0.008)
DEFAULT = _Settings(
    steps=80, learning_rate=0.1, l2_lambda=0.0003, sparsity=0.003, purity=1.0, overshoot=2.0
)


def find_offsets(
    generator: Generator,
    start: Latents,
    options: OptimisationOptions,
    *,
    seed: int,
    progress: Progress,
) -> list[Direction]:
    """Find one direction per code.

    Args:
        generator: What draws the codes.
        start: Codes to begin from, with the edits that ride on them.
        options: See `OptimisationOptions`.
        seed: Seed of the sample that the default mode measures W with.
        progress: Called after every step with the mean loss.

    Returns:
        As many directions as there are codes; strength 1 is the optimum found.
    """
    model = load_text_model(
        generator.info, device=generator.device, name=options.clip, weights=options.clip_weights
    )
    text = check_text(model, options.text)
    if options.published:
        moved = _optimise_published(generator, model, start, text, options, progress)
    else:
        moved = _optimise(generator, model, start, text, options, seed, progress)
    info = DirectionInfo(
        name=text,
        method="styleclip",
        options={name: str(value) for name, value in asdict(options).items()},
        seed=seed,
        fingerprint=generator.info.fingerprint,
        generator=generator.info.name,
        licence=generator.info.licence,
        unit="1 is the optimum found for this picture",
    )
    return [LinearDirection(offset, info=info) for offset in (moved - start.w)]


def _settings(options: OptimisationOptions) -> _Settings:
    mode = PUBLISHED if options.published else DEFAULT
    return replace(
        mode,
        steps=options.steps or mode.steps,
        learning_rate=options.learning_rate or mode.learning_rate,
        l2_lambda=mode.l2_lambda if options.l2_lambda < 0 else options.l2_lambda,
    )


def _optimise_published(
    generator: Generator,
    model: TextImageModel,
    start: Latents,
    text: str,
    options: OptimisationOptions,
    progress: Progress,
) -> Tensor:
    """Run the released code's loop: W+, un-normalised input, last-but-one code."""
    settings = _settings(options)
    target = model.encode_texts([text])
    w = start.w.detach().clone().requires_grad_(True)
    optimizer = torch.optim.Adam([w], lr=settings.learning_rate)
    shown = start.w
    for step in range(settings.steps):
        optimizer.param_groups[0]["lr"] = learning_rate(
            step, settings.steps, settings.learning_rate
        )
        shown = w.detach().clone()
        images = generator.synthesize(start.with_w(w))
        seen = model.encode_images(area_resize(images, model.image_size), normalize=False)
        distance = (w - start.w).square().sum((1, 2))
        losses = 1 - (seen * target).sum(1) + settings.l2_lambda * distance
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        progress(step + 1, settings.steps, f"loss {losses.mean().item():.3f}")
    return shown


def _optimise(
    generator: Generator,
    model: TextImageModel,
    start: Latents,
    text: str,
    options: OptimisationOptions,
    seed: int,
    progress: Progress,
) -> Tensor:
    """Move along few principal axes of W, changing what the text says and little else."""
    settings = _settings(options)
    goal = Goal(generator, model, text, options.neutral)
    first = goal.see(start)
    axes = principal_axes(generator, seed=seed)
    shift = start.w.new_zeros(len(start), 1, len(axes), requires_grad=True)
    optimizer = torch.optim.Adam([shift], lr=settings.learning_rate, betas=(0.9, 0.99))
    best = torch.full((len(start),), torch.inf, device=start.device)
    waited = 0
    for step in range(settings.steps):
        rate = learning_rate(step + 1, settings.steps + 1, settings.learning_rate)
        optimizer.param_groups[0]["lr"] = rate
        likeness, strayed = goal.measure(start.with_w(start.w + shift @ axes), first)
        losses = (
            1
            - likeness
            + settings.purity * strayed
            + price(shift, l2=settings.l2_lambda, sparsity=settings.sparsity)
        )
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        progress(step + 1, settings.steps, f"loss {losses.mean().item():.3f}")
        gained = losses.detach() < best - _LEAST_GAIN
        best = torch.minimum(best, losses.detach())
        waited = 0 if bool(gained.any()) else waited + 1
        if waited >= _PATIENCE:
            break
    return (start.w + settings.overshoot * shift @ axes).detach()
