"""Options of the training of video generators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dynode
from dynode.errors import OptionError
from dynode_adversarial import AdversarialOptions

if TYPE_CHECKING:
    from dynode_stylegan_v.frames import FrameSampling

_WIDTH = 128
_PUBLISHED_WIDTH = 512


@dataclass(frozen=True)
class VideoTrainingOptions(AdversarialOptions):
    """What shapes a video generator that is trained on clips."""

    frames: int = dynode.option(3, help="Frames of a clip that are sampled.", min=1, max=64)
    sampling: str = dynode.option(
        "random",
        help="Frames anywhere between a first and a last one, or evenly spaced.",
        choices=("random", "uniform"),
    )
    max_distance: int = dynode.option(
        32, help="Longest distance from first to last, or of a step.", unit="frames", min=1
    )
    max_frames: int = dynode.option(
        1024, help="Longest part of a clip that is looked at.", unit="frames", min=2, max=65536
    )
    condition: str = dynode.option(
        "concat_const",
        help="Where motion enters: beside the constant, behind or added to the style codes.",
        choices=("concat_const", "concat_w", "sum_w"),
    )
    freeze: str = dynode.option(
        "none",
        help="What stays as --from has it: nothing, or all but the motion.",
        choices=("none", "content"),
    )
    strategy: str = dynode.option(
        "conv",
        help="Codes on a grid of times with waves between them, or noise under low-pass filters.",
        choices=("conv", "filtered"),
    )
    motion_dim: int | None = dynode.option(
        None, help="Width of motion noise and codes; 128 if absent.", min=1, max=4096
    )
    frequencies: int | None = dynode.option(
        None,
        help="Number of waves of the motion; 64 if absent, with sum_w half of --w-dim.",
        min=1,
        max=4096,
    )
    published: bool = dynode.option(
        False, help="The published widths of motion instead: codes of 512, 256 waves."
    )
    min_period: float = dynode.option(
        16, help="Shortest period, and frames between motion codes.", unit="frames", min=1
    )
    max_period: float = dynode.option(1024, help="Longest period.", unit="frames", min=1)
    kernel: int = dynode.option(11, help="Length of the motion convolutions.", unit="codes", min=1)
    concat_resolution: int = dynode.option(
        16, help="Side at which the discriminator joins the frames; 8 at most at 16 px.", min=8
    )
    hyper: bool = dynode.option(False, help="Distances also steer every discriminator block.")
    fps: float = dynode.option(25, help="Frames a second of the clips.", min=0.1, max=1000)
    called: str = dynode.option("", help="Name of the generator; empty for that of the file.")

    def __post_init__(self) -> None:
        """Check what no single option shows."""
        if self.min_period > self.max_period:
            raise OptionError(
                f"--min-period is {self.min_period:g} and --max-period {self.max_period:g}; expected "
                "the shortest not above the longest"
            )
        if self.strategy == "filtered" and (self.labels != "none" or self.kernel != 11):
            name = "labels" if self.labels != "none" else "kernel"
            raise OptionError(f"--{name} does not apply to --strategy filtered; leave it out")
        for name in ("motion_dim", "frequencies"):
            if self.published and getattr(self, name) is not None:
                flag = name.replace("_", "-")
                raise OptionError(f"--published and --{flag} both say a width; leave one out")
        if self.condition == "sum_w" and 2 * self.waves != self.w_dim:
            raise OptionError(
                f"sum_w adds motion to style codes of width {self.w_dim}, and {self.waves} "
                f"frequencies make it {2 * self.waves} wide; give --frequencies "
                f"{self.w_dim // 2}, or another --condition"
            )

    def shaping(self) -> dict[str, Any]:
        """Return the options that shape the result, widths as numbers; see `AdversarialOptions`."""
        found = super().shaping()
        del found["published"]
        return found | {"motion_dim": self.motion_width, "frequencies": self.waves}

    @property
    def motion_width(self) -> int:
        """Width of motion noise and codes."""
        if self.motion_dim is not None:
            return self.motion_dim
        return _PUBLISHED_WIDTH if self.published else _WIDTH

    @property
    def waves(self) -> int:
        """Number of waves of the motion."""
        if self.frequencies is not None:
            return self.frequencies
        if self.published:
            return _PUBLISHED_WIDTH // 2
        return max(1, self.w_dim // 2) if self.condition == "sum_w" else _WIDTH // 2

    @property
    def frame_sampling(self) -> FrameSampling:
        """Which frames are looked at."""
        from dynode_stylegan_v.frames import FrameSampling

        return FrameSampling(self.sampling, self.frames, max_distance=self.max_distance)


@dataclass(frozen=True)
class MoCoGANTrainingOptions(AdversarialOptions):
    """What shapes a MoCoGAN generator that is trained on clips."""

    batch: int = dynode.option(8, help="Clips a step, over all processes.", min=1)
    frames: int = dynode.option(16, help="Frames of a clip that are sampled.", min=16, max=64)
    max_distance: int = dynode.option(
        1, help="Longest step between two frames.", unit="frames", min=1
    )
    max_frames: int = dynode.option(
        1024, help="Longest part of a clip that is looked at.", unit="frames", min=16, max=65536
    )
    motion_dim: int = dynode.option(512, help="Width of motion noise and codes.", min=1, max=4096)
    clip_rate: float = dynode.option(
        0.1, help="Learning rate of the judge of clips, relative to that of frames.", min=0.0
    )
    fps: float = dynode.option(25, help="Frames a second of the clips.", min=0.1, max=1000)
    called: str = dynode.option("", help="Name of the generator; empty for that of the file.")

    def __post_init__(self) -> None:
        """Check what no single option shows."""
        if self.labels != "none":
            raise OptionError(
                "--labels does not apply to MoCoGAN: its judge of frames takes no classes, which belong to "
                "clips; leave it out"
            )

    @property
    def motion_width(self) -> int:
        """Width of motion noise and codes."""
        return self.motion_dim

    @property
    def frame_sampling(self) -> FrameSampling:
        """Which frames are looked at."""
        from dynode_stylegan_v.frames import FrameSampling

        return FrameSampling("uniform", self.frames, max_distance=self.max_distance)
