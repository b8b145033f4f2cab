"""What is on the table of the studio: a source and a stack of sliders, as plain values."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from dynode.errors import UsageError

SourceKind = Literal["seed", "latents", "picture", "clip"]
LARGEST_SEED = 2**32 - 1
LARGEST_STRENGTH = 1000.0
MOST_SLIDERS = 200
ZONES = {"": "all rows", "coarse": "form", "middle": "features", "fine": "colour"}
"""Rows that a slider moves, in words."""
_LONGEST_TEXT = 2000
_MOST_KEYS, _LONGEST_S = 1000, 1e6


@dataclass(frozen=True)
class Recipe:
    """How a direction was found, so that it can be found again.

    Attributes:
        method: Name of the direction method.
        options: Its options by name, as JSON values.
        seed: Seed of the search.
        index: Which of the directions that were found.
        stem: Name of the file that `dynode find` writes it to in a folder; empty where it found one.
        is_repeatable: Whether the command finds the same; it samples the pictures itself.
    """

    method: str
    options: Mapping[str, Any] = field(default_factory=dict)  # JSON values
    seed: int = 0
    index: int = 0
    stem: str = ""
    is_repeatable: bool = True


@dataclass(frozen=True)
class Slider:
    """One direction of the stack.

    Attributes:
        name: Of the direction; with `file` empty, one of the ready ones.
        strength: In the unit of the direction, usually standard deviations.
        is_muted: Whether it is left out for now.
        rows: Rows of W+ that it moves, see `dynode.scoring.parse_rows`; empty for all.
        file: Key of the direction's content, where it is no ready one.
        recipe: How it was found, if it was.
        keys: (seconds, strength) in a clip, times increasing; straight in between. Empty for one strength.
    """

    name: str
    strength: float = 0.0
    is_muted: bool = False
    rows: str = ""
    file: str = ""
    recipe: Recipe | None = None
    keys: tuple[tuple[float, float], ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether it moves anything."""
        return not self.is_muted and self.strength != 0


@dataclass(frozen=True)
class Source:
    """What is edited.

    Attributes:
        kind: A sampled picture, codes from a file, a picture or the first frame of a clip whose codes were
            found.
        seed: Of the sample.
        truncation: Of the sample: 1 none, 0 the mean picture.
        class_index: Class of a conditional generator, by number or name; None for all.
        name: Name of the file that was opened.
        file: Key of its codes.
        inverter: What found the codes of a picture; empty for that of the generator's domain.
        inverter_options: Its options by name.
    """

    kind: SourceKind = "seed"
    seed: int = 0
    truncation: float = 0.7
    class_index: int | str | None = None
    name: str = ""
    file: str = ""
    inverter: str = ""
    inverter_options: Mapping[str, Any] = field(default_factory=dict)  # JSON values


@dataclass(frozen=True)
class State:
    """All that decides the picture.

    Attributes:
        source: What is edited.
        sliders: What is done to it, in order; the strengths are those at the frame.
        frame: Number of the frame of a clip.
    """

    source: Source = Source()
    sliders: tuple[Slider, ...] = ()
    frame: int = 0

    @property
    def active(self) -> tuple[Slider, ...]:
        """The sliders that move something."""
        return tuple(slider for slider in self.sliders if slider.is_active)

    def with_source(self, **changes: Any) -> State:  # fields of Source
        """Return the state with some fields of its source changed."""
        return dataclasses.replace(self, source=dataclasses.replace(self.source, **changes))

    def with_slider(self, index: int, **changes: Any) -> State:  # fields of Slider
        """Return the state with some fields of one slider changed."""
        changed = dataclasses.replace(self.sliders[index], **changes)
        return dataclasses.replace(
            self, sliders=(*self.sliders[:index], changed, *self.sliders[index + 1 :])
        )

    def with_more(self, *sliders: Slider) -> State:
        """Return the state with more sliders at the end of the stack."""
        return dataclasses.replace(self, sliders=(*self.sliders, *sliders))

    def without(self, index: int) -> State:
        """Return the state without one slider."""
        return dataclasses.replace(
            self, sliders=(*self.sliders[:index], *self.sliders[index + 1 :])
        )


