"""Shapes of video networks: StyleGAN2's, and how motion is coded and where it enters."""

from __future__ import annotations

from dataclasses import dataclass

from dynode.errors import UsageError
from dynode.stylegan2 import DiscriminatorConfig, GeneratorConfig

CONDITIONS = ("concat_const", "concat_w", "sum_w")
STRATEGIES = ("conv", "autoregressive", "filtered", "none")
SAMPLINGS = ("random", "uniform")


@dataclass(frozen=True)
class MotionConfig:
    """Shape of a motion network.

    Attributes:
        strategy: `conv`: two convolutions over the noise of a time grid; `autoregressive`: an LSTM;
            `filtered`: noise under low-pass filters, without a grid of codes; `none`: no motion,
            codes have width 0.
        z_dim: Width of the noise.
        v_dim: Width of a code on the grid; an LSTM's is `z_dim`.
        c_dim: Width of the class label that joins the noise, 0 for none.
        distance: Frames between two codes.
        kernel: Length of the convolutions, in codes.
        has_time_encoder: Waves between the codes; without, codes are mixed and mapped by two layers.
        frequencies: Number of waves; a motion code is twice as wide.
        min_period: Shortest period of the waves at rest, in frames.
        max_period: Longest one.
    """

    strategy: str = "conv"
    z_dim: int = 512
    v_dim: int = 512
    c_dim: int = 0
    distance: float = 16
    kernel: int = 11
    has_time_encoder: bool = True
    frequencies: int = 256
    min_period: float = 16
    max_period: float = 1024

    def __post_init__(self) -> None:
        """Check that the numbers make a network."""
        if self.strategy not in STRATEGIES:
            raise UsageError(
                f"motion strategy is {self.strategy!r}; expected one of {', '.join(STRATEGIES)}"
            )
        sizes = {name: getattr(self, name) for name in ("z_dim", "v_dim", "kernel", "distance")}
        wrong = [name for name, size in sizes.items() if not size > 0]
        if self.strategy != "none" and wrong:
            raise UsageError(
                f"motion {wrong[0]} is {sizes[wrong[0]]}; expected a positive number, or strategy "
                "'none' for a generator of stills"
            )
        if self.strategy == "filtered" and (self.c_dim or not self.has_time_encoder):
            raise UsageError(
                "filtered motion takes no classes and needs no time encoder to be left out; train "
                "without --labels, or choose conv"
            )
        if not 0 < self.min_period <= self.max_period:
            raise UsageError(
                f"motion periods are {self.min_period} to {self.max_period}; expected 0 < shortest "
                "<= longest, in frames"
            )
        if self.has_time_encoder and self.strategy == "autoregressive" and self.z_dim != self.v_dim:
            raise UsageError(
                f"an LSTM's codes are as wide as its noise, z_dim {self.z_dim}, and v_dim is "
                f"{self.v_dim}; make them equal"
            )

    @property
    def code_width(self) -> int:
        """Width of a code on the time grid."""
        return self.z_dim if self.strategy == "autoregressive" else self.v_dim

    @property
    def width(self) -> int:
        """Width of a motion code."""
        if self.strategy == "none":
            return 0
        return 2 * self.frequencies if self.has_time_encoder else self.v_dim

    @property
    def reach(self) -> int:
        """Noise vectors one code depends on, less one."""
        return 2 * (self.kernel - 1) if self.strategy == "conv" else 0


