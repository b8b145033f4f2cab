"""Which ready directions of other networks do on a generator what they do on their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from dynode import files, load_direction
from dynode.direction import Direction
from dynode.errors import DynodeError
from dynode.generator import Generator, Population, draw_population
from dynode.pipeline import still_library
from dynode.plugins import Progress, ScorerModel, silent
from dynode.scoring import find_scorer, mean_effect

_LEAST, _MOST = 0.5, 1.5


@dataclass(frozen=True, eq=False)
class FittingDirection:
    """A direction of one generator, measured on another.

    Attributes:
        name: Its name.
        parent: The generator that it was found on.
        attribute: What it moves most there.
        before: How far on its own generator, at strength 1, in standard deviations.
        after: How far on the other.
        direction: It, as a direction of the other.
    """

    name: str
    parent: str
    attribute: str
    before: float
    after: float
    direction: Direction

    @property
    def fits(self) -> bool:
        """Whether it does from half to one and a half times what it did."""
        return self.before != 0 and _LEAST <= self.after / self.before <= _MOST

    def document(self) -> dict[str, object]:
        """Say it as JSON values."""
        told = {name: value for name, value in vars(self).items() if name != "direction"}
        return told | {"fits": self.fits}


def fitting_directions(
    generator: Generator,
    parents: Sequence[Generator],
    *,
    count: int = 32,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[FittingDirection, ...]:
    """Measure the ready directions of some generators on another, still ones only.

    Args:
        generator: The other, of the same shape.
        parents: Whose directions.
        count: Pictures of each.
        seed: Seed of the pictures.
        progress: Called with the number of directions.

    Raises:
        MissingWeightsError: No scorer knows the generator's pictures.
    """
    model = find_scorer(generator.info).load(generator.device)
    owners = {parent.info.fingerprint: parent for parent in parents}
    ready = [(name, load_direction(path)) for name, path in still_library().items()]
    owned = [(name, one) for name, one in ready if one.info.fingerprint in owners]
    drawn = {
        key: draw_population(one, count, seed=seed, truncation=0.7) for key, one in owners.items()
    }
    here = draw_population(generator, count, seed=seed, truncation=0.7)
    found = list[FittingDirection]()
    for index, (name, direction) in enumerate(owned):
        parent = owners[direction.info.fingerprint]
        theirs = drawn[direction.info.fingerprint]
        try:
            found.append(_measure(name, direction, (parent, theirs), (generator, here), model))
        except DynodeError:  # it needs what this generator lacks: it does not fit
            continue
        progress(index + 1, len(owned), name)
    return tuple(found)


def _measure(
    name: str,
    direction: Direction,
    there: tuple[Generator, Population],
    here: tuple[Generator, Population],
    model: ScorerModel,
) -> FittingDirection:
    info = here[0].info
    moved = direction.with_info(fingerprint=info.fingerprint, generator=info.name)
    before = mean_effect(direction, there[0], model, there[1])(1.0)
    after = mean_effect(moved, here[0], model, here[1])(1.0)
    told = direction.info.calibration.attribute
    names = list(model.attributes)
    most = names.index(told) if told in names else int(torch.argmax(before.abs()))
    effects = float(before[most]), float(after[most])
    return FittingDirection(name, there[0].info.name, names[most], *effects, moved)


def save_fitting(
    found: tuple[FittingDirection, ...], folder: str | Path, *, force: bool = False
) -> list[Path]:
    """Write the directions that fit, one file each, under their names.

    Raises:
        OutputExistsError: A file of that name exists.
    """
    kept = [one for one in found if one.fits]
    targets = [Path(folder, f"{one.name}.safetensors") for one in kept]
    for target in targets:
        files.check_free(target, force=force)
    Path(folder).mkdir(parents=True, exist_ok=True)
    for one, target in zip(kept, targets, strict=True):
        one.direction.save(target)
    return targets
