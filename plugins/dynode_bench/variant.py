"""Methods as they are named to a benchmark: `restyle`, or `restyle:iterations=2` with options of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from dynode.errors import OptionError, UnknownNameError
from dynode.options import specs_of
from dynode.plugins import DirectionMethod, Inverter

Budget = Literal["small", "full"]
Method = TypeVar("Method", bound=DirectionMethod | Inverter)
_Listed = TypeVar("_Listed", bound=DirectionMethod | Inverter, covariant=True)


class _Shelf(Protocol[_Listed]):
    def __getitem__(self, name: str, /) -> _Listed: ...

    def __iter__(self) -> Iterator[_Listed]: ...


@dataclass(frozen=True)
class Variant(Generic[Method]):
    """A method with the options it is tried with.

    Attributes:
        method: The method.
        label: How it was named.
        own: Options that were named with it.
    """

    method: Method
    label: str
    own: Mapping[str, str]

    @classmethod
    def chosen(cls, shelf: _Shelf[Method], names: Sequence[str]) -> list[Variant[Method]]:
        """Find methods by name, each with its options; all of a shelf if there are no names.

        Raises:
            UnknownNameError: No such method or option.
            OptionError: What follows a colon is no NAME=VALUE.
        """
        return [cls.of(shelf, name) for name in names] or [cls(one, one.name, {}) for one in shelf]

    @classmethod
    def of(cls, shelf: _Shelf[Method], text: str) -> Variant[Method]:
        """Find one; see `chosen`."""
        name, *parts = text.split(":")
        method = shelf[name]
        known = {spec.name for spec in specs_of(method.options)}
        own = dict(_option(part, text) for part in parts)
        for option in own:
            if option not in known:
                raise UnknownNameError(f"option of {name}", option, known)
        return cls(method, text, own)

    def values(self, budget: Budget) -> dict[str, object]:
        """Say what its options are before anything else is asked: those of the budget, then its own."""
        return {**(self.method.small_budget if budget == "small" else {}), **self.own}


def _option(part: str, text: str) -> tuple[str, str]:
    name, equals, value = part.partition("=")
    if not equals or not name:
        raise OptionError(
            f"{text!r} names a method with {part!r}; expected NAME:OPTION=VALUE such as "
            f"restyle:iterations=2"
        )
    return name.replace("-", "_"), value
