"""Calibrate a direction: find the strength that moves an attribute by one standard deviation."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from dynode.direction.base import Direction
from dynode.direction.info import Calibration
from dynode.errors import OptionError
from dynode.generator.population import draw_population
from dynode.generator.protocol import Generator
from dynode.plugins.methods import Progress, silent
from dynode.scoring.choosing import ChosenScorer
from dynode.scoring.effects import Effect, mean_effect

_TOLERANCE = 0.02
_MOST_DOUBLINGS = 24
_MOST_STEPS = 12
_MOST_SHRINKINGS = 12
_SHRINKING = 8
_MOST_REFINEMENTS = 3
_NEAR = 0.5
_CURVE = (-2.0, -1.0, -0.5, 0.5, 2.0)


@dataclass(frozen=True)
class _Measured:
    """Effects by strength, each rendered once; `sign` is -1 where the attribute is to be lowered."""

    effect: Effect
    column: int
    sign: int
    known: dict[float, Tensor]
    progress: Progress

    def at(self, strength: float) -> Tensor:
        if strength not in self.known:
            self.known[strength] = self.effect(strength)
            self.progress(len(self.known), _MOST_STEPS + len(_CURVE), f"strength {strength:.3g}")
        return self.known[strength]

    def target(self, strength: float) -> float:
        return self.sign * float(self.at(strength)[self.column])


def calibrate(
    direction: Direction,
    generator: Generator,
    scorer: ChosenScorer,
    *,
    samples: int = 64,
    seed: int = 0,
    truncation: float = 0.7,
    lower: bool = False,
    with_curve: bool = True,
    progress: Progress = silent,
) -> Direction:
    """Set the scale of a direction so that strength 1 moves an attribute by one deviation.

    Args:
        direction: Any kind; its offset is not changed.
        generator: What draws.
        scorer: What measures, and which attribute.
        samples: Pictures the mean effect is taken over.
        seed: Seed of these pictures.
        truncation: Their truncation.
        lower: Make strength 1 lower the attribute instead of raising it.
        with_curve: Measure at five more strengths, for those who read the direction's file.
        progress: Called after every measured strength.

    Returns:
        The same direction with scale, unit and calibration set. If the direction moves the
        attribute the other way the scale turns negative, so that strength 1 always does what is asked.

    Raises:
        OptionError: The direction does not move the attribute that far.
    """
    population = draw_population(generator, samples, seed=seed, truncation=truncation)
    unscaled = direction.with_info(scale=1.0)
    effect = mean_effect(unscaled, generator, scorer.model, population)
    sign = -1 if lower else 1
    measured = _Measured(effect, scorer.column, sign, {}, progress)
    start = direction.info.scale
    strength = _strength_of_one(measured, start, direction, scorer)
    units = (*_CURVE, 1.0) if with_curve else (1.0,)
    curve = tuple((unit, sign * measured.target(unit * strength)) for unit in units)
    changes = dict(zip(scorer.model.attributes, measured.at(strength).tolist(), strict=True))
    reached = changes.pop(scorer.attribute)
    calibration = Calibration(
        attribute=scorer.attribute,
        effect=round(reached, 4),
        leakage={name: round(change, 4) for name, change in changes.items()},
        samples=samples,
        scorer=scorer.name,
        curve=tuple(sorted((unit, round(change, 4)) for unit, change in curve)),
    )
    return direction.with_info(
        scale=strength,
        unit=f"{'minus ' * lower}one standard deviation of {scorer.attribute}",
        calibration=calibration,
    )


def _strength_of_one(
    measured: _Measured, start: float, direction: Direction, scorer: ChosenScorer
) -> float:
    """Bracket the strength by doubling, then close in by interpolation."""
    guessed = _refined(measured, start)
    if guessed is not None:
        return guessed
    high = _right_way(measured, start)
    while measured.target(high) > 0.9 and len(measured.known) < _MOST_DOUBLINGS:
        high /= 2
    low, best = 0.0, high
    while measured.target(high) < 1:
        if measured.target(high) > measured.target(best):
            best = high
        past_the_top = measured.target(high) < 0.7 * measured.target(best)
        if past_the_top or len(measured.known) >= _MOST_DOUBLINGS:
            raise OptionError(_too_weak(measured.at(best), direction, scorer))
        low, high = high, high * min(8.0, max(1.5, 0.8 / max(measured.target(high), 0.1)))
    return _closed_in(measured, low, high)


def _refined(measured: _Measured, guess: float) -> float | None:
    """Improve a guess that is near by secants, from strength 0 on; None if it is not, or stays off."""
    before, reached_before = 0.0, 0.0
    for _ in range(_MOST_REFINEMENTS):
        reached = measured.target(guess)
        if abs(reached - 1) < _TOLERANCE:
            return guess
        rise = (reached - reached_before) / (guess - before)
        if not abs(reached - 1) < _NEAR or rise * guess <= 0:
            return None
        before, reached_before, guess = guess, reached, guess + (1 - reached) / rise
    return None


def _right_way(measured: _Measured, start: float) -> float:
    """Give a first strength, with the sign that raises the attribute."""
    while (
        measured.target(start) * measured.target(-start) > 0
        and len(measured.known) < _MOST_SHRINKINGS
    ):
        start /= _SHRINKING  # so large a step that both ways end up on one side
    return start if measured.target(start) >= measured.target(-start) else -start


def _closed_in(measured: _Measured, low: float, high: float) -> float:
    at_low = measured.target(low) if low else 0.0
    at_high = measured.target(high)
    for _ in range(_MOST_STEPS):
        if abs(at_high - 1) < _TOLERANCE:
            break
        share = min(0.9, max(0.1, (1 - at_low) / max(at_high - at_low, 1e-9)))
        middle = low + share * (high - low)
        at_middle = measured.target(middle)
        if at_middle < 1 - _TOLERANCE / 2:
            low, at_low = middle, at_middle
        else:
            high, at_high = middle, at_middle
    return high


def _too_weak(effect: Tensor, direction: Direction, scorer: ChosenScorer) -> str:
    names = scorer.model.attributes
    finite = [value if math.isfinite(value) else 0.0 for value in effect.tolist()]
    strongest = max(range(len(names)), key=lambda index: abs(finite[index]))
    return (
        f"direction {direction.info.name!r} moves {scorer.attribute!r} by at most "
        f"{finite[scorer.column]:+.2f} standard deviations; expected 1; it moves {names[strongest]!r} "
        f"most ({finite[strongest]:+.2f}): calibrate on that"
    )
