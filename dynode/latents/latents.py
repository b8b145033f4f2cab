"""Latents: everything a generator needs to draw a batch of pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from torch import Tensor

from dynode.errors import UsageError
from dynode.latents.weight_offset import Offset


@dataclass(frozen=True, eq=False, repr=False)
class Latents:
    """A batch of codes with the edits that ride on them.

    Adding two edits is adding their offsets, so edits of different spaces compose in one render.

    Attributes:
        w: Codes in W+, (n, num_layers, w_dim).
        styles: Offsets in StyleSpace by layer name, each (n, channels); an absent layer has none.
        weights: Offsets in parameter space.
    """

    w: Tensor
    styles: Mapping[str, Tensor] = field(default_factory=dict)
    weights: tuple[Offset, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.w, Tensor):
            raise UsageError(
                f"w is a {type(self.w).__name__}; expected a tensor (n, num_layers, w_dim): give "
                f"torch.as_tensor(w)"
            )
        if self.w.ndim != 3:
            raise ValueError(f"w has shape {tuple(self.w.shape)}; expected (n, num_layers, w_dim)")
        for name, offset in self.styles.items():
            if offset.ndim != 2 or len(offset) != len(self.w):
                raise ValueError(
                    f"styles[{name!r}] has shape {tuple(offset.shape)}; expected ({len(self.w)}, channels)"
                )
        for edit in self.weights:
            wanted = (len(self.w), edit.count)
            if tuple(edit.coefficients.shape) != wanted:
                raise ValueError(
                    f"coefficients of {edit.layer} have shape {tuple(edit.coefficients.shape)}; "
                    f"expected {wanted}"
                )
        object.__setattr__(self, "styles", MappingProxyType(dict(self.styles)))

    def __repr__(self) -> str:
        """Give sizes in a line; the numbers are in `w`."""
        count, rows, width = self.w.shape
        styles = f", styles of {len(self.styles)} layers" if self.styles else ""
        weights = f", weights of {len(self.weights_by_layer())} layers" if self.weights else ""
        return f"Latents({count} × {rows} rows × {width}{styles}{weights}, {self.device})"

    def __len__(self) -> int:
        """Count the pictures."""
        return len(self.w)

    def __getitem__(self, index: int | slice | Sequence[int] | Tensor) -> Latents:
        """Take some pictures; an integer keeps a batch of one.

        Args:
            index: An integer, a slice, or several integers or booleans (list, tensor or array).
        """
        if isinstance(index, np.integer) or (isinstance(index, Tensor) and index.ndim == 0):
            index = int(index)
        if isinstance(index, int):
            count = len(self)
            if not -count <= index < count:
                raise IndexError(f"index {index} is out of range for {count} latents")
            index = slice(index % count, index % count + 1)
        elif not isinstance(index, slice):
            index = torch.as_tensor(index)
            index = index if index.numel() else index.long()  # torch makes [] a float
        return self._map_samples(lambda part: part[index])

    def __reduce__(self) -> tuple[type[Latents], tuple[object, ...]]:
        return Latents, (self.w, dict(self.styles), self.weights)

    @property
    def device(self) -> torch.device:
        """Where the codes lie."""
        return self.w.device

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of the codes."""
        return self.w.dtype

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Latents:
        """Move everything to a device or type."""
        return Latents(
            self.w.to(device=device, dtype=dtype),
            {name: part.to(device=device, dtype=dtype) for name, part in self.styles.items()},
            tuple(offset.to(device, dtype) for offset in self.weights),
        )

    def detach(self) -> Latents:
        """Cut every tensor off its graph."""
        return Latents(
            self.w.detach(),
            {name: part.detach() for name, part in self.styles.items()},
            tuple(offset.detach() for offset in self.weights),
        )

    def with_w(self, w: Tensor) -> Latents:
        """Return the same edits on other codes, (n, num_layers, w_dim)."""
        return dataclasses.replace(self, w=w)

    def add_styles(self, offsets: Mapping[str, Tensor]) -> Latents:
        """Add StyleSpace offsets, each (n, channels)."""
        summed = dict(self.styles)
        for name, offset in offsets.items():
            summed[name] = summed[name] + offset if name in summed else offset
        return dataclasses.replace(self, styles=summed)

    def add_weights(self, offset: Offset) -> Latents:
        """Add a parameter-space offset; the same basis tensors only sum their coefficients."""
        for index, present in enumerate(self.weights):
            if present.is_like(offset):
                summed = present.with_coefficients(present.coefficients + offset.coefficients)
                kept = (*self.weights[:index], summed, *self.weights[index + 1 :])
                return dataclasses.replace(self, weights=kept)
        return dataclasses.replace(self, weights=(*self.weights, offset))

    def weights_by_layer(self) -> dict[str, list[Offset]]:
        """Sort the parameter-space offsets by the layer they move."""
        sorted_: dict[str, list[Offset]] = {}
        for offset in self.weights:
            sorted_.setdefault(offset.layer, []).append(offset)
        return sorted_

    def lerp(self, other: Latents, amount: float | Tensor) -> Latents:
        """Go from these latents (amount 0) to others (amount 1), offsets included.

        Args:
            other: As many latents of the same generator.
            amount: Scalar, or (n,) for one amount a picture.

        Raises:
            ValueError: The two are not as many.
        """
        if len(other) != len(self):
            raise ValueError(f"there is no way between {len(self)} latents and {len(other)}")
        amount = torch.as_tensor(amount, dtype=self.dtype, device=self.device)
        mixed = self.scale_offsets(1 - amount)
        w = torch.lerp(self.w, other.w, amount.reshape(-1, 1, 1))
        arriving = other.scale_offsets(amount)
        mixed = mixed.with_w(w).add_styles(arriving.styles)
        for offset in arriving.weights:
            mixed = mixed.add_weights(offset)
        return mixed

    def scale_offsets(self, factor: float | Tensor) -> Latents:
        """Multiply the StyleSpace and parameter-space offsets; the codes keep their values.

        Args:
            factor: Scalar, or (n,) for one factor a picture.
        """
        column = torch.as_tensor(factor, dtype=self.dtype, device=self.device).reshape(-1, 1)
        styles = {name: part * column for name, part in self.styles.items()}
        weights = tuple(o.with_coefficients(o.coefficients * column) for o in self.weights)
        return Latents(self.w, styles, weights)

    def compact(self) -> Latents:
        """Leave out what no picture uses: bases of weight offsets whose coefficients are all 0."""
        kept = (offset.used() for offset in self.weights)
        return dataclasses.replace(self, weights=tuple(o for o in kept if o.count))

    def _map_samples(self, change: object) -> Latents:
        assert callable(change)
        return Latents(
            change(self.w),
            {name: change(part) for name, part in self.styles.items()},
            tuple(o.with_coefficients(change(o.coefficients)) for o in self.weights),
        )

    @staticmethod
    def cat(batches: Sequence[Latents]) -> Latents:
        """Join batches; an edit that only some of them have is zero in the others."""
        if not batches:
            raise ValueError("nothing to join: expected at least one batch of latents")
        starts = [sum(len(batch) for batch in batches[:index]) for index in range(len(batches))]
        total = sum(len(batch) for batch in batches)
        joined = Latents(torch.cat([batch.w for batch in batches]))
        for batch, start in zip(batches, starts, strict=True):
            joined = joined.add_styles(
                {name: _embedded(part, start, total) for name, part in batch.styles.items()}
            )
            for offset in batch.weights:
                coefficients = _embedded(offset.coefficients, start, total)
                joined = joined.add_weights(offset.with_coefficients(coefficients))
        return joined

    def save(self, path: str | Path, *, fingerprint: str = "") -> None:
        """Write a safetensors file, under a temporary name first.

        Args:
            path: Where to.
            fingerprint: Fingerprint of the generator they belong to, checked when they are loaded.
        """
        from dynode.latents.file import save_latents

        save_latents(self, Path(path), fingerprint=fingerprint)

    @staticmethod
    def load(path: str | Path, *, fingerprint: str = "") -> Latents:
        """Read what `save` wrote.

        Args:
            path: Where from.
            fingerprint: Fingerprint of the generator they are for; empty to skip the check.

        Raises:
            CorruptCheckpointError: The file is no latents file, of a later version or damaged.
            GeneratorMismatchError: They belong to another generator.
        """
        from dynode.latents.file import load_latents

        return load_latents(Path(path), fingerprint=fingerprint)


def _embedded(part: Tensor, start: int, total: int) -> Tensor:
    rows = part.new_zeros(total, *part.shape[1:])
    rows[start : start + len(part)] = part
    return rows
