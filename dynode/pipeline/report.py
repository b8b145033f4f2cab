"""What an edit was expected to do, what it did, and where its directions fight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from dynode.direction.stack import EditStack

_NOTABLE = 0.25
"""Standard deviations below which a change is nobody's concern."""

_FAR, _REACHED = 1.99, 0.5
"""Standard deviations from which an edit may fall short, and the share of them below which it does."""


@dataclass(frozen=True)
class Conflict:
    """Two directions of one edit that pull an attribute in opposite ways.

    Attributes:
        attribute: What they fight over.
        raises: Name of the direction that raises it, and by how much.
        lowers: Name of the one that lowers it, and by how much.
    """

    attribute: str
    raises: tuple[str, float]
    lowers: tuple[str, float]

    def __str__(self) -> str:
        """Say it in one line."""
        (up, by_up), (down, by_down) = self.raises, self.lowers
        return (
            f"{up!r} raises {_words(self.attribute)} by {by_up:.1f} and {down!r} lowers it by "
            f"{-by_down:.1f}: condition one on the other, or change a strength"
        )


def expected_effects(stack: EditStack, strength: float = 1.0) -> list[tuple[str, dict[str, float]]]:
    """Return the changes that each direction's calibration promises, in standard deviations.

    Directions that were never measured promise nothing and get an empty mapping.
    """
    promised = []
    for direction, own in stack:
        told = direction.info.calibration
        amount = float(torch.as_tensor(own).float().mean()) * strength
        effects = {**told.leakage, told.attribute: told.effect} if told.attribute else {}
        promised.append(
            (direction.info.name, {name: amount * value for name, value in effects.items()})
        )
    return promised


def conflicts(stack: EditStack, strength: float = 1.0) -> list[Conflict]:
    """List the attributes that two directions move noticeably in opposite ways."""
    promised = expected_effects(stack, strength)
    found = []
    for index, (first, its_effects) in enumerate(promised):
        for second, other_effects in promised[index + 1 :]:
            for name in its_effects.keys() & other_effects.keys():
                pair = ((first, its_effects[name]), (second, other_effects[name]))
                low, high = sorted(pair, key=lambda told: told[1])
                if low[1] <= -_NOTABLE and high[1] >= _NOTABLE:
                    found.append(Conflict(name, high, low))
    return sorted(found, key=lambda conflict: conflict.attribute)


def shortfalls(changes: Mapping[str, float], stack: EditStack, strength: float = 1.0) -> list[str]:
    """Tell which attributes moved not half as far as an edit by two deviations or more asks for."""
    expected = expected_effects(stack, strength)
    targets = {direction.info.calibration.attribute for direction, _ in stack} & changes.keys()
    found = []
    for name in sorted(targets):
        asked = sum(promised.get(name, 0.0) for _, promised in expected)
        if abs(asked) >= _FAR and changes[name] / asked < _REACHED:
            found.append(
                f"{_words(name)} moved by {changes[name]:+.1f} of the {asked:+.1f} asked for; directions "
                "are calibrated at strength 1: try one nearer to that if the picture suffers"
            )
    return found


def summary(changes: Mapping[str, float], stack: EditStack) -> str:
    """Say in words what an edit did.

    Args:
        changes: Measured change of each attribute in standard deviations; empty if unmeasured.
        stack: The edit; the attributes its directions were calibrated on are its targets.
    """
    if not changes:
        return "edited (no scorer knows this generator, so nothing was measured)"
    targets = {direction.info.calibration.attribute for direction, _ in stack} & changes.keys()
    if not targets:
        return f"moved most: {_listed(changes, 3)} (standard deviations)"
    effect = {name: changes[name] for name in changes if name in targets}
    rest = {name: change for name, change in changes.items() if name not in targets}
    leakage = sum(map(abs, rest.values())) / max(1, len(rest))
    return (
        f"effect: {_listed(effect, len(effect))}; leakage: {leakage:.2f} on average, most on "
        f"{_listed(rest, 2)} (standard deviations)"
    )


def _listed(changes: Mapping[str, float], most: int) -> str:
    strongest = sorted(changes.items(), key=lambda pair: -abs(pair[1]))[:most]
    return ", ".join(f"{_words(name)} {change:+.1f}" for name, change in strongest)


def _words(name: str) -> str:
    return name.replace("_", " ")
