"""The closed form: right singular vectors of the stacked style layers."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo, LinearDirection
from dynode.errors import OptionError
from dynode.generator import Generator, draw_population
from dynode.latents import Latents
from dynode.plugins import Progress
from dynode.scoring import measured_components, parse_rows

if TYPE_CHECKING:
    from dynode_sefa.plugin import FactorOptions

_SPREAD_SAMPLES = 2048


def find_factors(
    generator: Generator, options: FactorOptions, *, seed: int, progress: Progress
) -> list[Direction]:
    """Find factors, strongest first; strength 1 is one deviation of the codes along them.

    Raises:
        OptionError: The rows do not exist, or feed no layer that takes part.
    """
    info = generator.info
    if "styles" not in info.spaces:
        raise OptionError(
            f"{info.name} has no style layers to factorise; find directions of its codes or weights, with a "
            f"method that asks for no styles (dynode plugins)"
        )
    rows = parse_rows(options.rows, info)
    layers = _layers(generator, rows, rgb=options.rgb)
    factors = closed_form(style_weights(generator, layers), normalize=options.normalize)
    spreads = _spreads(generator, factors, seed)
    mask = torch.zeros(info.num_layers, dtype=torch.bool)
    mask[rows] = True
    count = min(options.count, factors.shape[1])
    directions = []
    for index in range(count):
        about = DirectionInfo(
            name=f"sefa-{index:02d}",
            options={"factor": index, "layers": layers},
            unit="one standard deviation of the codes along the factor",
            scale=float(spreads[index]),
        )
        delta = factors[:, index].float().contiguous()
        directions.append(LinearDirection(delta, None if mask.all() else mask, info=about))
    return measured_components(directions, generator, options, seed=seed, progress=progress)


def _layers(generator: Generator, rows: Collection[int], *, rgb: bool) -> list[str]:
    """Name the layers that take part: those fed by the rows; of the toRGB ones only the first.

    The factorisation of stylegan2-pytorch leaves the later toRGB layers out and keeps the first; that of
    the authors leaves none out.
    """
    info = generator.info
    left_out = set() if rgb else set(info.rgb_layers[1:])
    layers = [name for name, row in info.style_rows.items() if row in rows and name not in left_out]
    if not layers:
        raise OptionError(
            f"the rows {sorted(rows)} feed no style layer that takes part; add --rgb or other rows"
        )
    return layers


def style_weights(generator: Generator, layers: Collection[str]) -> Tensor:
    """Read the matrices from a row of W+ to style vectors, stacked: (channels, w_dim) float64.

    They are read off as answers to unit vectors, so any generator whose styles are affine in W
    will do.
    """
    info = generator.info
    units = torch.eye(info.w_dim, device=generator.device, dtype=generator.dtype)
    probes = torch.cat([torch.zeros_like(units[:1]), units])
    with torch.inference_mode():
        codes = Latents(probes[:, None].expand(-1, info.num_layers, -1).contiguous())
        styles = generator.styles(codes)
        stacked = [(styles[name][1:] - styles[name][:1]).t() for name in layers]
        joined = torch.cat(stacked).double().cpu()
    return joined.clone()


def closed_form(weights: Tensor, *, normalize: bool = False) -> Tensor:
    """Return the right singular vectors as columns (w_dim, k), by falling singular value.

    Args:
        weights: (channels, w_dim).
        normalize: Give every channel's weights unit length first.

    Source:
        Shen and Zhou 2021, SeFa, arXiv:2007.06600; `normalize` as the authors' code
        does, without it as stylegan2-pytorch's.
        Deviation: the sign, which the decomposition leaves open, makes the largest entry positive.
    """
    if normalize:
        weights = weights / weights.norm(dim=1, keepdim=True).clamp(min=1e-12)
    vectors = torch.linalg.svd(weights, full_matrices=False)[2].t()
    largest = vectors.gather(0, vectors.abs().argmax(0, keepdim=True))
    oriented: Tensor = vectors * largest.sign()
    return oriented


def _spreads(generator: Generator, factors: Tensor, seed: int) -> Tensor:
    codes = draw_population(generator, _SPREAD_SAMPLES, seed=seed).latents.w[:, 0]
    return (codes.double().cpu() @ factors).std(0).clamp(min=1e-6)
