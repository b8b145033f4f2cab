"""What every direction is, whatever it moves."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode.direction.info import DirectionInfo
from dynode.errors import DirectionFileError, GeneratorMismatchError, UsageError
from dynode.generator.protocol import GeneratorInfo
from dynode.latents.latents import Latents


@dataclass(frozen=True, eq=False)
class Direction(ABC):
    """Something that moves latents by a strength.

    Attributes:
        info: Where it comes from.
    """

    space: ClassVar[str] = ""
    info: DirectionInfo = field(default_factory=DirectionInfo, kw_only=True)

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
        amounts = _amounts(strength, latents)
        if not amounts.requires_grad and not bool(amounts.any()):
            return latents
        return self._moved(latents, amounts * self.info.scale)

    @abstractmethod
    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
        """Move latents by multiples (n,) of the stored offset, not all of them zero."""

    @abstractmethod
    def check_shape(self, info: GeneratorInfo) -> None:
        """Check that it fits a generator.

        Raises:
            GeneratorMismatchError: It is of other widths, or names layers that are not there.
        """

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

    def with_info(self, **changes: Any) -> Direction:  # fields of DirectionInfo
        """Return the same direction with some fields of its info changed."""
        return dataclasses.replace(self, info=dataclasses.replace(self.info, **changes))

    def save(self, path: str | Path) -> None:
        """Write one safetensors file that holds the direction and its info."""
        from dynode.direction.file import save_direction

        save_direction(self, Path(path))


def _amounts(strength: float | Tensor, latents: Latents) -> Tensor:
    """Give one strength for each picture, (n,)."""
    amounts = torch.as_tensor(strength, dtype=latents.dtype, device=latents.device)
    if tuple(amounts.shape) not in ((), (1,), (len(latents),)):
        raise UsageError(
            f"strength has shape {tuple(amounts.shape)}; expected a number, or one for each of "
            f"{len(latents)} pictures"
        )
    if not bool(torch.isfinite(amounts).all()):
        raise UsageError(f"strength {strength} is not finite; expected numbers such as 1.5")
    return amounts.expand(len(latents))


def is_moved(amounts: Tensor) -> Tensor:
    """Say which pictures move, (n, 1, 1); a strength with gradients moves, by nothing, at 0 too."""
    return ((amounts != 0) | amounts.requires_grad).reshape(-1, 1, 1)


def check_finite(delta: Tensor, name: str) -> None:
    """Refuse an offset with infinities or NaNs.

    Raises:
        DirectionFileError: It holds some.
    """
    if not bool(torch.isfinite(delta).all()):
        raise DirectionFileError(
            f"direction {name!r} holds values that are not finite; find or import it again"
        )