@dataclass(frozen=True)
class VideoConfig(GeneratorConfig):
    """Shape of a video generator.

    Attributes:
        condition: Where motion enters: `concat_const` beside the constant at 4 px, `concat_w` behind
            every style code, `sum_w` added to it.
        strategy: See `MotionConfig`, as the following ones.
        motion_z_dim: Width of the motion noise.
        motion_v_dim: Width of a code on the grid.
        motion_distance: Frames between two codes.
        kernel: Length of the motion convolutions.
        has_time_encoder: Waves between the codes.
        frequencies: Number of waves.
        min_period: Shortest period, in frames.
        max_period: Longest period, in frames.
        max_frames: Longest clip of its training, in frames.
        fps: Frames a second of its training.
        has_fractional_times: Whether it was trained at times between frames.
        has_noise: Whether its layers have noise inputs.
    """

    mapping_layers: int = 2
    condition: str = "concat_const"
    strategy: str = "conv"
    motion_z_dim: int = 512
    motion_v_dim: int = 512
    motion_distance: float = 16
    kernel: int = 11
    has_time_encoder: bool = True
    frequencies: int = 256
    min_period: float = 16
    max_period: float = 1024
    max_frames: int = 1024
    fps: float = 25
    has_fractional_times: bool = True
    has_noise: bool = False

    def __post_init__(self) -> None:
        """Check that the numbers make a network."""
        super().__post_init__()
        if self.condition not in CONDITIONS:
            raise UsageError(
                f"motion enters by {self.condition!r}; expected one of {', '.join(CONDITIONS)}"
            )
        width = self.motion.width
        if self.condition == "sum_w" and width not in (0, self.w_dim):
            raise UsageError(
                f"sum_w adds motion codes of width {width} to style codes of width {self.w_dim}; "
                "make them equal: half as many frequencies as w_dim"
            )
        if self.fps <= 0 or self.max_frames < 1:
            raise UsageError(
                f"a video generator of {self.max_frames} frames at {self.fps} a second; expected "
                "positive numbers"
            )

    @property
    def motion(self) -> MotionConfig:
        """Shape of the motion network."""
        return MotionConfig(
            strategy=self.strategy,
            z_dim=self.motion_z_dim,
            v_dim=self.motion_v_dim,
            c_dim=self.c_dim,
            distance=self.motion_distance,
            kernel=self.kernel,
            has_time_encoder=self.has_time_encoder,
            frequencies=self.frequencies,
            min_period=self.min_period,
            max_period=self.max_period,
        )

    @property
    def style_width(self) -> int:
        """Width of what the layers' styles are computed from."""
        return self.w_dim + (self.motion.width if self.condition == "concat_w" else 0)


@dataclass(frozen=True)
class VideoDiscriminatorConfig(DiscriminatorConfig):
    """Shape of a video discriminator.

    Attributes:
        frames: Frames of a video it sees.
        concat_resolution: Side in pixels at which the frames become channels of one picture; None
            for a judge of single frames.
        frame_divisor: Each frame brings this fraction of the usual channels there.
        max_frames: Times lie less than this apart.
        sampling: `random`: every distance between successive frames is told; `uniform`: the first.
        time_width: Width of an entry of the table of distances.
        is_hyper: Distances also scale the channels of every block (see `hyper`).
        has_dummy_condition: Times and classes are multiplied by 0, as an ablation.
    """

    mapping_layers: int = 2
    frames: int = 3
    concat_resolution: int | None = 16
    frame_divisor: int = 2
    max_frames: int = 1024
    sampling: str = "random"
    time_width: int = 256
    is_hyper: bool = False
    has_dummy_condition: bool = False

    def __post_init__(self) -> None:
        """Check that the numbers make a network."""
        super().__post_init__()
        if self.sampling not in SAMPLINGS:
            raise UsageError(f"sampling is {self.sampling!r}; expected {' or '.join(SAMPLINGS)}")
        where = self.concat_resolution
        if where is not None and where not in self.resolutions[1:-1]:
            raise UsageError(
                f"frames of {self.resolution} px are joined at {where} px; expected one of "
                f"{list(self.resolutions[1:-1])}"
            )
        if self.frames < 1 or (self.frames > 1 and (where is None or self.max_frames < 2)):
            raise UsageError(
                f"a discriminator of {self.frames} frames joined at {where} px, {self.max_frames} "
                "frames long; several frames need a resolution and a length of 2 or more"
            )

    @property
    def distances(self) -> int:
        """Number of time distances it is told."""
        return min(self.frames - 1, 1) if self.sampling == "uniform" else self.frames - 1