def to_values(state: State) -> dict[str, Any]:
    """Return JSON values that `from_values` reads."""
    return dataclasses.asdict(state)


def from_values(values: Any) -> State:  # whatever a stranger's JSON holds
    """Read a state from JSON values, each checked.

    Raises:
        UsageError: One of them is none that a state has.
    """
    told = _members(values, State, "state")
    sliders = told.get("sliders", ())
    if not isinstance(sliders, list | tuple) or len(sliders) > MOST_SLIDERS:
        raise UsageError(f"sliders are {_quoted(sliders)}; expected at most {MOST_SLIDERS} of them")
    source = Source(**_members(told.get("source", {}), Source, "source"))
    if source.kind not in get_args(SourceKind):
        raise UsageError(f"source kind is {_quoted(source.kind)}; expected {get_args(SourceKind)}")
    number(source.truncation, "truncation", 10)
    whole(source.seed, "seed", LARGEST_SEED)
    frame = whole(told.get("frame", 0), "frame", LARGEST_SEED)
    return State(source, tuple(map(_slider, sliders)), frame)


def _slider(values: Any) -> Slider:
    told = _members(values, Slider, "slider")
    recipe = told.get("recipe")
    if recipe is not None:
        made = Recipe(**_members(recipe, Recipe, "recipe"))
        whole(made.seed, "seed", LARGEST_SEED)
        whole(made.index, "index", 10_000)
        told = {**told, "recipe": made}
    told["keys"] = _keys(told.get("keys", ()))
    if "name" not in told:
        raise UsageError("a slider has no name; the file was not written by the studio")
    slider = Slider(**told)
    number(slider.strength, "strength", LARGEST_STRENGTH)
    return slider


def _keys(values: Any) -> tuple[tuple[float, float], ...]:  # whatever a stranger's JSON holds
    is_list = isinstance(values, list | tuple) and len(values) <= _MOST_KEYS
    if not is_list or not all(isinstance(key, list | tuple) and len(key) == 2 for key in values):
        raise UsageError(f"keys are {_quoted(values)}; expected at most {_MOST_KEYS} pairs")
    keys = tuple(
        (number(time, "time of a key", _LONGEST_S), number(strength, "strength", LARGEST_STRENGTH))
        for time, strength in values
    )
    if any(after[0] <= before[0] for before, after in itertools.pairwise(keys)):
        raise UsageError(f"keys are {_quoted(values)}; expected increasing times")
    return keys


_TEXTS = ("name", "rows", "file", "inverter", "kind", "method", "stem")
_SWITCHES = ("is_muted", "is_repeatable")
_MAPPINGS = ("options", "inverter_options")


def _members(values: Any, kind: type, what: str) -> dict[str, Any]:
    known = {part.name for part in dataclasses.fields(kind)}
    if not isinstance(values, dict) or not known.issuperset(values):
        raise UsageError(
            f"{what} is {_quoted(values)}; expected members {', '.join(sorted(known))}"
        )
    for name, value in values.items():
        is_wrong = (
            (name in _TEXTS and not (isinstance(value, str) and len(value) <= _LONGEST_TEXT))
            or (name in _SWITCHES and not isinstance(value, bool))
            or (name in _MAPPINGS and not isinstance(value, dict))
            or (name == "class_index" and not isinstance(value, int | str | None))
        )
        if is_wrong:
            raise UsageError(f"{name} of a {what} is {_quoted(value)}, which it cannot be")
    return dict(values)


def number(value: object, name: str, largest: float) -> float:
    """Check a finite number of bounded size.

    Raises:
        UsageError: It is something else.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or abs(value) > largest or not math.isfinite(value):  # type: ignore[arg-type]
        raise UsageError(f"{name} is {_quoted(value)}; expected a number within ±{largest:g}")
    return float(value)  # type: ignore[arg-type]  # it is one


def whole(value: object, name: str, largest: int) -> int:
    """Check a whole number from 0 on.

    Raises:
        UsageError: It is something else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise UsageError(f"{name} is {_quoted(value)}; expected a whole number up to {largest}")
    return value


def _quoted(value: object) -> str:
    return repr(value)[:60]
