"""Ask any direction method for an attribute, by the options it has: the benchmark names no method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dynode.errors import DynodeError
from dynode.options import build_options, specs_of
from dynode.plugins import DirectionMethod
from dynode_bench.variant import Budget, Variant

Way = Literal["components", "attribute", "text", "as it is"]


@dataclass(frozen=True)
class Asking:
    """How a method is asked.

    Attributes:
        variant: The method, with options of its own.
        budget: `small` runs it with its `small_budget`, `full` with its defaults.
    """

    variant: Variant[DirectionMethod]
    budget: Budget

    @property
    def method(self) -> DirectionMethod:
        """The method."""
        return self.variant.method

    @property
    def label(self) -> str:
        """How it was named."""
        return self.variant.label

    @property
    def way(self) -> Way:
        """Say what it is told.

        Of methods that keep one of many components by an attribute, all are found once and one is kept
        for each attribute; others are told the attribute, or a text, or nothing.
        """
        names = {spec.name for spec in specs_of(self.method.options)}
        if {"attribute", "component"} <= names:
            return "components"
        if "text" in names:
            return "text"
        return "attribute" if "attribute" in names else "as it is"

    @property
    def once(self) -> bool:
        """Whether one search serves all attributes."""
        return self.way in ("components", "as it is")

    def options(self, attribute: str, text: str) -> Any:  # an instance of the method's options
        """Build the options for an attribute and the text that says it."""
        told = {
            "components": {},
            "as it is": {},
            "attribute": {"attribute": attribute},
            "text": {"text": self.method.text_form.replace("{text}", text)},
        }[self.way]
        return build_options(
            self.method.options,
            {**self.variant.values(self.budget), **told},
            owner=self.method.name,
        )

    def told(self, attribute: str, text: str) -> str:
        """Say with which options it is asked, or why it cannot be."""
        try:
            return repr(self.options(attribute, text))
        except DynodeError as error:
            return str(error)
