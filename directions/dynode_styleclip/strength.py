"""What strength 1 of a global direction is, and the beta with the least leakage at that strength."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from dynode.direction import Direction
from dynode.errors import OptionError
from dynode.generator import Generator, draw_population
from dynode.plugins import TextImageModel
from dynode.scoring import (
    ChosenScorer,
    ScorerOptions,
    calibrate,
    choose_scorer,
    deviations_of,
    score_latents,
)
from dynode_styleclip.clip_input import area_resize
from dynode_styleclip.options import GlobalOptions

_PICTURES = 8
_DEVIATION_SAMPLES = 64
_BY_TEXT = "text"
_CANDIDATES = (10, 20, 40, 80, 160, 320)


class _Likeness:
    """Scores pictures by the part of their embedding along a direction."""

    def __init__(self, name: str, model: TextImageModel, axis: Tensor) -> None:
        self.attributes: tuple[str, ...] = (name,)
        self.deviations: tuple[float, ...] = (1.0,)
        self._model = model
        self._axis = axis

    def score(self, images: Tensor) -> Tensor:
        """Return (n, 1) of pictures (n, 3, h, w)."""
        seen = self._model.encode_images(area_resize(images, self._model.image_size))
        return (seen @ self._axis.to(seen))[:, None]


def measured_by(
    generator: Generator,
    model: TextImageModel,
    axis: Tensor,
    options: GlobalOptions,
    *,
    seed: int,
) -> ChosenScorer:
    """Return what strength is measured by: the attribute, else how much of the text is seen.

    Args:
        generator: Over whose pictures, not truncated, deviations are measured.
        model: What sees the text.
        axis: (d,) unit direction of the text.
        options: With the text, and the attribute if there is one.
        seed: Seed of the pictures.
    """
    if options.attribute:
        asked = ScorerOptions(attribute=options.attribute, scorer=options.scorer)
        return choose_scorer(generator, asked, seed=seed)
    likeness = _Likeness(options.text.strip(), model, axis)
    population = draw_population(generator, _DEVIATION_SAMPLES, seed=seed + 1)
    likeness.deviations = deviations_of(score_latents(likeness, generator, population.latents))
    return ChosenScorer(_BY_TEXT, likeness, options.text.strip())


def with_unit(
    direction: Direction, generator: Generator, scorer: ChosenScorer, *, seed: int
) -> Direction:
    """Scale a direction so that strength 1 is one standard deviation of what is measured.

    Returns:
        The direction with scale, unit and calibration; as it was where no strength moves that far.
    """
    try:
        found = calibrate(direction, generator, scorer, samples=_PICTURES, seed=seed)
    except OptionError:
        return direction
    if scorer.name != _BY_TEXT:
        return found
    return found.with_info(
        unit=f"one standard deviation of how much of {scorer.attribute!r} is seen"
    )


def least_leakage(
    direction_of: Callable[[int], Direction],
    channels: int,
    generator: Generator,
    scorer: ChosenScorer,
    *,
    seed: int,
) -> int:
    """Return the number of channels that leaks least at one deviation of the attribute.

    Args:
        direction_of: Makes the direction that moves so many channels.
        channels: How many there are.
        generator: What draws.
        scorer: What measures, with other attributes besides the wanted one.
        seed: Seed of the pictures.

    Raises:
        OptionError: No number of channels moves the attribute by one deviation, or the scorer knows
            no other attribute.
    """
    if len(scorer.model.attributes) < 2:
        raise OptionError(
            f"scorer {scorer.name!r} knows one attribute and sees no leakage; use --beta-by channels"
        )
    leakages: dict[int, float] = {}
    failure: OptionError | None = None
    for count in sorted({min(count, channels) for count in _CANDIDATES}):
        try:
            found = calibrate(direction_of(count), generator, scorer, samples=_PICTURES, seed=seed)
        except OptionError as error:
            failure = error
        else:
            leakages[count] = found.info.calibration.mean_leakage
    if not leakages:
        assert failure is not None
        raise failure
    return min(leakages, key=lambda count: leakages[count])
