"""Options of a method, written once: dataclass fields that become flags, keywords and controls."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any

from dynode.errors import OptionError, UnknownNameError

_METADATA_KEY = "dynode"
_TYPES = (bool, int, float, str, Path)


@dataclass(frozen=True)
class OptionSpec:
    """One option as the command line, the Python keywords and a browser control see it.

    Attributes:
        name: Python name, with underscores.
        type: One of `bool`, `int`, `float`, `str`, `Path`.
        many: Whether the option takes several values (a tuple).
        default: Value when nothing is given; `None` with `required` means it must be given.
        required: Whether the user must give a value.
        optional: Whether the value may be `None`.
        help: One sentence.
        unit: Unit of a number, for example `"steps"`.
        minimum: Smallest allowed value, inclusive.
        maximum: Largest allowed value, inclusive.
        choices: Allowed values, empty for any.
    """

    name: str
    type: type
    many: bool
    default: Any  # any of the types above
    required: bool
    optional: bool
    help: str
    unit: str | None
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...]

    @property
    def flag(self) -> str:
        """The command-line spelling, for example `--l2-lambda`."""
        return "--" + self.name.replace("_", "-")

    @property
    def range(self) -> str:
        """The range as words, empty if there is none."""
        if self.minimum is not None and self.maximum is not None:
            return f"{_plain(self.minimum)} to {_plain(self.maximum)}"
        if self.minimum is not None:
            return f"at least {_plain(self.minimum)}"
        return "" if self.maximum is None else f"at most {_plain(self.maximum)}"

    @property
    def help_line(self) -> str:
        """Help sentence with unit, range and default."""
        notes = [note for note in (self.unit, self.range) if note]
        if self.required:
            notes.append("required")
        elif self.default is not False and self.default not in (None, (), ""):
            notes.append(f"default {self._typed_default}")
        return self.help + (f" [{'; '.join(notes)}]" if notes else "")

    @property
    def placeholder(self) -> str:
        """What stands for the value in help texts, for example `NUMBER` or `on|off`."""
        if self.choices:
            return "|".join(self.choices)
        name = {int: "INTEGER", float: "NUMBER", Path: "FILE"}.get(self.type, "TEXT")
        return f"{name},..." if self.many else name

    @property
    def _typed_default(self) -> str:
        """The default as one would type it."""
        return ",".join(map(str, self.default)) if self.many else str(self.default)


def _plain(bound: float) -> str:
    """Write 1000000 rather than 1e+06."""
    return str(int(bound)) if math.isfinite(bound) and bound == int(bound) else f"{bound:g}"


def option(
    default: Any = MISSING,  # any of the supported option types
    *,
    help: str,
    unit: str | None = None,
    min: float | None = None,
    max: float | None = None,
    choices: Sequence[str] = (),
    recorded: bool = True,
) -> Any:  # a dataclasses.Field, typed Any so that it can stand behind `name: float =`
    """Declare a field of an options dataclass.

    Args:
        default: Default value; leave it out to make the option required.
        help: One sentence shown by `--help`.
        unit: Unit of a number.
        min: Smallest allowed value, inclusive.
        max: Largest allowed value, inclusive.
        choices: Allowed values of a text option.
        recorded: Whether it says how a result came about; off for where a run or a copy is kept.

    Returns:
        A dataclass field carrying this description.
    """
    description = {
        "help": help,
        "unit": unit,
        "min": min,
        "max": max,
        "choices": tuple(choices),
        "recorded": recorded,
    }
    return dataclasses.field(default=default, metadata={_METADATA_KEY: description})


@dataclass(frozen=True)
class NoOptions:
    """Options of a method that has none."""


def recorded_options(options: object) -> dict[str, Any]:
    """Return the options that differ from their defaults, as JSON values.

    Args:
        options: An instance of an options dataclass; fields with `recorded` off are left out.
    """
    assert dataclasses.is_dataclass(options)
    told = dict[str, Any]()
    for part in dataclasses.fields(options):
        value = getattr(options, part.name)
        if value != part.default and part.metadata.get(_METADATA_KEY, {}).get("recorded", True):
            plain = str(value) if isinstance(value, Path) else value
            told[part.name] = list(plain) if isinstance(plain, tuple) else plain
    return told


def specs_of(options_class: type) -> tuple[OptionSpec, ...]:
    """Describe every field of an options dataclass.

    Args:
        options_class: A dataclass whose fields were made with `option`, or plain fields.

    Returns:
        One spec a field, in order of definition.

    Raises:
        TypeError: `options_class` is no dataclass, or a field has a type that is not supported.
    """
    if not dataclasses.is_dataclass(options_class):
        raise TypeError(f"{options_class.__name__} is not a dataclass; decorate it with @dataclass")
    hints = typing.get_type_hints(options_class)
    return tuple(_spec(field, hints[field.name]) for field in dataclasses.fields(options_class))


def _spec(field: dataclasses.Field[Any], hint: Any) -> OptionSpec:
    hint, optional = _without_none(hint)
    kind, many = _kind_of(field.name, hint)
    listed = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
    described = field.metadata.get(_METADATA_KEY, {})
    required = field.default is MISSING and field.default_factory is MISSING
    default = None if required else field.default
    if default is MISSING and field.default_factory is not MISSING:
        default = field.default_factory()
    return OptionSpec(
        name=field.name,
        type=kind,
        many=many,
        default=default,
        required=required,
        optional=optional,
        help=described.get("help", ""),
        unit=described.get("unit"),
        minimum=described.get("min"),
        maximum=described.get("max"),
        choices=described.get("choices") or listed,
    )


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Take `None` out of `X | None`, and say whether it was there."""
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return hint, False
    kinds = [part for part in typing.get_args(hint) if part is not type(None)]
    return (kinds[0], True) if len(kinds) == 1 else (hint, False)


