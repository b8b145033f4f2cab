"""Codes of a facets portrait: the bundled encoder, then a short refinement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.errors import MediaError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.plugins.methods import Progress

if TYPE_CHECKING:
    from dynode_facets.plugin import EncoderOptions

_RATE = 0.03
_ANCHOR = 0.002
_WORST_DB = 17.0


def invert(
    generator: Generator, images: Tensor, options: EncoderOptions, *, progress: Progress
) -> Latents:
    """Find codes that draw the given pictures.

    Args:
        generator: The facets generator.
        images: (n, 3, h, w) float in [-1, 1], at the generator's resolution.
        options: See `EncoderOptions`.
        progress: Called after every step of the refinement.

    Returns:
        Latents of n pictures.

    Raises:
        MediaError: A picture is unlike anything the generator draws, and `any_picture` is off.
    """
    from dynode_facets.encoder import load_encoder

    with torch.inference_mode():
        first = load_encoder(generator.device)(images.float())
    w = refine(generator, images, first.clone().to(generator.dtype), options.steps, progress)
    latents = Latents(w)
    if not options.any_picture:
        _refuse_strangers(generator, images, latents)
    return latents


def refine(
    generator: Generator, images: Tensor, first: Tensor, steps: int, progress: Progress
) -> Tensor:
    """Lower the pixel error from a first guess (n, num_layers, w_dim), staying near it."""
    w = first.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([w], lr=_RATE)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = _RATE * (1 - step / steps)
        error = (generator.synthesize(Latents(w)) - images).abs().mean((1, 2, 3))
        distance = (w - first).square().mean((1, 2))
        optimizer.zero_grad()
        (error + _ANCHOR * distance).sum().backward()
        optimizer.step()
        progress(step + 1, steps, f"error {error.mean().item():.3f}")
    return w.detach()


def psnr(first: Tensor, second: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio (n,) in dB of pictures in [-1, 1] (peak 2)."""
    error = (first.clamp(-1, 1) - second.clamp(-1, 1)).square().mean((1, 2, 3))
    return 10 * torch.log10(4 / error.clamp_min(1e-10))


def _refuse_strangers(generator: Generator, images: Tensor, latents: Latents) -> None:
    with torch.inference_mode():
        found = float(psnr(generator.synthesize(latents), images).min())
    if found < _WORST_DB:
        raise MediaError(
            f"the picture is no portrait of this generator's world: it can be redrawn at {found:.1f} dB "
            f"only, at least {_WORST_DB:g} dB is expected; use a picture from 'dynode facets render', or a "
            f"generator and inverter for photographs with --generator and --inverter"
        )
