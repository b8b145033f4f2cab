"""A form for the options of any plugin, made from what they say of themselves."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement

from dynode.options import OptionSpec, build_options, specs_of


class Form:
    """Controls for an options dataclass.

    Args:
        options: The dataclass.
        without: Names of options that are asked for elsewhere.
    """

    def __init__(self, options: type, without: tuple[str, ...] = ()) -> None:
        self.options = options
        self.specs = {spec.name: spec for spec in specs_of(options) if spec.name not in without}
        self.controls = {name: _control(spec) for name, spec in self.specs.items()}

    def values(self) -> dict[str, Any]:
        """Return the values that were changed, by option name."""
        told = dict[str, Any]()
        for name, control in self.controls.items():
            value, spec = control.value, self.specs[name]
            if value in (None, "") or value == _plain(spec):
                continue
            told[name] = int(value) if spec.type is int and not spec.many else value
        return told

    def check(self, owner: str, **more: Any) -> dict[str, Any]:
        """Return what `values` gives with more of them, checked.

        Raises:
            DynodeError: One of them cannot be.
        """
        told = {**self.values(), **more}
        build_options(self.options, told, owner=owner)
        return told


def _plain(spec: OptionSpec) -> Any:  # a value of the option
    """Return the default as its control shows it."""
    if spec.many:
        return ",".join(map(str, spec.default or ()))
    return spec.default if isinstance(spec.default, bool | int | float) else str(spec.default or "")


def _control(spec: OptionSpec) -> ValueElement[Any]:
    label = spec.name.replace("_", " ") + (f" ({spec.unit})" if spec.unit else "")
    label += " *" if spec.required else ""
    made: ValueElement[Any]
    if spec.type is bool:
        made = ui.switch(label, value=bool(spec.default))
    elif spec.choices:
        made = ui.select(list(spec.choices), value=spec.default, label=label)
    elif spec.type in (int, float) and not spec.many:
        step = 1 if spec.type is int else None
        value = spec.default if isinstance(spec.default, int | float) else None
        made = ui.number(label, value=value, min=spec.minimum, max=spec.maximum, step=step)
    else:
        made = ui.input(label, value=_plain(spec))
    made.style("width: 100%").tooltip(spec.help_line)
    made.props("dense").props["hint"] = spec.help_line
    return made
