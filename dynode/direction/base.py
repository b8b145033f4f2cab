"""What every direction is, whatever it moves."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from dynode.direction.format import write_direction
from dynode.direction.info import DirectionInfo
from dynode.errors import DirectionFileError, GeneratorMismatchError, OptionError, UsageError
from dynode.generator.population import Population
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False, repr=False)
class Direction(ABC):
    """Something that moves latents by a strength; a kind of direction is one subclass in one file.

    A kind says how it moves (`move`), what it fits (`check_shape`), and what a file keeps of it
    (`tensors`, `from_tensors`); everything else has a default. Kinds besides the core's are registered
    with the hook `register_direction_kinds`.

    Attributes:
        space: What stands in a file for the kind, or for several that `key` tells apart.
        key: Member of the description that only this kind's files have; empty for none.
        info: Where it comes from.
    """

    space: ClassVar[str] = ""
    key: ClassVar[str] = ""
    info: DirectionInfo = field(default_factory=DirectionInfo, kw_only=True)

    def __repr__(self) -> str:
        """Say what it is, in a line; the numbers are in its parts."""
        told, kind = self.info, type(self).__name__
        origin = f", {told.method} on {told.generator}" if told.method else ""
        return f"{kind}({told.name[:60]!r}, {self.space}{origin})"

    def apply(self, latents: Latents, strength: float | Tensor = 1.0) -> Latents:
        """Move latents.

        Args:
            latents: Not modified.
            strength: Signed amount, scalar or (n,) for one a picture, in the unit `info` tells; where
                it is 0 the result is the input, bit for bit.

        Returns:
            New latents on the same device, of the same type. A strength with gradients has one at 0
            too; a negative zero in the codes may then become a positive one.

        Raises:
            UsageError: The strength is not finite, or of another length than the latents.
        """
        if not isinstance(latents, Latents):
            raise UsageError(
                f"a direction moves Latents, and this is a {type(latents).__name__}; make some with "
                f"generator.sample(1, seed=0), or dynode.Latents(w) of codes (n, num_layers, w_dim)"
            )
        amounts = _amounts(strength, latents)
        if not amounts.requires_grad and not bool(amounts.any()):
            return latents
        amounts = amounts.to(latents.device).expand(len(latents))
        return self.move(latents, amounts * self.info.scale)

    @abstractmethod
    def move(self, latents: Latents, amounts: Tensor) -> Latents:
        """Move latents by multiples of the stored offset; users call `apply`, which calls this.

        Args:
            latents: Not modified.
            amounts: (n,) finite, of the type and on the device of the latents, not all of them zero;
                the scale of `info` is in them. Where one is 0, that picture's codes stay bit for bit.

        Returns:
            New latents on the same device, of the same type.
        """

    @abstractmethod
    def check_shape(self, info: GeneratorInfo) -> None:
        """Check that it fits a generator.

        Raises:
            GeneratorMismatchError: It is of other widths, or names layers that are not there.
        """

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:  # any JSON values
        """Return what a file keeps of it besides `info`, as tensors and a description.

        Returns:
            The tensors by name, in the order in which they are written, and JSON values. Where a
            member of the tensors is called `delta` or `delta.…`, a file whose deltas are all zero is
            refused, for it moves nothing.

        Raises:
            DirectionFileError: The kind cannot be written.
        """
        raise DirectionFileError(
            f"a {type(self).__name__} cannot be written: it does not say what a file keeps of it; give "
            f"the class the methods tensors and from_tensors, or return one of dynode's own kinds"
        )

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Self:
        """Make the direction that `tensors` describes, from a stranger's file.

        Whatever size the description tells is compared with the stored tensors before anything is
        built or a loop is run by it.

        Args:
            tensors: What the file holds; members that are not known are left alone.
            description: JSON values.
            info: Where it comes from.

        Raises:
            DirectionFileError, KeyError, TypeError, ValueError, RuntimeError: Something is missing or does
                not fit; `load_direction` makes one line of it.
        """
        raise DirectionFileError(f"a {cls.__name__} cannot be read: it has no method from_tensors")

    def ready_for(self, generator: Generator) -> Direction:
        """Return a direction that moves this generator's codes: itself, unless it needs the generator.

        Raises:
            GeneratorMismatchError: It needs the generator and does not fit it.
        """
        return self

    def move_population(
        self, population: Population, generator: Generator, strength: float
    ) -> Latents:
        """Move pictures that were drawn from a generator, whose normal vectors are known.

        Args:
            population: Not modified.
            generator: What they were drawn from.
            strength: Signed amount for all of them.
        """
        with torch.inference_mode():
            return self.ready_for(generator).apply(population.latents, strength)

    def along(self, latents: Latents, progress: Tensor, strength: float = 1.0) -> Latents:
        """Move one picture by shares of the direction: straight, unless the kind knows a path.

        Args:
            latents: The picture, a batch of one.
            progress: (n,) shares of the strength.
            strength: What progress 1 means.

        Returns:
            n codes; where the progress is 0 they are the picture's, bit for bit.
        """
        return self.apply(latents[[0] * len(progress)], progress * strength)

    def on_rows(self, rows: Tensor) -> Direction:
        """Return the same direction moving only some rows of W+.

        Args:
            rows: Which, as booleans (num_layers,).

        Raises:
            OptionError: It moves no rows of W+.
        """
        raise OptionError(f"direction {self.info.name!r} moves no rows of W+; leave --rows out")

    def parts(self) -> Mapping[str, Tensor]:
        """Return the offset that is added, in parts by name; empty where every picture has its own."""
        return {}

    @property
    def length(self) -> float:
        """Euclidean length of the stored offset over all its parts; 0 where each picture has its own."""
        return math.hypot(*(float(part.double().norm()) for part in self.parts().values()))

    @property
    def moves(self) -> str:
        """What is moved, in words."""
        return f"codes, as a {type(self).__name__} does"

    def arrays(self, scale: float = 1.0) -> Tensor | Mapping[str, Tensor] | None:
        """Return what other programs read: one array, or arrays by name; None if arrays do not tell it.

        Args:
            scale: Factor of the offset; where it is 1 the stored numbers are given as they are.
        """
        return None

    def check(self, info: GeneratorInfo, *, force: bool = False) -> None:
        """Check that it belongs to a generator.

        Args:
            info: The generator's description.
            force: Accept another generator of the same shape, such as a fine-tuned sibling.

        Raises:
            GeneratorMismatchError: It was found on another generator.
        """
        self.check_shape(info)
        theirs = self.info.fingerprint
        if theirs and theirs != info.fingerprint and not force:
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} was found on generator {self.info.generator or '?'} "
                f"({theirs[:12]}), this one is {info.name} ({info.fingerprint[:12]}); find it again for "
                f"this generator, or add --force for a fine-tuned sibling"
            )

    def with_info(self, **changes: Any) -> Self:  # fields of DirectionInfo
        """Return the same direction with some fields of its info changed."""
        return dataclasses.replace(self, info=dataclasses.replace(self.info, **changes))

    def save(self, path: str | Path) -> None:
        """Write one safetensors file that holds the direction and its info.

        The file appears only when it is whole, the same bytes for the same content.

        Raises:
            DirectionFileError: The kind cannot be written.
        """
        kept, description = self.tensors()
        if "tensors" not in vars(type(self)):
            raise DirectionFileError(
                f"a {type(self).__name__} cannot be written: it would be read back as the kind it inherits "
                f"from; give the class its own space, tensors and from_tensors"
            )
        write_direction(Path(path), self.space, kept, description, self.info)


def _amounts(strength: float | Tensor, latents: Latents) -> Tensor:
    """Give one strength for all pictures or one for each, where it lies.

    A number is looked at on the host, without waiting for the device.
    """
    try:
        amounts = torch.as_tensor(strength, dtype=latents.dtype)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"strength is {strength!r}; expected a number such as 1.5, or one for each picture"
        ) from error
    if tuple(amounts.shape) not in ((), (1,), (len(latents),)):
        raise UsageError(
            f"strength has shape {tuple(amounts.shape)}; expected a number, or one for each of "
            f"{len(latents)} pictures"
        )
    if not bool(torch.isfinite(amounts).all()):
        raise UsageError(f"strength {strength} is not finite; expected numbers such as 1.5")
    return amounts


def is_moved(amounts: Tensor) -> Tensor:
    """Say which pictures move, (n, 1, 1); a strength with gradients moves, by nothing, at 0 too."""
    return ((amounts != 0) | amounts.requires_grad).reshape(-1, 1, 1)


def check_width(
    latents: Latents, direction: Direction, width: int, rows: int | None = None
) -> None:
    """Refuse latents of a generator of another shape.

    Args:
        latents: What is to be moved.
        direction: What moves it.
        width: Width of its codes.
        rows: Their rows; None for any.

    Raises:
        GeneratorMismatchError: The latents have other rows or another width.
    """
    shape = tuple(latents.w.shape[1:])
    if shape[1] != width or (rows is not None and shape[0] != rows):
        wanted = f"{rows} rows of width {width}" if rows is not None else f"rows of width {width}"
        raise GeneratorMismatchError(
            f"direction {direction.info.name!r} moves {wanted}, the latents have {shape[0]} of width "
            f"{shape[1]}; use latents of the generator it was found on"
        )


def check_finite(delta: Tensor, name: str) -> None:
    """Refuse an offset with infinities or NaNs.

    Raises:
        DirectionFileError: It holds some.
    """
    if not bool(torch.isfinite(delta).all()):
        raise DirectionFileError(
            f"direction {name!r} holds values that are not finite; find or import it again"
        )
