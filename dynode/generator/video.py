"""What video generators offer beside pictures: the same content at other times."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion


@runtime_checkable
class VideoGenerator(Generator, Protocol):
    """A generator whose pictures also depend on time and on a motion code.

    As a `Generator` it draws stills: its time is fixed, by `at`. Every direction, inverter and
    scorer works on the content, which is `Latents`; an edit of a clip touches it once.
    """

    @property
    def fps(self) -> float:
        """Frames a second of its time unit, the frame."""
        ...

    @property
    def motion_width(self) -> int:
        """Width of a motion code, 0 for a generator without motion."""
        ...

    def motion_codes(self, motion: Motion, times: Tensor) -> Tensor:
        """Compute the motion codes of videos.

        Args:
            motion: Of n videos.
            times: (n, T), or (T,) for all videos, real, 0 or more, in frames.

        Returns:
            (n, T, motion_width).
        """
        ...

    def synthesize_frames(
        self,
        latents: Latents,
        codes: Tensor,
        *,
        noise: str = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw frames.

        Args:
            latents: Content of n videos.
            codes: (n, T, motion_width) motion codes.
            noise: As for `Generator.synthesize`.
            resolution: As for `Generator.synthesize`.

        Returns:
            (n, T, 3, h, w).
        """
        ...

    def at(self, motion: Motion, times: Tensor) -> VideoGenerator:
        """Return this generator with times fixed: n x T frames, drawn video by video.

        Its `synthesize` takes as many latents as there are frames, or any number if it is one.

        Args:
            motion: Of n videos.
            times: (n, T), or (T,) for all videos.
        """
        ...

    def first_frame(self, motion: Motion) -> Generator:
        """Return what draws first frames: the generator an inverter is to be given."""
        ...

    def content(self, latents: Latents, motion: Motion) -> Latents:
        """Turn latents of first frames, drawn by `first_frame`, into the content of the clips."""
        ...


@runtime_checkable
class KnowsMotion(Protocol):
    """The optional capability to tell its motion from that of others that draw the same pictures."""

    @property
    def motion_fingerprint(self) -> str:
        """Hash of what draws the pictures and of what moves them."""
        ...


def motion_fingerprint(generator: Generator) -> str:
    """Give what saved motion of a generator is recognised by; see `Motion.save`."""
    if isinstance(generator, KnowsMotion):
        return generator.motion_fingerprint
    return generator.info.fingerprint


@runtime_checkable
class FitsMotion(Protocol):
    """The optional capability to draw motion that suits a content."""

    def fitted(self, motion: Motion, latents: Latents) -> Motion:
        """Tell drawn motions of n videos of their contents; itself where it makes no difference."""
        ...


def fitted_motion(generator: Generator, motion: Motion, latents: Latents) -> Motion:
    """Tell drawn motion of the content it is for, where the generator's motion depends on it.

    Edits of the content then leave the motion as it is.
    """
    return generator.fitted(motion, latents) if isinstance(generator, FitsMotion) else motion


@runtime_checkable
class ReadsMotion(Protocol):
    """The optional capability to tell motion from the codes of frames, without drawing."""

    def read_motion(self, w: Tensor, rest: Tensor) -> tuple[Tensor, Tensor] | None:
        """Split the codes of a clip's frames into one content and motion codes.

        Args:
            w: (T, rows, w_dim) codes of frames, as drawn by `first_frame`.
            rest: (motion_width,) what the mean of the motion codes is to be.

        Returns:
            Content (1, rows, w_dim) and motion codes (T, motion_width); None if this motion cannot
            be read.
        """
        ...
