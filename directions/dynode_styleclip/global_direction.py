"""Global directions: a text becomes one offset of style channels that fits every picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from dynode.direction import Direction
from dynode.errors import OptionError
from dynode.generator import Generator, draw_population
from dynode.plugins import Progress, TextImageModel
from dynode.scoring import ChosenScorer
from dynode.text import check_text, load_text_model, neutral_text, text_axis
from dynode_styleclip.beta import beta_for, published_beta
from dynode_styleclip.cache import relevance_cache
from dynode_styleclip.exact import exact_relevance
from dynode_styleclip.fs3 import relevance_direction
from dynode_styleclip.gradient import gradient_relevance, principal_directions
from dynode_styleclip.options import GlobalOptions
from dynode_styleclip.statistics import StyleStatistics, chosen_layers, measure_styles
from dynode_styleclip.strength import least_leakage, measured_by, with_unit

_GRADIENT_IMAGES = 32
_EXACT_IMAGES = 100


def find_global(
    generator: Generator, options: GlobalOptions, *, seed: int, progress: Progress
) -> Direction:
    """Find the global direction of a text.

    Args:
        generator: Whose style channels.
        options: See `GlobalOptions`.
        seed: Seed of the pictures relevance is averaged over.
        progress: Called as it goes.

    Returns:
        One direction in StyleSpace.

    Raises:
        OptionError: A text cannot be used, or no channel is relevant enough.
        MissingWeightsError: No text-image model fits.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, section 6.
    """
    if options.beta_by == "scorer" and not options.attribute:
        raise OptionError("--beta-by scorer needs --attribute; add --attribute NAME, such as smile")
    layers = chosen_layers(generator.info, options.layers)
    model = load_text_model(
        generator.info, device=generator.device, name=options.clip, weights=options.clip_weights
    )
    text = check_text(model, options.text)
    neutral = check_text(model, neutral_text(generator.info.domain, options.neutral))
    axis = text_axis(model, text, neutral)
    statistics = measure_styles(generator, seed=seed, truncation=options.truncation).only(layers)
    relevance = _relevance(generator, model, axis, statistics, options, seed, progress)
    scorer = None
    if options.calibrate or options.beta_by == "scorer":
        scorer = measured_by(generator, model, axis, options, seed=seed)

    def direction_of(beta: float) -> Direction:
        found = relevance_direction(relevance, statistics.deviations, beta=beta)
        return found.with_info(name=text)

    beta = _beta(relevance, direction_of, generator, scorer, options, seed)
    found = direction_of(beta)
    channels = found.info.options["channels"]
    direction = found.with_info(options={**found.info.options, "text": text, "neutral": neutral})
    if options.calibrate and scorer is not None:
        direction = with_unit(direction, generator, scorer, seed=seed)
    moved = f"{channels} style channels of relevance {beta:.3g} or more"
    return direction.with_info(unit=f"{direction.info.unit}; {moved}")


def _beta(
    relevance: Mapping[str, Tensor],
    direction_of: Callable[[float], Direction],
    generator: Generator,
    scorer: ChosenScorer | None,
    options: GlobalOptions,
    seed: int,
) -> float:
    """Return the threshold that was given, or choose one."""
    if options.beta is not None:
        return options.beta
    flat = torch.cat([part.abs() for part in relevance.values()])
    if options.beta_by == "published":
        return published_beta(flat, options.channels)
    count = options.channels
    if options.beta_by == "scorer" and scorer is not None:
        count = least_leakage(
            lambda channels: direction_of(beta_for(flat, channels)),
            len(flat),
            generator,
            scorer,
            seed=seed,
        )
    return beta_for(flat, count)


def _relevance(
    generator: Generator,
    model: TextImageModel,
    axis: Tensor,
    statistics: StyleStatistics,
    options: GlobalOptions,
    seed: int,
    progress: Progress,
) -> Mapping[str, Tensor]:
    default = _EXACT_IMAGES if options.relevance == "exact" else _GRADIENT_IMAGES
    count = options.images or default
    codes = draw_population(generator, count, seed=seed, truncation=options.truncation).latents
    if options.relevance == "exact":
        cache = relevance_cache(
            generator,
            model,
            list(statistics.means),
            count,
            seed=seed,
            truncation=options.truncation,
        )
        return exact_relevance(
            generator, model, axis, codes, statistics, cache=cache, progress=progress
        )
    rows = principal_directions(generator, model, seed=seed, truncation=options.truncation)
    return gradient_relevance(
        generator, model, axis, codes, statistics, rows=rows, progress=progress
    )
