"""Directions: one artefact for every method, in every space a generator has."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

import torch
from torch import Tensor

from dynode.direction_info import DirectionInfo as DirectionInfo  # re-exported for methods
from dynode.edit_stack import EditStack as EditStack  # re-exported for methods
from dynode.errors import DirectionFileError, GeneratorMismatchError, UsageError
from dynode.generator import GeneratorInfo
from dynode.latents import Latents, WeightOffset
from dynode.mapper import RowMapper


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
        from dynode.direction_file import save_direction

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


def _is_moved(amounts: Tensor) -> Tensor:
    """Say which pictures move, (n, 1, 1); a strength with gradients moves, by nothing, at 0 too."""
    return ((amounts != 0) | amounts.requires_grad).reshape(-1, 1, 1)


@dataclass(frozen=True, eq=False)
class LinearDirection(Direction):
    """A vector in W or W+ that is added to the codes.

    Attributes:
        delta: (w_dim,) for the same offset in every row, or (num_layers, w_dim).
        rows: Rows that are moved, as booleans (num_layers,); None for all.
    """

    space: ClassVar[str] = "w+"
    delta: Tensor
    rows: Tensor | None = None

    def __post_init__(self) -> None:
        check_finite(self.delta, self.info.name)
        if self.delta.ndim not in (1, 2):
            raise DirectionFileError(
                f"direction {self.info.name!r} has shape {tuple(self.delta.shape)}; expected (w_dim,) "
                f"or (num_layers, w_dim); reshape it before saving"
            )

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
        delta = self.delta.to(latents.w)
        if self.rows is not None:
            delta = delta * self.rows.to(latents.w)[:, None]
        moved = latents.w + amounts.reshape(-1, 1, 1) * delta
        touched = _is_moved(amounts) & ((delta != 0) | delta.requires_grad)
        return latents.with_w(torch.where(touched, moved, latents.w))

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        wanted = (info.num_layers, info.w_dim)
        shape = tuple(self.delta.shape)
        rows = self.rows if self.rows is not None else torch.ones(info.num_layers)
        if shape not in ((info.w_dim,), wanted) or len(rows) != info.num_layers:
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} has shape {shape}, generator {info.name} has "
                f"{info.num_layers} rows of width {info.w_dim}; find it again for this generator"
            )


@dataclass(frozen=True, eq=False)
class StyleDirection(Direction):
    """Offsets of style vectors (StyleSpace).

    Attributes:
        delta: Offset (channels,) by layer name.
    """

    space: ClassVar[str] = "s"
    delta: Mapping[str, Tensor]

    def __post_init__(self) -> None:
        for part in self.delta.values():
            check_finite(part, self.info.name)
        object.__setattr__(self, "delta", MappingProxyType(dict(self.delta)))

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
        column = amounts[:, None]
        return latents.add_styles(
            {name: column * part.to(latents.w) for name, part in self.delta.items()}
        )

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        for name, part in self.delta.items():
            if tuple(part.shape) != (info.style_channels.get(name),):
                raise GeneratorMismatchError(
                    f"direction {self.info.name!r} moves {part.numel()} style channels of layer {name}, "
                    f"generator {info.name} has {info.style_channels.get(name, 'no such layer')}; "
                    f"find it again for this generator"
                )


@dataclass(frozen=True, eq=False)
class WeightDirection(Direction):
    """An offset of one convolution's weight (parameter space).

    Attributes:
        layer: Name of the convolution.
        delta: (out, in, kh, kw), in the scale of the stored weight.
        factors: What is stored instead of `delta`, their product (see `dynode.weight_basis`).
    """

    space: ClassVar[str] = "weights"
    layer: str
    delta: Tensor
    factors: tuple[Tensor, Tensor] | None = None
    _bases: dict[tuple[torch.device, torch.dtype], Tensor] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        check_finite(self.delta, self.info.name)

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
        return latents.add_weights(
            WeightOffset(self.layer, self._basis_for(latents.w), amounts[:, None])
        )

    def _basis_for(self, w: Tensor) -> Tensor:
        """Give (1, out, in, kh, kw) like `w`: the same tensor each time, so that offsets merge."""
        key = (w.device, w.dtype)
        if self.delta.requires_grad:
            return self.delta[None].to(w)
        if key not in self._bases:
            with torch.inference_mode(False):  # kept for renders that want gradients
                self._bases[key] = self.delta[None].to(w)
        return self._bases[key]

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        wanted = info.conv_layers.get(self.layer)
        if wanted is None or tuple(wanted) != tuple(self.delta.shape):
            raise GeneratorMismatchError(
                f"direction {self.info.name!r} moves {self.layer} by a {tuple(self.delta.shape)} weight, "
                f"generator {info.name} has {wanted or 'no such layer'}; find it again for this generator"
            )


@dataclass(frozen=True, eq=False)
class MapperDirection(Direction):
    """A network that maps each code to its own offset; it is the edit that depends on the picture.

    Attributes:
        mapper: Network from codes to unscaled offsets.
        scale: Factor of its output at strength 1; 0.1 for published mappers.
    """

    space: ClassVar[str] = "mapper"
    mapper: RowMapper
    scale: float = 0.1

    def __post_init__(self) -> None:
        for part in (torch.tensor(self.scale), *self.mapper.parameters()):
            check_finite(part, self.info.name)

    def _moved(self, latents: Latents, amounts: Tensor) -> Latents:
        # Converted copies: `mapper.to` would change the type of the mapper everybody shares.
        weights = {k: v.to(latents.w) for k, v in self.mapper.state_dict(keep_vars=True).items()}
        offset = torch.func.functional_call(self.mapper, weights, (latents.w,))
        moved = latents.w + (self.scale * amounts).reshape(-1, 1, 1) * offset
        return latents.with_w(torch.where(_is_moved(amounts), moved, latents.w))

    def check_shape(self, info: GeneratorInfo) -> None:
        """See `Direction.check_shape`."""
        last_row = max((end for _, end in self.mapper.groups), default=0)
        if self.mapper.width != info.w_dim or last_row > info.num_layers:
            raise GeneratorMismatchError(
                f"mapper {self.info.name!r} takes {last_row} rows of width {self.mapper.width}, generator "
                f"{info.name} has {info.num_layers} of {info.w_dim}; train it again for this generator"
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


def load_direction(path: str | Path) -> Direction:
    """Read a direction file.

    Args:
        path: A file written by `Direction.save`.

    Raises:
        DirectionFileError: It is something else, or of a version this dynode does not know.
    """
    from dynode.direction_file import read_direction

    return read_direction(Path(path))
