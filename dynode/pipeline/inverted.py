"""Codes that were found for pictures, and what could not be inverted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

from PIL import Image

from dynode import files
from dynode.errors import UsageError
from dynode.generator.protocol import Generator
from dynode.generator.video import VideoGenerator, motion_fingerprint
from dynode.latents.file import save_latents
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.media.display import Displayed
from dynode.media.images import grid
from dynode.media.kind import is_clip
from dynode.pipeline.aligning import Align
from dynode.pipeline.faces import ClipFaces
from dynode.pipeline.generate import synthesize_batches

_MOST_SHOWN = 16


@dataclass(frozen=True, eq=False, repr=False)
class Inversion(Displayed):
    """Codes that were found, and what could not be inverted.

    Attributes:
        latents: Codes of all pictures that could be inverted, in order.
        names: Their file names; of a clip or of pictures in memory their numbers.
        failures: Why others could not, by file name.
        fingerprint: Of the generator they are for.
        cut: What cut the faces out of photographs, or where they were in the frames of a clip; None
            where the middle was taken.
        generator: What they were found for.
        motion: How the clip moves, where a video generator was given: then there is one code.
    """

    latents: Latents
    names: tuple[str, ...]
    failures: Mapping[str, str]
    fingerprint: str = ""
    cut: Align | ClipFaces | None = None
    generator: Generator | None = None
    motion: Motion | None = None

    def __repr__(self) -> str:
        """Say how many there are, in a line."""
        failed = f", {len(self.failures)} failed" if self.failures else ""
        return f"Inversion({len(self.latents)} inverted{failed})"

    def image(self) -> Image.Image:
        """Draw what the codes give, up to 16 pictures, side by side."""
        if self.generator is None:
            raise UsageError("these codes know no generator; draw them with generator.synthesize")
        drawn = synthesize_batches(self.generator, self.latents[:_MOST_SHOWN])
        return grid(drawn, columns=4)

    def save(self, path: str | Path, *, fingerprint: str | None = None, force: bool = True) -> None:
        """Write the codes as `Latents.save` does, with the names of their pictures, and motion beside.

        Args:
            path: Where to, ending in `.safetensors`.
            fingerprint: Fingerprint of the generator; None takes this inversion's own.
            force: Replace a motion file that stands beside it.
        """
        if self.motion is not None:
            files.check_free(motion_path(Path(path)), force=force)
        told = self.fingerprint if fingerprint is None else fingerprint
        save_latents(self.latents, Path(path), fingerprint=told, names=self.names)
        if self.motion is not None:
            maker = self.generator
            self.motion.save(
                motion_path(Path(path)),
                generator=maker.info.name if maker else "",
                fingerprint=motion_fingerprint(maker) if maker else "",
            )


def finds_motion(generator: Generator, source: str | Path) -> TypeGuard[VideoGenerator]:
    """Say whether a source becomes one content and a motion: a clip, by a generator that has motion."""
    return (
        is_clip(Path(source))
        and isinstance(generator, VideoGenerator)
        and generator.motion_width > 0
    )


def motion_path(path: Path) -> Path:
    """Name the motion file that stands beside a latents file."""
    stem = path.name.removesuffix(".safetensors").removesuffix(".latents")
    return path.with_name(f"{stem}.motion.safetensors")
