"""Motion for a generator that has none: its style codes move by a linear function of motion codes."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dynode.direction import layer_weight
from dynode.errors import UsageError
from dynode.generator import DrawsInPrecisions, Generator, GeneratorInfo, Precision, computing_as
from dynode.latents import Latents, Motion
from dynode.stylegan2 import SLOPE
from dynode_stylegan_v.clip_motion import ClipMotion, ClipMotionConfig
from dynode_stylegan_v.config import MotionConfig
from dynode_stylegan_v.motion import MotionNetwork
from dynode_stylegan_v.noise import noise_of


class MovingNetwork(nn.Module):
    """Motion codes, and a linear layer from them to the style code; no motion when new.

    Args:
        config: Shape of the motion network: StyleGAN-V's, or that of motion drawn clip by clip.
        w_dim: Width of the style code.
        hidden: Width of two layers beside the codes, whose output the linear layer reads too: for
            what is no sum of waves, such as a blink; 0 for none.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683 (`sum_w`).
        Deviation: published `sum_w` adds the codes themselves, which is no beginning for a
        generator that is already trained; the linear layer starts at zero.
    """

    def __init__(
        self, config: MotionConfig | ClipMotionConfig, w_dim: int, hidden: int = 0
    ) -> None:
        super().__init__()
        self.config, self.hidden = config, hidden
        self.motion: MotionNetwork | ClipMotion = (
            MotionNetwork(config) if isinstance(config, MotionConfig) else ClipMotion(config)
        )
        if hidden:
            self.beside = nn.Sequential(
                nn.Linear(config.width, hidden),
                nn.LeakyReLU(SLOPE),
                nn.Linear(hidden, hidden),
                nn.LeakyReLU(SLOPE),
            )
        self.head = nn.Linear(config.width + hidden, w_dim, bias=False)
        nn.init.zeros_(self.head.weight)

    def forward(self, codes: Tensor) -> Tensor:
        """Map motion codes (..., width) to what is added to every row of w+, (..., w_dim)."""
        if self.hidden:
            codes = torch.cat([codes, self.beside(codes)], dim=-1)
        moved: Tensor = self.head(codes)
        return moved


class MovingGenerator:
    """Any generator, with motion added to its style codes.

    As a `Generator` it is the still one, bit for bit, with its name's addition: it takes its
    latents, directions and inverters, and carries its fingerprint. `at`, `synthesize_frames` and
    `content` move it.

    Args:
        still: The generator; never modified.
        network: Motion and the linear layer.
        fps: Frames a second of the motion's time unit.
        name: Name to give it; None for the still generator's with `-moving` behind.
    """

    def __init__(
        self,
        still: Generator,
        network: MovingNetwork,
        *,
        fps: float = 25,
        name: str | None = None,
    ) -> None:
        width = network.head.out_features
        if width != still.info.w_dim:
            raise UsageError(
                f"the motion moves codes of width {width}, {still.info.name} has {still.info.w_dim};"
                " use the generator it was made for"
            )
        self.still, self.mover, self.fps = still, network, fps
        self._name = name or f"{still.info.name}-moving"
        self._shift: Tensor | None = None

    @property
    def info(self) -> GeneratorInfo:
        """The still generator's description and fingerprint, under another name."""
        return dataclasses.replace(self.still.info, name=self._name)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.still.device

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type of the pictures."""
        return self.still.dtype

    @property
    def mean_w(self) -> Tensor:
        """The still generator's mean code."""
        return self.still.mean_w

    @property
    def precision(self) -> Precision:
        """What the still generator draws in."""
        return self.still.precision if isinstance(self.still, DrawsInPrecisions) else "fp32"

    def in_precision(self, precision: Precision) -> MovingGenerator:
        """Return it with the still generator drawing in another precision; codes move in float32.

        Raises:
            OptionError: The still generator cannot.
        """
        return self._with(computing_as(self.still, precision=precision))

    def compiled(self) -> MovingGenerator:
        """Return it with the still generator compiled.

        Raises:
            OptionError: The still generator cannot be.
        """
        return self._with(computing_as(self.still, compiled=True))

    def _with(self, still: Generator) -> MovingGenerator:
        changed = copy.copy(self)
        changed.still = still
        return changed

    @property
    def motion_width(self) -> int:
        """Width of a motion code."""
        return self.mover.config.width

    @property
    def motion_fingerprint(self) -> str:
        """Hash of the still generator and of what moves it; see `KnowsMotion`."""
        digest = hashlib.sha256(self.still.info.fingerprint.encode())
        for name, part in sorted(self.mover.state_dict().items()):
            values = part.detach().to(device="cpu", dtype=torch.float32).contiguous()
            digest.update(f"{name} {tuple(values.shape)}".encode())
            digest.update(values.numpy().data)
        return digest.hexdigest()

    def map(
        self,
        z: Tensor,
        *,
        c: Tensor | None = None,
        truncation: float = 1.0,
        cutoff: int | None = None,
    ) -> Latents:
        """Map normal vectors to codes; see `Generator.map`."""
        return self.still.map(z, c=c, truncation=truncation, cutoff=cutoff)

    def sample(self, n: int, *, seed: int, truncation: float = 0.7) -> Latents:
        """Draw n codes; see `Generator.sample`."""
        return self.still.sample(n, seed=seed, truncation=truncation)

    def layer_weight(self, layer: str) -> Tensor:
        """Read the weight (out, in, kh, kw) of a layer of the still generator."""
        return layer_weight(self.still, layer)

    def styles(self, latents: Latents) -> dict[str, Tensor]:
        """Read the style vectors at the fixed times; see `Generator.styles`."""
        return self.still.styles(self._moved(latents))

    def synthesize(
        self,
        latents: Latents,
        *,
        noise: str | Sequence[Tensor] = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw pictures at the fixed times, or at rest; see `Generator.synthesize`."""
        return self.still.synthesize(self._moved(latents), noise=noise, resolution=resolution)

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> MovingGenerator:
        """Return it on another device or in another type; itself if nothing changes."""
        still = self.still.to(device, dtype)
        if still is self.still:
            return self
        moved = copy.copy(self)
        moved.still = still
        moved.mover = copy.deepcopy(self.mover).to(device=still.device)
        moved._shift = None if self._shift is None else self._shift.to(still.device, still.dtype)
        return moved

    def motion_codes(self, motion: Motion, times: Tensor) -> Tensor:
        """Compute motion codes; see `VideoGenerator.motion_codes`."""
        times = times.expand(len(motion), -1) if times.ndim == 1 else times
        if len(times) != len(motion):
            raise UsageError(f"there are times of {len(times)} videos and {len(motion)} motions")
        if motion.codes is not None:
            return motion.codes_at(times).to(self.device, self.dtype)
        told = motion.rest if isinstance(self.mover.motion, ClipMotion) else motion.labels
        codes: Tensor = self.mover.motion(times, noise_of(motion), told)
        return codes

    def fitted(self, motion: Motion, latents: Latents) -> Motion:
        """Tell motion where its contents rest in what moves; see `FitsMotion`."""
        if motion.codes is not None or not isinstance(self.mover.motion, ClipMotion):
            return motion
        head = self.mover.head.weight.detach().double()
        rest = torch.linalg.lstsq(head, latents.w.double().mean(1).T).solution.T
        return dataclasses.replace(motion, rest=rest.float().cpu())

    def synthesize_frames(
        self,
        latents: Latents,
        codes: Tensor,
        *,
        noise: str = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw frames (n, T, 3, h, w); see `VideoGenerator.synthesize_frames`."""
        if codes.ndim != 3 or len(codes) != len(latents) or codes.shape[2] != self.motion_width:
            raise UsageError(
                f"motion codes have shape {tuple(codes.shape)}; expected ({len(latents)}, frames, "
                f"{self.motion_width})"
            )
        rows = torch.arange(len(latents)).repeat_interleave(codes.shape[1])
        shown = self._shifted(self.mover(codes).flatten(0, 1))
        drawn = shown.synthesize(latents[rows], noise=noise, resolution=resolution)
        return drawn.view(*codes.shape[:2], *drawn.shape[1:])

    def at(self, motion: Motion, times: Tensor) -> MovingGenerator:
        """Return it with times fixed; see `VideoGenerator.at`."""
        return self._shifted(self.mover(self.motion_codes(motion, times)).flatten(0, 1))

    def first_frame(self, motion: Motion) -> Generator:
        """Return the still generator: every picture of it can be a first frame."""
        return self.still

    def content(self, latents: Latents, motion: Motion) -> Latents:
        """Move latents of pictures so that the motion's first frames are these pictures."""
        start = self.mover(self.motion_codes(motion, torch.zeros(1)))
        return latents.with_w(latents.w - start.to(latents.w))

    def read_motion(self, w: Tensor, rest: Tensor) -> tuple[Tensor, Tensor] | None:
        """Split codes of frames by least squares; see `ReadsMotion`. None with hidden layers."""
        if self.mover.hidden:
            return None
        head = self.mover.head.weight.detach().double()
        shifts = w.double().mean(1)
        change = shifts - shifts.mean(0)
        codes = torch.linalg.lstsq(head, change.T).solution.T + rest.double()
        content = w.double().mean(0, keepdim=True) - head @ rest.double()
        return content.to(w), codes.to(w)

    def _shifted(self, shift: Tensor) -> MovingGenerator:
        shown = copy.copy(self)
        shown._shift = shift.to(self.device, self.dtype)
        return shown

    def _moved(self, latents: Latents) -> Latents:
        if self._shift is None:
            return latents
        if len(self._shift) not in (1, len(latents)):
            raise UsageError(
                f"the generator is fixed at {len(self._shift)} frames and got {len(latents)} "
                "latents; give as many, or one for each video to synthesize_frames"
            )
        return latents.with_w(latents.w.to(self._shift) + self._shift[:, None])
