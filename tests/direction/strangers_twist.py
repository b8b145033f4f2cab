"""A kind of direction as a stranger would write it: one file, known to dynode through its hooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

import dynode
from dynode.direction.info import DirectionInfo
from dynode.errors import GeneratorMismatchError


@dataclass(frozen=True, eq=False)
class Twist(dynode.Direction):
    """Turn two channels of every row of W+ into each other, by one radian at strength 1."""

    space = "twist"
    first: int
    second: int
    rows: Tensor

    def move(self, latents: dynode.Latents, amounts: Tensor) -> dynode.Latents:
        """See `dynode.Direction.move`."""
        angle = amounts[:, None] * self.rows.to(latents.w)
        x, y = latents.w[..., self.first], latents.w[..., self.second]
        turned = latents.w.clone()
        turned[..., self.first] = angle.cos() * x - angle.sin() * y
        turned[..., self.second] = angle.sin() * x + angle.cos() * y
        still = (amounts == 0)[:, None, None]
        return latents.with_w(torch.where(still, latents.w, turned))

    def check_shape(self, info: dynode.GeneratorInfo) -> None:
        """See `dynode.Direction.check_shape`."""
        if max(self.first, self.second) >= info.w_dim or len(self.rows) != info.num_layers:
            raise GeneratorMismatchError(f"{self.info.name!r} does not fit {info.name}")

    def tensors(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """See `dynode.Direction.tensors`."""
        return {"rows": self.rows}, {"first": self.first, "second": self.second}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, Tensor], description: Mapping[str, Any], info: DirectionInfo
    ) -> Twist:
        """See `dynode.Direction.from_tensors`."""
        channels = int(description["first"]), int(description["second"])
        return cls(*channels, tensors["rows"], info=info)

    @property
    def moves(self) -> str:
        """See `dynode.Direction.moves`."""
        return f"channels {self.first} and {self.second} of W+, turned into each other"

    def arrays(self, scale: float = 1.0) -> Mapping[str, Tensor]:
        """See `dynode.Direction.arrays`."""
        return {"channels": torch.tensor([self.first, self.second]), "rows": scale * self.rows}


class TwistKind(dynode.DirectionKind):
    """Lets files of twists be read."""

    name = "twist"
    summary = "two channels of W+, turned into each other"

    def load(self) -> type[Twist]:
        """See `dynode.DirectionKind.load`."""
        return Twist


class Twisting(dynode.DirectionMethod):
    """Twist the two channels that vary most."""

    name = "twisting"
    summary = "turn the two channels that vary most"

    def find(
        self,
        generator: dynode.Generator,
        options: object,
        *,
        seed: int,
        progress: Any,
        latents: dynode.Latents | None = None,
    ) -> Twist:
        """See `dynode.DirectionMethod.find`."""
        spread = generator.sample(64, seed=seed).w.std(0).mean(0)
        first, second = spread.topk(2).indices.tolist()
        progress(1, 1)
        return Twist(first, second, torch.ones(generator.info.num_layers))


@dynode.hookimpl
def register_direction_kinds(register: Any) -> None:
    """Contribute the kind."""
    register(TwistKind())


@dynode.hookimpl
def register_directions(register: Any) -> None:
    """Contribute the method that finds twists."""
    register(Twisting())
