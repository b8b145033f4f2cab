"""Mappers to train: their rows or layers, and where they start."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dynode.direction import (
    Direction,
    DirectionInfo,
    MapperDirection,
    RowMapper,
    StyleMapper,
    StyleMapperDirection,
)
from dynode.errors import OptionError, UnknownNameError
from dynode.generator import Generator, GeneratorInfo
from dynode.latents import Latents
from dynode_styleclip.options import MapperOptions
from dynode_styleclip.statistics import drawn_layers

PUBLISHED_STEP = 0.1
_LEVELS = {"coarse": (0, 4), "medium": (4, 8), "fine": (8, None)}


def row_groups(info: GeneratorInfo, options: MapperOptions) -> list[tuple[int, int]]:
    """Return the groups of rows that move, for any number of rows.

    Raises:
        UnknownNameError: A part is none of coarse, medium and fine.
        OptionError: The generator has no rows in the parts that are left.
    """
    rows = info.num_layers
    if options.kind == "single":
        return [(0, rows)]
    for part in options.parts:
        if part not in _LEVELS:
            raise UnknownNameError("part of a mapper", part, _LEVELS)
    groups = [
        (first, min(end or rows, rows))
        for part, (first, end) in _LEVELS.items()
        if part in options.parts and first < rows
    ]
    if not groups:
        raise OptionError(
            f"--parts is {','.join(options.parts) or 'empty'}; expected rows that {info.name} has "
            f"({rows}): coarse 0-3, medium 4-7, fine from 8 on"
        )
    return groups


def new_mapper(
    generator: Generator, options: MapperOptions, random: torch.Generator
) -> RowMapper | StyleMapper:
    """Make a mapper with weights drawn from `random`, on the generator's device.

    A published one starts from random offsets. Ours starts from none, and reads how a code differs
    from the mean: the first layer's bias takes the mean away and its weight makes up for the
    smaller numbers, which a network of the published form can express.
    """
    info = generator.info
    mapper: RowMapper | StyleMapper
    with torch.random.fork_rng(devices=[]):  # what the networks draw is overwritten
        if options.kind == "styles":
            mapper = StyleMapper({name: info.style_channels[name] for name in drawn_layers(info)})
        else:
            groups = row_groups(info, options)
            mapper = RowMapper(groups, info.w_dim, normalize_rows=options.published)
    with torch.no_grad():
        for name, parameter in mapper.named_parameters():
            if name.endswith("weight"):
                parameter.copy_(100 * torch.randn(parameter.shape, generator=random))
        if not options.published:
            for stack, mean, spread in zip(mapper.stacks, *_inputs(generator, mapper), strict=True):
                _start_from_nothing(stack, mean, spread)
    return mapper.to(generator.device, generator.dtype)


def _inputs(
    generator: Generator, mapper: RowMapper | StyleMapper
) -> tuple[list[Tensor], list[float]]:
    """Return mean and root mean square deviation of what each stack sees, after its pixel norm."""
    with torch.no_grad():
        codes = generator.sample(512, seed=0, truncation=1.0)
        if isinstance(mapper, StyleMapper):
            styles = generator.styles(codes)
            seen = [styles[name] for name in mapper.channels]
        else:
            seen = [codes.w[:, first:end].flatten(0, 1) for first, end in mapper.groups]
    seen = [x.float().cpu() for x in seen]
    seen = [x * x.square().mean(1, keepdim=True).add(1e-8).rsqrt() for x in seen]
    means = [x.mean(0) for x in seen]
    spreads = [float((x - m).square().mean().sqrt()) for x, m in zip(seen, means, strict=True)]
    return means, spreads


def _start_from_nothing(stack: nn.Module, mean: Tensor, spread: float) -> None:
    layers: Sequence[nn.Module] = list(stack.children())
    first, last = layers[0], layers[-1]
    assert isinstance(first.weight, Tensor) and isinstance(first.bias, Tensor)
    assert isinstance(last.weight, Tensor)
    first.weight.div_(max(spread, 1e-3))
    # Both are stored a hundred times as large, and the weight times the root of its width.
    first.bias.copy_(-(first.weight @ mean) / mean.numel() ** 0.5)
    last.weight.zero_()


def offsets_of(
    mapper: RowMapper | StyleMapper, generator: Generator, latents: Latents, scale: float
) -> Latents:
    """Return the latents that a mapper edits, as `MapperDirection` does, with gradients."""
    if isinstance(mapper, StyleMapper):
        styles = generator.styles(latents)
        return latents.add_styles({name: scale * part for name, part in mapper(styles).items()})
    return latents.with_w(latents.w + scale * mapper(latents.w))


def as_direction(mapper: RowMapper | StyleMapper, scale: float, info: DirectionInfo) -> Direction:
    """Return the direction of a trained mapper, on the CPU and without gradients."""
    mapper = mapper.cpu().requires_grad_(False)
    if isinstance(mapper, StyleMapper):
        return StyleMapperDirection(mapper, scale, info=info)
    return MapperDirection(mapper, scale, info=info)
