"""The state as a command line and as Python: both give exactly the picture of the studio."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from dynode.errors import UsageError
from dynode_studio.state import Recipe, Slider, Source, State

_TRUNCATION = 0.7  # of `dynode edit`
OUTPUT = "edited.png"
CLIP_OUTPUT = "edited.mp4"


def as_command(state: State, generator: str | None = None) -> str:
    """Write the commands that draw the picture of a state, one a line.

    Args:
        state: What is on the table.
        generator: Name or file of the generator, as it was given; None for the bundled one.

    Raises:
        UsageError: There is no command for it: no edit of a picture that was opened.
    """
    _check_keys(state)
    told = _Commands(state, generator)
    return "\n".join([*told.found, *told.limited, *told.drawn()])


class _Commands:
    def __init__(self, state: State, generator: str | None) -> None:
        self.state = state
        self.generator = ["--generator", generator] if generator else []
        source = state.source
        is_chosen = source.kind == "seed" and source.class_index is not None
        self.of_class = ["--class", str(source.class_index)] if is_chosen else []
        self.found, self.limited = list[str](), list[str]()
        self.directions = [
            f"{self._direction(number, slider)}:{slider.strength!r}"
            for number, slider in enumerate(state.active, 1)
        ]

    def _direction(self, number: int, slider: Slider) -> str:
        """Say how a direction is named, after the commands that make its file."""
        name = slider.name
        if slider.recipe is not None and slider.recipe.is_repeatable:
            name = self._find(number, slider.recipe)
        elif slider.file:
            name = f"{_stem(slider.name)}.safetensors"
            self.found.append(f"# {name}: download the direction of that slider beside it")
        if not slider.rows:
            return name
        target = f"limited-{number}.safetensors"
        parts = ["directions", "limit", name, "--rows", slider.rows, "-o", target]
        self.limited.append(_line(*parts, *self.generator))
        return target

    def _find(self, number: int, recipe: Recipe) -> str:
        target = f"found-{number}" + ("" if recipe.stem else ".safetensors")
        flags = [part for item in recipe.options.items() for part in _flags(*item)]
        seed = ["--seed", str(recipe.seed)]
        parts = ["find", recipe.method, *flags, *seed, "-o", target]
        self.found.append(_line(*parts, *self.generator, *self.of_class))
        return f"{target}/{recipe.stem}.safetensors" if recipe.stem else target

    def drawn(self) -> Iterator[str]:
        """Yield what draws: the sample first, where `dynode edit` would draw another."""
        source, seeds = self.state.source, ["--seeds", str(self.state.source.seed)]
        truncated = ["--truncation", repr(source.truncation)]
        start = list[str]()
        if source.kind == "seed" and not self.directions:
            parts = ["generate", *seeds, *truncated, *self.of_class, "-o", OUTPUT]
            yield _line(*parts, *self.generator)
            return
        if source.kind != "seed":
            start = [source.name or "codes.safetensors"]
        elif source.truncation != _TRUNCATION:
            start = ["start.safetensors"]
            codes = ["--latents", *start, "-o", "start.png"]
            parts = ["generate", *seeds, *truncated, *self.of_class, *codes]
            yield _line(*parts, *self.generator)
        sampled = [] if start else ["--seed", str(source.seed), *self.of_class]
        inverter = inverter_flags(source)
        yield _line("edit", *start, *inverter, *sampled, *self._named(), *self.generator)

    def _named(self) -> list[str]:
        directions = self.directions
        if not directions:
            ready = next((s.name for s in self.state.sliders if not s.file), None)
            if ready is None:
                raise UsageError("nothing is edited yet; move a slider, then copy the command")
            directions = [f"{ready}:0"]
        named = [part for one in directions for part in ("--direction", one)]
        if self.state.source.kind == "clip":
            return [*named, "-o", CLIP_OUTPUT]
        return [*named, "--edited-only", "-o", OUTPUT]


def inverter_flags(source: Source) -> list[str]:
    """Say how the codes of what was opened were found, as flags of a command."""
    if source.kind not in ("picture", "clip"):
        return []
    options = [f"{name}={_value(value)}" for name, value in source.inverter_options.items()]
    flags = [part for option in options for part in ("--inverter-option", option)]
    return [*(["--inverter", source.inverter] if source.inverter else []), *flags]


def _check_keys(state: State) -> None:
    if any(slider.keys for slider in state.sliders):
        raise UsageError(
            "no command has strengths that change over time in a clip; export the clip, or clear the keys"
        )


def _line(*parts: str) -> str:
    return shlex.join(["dynode", *parts])


def _flags(name: str, value: Any) -> list[str]:  # a JSON value
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    return [flag, _value(value)]


def _value(value: Any) -> str:  # a JSON value
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _stem(name: str) -> str:
    from dynode.pipeline import file_stems

    return file_stems([name])[0]


def as_python(state: State, generator: str | None = None) -> str:
    """Write the Python that draws the picture of a state; see `as_command`."""
    _check_keys(state)
    source, uses_rows = state.source, any(slider.rows for slider in state.active)
    lines = ["import dynode"] + ["from dynode.pipeline import limit_rows"] * uses_rows
    told = ["" if generator is None else repr(generator)]
    if source.kind == "seed" and source.class_index is not None:
        told.append(f"class_index={source.class_index!r}")
    lines += ["", f"generator = dynode.load_generator({', '.join(filter(None, told))})"]
    if source.kind != "clip":
        lines.append(f"latents = {_latents(state)}")
    edits = list[str]()
    for number, slider in enumerate(state.active, 1):
        lines.append(f"direction_{number} = {_direction(slider)}")
        if slider.rows:
            limited = f"limit_rows(direction_{number}, {slider.rows!r}, generator.info)"
            lines.append(f"direction_{number} = {limited}")
        edits.append(f"(direction_{number}, {slider.strength!r})")
    if not edits:
        edits, ready = [], next((s.name for s in state.sliders if not s.file), None)
        if ready is None:
            raise UsageError("nothing is edited yet; move a slider, then copy the Python")
        edits.append(f"({ready!r}, 0.0)")
    given, options, saved = "latents", "", f"save_edited({OUTPUT!r})"
    if source.kind == "clip":
        given, options, saved = repr(source.name), _inverting(source), f"save({CLIP_OUTPUT!r})"
    directions = f"directions=[{', '.join(edits)}]"
    lines.append(f"edited = dynode.edit({given}, {directions}, generator=generator{options})")
    lines.append(f"edited.{saved}")
    return "\n".join(lines) + "\n"


def _latents(state: State) -> str:
    source = state.source
    if source.kind == "seed":
        return f"generator.sample(1, seed={source.seed}, truncation={source.truncation!r})"
    if source.kind == "latents":
        return f"dynode.Latents.load({source.name or 'codes.safetensors'!r})"
    named = {"inverter": source.inverter} if source.inverter else {}
    options = _keywords({**named, **source.inverter_options})
    return f"dynode.invert({source.name!r}, generator{options}).latents"


def _inverting(source: Source) -> str:
    given = {"inverter": source.inverter, "inverter_options": dict(source.inverter_options)}
    return _keywords({name: value for name, value in given.items() if value})


def _direction(slider: Slider) -> str:
    recipe = slider.recipe
    if recipe is not None:
        options = _keywords(recipe.options)
        call = f"dynode.find({recipe.method!r}, generator, seed={recipe.seed}, latents=latents"
        return f"{call}, several=True{options})[{recipe.index}]"
    name = f"{_stem(slider.name)}.safetensors" if slider.file else slider.name
    return f"dynode.load_direction({name!r})"


def _keywords(values: Mapping[str, Any]) -> str:  # JSON values
    return "".join(f", {name}={value!r}" for name, value in values.items())
