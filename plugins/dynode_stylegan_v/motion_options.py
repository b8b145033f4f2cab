"""Options of the training of motion."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

import dynode
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode_stylegan_v.config import MotionConfig


@dataclass(frozen=True)
class FlowOptions:
    """What shapes motion that is learned clip by clip; see `MotionTrainingOptions`."""

    steps: int = 12000
    batch: int = 256
    learning_rate: float = 1.5e-3
    width: int = 12
    hidden: int = 256
    window: int = 192
    kinds: int = 16
    divergence: float = 1e-3


@dataclass(frozen=True)
class AdversarialOptions:
    """What shapes motion that is learned against a judge; see `MotionTrainingOptions`."""

    steps: int = 6000
    batch: int = 64
    learning_rate: float = 1e-3
    width: int = 32
    hidden: int = 128
    frames: int = 6
    gamma: float = 1.0
    min_period: float = 6
    max_period: float = 512
    distance: float = 64
    frequencies: int = 64

    def __post_init__(self) -> None:
        """Check what no single option shows."""
        if self.min_period > self.max_period:
            raise OptionError(
                f"--min-period is {self.min_period:g} and --max-period {self.max_period:g}; "
                "expected the shortest not above the longest"
            )

    @property
    def motion(self) -> MotionConfig:
        """Shape of the motion network."""
        from dynode_stylegan_v.config import MotionConfig

        return MotionConfig(
            z_dim=self.width,
            v_dim=self.width,
            distance=self.distance,
            frequencies=self.frequencies,
            min_period=self.min_period,
            max_period=self.max_period,
        )


_CHOSEN: dict[str, type[FlowOptions | AdversarialOptions]] = {
    "flow": FlowOptions,
    "gan": AdversarialOptions,
}


@dataclass(frozen=True)
class MotionTrainingOptions:
    """What shapes the motion that is trained for a generator.

    Options that are None take the default of the objective, and those of the other one are refused.
    """

    objective: Literal["flow", "gan"] = dynode.option(
        "flow",
        help="How motion is learned: a flow from noise to whole clips, or StyleGAN-V's motion codes "
        "against a judge.",
    )
    steps: int | None = dynode.option(
        None, help="Training steps; 12000 if absent, 6000 with gan.", unit="steps", min=1
    )
    batch: int | None = dynode.option(None, help="Clips a step; 256 if absent, 64 with gan.", min=2)
    learning_rate: float | None = dynode.option(
        None,
        help="Learning rate; 0.0015 if absent, 0.001 with gan, whose judge learns at twice that.",
        min=1e-7,
        max=1.0,
    )
    width: int | None = dynode.option(
        None, help="Width of noise and codes; 12 if absent, 32 with gan.", min=1, max=4096
    )
    hidden: int | None = dynode.option(
        None,
        help="Width of hidden layers; 256 if absent, 128 with gan, where 0 is a linear motion.",
        min=0,
        max=4096,
    )
    window: int | None = dynode.option(
        None, help="flow: frames that are learned as one clip; 192 if absent.", min=8, max=512
    )
    kinds: int | None = dynode.option(
        None,
        help="flow: kinds of motion that clips are sorted into, at most; 16 if absent.",
        min=1,
        max=256,
    )
    divergence: float | None = dynode.option(
        None, help="flow: weight of the codes' divergence from noise; 0.001 if absent.", min=0.0
    )
    frames: int | None = dynode.option(
        None, help="gan: evenly spaced frames the judge sees; 6 if absent.", min=3, max=64
    )
    gamma: float | None = dynode.option(
        None, help="gan: weight of the gradient penalty R1; 1 if absent.", min=0.0
    )
    min_period: float | None = dynode.option(
        None, help="gan: shortest period of the waves at rest; 6 if absent.", unit="frames", min=0.5
    )
    max_period: float | None = dynode.option(
        None, help="gan: longest one; 512 if absent.", unit="frames", min=1
    )
    distance: float | None = dynode.option(
        None,
        help="gan: frames between two motion codes; 64 if absent.",
        unit="frames",
        min=1,
        max=4096,
    )
    frequencies: int | None = dynode.option(
        None, help="gan: number of waves; 64 if absent.", min=1, max=1024
    )
    components: int = dynode.option(
        16, help="Most directions of the code space that move.", min=1, max=512
    )
    rest: str = dynode.option(
        "first",
        help="What motion is told from: the first frame of a clip, or its mean.",
        choices=("first", "mean"),
    )
    fps: float | None = dynode.option(
        None,
        help="Frames a second of the clips; what they say, or 25, if absent.",
        min=0.1,
        max=1000,
    )
    called: str = dynode.option("", help="Name of the moving generator; empty for NAME-moving.")
    tensorboard: bool = dynode.option(
        False, help="Also write the log as TensorBoard event files, to RUN/tensorboard."
    )

    def __post_init__(self) -> None:
        """Refuse what belongs to the other objective."""
        known = {field.name for field in fields(_CHOSEN[self.objective])}
        foreign = sorted(self._given().keys() - known)
        if foreign:
            flag = foreign[0].replace("_", "-")
            raise OptionError(
                f"--{flag} does not apply to --objective {self.objective}; leave it out"
            )
        if self.objective == "flow" and self.hidden == 0:
            raise OptionError(
                "--hidden is 0; a flow needs 1 or more, and only gan has a linear motion"
            )
        self.chosen()

    def chosen(self) -> FlowOptions | AdversarialOptions:
        """Return the options of the objective, with its defaults."""
        return _CHOSEN[self.objective](**self._given())

    def _given(self) -> dict[str, Any]:  # numbers
        shared = ("objective", "components", "rest", "fps", "called", "tensorboard")
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value
            for name, value in values.items()
            if value is not None and name not in shared
        }
