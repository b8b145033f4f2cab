"""A published format as a stranger would bring it: one file, known to dynode through its hook."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import dynode
from dynode.errors import DirectionFileError

if TYPE_CHECKING:
    from dynode.importing import PublishedFile

_HEAD = "# recipe "


@dataclass(frozen=True)
class RecipeOptions:
    """What a recipe does not tell."""

    times: float = dynode.option(1.0, help="Factor of every amount.")


class Recipe(dynode.Format):
    """A text: `# recipe ROWS WIDTH`, then one line `row,channel,amount` for every number but 0."""

    name = "recipe"
    summary = "amounts of single channels of W+, a text"
    options: ClassVar[type] = RecipeOptions

    def recognise(self, file: PublishedFile) -> bool:
        """See `dynode.Format.recognise`."""
        if file.content is not None:
            return False
        try:
            return file.path.read_bytes()[: len(_HEAD)] == _HEAD.encode()
        except OSError:
            return False

    def read(
        self, file: PublishedFile, options: RecipeOptions, *, generator: Any = None
    ) -> list[dynode.Direction]:
        """See `dynode.Format.read`."""
        import torch

        first, *lines = file.path.read_text().splitlines()
        rows, width = map(int, first.removeprefix(_HEAD).split())
        delta = torch.zeros(rows, width)
        for line in lines:
            row, channel, amount = line.split(",")
            delta[int(row), int(channel)] = options.times * float(amount)
        info = file.info(method="recipe", unit="the amounts of the recipe")
        return [dynode.LinearDirection(delta, info=info)]

    def suffixes(self, direction: dynode.Direction) -> tuple[str, ...]:
        """See `dynode.Format.suffixes`."""
        return (".csv",) if isinstance(direction, dynode.LinearDirection) else ()

    def write(self, direction: dynode.Direction, path: Path, *, scale: float) -> str:
        """See `dynode.Format.write`."""
        assert isinstance(direction, dynode.LinearDirection)
        if direction.delta.ndim != 2:
            raise DirectionFileError("a recipe names rows; this direction moves all of them alike")
        rows, width = direction.delta.shape
        amounts = scale * direction.delta
        lines = [f"{r},{c},{float(amounts[r, c])!r}" for r, c in amounts.nonzero().tolist()]
        path.write_text("\n".join([f"{_HEAD}{rows} {width}", *lines]) + "\n")
        return f"a recipe of {len(lines)} amounts"


@dynode.hookimpl
def register_formats(register: Any) -> None:
    """Contribute recipes."""
    register(Recipe())
