"""Animate a still picture: one code, a direction or micromotion, frames over its progress."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from dynode.direction.base import Direction
from dynode.errors import OptionError, UnknownNameError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.generator.redraw import Synthesizer, redrawing
from dynode.latents.latents import Latents
from dynode.media.display import Displayed, clip_html, short
from dynode.media.images import grid
from dynode.media.video import write_video
from dynode.pipeline.applying import refuse_what_does_not_apply
from dynode.pipeline.directions import load_direction
from dynode.pipeline.easing import EASES
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.generate import begin_alike, synthesize_batches
from dynode.pipeline.library import motion_path
from dynode.pipeline.naming import Named, with_strength
from dynode.pipeline.source import open_source
from dynode.pipeline.source_kinds import Source, SourceKind, source_kind
from dynode.plugins.methods import Progress, silent
from dynode.scoring.measure import attribute_changes, load_scorer

_BATCH = 4
_FPS = 25.0
_MOST_PLAYED = 48
_MOST_FRAMES = 100_000


@dataclass(frozen=True, eq=False, repr=False)
class Animation(Displayed):
    """A still picture that moves; frames are drawn when they are asked for.

    Attributes:
        generator: What draws.
        latents: The picture, a batch of one.
        motion: What moves it.
        strength: What progress 1 means: this many times the motion.
        progress: (n,) how far along the motion each frame is, 0 to 1.
    """

    generator: Generator
    latents: Latents
    motion: Direction
    strength: float
    progress: Tensor

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.progress)

    def __repr__(self) -> str:
        """Say what moves, in a line."""
        return f"Animation({len(self)} frames, {short(self.motion.info.name)}:{self.strength:g})"

    def image(self) -> Image.Image:
        """Draw a strip of the first frame, the last, and up to four between them."""
        wanted = torch.linspace(0, len(self) - 1, min(len(self), 6)).round().long()
        codes = self.codes(self.progress[wanted])
        return grid(synthesize_batches(self.generator, codes), columns=len(wanted))

    def _repr_html_(self) -> str:
        """Play it in a notebook, small: at most 48 frames, no larger than 256 pixels."""
        step = -(-len(self) // _MOST_PLAYED)
        frames = synthesize_batches(self.generator, self.codes(self.progress[::step]))
        return clip_html([frames], fps=_FPS / step, told=repr(self))

    def codes(self, progress: Tensor) -> Latents:
        """Return the codes of any progress (n,); 0 is the still picture, bit for bit."""
        return self.motion.along(self.latents, progress, self.strength)

    def frames(self, *, progress: Progress = silent) -> Iterator[Tensor]:
        """Draw the frames a few at a time.

        Args:
            progress: Called with the number of frames drawn.

        Yields:
            (up to 4, 3, h, w) float in about [-1, 1], RGB.
        """
        codes = self.codes(self.progress)
        alike = begin_alike(codes)
        draw: Synthesizer = redrawing(self.generator) if alike else self.generator
        batch = 1 if alike else _BATCH
        for begin in range(0, len(self), batch):
            with torch.inference_mode():
                images = draw.synthesize(codes[begin : begin + batch])
            progress(min(begin + batch, len(self)), len(self), "drawing")
            yield images

    def save(self, path: str | Path, *, fps: float = _FPS, progress: Progress = silent) -> int:
        """Write the frames as a video; every frame is mapped from [-1, 1] to 8 bit in the same way.

        Args:
            path: `.mp4`, `.mov`, `.mkv`, `.webm`, `.gif`, or `.webp`, which loses nothing; a file of that
                name is replaced.
            fps: Frames a second.
            progress: Called with the number of frames drawn.

        Returns:
            The number of frames.
        """
        return write_video(self.frames(progress=progress), Path(path), fps=fps)

    def changes(self) -> dict[str, float]:
        """Measure what the whole motion changes, in standard deviations; empty without a scorer."""
        scorer = load_scorer(self.generator.info, self.generator.device)
        if scorer is None:
            return {}
        with torch.inference_mode():
            first, last = self.generator.synthesize(self.codes(torch.tensor([0.0, 1.0]))).split(1)
        changed = attribute_changes(scorer, first, last)[0]
        return dict(zip(scorer.attributes, changed.tolist(), strict=True))


def animate(
    source: Source = None,
    motion: Named = "smile",
    *,
    strength: float = 1.0,
    frames: int = 100,
    ease: str = "smooth",
    boomerang: bool = False,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    inverter: str | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    faces: FaceSource | None = None,
    truncation: float | None = None,
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
    scale: float | None = None,
) -> Animation:
    """Move a still picture along a micromotion or any other direction.

    Args:
        source: One picture: image or latents file, latents, or a picture in memory (see
            `dynode.invert`); None samples one.
        motion: A direction, its file, or the name of a ready one, such as `"smile:0.5"`; micromotions
            come first.
        strength: Multiplies it: 1 is the whole micromotion, or strength 1 of any other direction.
        frames: How many.
        ease: `linear`, `smooth` (slow at both ends), `in` (slow start) or `out` (slow end).
        boomerang: Go there and back, so that the clip can be repeated without a jump.
        generator: A loaded generator, or what `load_generator` takes.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator, by number or name, that whatever is sampled is
            of; None for all classes.
        inverter: Inverter of a picture; None for that of the generator's domain.
        inverter_options: Its options by name.
        faces: Where the face is in a picture; None takes the middle.
        truncation: Truncation ψ of a sampled picture, 0.7 if not said: 1 none, 0 the mean picture.
        seed: Seed of everything random.
        force: Accept a direction of another generator of the same shape.
        progress: Called by the inverter.
        scale: Deprecated name of `strength`.

    Raises:
        OptionError: A number is out of range, an option does not apply to the source, or the source
            holds several pictures.
        UnknownNameError: There is no such ease or direction.
        DynodeError: See `load_generator` and `invert`.
    """
    if scale is not None:
        warnings.warn("scale is now called strength", DeprecationWarning, stacklevel=2)
        strength = scale
    given = {"inverter": inverter, "inverter_options": inverter_options, "faces": faces}
    sampling = {"truncation": truncation, "class_index": class_index}
    refuse_what_does_not_apply("animate", given | sampling, _still(source))
    when = progress_of_frames(frames, ease=ease, boomerang=boomerang)
    found, own = with_strength(motion, motion_path, option="--micromotion")
    direction = found if isinstance(found, Direction) else load_direction(found)
    drawing = loaded(generator, device=device, class_index=class_index)
    direction.check(drawing.info, force=force)
    latents = open_source(
        source,
        drawing,
        inverter=inverter,
        inverter_options=inverter_options,
        faces=faces,
        seed=seed,
        truncation=0.7 if truncation is None else truncation,
        progress=progress,
    )
    if len(latents) != 1:
        raise OptionError(
            f"the source holds {len(latents)} pictures; expected one: keep one of them, such as "
            f"latents[0]"
        )
    return Animation(drawing, latents, direction.ready_for(drawing), own * strength, when)


def _still(source: Source) -> SourceKind:
    """Say what is animated.

    Raises:
        OptionError: It moves already.
    """
    kind = source_kind(source)
    if kind == "clip":
        raise OptionError(
            f"{source} is a clip, and what is animated is a still picture; give one of its frames, or "
            f"edit the clip with 'dynode edit'"
        )
    return kind


def progress_of_frames(frames: int, *, ease: str = "smooth", boomerang: bool = False) -> Tensor:
    """Say how far along the motion each frame is.

    Args:
        frames: How many, at least 2.
        ease: One of `EASES`.
        boomerang: There and back; the last frame is the one before the first.

    Returns:
        (frames,) from 0; to 1, or back.

    Raises:
        OptionError: Too few or too many frames.
        UnknownNameError: There is no such ease.
    """
    if ease not in EASES:
        raise UnknownNameError("ease", ease, EASES)
    if not 2 <= frames <= _MOST_FRAMES:
        raise OptionError(f"--frames is {frames}; expected 2 to {_MOST_FRAMES}")
    steps = torch.arange(frames, dtype=torch.float64)
    shares = 1 - (2 * steps / frames - 1).abs() if boomerang else steps / (frames - 1)
    return EASES[ease](shares).float()
