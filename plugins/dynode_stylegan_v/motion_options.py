"""Options of the training of motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dynode
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode_stylegan_v.config import MotionConfig


@dataclass(frozen=True)
class MotionTrainingOptions:
    """What shapes the motion that is trained for a generator."""

    steps: int = dynode.option(6000, help="Training steps.", unit="steps", min=1)
    batch: int = dynode.option(64, help="Clips a step.", min=2)
    frames: int = dynode.option(6, help="Evenly spaced frames the judge sees.", min=3, max=64)
    gamma: float = dynode.option(1.0, help="Weight of the gradient penalty R1.", min=0.0)
    learning_rate: float = dynode.option(
        1e-3, help="Learning rate of the motion; the judge's is twice that.", min=1e-7, max=1.0
    )
    min_period: float = dynode.option(
        6, help="Shortest period of the waves at rest.", unit="frames", min=0.5
    )
    max_period: float = dynode.option(512, help="Longest one.", unit="frames", min=1)
    distance: float = dynode.option(
        64, help="Frames between two motion codes.", unit="frames", min=1, max=4096
    )
    width: int = dynode.option(32, help="Width of noise and motion codes.", min=1, max=4096)
    frequencies: int = dynode.option(64, help="Number of waves.", min=1, max=1024)
    hidden: int = dynode.option(
        128,
        help="Width of the layers that bend the waves, for short events; 0 for a linear motion.",
        min=0,
        max=4096,
    )
    components: int = dynode.option(
        16, help="Most directions of the code space that move.", min=1, max=512
    )
    rest: str = dynode.option(
        "first",
        help="What motion is told from: the first frame of a clip, or its mean.",
        choices=("first", "mean"),
    )
    fps: float = dynode.option(25, help="Frames a second of the clips.", min=0.1, max=1000)
    called: str = dynode.option("", help="Name of the moving generator; empty for NAME-moving.")

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
