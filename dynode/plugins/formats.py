"""What a plugin contributes to read and write the files that others publish directions in."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from dynode.errors import DirectionFileError
from dynode.options import NoOptions
from dynode.plugins.methods import Plugin

if TYPE_CHECKING:
    from pathlib import Path

    from dynode.direction.base import Direction
    from dynode.generator.protocol import Generator
    from dynode.importing.request import PublishedFile


class Format(Plugin):
    """A form of file in which others publish directions.

    Attributes:
        options: Dataclass of what the user says about such a file besides its name and licence: the
            flags of `dynode directions import --format NAME`, the keywords of `import_directions`.
            Where none is required, the format need not be named.
        needs_generator: Whether the file makes a direction only together with a generator.
        takes_space: Whether the user may settle the space (`--space`), as of plain arrays.
    """

    options: ClassVar[type] = NoOptions
    needs_generator: ClassVar[bool] = False
    takes_space: ClassVar[bool] = False

    def pick(self, content: object) -> object | None:
        """Pick what is to be read of a file that may hold a whole network besides.

        Args:
            content: The file with its tensors still in it, as `dynode.weights.open_weights` gives it.

        Returns:
            The same dictionaries with only the tensors that are needed; None if it is no checkpoint of
            this format, or is small enough to be read whole.
        """
        return None

    @abstractmethod
    def recognise(self, file: PublishedFile) -> bool:
        """Say whether a file is in this format, by its content; raise nothing.

        Args:
            file: Its content is None if it is no container of arrays: a text, for example.
        """

    @abstractmethod
    def read(
        self,
        file: PublishedFile,
        options: Any,  # an instance of `self.options`
        *,
        generator: Generator | None = None,
    ) -> list[Direction]:
        """Read every direction of a file that was recognised, in its order.

        Args:
            file: What was read, and what the user said; `file.info` describes a direction of it.
            options: An instance of `self.options`.
            generator: The generator it is imported for; None if the user named none, never with
                `needs_generator`.

        Raises:
            DirectionFileError: It cannot be a direction; the message says what was expected.
        """

    def suffixes(self, direction: Direction) -> tuple[str, ...]:
        """Return the suffixes of files it can write a direction to, such as `.pt`; empty for none."""
        return ()

    def write(self, direction: Direction, path: Path, *, scale: float) -> str:
        """Write a direction in this format.

        Args:
            direction: One for which there are suffixes.
            path: Where to, with one of the suffixes; it appears only when it is whole.
            scale: Factor of the offset; where it is 1 the stored numbers are written as they are.

        Returns:
            What was written, in words; what the format cannot keep is told there.

        Raises:
            DirectionFileError: The format has no room for this direction.
        """
        raise DirectionFileError(f"the format {self.name!r} is only read")
