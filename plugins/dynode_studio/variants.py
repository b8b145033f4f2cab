"""Variants: up to four edits that are kept beside the one on the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dynode.errors import UsageError
from dynode_studio.state import ZONES, Slider, State, from_values, to_values

SLOTS = "ABCD"
Variants = Mapping[str, State]
"""What is kept, by slot."""


@dataclass(frozen=True)
class Work:
    """What is saved and opened again.

    Attributes:
        state: What is on the table.
        variants: What is kept beside it.
    """

    state: State
    variants: Variants = field(default_factory=dict)

    @property
    def states(self) -> tuple[State, ...]:
        """All states in it."""
        return (self.state, *self.variants.values())


def free_slot(variants: Variants) -> str | None:
    """Name the first slot that keeps nothing; None where all are taken."""
    return next((slot for slot in SLOTS if slot not in variants), None)


def lines_of(state: State) -> list[str]:
    """Say what a state edits, and how strongly each direction moves it."""
    source = state.source
    what = f"seed {source.seed}" if source.kind == "seed" else source.name or source.kind
    return [what, *(map(_words, state.active) if state.active else ["no edit"])]


def words_of(state: State) -> str:
    """Say the same in one line: `seed 3: smile +1.50, age -0.70 (colour)`."""
    what, *strengths = lines_of(state)
    return f"{what}: {', '.join(strengths)}"


def variants_to_values(variants: Variants) -> dict[str, Any]:
    """Return JSON values that `variants_from_values` reads."""
    return {slot: to_values(state) for slot, state in sorted(variants.items())}


def variants_from_values(values: Any) -> Variants:  # whatever a stranger's JSON holds
    """Read variants from JSON values, each checked.

    Raises:
        UsageError: There are others than the slots, or one is no state.
    """
    if not isinstance(values, dict) or not set(SLOTS).issuperset(values):
        raise UsageError(
            f"variants are {repr(values)[:60]}; expected at most {len(SLOTS)}, named {', '.join(SLOTS)}"
        )
    return {slot: from_values(state) for slot, state in values.items()}


def _words(slider: Slider) -> str:
    rows = f" ({ZONES.get(slider.rows, f'rows {slider.rows}')})" if slider.rows else ""
    return f"{slider.name} {slider.strength:+.2f}{rows}"