def _kind_of(name: str, hint: Any) -> tuple[type, bool]:
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and parts[1:] == (Ellipsis,) and parts[0] in _TYPES:
        return parts[0], True
    if typing.get_origin(hint) is typing.Literal and all(isinstance(part, str) for part in parts):
        return str, False
    if hint in _TYPES:
        return hint, False
    raise TypeError(
        f"option {name!r} has type {hint}; use bool, int, float, str, Path, a Literal of texts, or "
        f"a tuple such as tuple[int, ...]"
    )


def build_options(options_class: type, values: Mapping[str, Any], *, owner: str) -> Any:
    """Make an options object from given values, checked field by field.

    Args:
        options_class: The options dataclass of a method.
        values: What the user gave, by option name; absent names take their default.
        owner: Name of the method, for messages.

    Returns:
        An instance of `options_class`.

    Raises:
        UnknownNameError: A name that is no option.
        OptionError: A required option is absent, or a value has the wrong type or is out of range.
    """
    specs = {spec.name: spec for spec in specs_of(options_class)}
    for name in values:
        if name not in specs:
            raise UnknownNameError(f"option of {owner}", name, specs)
    checked = {name: _checked(specs[name], value, owner) for name, value in values.items()}
    for spec in specs.values():
        if spec.required and spec.name not in checked:
            raise OptionError(
                f"{owner} needs {spec.flag}: {spec.help.rstrip('.')}; add {spec.flag} VALUE"
            )
    try:
        return options_class(**checked)
    except ValueError as error:  # the class checks its fields among each other
        raise OptionError(f"{owner}: {error}") from error


def _checked(spec: OptionSpec, value: Any, owner: str) -> Any:
    if value is None and spec.optional:
        return None
    if spec.many:
        if isinstance(value, str):
            value = tuple(part for part in value.split(",") if part)
        if not isinstance(value, Iterable):
            raise OptionError(
                f"{spec.flag} of {owner} is {value!r}; expected several values, such as 1,2. {spec.help}"
            )
        return tuple(_checked_one(spec, part, owner) for part in value)
    return _checked_one(spec, value, owner)


def _checked_one(spec: OptionSpec, value: Any, owner: str) -> Any:
    converted = _converted(spec, value, owner)
    if spec.choices and converted not in spec.choices:
        raise UnknownNameError(f"value of {spec.flag} ({owner})", str(converted), spec.choices)
    too_low = spec.minimum is not None and not converted >= spec.minimum
    too_high = spec.maximum is not None and not converted <= spec.maximum
    if too_low or too_high:
        raise OptionError(
            f"{spec.flag} of {owner} is {converted}, out of its range; expected "
            f"{' '.join(filter(None, (spec.range, spec.unit)))}. {spec.help}"
        )
    return converted


_BOOLEANS = {"true": True, "false": False}
"""How switches are written as text, as in `--inverter-option any_picture=true`."""


def _converted(spec: OptionSpec, value: Any, owner: str) -> Any:
    wrong = OptionError(
        f"{spec.flag} of {owner} is {value!r}; expected {spec.type.__name__}. {spec.help}"
    )
    if spec.type is bool and isinstance(value, str):
        value = _BOOLEANS.get(value.lower(), value)
    if spec.type is bool and not isinstance(value, bool):
        raise wrong
    if spec.type in (int, float) and isinstance(value, bool):
        raise wrong
    if spec.type is not float and isinstance(value, spec.type):
        return value
    if value is None:
        raise wrong
    try:
        converted = spec.type(value)
    except (TypeError, ValueError, OverflowError):
        raise wrong from None
    is_cut = spec.type is int and isinstance(value, float) and converted != value
    if is_cut or (spec.type is float and math.isnan(converted)):
        raise wrong
    return converted
