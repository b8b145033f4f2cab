"""Fields: the velocity of a state, as a network."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

_SATURATION = 4.0


class Field(nn.Module, ABC):
    """The right-hand side of `d state / dt = f(t, state)`."""

    kind: ClassVar[str]

    @abstractmethod
    def forward(self, time: Tensor, state: Tensor) -> Tensor:
        """Return the velocity.

        Args:
            time: Scalar, or (n,) for one a row.
            state: (n, rank).

        Returns:
            (n, rank), in state units per unit of time.
        """

    @classmethod
    @abstractmethod
    def shapes(cls, config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """Tell the shapes of the weights of a field with these arguments, without making it."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Return the arguments that make this field again, as JSON values."""


class MLPField(Field):
    """A small network of the state and, unless `autonomous`, of time; no limit on the speed.

    A field of the state alone can never pass the same state twice in different directions, so it
    cannot blink: the lid closes and opens through the same states. Time makes that possible. The
    state enters through a saturating function, so that far off the path the velocity stays bounded
    and an edited start is carried along instead of being thrown out.
    """

    kind = "mlp"

    def __init__(
        self,
        rank: int,
        begin: float,
        end: float,
        *,
        width: int = 128,
        depth: int = 3,
        waves: int = 0,
        autonomous: bool = False,
    ) -> None:
        """Make a field for the times from `begin` to `end`; outside, time stands still.

        Args:
            rank: Width of the state.
            begin: First time.
            end: Last time.
            width: Width of the hidden layers.
            depth: Number of linear layers, at least 2.
            waves: Sines and cosines of time that enter, of 1 to `waves` half periods.
            autonomous: Leave time out.
        """
        super().__init__()
        self._config = {
            "rank": rank,
            "begin": begin,
            "end": end,
            "width": width,
            "depth": depth,
            "waves": waves,
            "autonomous": autonomous,
        }
        self.middle, self.reach = (begin + end) / 2, (end - begin) / 2
        self.autonomous = autonomous
        self.register_buffer(
            "frequencies", torch.arange(1, waves + 1) * math.pi / 2, persistent=False
        )
        inputs = _inputs(rank, waves, autonomous)
        sizes = [inputs, *[width] * (depth - 1)]
        layers: list[nn.Module] = []
        for first, second in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(first, second), nn.SiLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], rank))

    frequencies: Tensor

    @classmethod
    def shapes(cls, config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """See `Field.shapes`."""
        told = {"width": 128, "depth": 3, "waves": 0, "autonomous": False} | dict(config)
        inputs = _inputs(told["rank"], told["waves"], told["autonomous"])
        return _shapes("layers", [inputs, *[told["width"]] * (told["depth"] - 1), told["rank"]])

    def forward(self, time: Tensor, state: Tensor) -> Tensor:
        """See `Field.forward`."""
        seen = torch.tanh(state / _SATURATION) * (_SATURATION / 2)
        if not self.autonomous:
            seen = torch.cat([seen, self._time_features(time, state)], -1)
        velocity: Tensor = self.layers(seen)
        return velocity / self.reach

    def _time_features(self, time: Tensor, state: Tensor) -> Tensor:
        scaled = ((time - self.middle) / self.reach).clamp(-1, 1).to(state)
        column = scaled.reshape(-1, 1).expand(len(state), 1)
        phases = column * self.frequencies
        return torch.cat([column, phases.sin(), phases.cos()], -1)

    def config(self) -> dict[str, Any]:
        """See `Field.config`."""
        return dict(self._config)


class PublishedField(Field):
    """The field of the released demo: one network for every row, unit speed in every column.

    The state is a flattened code. A network acts on the last axis of (1, num_layers, w_dim); its
    output is divided by its norm over the layer axis, so every one of the w_dim columns moves at speed
    1 at all times, whatever the weights: only the direction of motion is learned.

    Source:
        Xu et al. 2023, DynODE; the released code of the authors.
    """

    kind = "published"

    def __init__(self, num_layers: int, w_dim: int, depth: int = 5) -> None:
        """Make the field.

        Args:
            num_layers: Rows of a code.
            w_dim: Width of a row.
            depth: Number of linear layers.
        """
        super().__init__()
        self.shape = (num_layers, w_dim)
        self.depth = depth
        layers: list[nn.Module] = [nn.Linear(w_dim, w_dim)]
        for _ in range(depth - 1):
            layers += [nn.LeakyReLU(0.2), nn.Linear(w_dim, w_dim)]
        self.model = nn.Sequential(*layers)

    @classmethod
    def shapes(cls, config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
        """See `Field.shapes`."""
        return _shapes("model", [config["w_dim"]] * (config.get("depth", 5) + 1))

    def forward(self, time: Tensor, state: Tensor) -> Tensor:
        """See `Field.forward`; time is ignored."""
        out: Tensor = self.model(state.reshape(-1, *self.shape))
        length: Tensor = out.norm(dim=1, keepdim=True) + 1e-6
        return (out / length).flatten(1)

    def config(self) -> dict[str, Any]:
        """See `Field.config`."""
        return {"num_layers": self.shape[0], "w_dim": self.shape[1], "depth": self.depth}


def _inputs(rank: int, waves: int, autonomous: bool) -> int:
    return rank if autonomous else rank + 1 + 2 * waves


def _shapes(name: str, sizes: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Tell the shapes of linear layers with one nonlinearity between each two."""
    shapes: dict[str, tuple[int, ...]] = {}
    for index, (first, second) in enumerate(zip(sizes[:-1], sizes[1:], strict=True)):
        shapes[f"{name}.{2 * index}.weight"] = (second, first)
        shapes[f"{name}.{2 * index}.bias"] = (second,)
    return shapes


FIELDS: dict[str, type[Field]] = {field.kind: field for field in (MLPField, PublishedField)}
