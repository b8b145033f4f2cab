"""StyleCLIP's channel directions (fs3): how each style channel moves the image embedding."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo, StyleDirection
from dynode.errors import DirectionFileError, OptionError
from dynode.generator import Generator
from dynode.importing import PublishedFile, slug
from dynode.text import check_text, load_text_model, neutral_text, text_axis
from dynode_styleclip.formats import ChannelOptions
from dynode_styleclip.statistics import measure_styles

_FEWEST_ROWS = 64
_SEED, _TRUNCATION = 5, 0.7
_UNIT_TOLERANCE = 0.02  # half-precision rows are off by about 1e-3


def is_fs3(content: object) -> bool:
    """Tell whether a content is a tall matrix of unit rows."""
    if not isinstance(content, Tensor) or content.ndim != 2 or not content.is_floating_point():
        return False
    if len(content) <= _FEWEST_ROWS:
        return False
    return bool((content.float().norm(dim=1) - 1).abs().max() < _UNIT_TOLERANCE)


def read_fs3(file: PublishedFile, options: ChannelOptions, generator: Generator) -> list[Direction]:
    """Turn channel directions and a text into a direction in StyleSpace.

    Raises:
        DirectionFileError: The file, the generator and the text model do not belong together.
        OptionError: No channel is relevant enough.
    """
    assert isinstance(file.content, Tensor)
    info = generator.info
    model = load_text_model(
        info, device=generator.device, name=options.clip, weights=options.clip_weights
    )
    text = check_text(model, options.text)
    neutral = check_text(model, neutral_text(info.domain, options.neutral))
    axis = text_axis(model, text, neutral)
    deviations = measure_styles(generator, seed=_SEED, truncation=_TRUNCATION).deviations
    spread = {name: part.cpu().float() for name, part in deviations.items()}
    found = fs3_direction(file.content.float(), axis.cpu(), spread, beta=options.beta)
    about = file.info(
        name=slug(text),
        method=found.info.method,
        unit=found.info.unit,
        options={**found.info.options, "text": text, "neutral": neutral},
    )
    return [dataclasses.replace(found, info=about)]


def fs3_direction(
    fs3: Tensor, text: Tensor, deviations: Mapping[str, Tensor], *, beta: float
) -> StyleDirection:
    """Weigh the style channels by their relevance to a text.

    Args:
        fs3: (channels, embedding), unit rows for the first channels of `deviations`.
        text: (embedding,), difference of the embedded target and neutral texts, of unit length.
        deviations: Standard deviation of each style channel by layer, toRGB left out, in execution
            order; layers that fs3 does not reach are not moved.
        beta: Smallest relevance of a channel that is moved.

    Raises:
        DirectionFileError: fs3 has more channels than the generator, or another embedding.
        OptionError: No channel reaches beta.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6.
    """
    count = sum(len(part) for part in deviations.values())
    if len(fs3) > count or fs3.shape[1] != len(text):
        raise DirectionFileError(
            f"fs3 has {len(fs3)} channels of width {fs3.shape[1]}; the generator has {count} and the "
            f"text model {len(text)}; give the generator and CLIP it was made with"
        )
    relevance = fs3 @ text.float()
    padded = torch.cat([relevance, relevance.new_zeros(count - len(fs3))])
    pieces = padded.split([len(part) for part in deviations.values()])
    return relevance_direction(dict(zip(deviations, pieces, strict=True)), deviations, beta=beta)


def relevance_direction(
    relevance: Mapping[str, Tensor], deviations: Mapping[str, Tensor], *, beta: float
) -> StyleDirection:
    """Move the style channels that are relevant enough, each by its relevance and deviation.

    Args:
        relevance: Signed relevance of each style channel by layer.
        deviations: Standard deviation of each of them.
        beta: Smallest relevance of a channel that is moved.

    Raises:
        OptionError: No channel reaches beta.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6.
        Deviation: if no channel is left this is an error instead of a division by zero.
    """
    highest = max(float(part.abs().max()) for part in relevance.values())
    channels = sum(int((part.abs() >= beta).sum()) for part in relevance.values())
    if not channels or not highest > 0:
        raise OptionError(
            f"no style channel has relevance {beta:g}; the highest is {highest:.3g}; "
            f"try --beta {0.7 * highest:.2g}"
        )
    delta = {
        layer: torch.where(part.abs() >= beta, part / highest, 0.0) * deviations[layer].float()
        for layer, part in relevance.items()
        if bool((part.abs() >= beta).any())
    }
    info = DirectionInfo(
        method="styleclip-global",
        options={"beta": beta, "channels": channels},
        unit=f"one standard deviation of the most relevant of {channels} style channels",
    )
    return StyleDirection(delta, info=info)
