"""A video generator as a `Generator` of dynode: StyleGAN2 whose pictures depend on time."""

from __future__ import annotations

import copy
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import UsageError
from dynode.latents import Latents, Motion
from dynode.stylegan2 import NoiseMode, StyleGAN2, resolve_noise
from dynode_stylegan_v.file import write_network
from dynode_stylegan_v.noise import noise_of
from dynode_stylegan_v.synthesis import FrameInputs, VideoNetwork


class StyleGANV(StyleGAN2):
    """StyleGAN-V, or MoCoGAN with a StyleGAN2 backbone.

    As a generator of stills its time is fixed: to the first frame of the motion of seed 0, or by
    `at`. Guaranteed beside what `StyleGAN2` guarantees: a frame depends on its content, motion and
    time alone, not on the frames drawn with it, up to rounding.

    Args:
        network: Weights and config.
        about: Name, domain, crop, licence and source; see `StyleGAN2`.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683.
    """

    network: VideoNetwork

    def __init__(self, network: VideoNetwork, *, name: str, **about: str) -> None:
        super().__init__(network, name=name, **about)
        self._codes: Tensor | None = None

    @property
    def fps(self) -> float:
        """Frames a second of its training."""
        return self.network.config.fps

    @property
    def motion_width(self) -> int:
        """Width of a motion code."""
        return self.network.config.motion.width

    def motion_codes(self, motion: Motion, times: Tensor) -> Tensor:
        """Compute the motion codes of videos; see `VideoGenerator`.

        Args:
            motion: Of n videos; conditional generators need its labels.
            times: (n, T), or (T,) for all videos, in frames.

        Returns:
            (n, T, motion_width).

        Raises:
            UsageError: Times or labels do not fit.
        """
        times = times.expand(len(motion), -1) if times.ndim == 1 else times
        if len(times) != len(motion):
            raise UsageError(f"there are times of {len(times)} videos and {len(motion)} motions")
        if motion.codes is not None:
            return motion.codes_at(times).to(self.device, self.dtype)
        labels = None if motion.labels is None else motion.labels.to(self.device, self.dtype)
        codes: Tensor = self.network.motion(times, noise_of(motion), labels)
        return codes.to(self.device, self.dtype)

    def synthesize_frames(
        self,
        latents: Latents,
        codes: Tensor,
        *,
        noise: NoiseMode = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw frames; see `VideoGenerator`.

        Args:
            latents: Content of n videos.
            codes: (n, T, motion_width).
            noise: As for `synthesize`; has no effect on networks without noise inputs.
            resolution: As for `synthesize`.

        Returns:
            (n, T, 3, h, w).

        Raises:
            UsageError: The codes are of other videos, or of another width.
        """
        frames = _per_frame(latents, codes)
        drawn = self._showing(codes.flatten(0, 1)).synthesize(
            frames, noise=noise, resolution=resolution
        )
        return drawn.view(*codes.shape[:2], *drawn.shape[1:])

    def at(self, motion: Motion, times: Tensor) -> StyleGANV:
        """Return it with other times fixed; see `VideoGenerator`."""
        return self._showing(self.motion_codes(motion, times).flatten(0, 1))

    def first_frame(self, motion: Motion) -> StyleGANV:
        """Return what draws the first frames of motions."""
        return self.at(motion, torch.zeros(1))

    def content(self, latents: Latents, motion: Motion) -> Latents:
        """Return latents of first frames as they are: they are the content."""
        return latents

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> StyleGANV:
        """Return it on another device or in another type; itself if nothing changes."""
        moved = super().to(device, dtype)
        assert isinstance(moved, StyleGANV)
        if moved is not self and self._codes is not None:
            moved._codes = self._codes.to(moved.device, moved.dtype)
        return moved

    def styles(self, latents: Latents) -> dict[str, Tensor]:
        """Read the style vectors at the fixed times; see `StyleGAN2.styles`."""
        self._check(latents)
        w = latents.w.to(self.device, self.dtype)
        styles = self.network.synthesis.styles(self.network.joined(w, self._shown(len(w))))
        for name, offset in latents.styles.items():
            styles[name] = styles[name] + offset.to(self.device, self.dtype)
        return styles

    def layer_inputs(
        self, latents: Latents, *, noise: NoiseMode = "const", resolution: int | None = None
    ) -> FrameInputs:
        """Compute what the synthesis layers receive; see `StyleGAN2.layer_inputs`."""
        synthesis, codes = self.network.synthesis, self._shown(len(latents))
        maps: dict[str, Tensor] = {}
        if self.network.config.has_noise:
            maps = resolve_noise(
                synthesis, noise, len(latents), self.network.synthesis.last_block(resolution)
            )
        elif not isinstance(noise, str):
            raise UsageError(
                f"{self._about['name']} was trained without noise inputs and got noise maps; "
                "leave them out"
            )
        return FrameInputs(
            self.styles(latents),
            latents.weights_by_layer(),
            maps,
            codes if synthesis.takes_motion else None,
            sixteen_bits=self._sixteen_bits,
        )

    def stored_noise(self) -> list[Tensor]:
        """Return the stored noise; nothing for networks without noise inputs."""
        return super().stored_noise() if self.network.config.has_noise else []

    def write_checkpoint(self, path: Path, *, force: bool = False) -> None:
        """Write it as dynode's own file of video generators; see `WritesCheckpoint`."""
        told = ("name", "domain", "crop", "licence", "source")
        network = self.to("cpu", torch.float32).network
        facts = {key: self._about[key] for key in told}
        write_network(network, path, metadata=facts, force=force)

    def _showing(self, codes: Tensor) -> StyleGANV:
        """Return a copy with the codes (frames, width) of what it shows."""
        if codes.shape[-1] != self.motion_width:
            raise UsageError(
                f"motion codes are {codes.shape[-1]} wide, {self._about['name']} needs "
                f"{self.motion_width}; compute them with its motion_codes"
            )
        shown = copy.copy(self)
        shown._codes = codes
        return shown

    def _shown(self, n: int) -> Tensor:
        """Give the motion codes of n frames."""
        if self._codes is None:
            self._codes = self._first_code()
        if len(self._codes) not in (1, n):
            raise UsageError(
                f"the generator is fixed at {len(self._codes)} frames and got {n} latents; give as "
                "many, or one for each video to synthesize_frames"
            )
        return self._codes.expand(n, -1)

    @torch.no_grad()
    def _first_code(self) -> Tensor:
        """Compute the code of the first frame of seed 0, of no class in particular."""
        c_dim = self.network.config.c_dim
        labels = torch.full((1, c_dim), 1 / c_dim) if c_dim else None
        motion = Motion.draw(1, seed=0, labels=labels)
        return self.motion_codes(motion, torch.zeros(1)).flatten(0, 1)


def _per_frame(latents: Latents, codes: Tensor) -> Latents:
    """Repeat the content of every video for its frames."""
    if codes.ndim != 3 or len(codes) != len(latents):
        raise UsageError(
            f"motion codes have shape {tuple(codes.shape)}; expected ({len(latents)}, frames, "
            "width), of as many videos as there are latents"
        )
    return latents[torch.arange(len(latents)).repeat_interleave(codes.shape[1])]
