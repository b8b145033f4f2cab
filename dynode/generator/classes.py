"""One class of a conditional generator, chosen by its number or name."""

from __future__ import annotations

import difflib
from typing import Protocol, TypeVar, runtime_checkable

from dynode.errors import UsageError
from dynode.generator.protocol import Generator, GeneratorInfo

_Chosen = TypeVar("_Chosen", bound="Conditional")


@runtime_checkable
class Conditional(Protocol):
    """A generator that can be limited to one class."""

    def of_class(self: _Chosen, index: int) -> _Chosen:
        """Return the generator of one class; it shares the weights."""
        ...


def choose_class(generator: Generator, wanted: int | str) -> Generator:
    """Limit a conditional generator to one class: whatever it samples is of this class.

    Args:
        generator: A conditional generator.
        wanted: Number of the class, from 0, or its name where the generator has names.

    Returns:
        The generator of that class; it shares the weights.

    Raises:
        UsageError: It has no classes, or not this one.
    """
    info = generator.info
    if not info.c_dim or not isinstance(generator, Conditional):
        raise UsageError(
            f"class {wanted} was asked for, but {info.name} has no classes; leave --class out, or name a "
            f"conditional generator"
        )
    return generator.of_class(_index(info, wanted))


def class_of(info: GeneratorInfo, wanted: int | str) -> int | None:
    """Return the number of a class that is given by number or name; None if there is none."""
    text = str(wanted).strip()
    if text in info.class_names:
        return info.class_names.index(text)
    is_number = text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if is_number and int(text) < info.c_dim else None


def _index(info: GeneratorInfo, wanted: int | str) -> int:
    found = class_of(info, wanted)
    if found is not None:
        return found
    text = str(wanted).strip()
    numbers = f"0 to {info.c_dim - 1}"
    if text.lstrip("-").isdecimal() or not info.class_names:
        named = "" if info.class_names else ", and they have no names"
        raise UsageError(
            f"{info.name} has no class {text!r}; its {info.c_dim} classes are {numbers}{named}"
        )
    near = difflib.get_close_matches(text, info.class_names, 3) or list(info.class_names[:5])
    raise UsageError(
        f"{info.name} has no class {text!r}; did you mean {', '.join(near)}? A number works too, {numbers}"
    )
