"""Components found without labels: measure what each one does, name it by that, pick one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dynode.errors import MissingWeightsError, OptionError, UnknownNameError
from dynode.options import option

if TYPE_CHECKING:
    from torch import Tensor

    from dynode.direction.base import Direction
    from dynode.generator.protocol import Generator
    from dynode.plugins.methods import Progress
    from dynode.scoring.choosing import ChosenScorer

_SAMPLES = 24
_PROBE = 1.5
_NOTABLE = 0.3
_SECOND = 0.6
_CANDIDATES = 4


@dataclass(frozen=True)
class ComponentOptions:
    """What methods without labels share: how many components, which rows, which one to keep."""

    count: int = option(10, help="Components to find.", min=1, max=512)
    rows: str = option("", help="Rows of W+ that take part, such as 0-3; all if empty.")
    component: int = option(-1, help="Keep this one only, counted from 0.", min=-1)
    attribute: str = option(
        "", help="Keep the one that moves this attribute most purely, and calibrate it."
    )
    scorer: str = option("", help="Scorer by name; that of the generator's domain if absent.")
    name_by_effect: bool = option(
        True, help="Measure what each component does and name it by that."
    )


def measured_components(
    directions: Sequence[Direction],
    generator: Generator,
    options: ComponentOptions,
    *,
    seed: int,
    progress: Progress,
) -> list[Direction]:
    """Name components by their effects and keep what the options ask for.

    Args:
        directions: Components whose strength 1 is a usual step.
        generator: Draws the pictures they are measured on.
        options: Which to keep.
        seed: Seed of these pictures.
        progress: Called after every component.

    Raises:
        OptionError: There is no such component, or none moves the attribute.
        MissingWeightsError: An attribute is asked for and no scorer knows the pictures.
    """
    from dynode.scoring.choosing import ChosenScorer, find_scorer

    kept = _asked_for(directions, options.component)
    if not options.name_by_effect and not options.attribute:
        return kept
    try:
        found = find_scorer(generator.info, options.scorer)
    except MissingWeightsError:
        if options.attribute:
            raise
        return kept
    scorer = ChosenScorer(found.name, found.load(generator.device), options.attribute)
    named = _named(kept, generator, scorer, seed=seed, progress=progress)
    return [purest(named, generator, scorer, seed=seed)] if options.attribute else named


def _asked_for(directions: Sequence[Direction], component: int) -> list[Direction]:
    """Take one component by its number, or all of them if it is negative."""
    if component >= len(directions):
        raise OptionError(
            f"--component is {component}; the components are 0 to {len(directions) - 1}; raise --count"
        )
    return list(directions) if component < 0 else [directions[component]]


def _named(
    directions: Sequence[Direction],
    generator: Generator,
    scorer: ChosenScorer,
    *,
    seed: int,
    progress: Progress,
) -> list[Direction]:
    from dynode.generator.population import draw_population
    from dynode.scoring.effects import mean_effect, score_latents

    population = draw_population(generator, _SAMPLES, seed=seed + 1, truncation=0.7)
    before = score_latents(scorer.model, generator, population.latents)
    named = []
    for index, direction in enumerate(directions):
        effect = mean_effect(direction, generator, scorer.model, population, before=before)
        slope = (effect(_PROBE) - effect(-_PROBE)) / (2 * _PROBE)
        named.append(_with_effects(direction, slope, scorer))
        progress(index + 1, len(directions), named[-1].info.name)
    return named


def _with_effects(direction: Direction, slope: Tensor, scorer: ChosenScorer) -> Direction:
    """Record the effects at strength 1 and append the strongest attributes to the name."""
    from dynode.direction.info import Calibration

    effects = dict(zip(scorer.model.attributes, slope.tolist(), strict=True))
    first, second, *_ = [*sorted(effects, key=lambda name: -abs(effects[name])), "", ""]
    words = [first] if abs(effects[first]) >= _NOTABLE else []
    if words and second and abs(effects[second]) >= _SECOND * abs(effects[first]):
        words.append(second)
    leakage = {name: round(value, 4) for name, value in effects.items() if name != first}
    calibration = Calibration(first, round(effects[first], 4), leakage, _SAMPLES, scorer.name)
    name = "-".join([direction.info.name, *(word.replace("_", "-") for word in words)])
    return direction.with_info(name=name, calibration=calibration)


def purest(
    directions: Sequence[Direction],
    generator: Generator,
    scorer: ChosenScorer,
    *,
    seed: int,
    samples: int = 32,
    with_curve: bool = True,
) -> Direction:
    """Calibrate the component with the most effect per leakage; the next if it is too weak.

    Args:
        directions: Components with measured effects, as `measured_components` leaves them.
        generator: What draws.
        scorer: What measures, and the attribute.
        seed: Seed of the pictures.
        samples: Pictures of the calibration.
        with_curve: See `calibrate`.

    Raises:
        UnknownNameError: The scorer has no such attribute.
        OptionError: No component moves it by one deviation.
    """
    from dynode.scoring.calibration import calibrate

    if scorer.attribute not in scorer.model.attributes:
        raise UnknownNameError("attribute", scorer.attribute, scorer.model.attributes)
    ranked = sorted(directions, key=lambda d: -_purity(d, scorer.attribute))
    for direction in ranked[:_CANDIDATES]:
        try:
            return calibrate(
                direction, generator, scorer, samples=samples, seed=seed + 1, with_curve=with_curve
            )
        except OptionError as error:  # it cannot move the attribute by one deviation
            reason = str(error)
    raise OptionError(f"no component moves {scorer.attribute!r} far enough ({reason})")


def _purity(direction: Direction, attribute: str) -> float:
    """Return the share of a component's effects that falls on one attribute."""
    told = direction.info.calibration
    effects = {**told.leakage, told.attribute: told.effect}
    total = math.hypot(*effects.values())
    return abs(effects.get(attribute, 0.0)) / max(total, 1e-12)
