"""Families of generators whose files have more than one layout."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


class Convertible(ABC):
    """A second base of generator families with several layouts: `dynode generators convert`.

    Attributes:
        layouts: Name of the layout by the suffix of a file, such as `{".pkl": "published"}`.
    """

    layouts: ClassVar[Mapping[str, str]]

    @abstractmethod
    def convert(
        self, source: Path, target: Path, layout: str, *, generator_only: bool, force: bool
    ) -> tuple[str, ...]:
        """Write a file that `can_read` took in another layout.

        Args:
            source: The file.
            target: Where to write.
            layout: One of `layouts`.
            generator_only: Leave out the discriminator, and say nothing of it.
            force: Replace a file that exists.

        Returns:
            What the source holds and the target does not, each in a few words.

        Raises:
            CheckpointError: The source cannot be used, or the layout cannot express it.
            OutputExistsError: The file exists and `force` is off.
        """
