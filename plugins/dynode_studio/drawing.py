"""From a state to its picture."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

import dynode
from dynode.direction import Direction, EditStack
from dynode.errors import UnknownNameError
from dynode.generator import Generator, choose_class, redrawing
from dynode.latents import Latents
from dynode.pipeline import conflicts, limit_rows
from dynode_studio.clips import ClipWork
from dynode_studio.contents import Contents
from dynode_studio.state import Slider, Source, State

_QUALITY = 90  # of frames that are shown while something moves
_KEPT = 64  # limited directions

Encoding = Literal["PNG", "JPEG"]


class Drawing:
    """Draws states with one generator.

    Args:
        generator: What draws.
        ready: Ready directions by name.
        contents: Where codes and other directions are kept.
    """

    def __init__(
        self, generator: Generator, ready: Mapping[str, Direction], contents: Contents
    ) -> None:
        self.generator, self.ready, self.contents = generator, dict(ready), contents
        self._live = redrawing(generator)
        self.clip: ClipWork | None = None
        self._source: tuple[Source, Latents] | None = None
        self._directions: dict[tuple[str, str, str], Direction] = {}

    def latents(self, source: Source) -> Latents:
        """Return the codes of a source, kept until another is asked for.

        Raises:
            DynodeError: The codes cannot be read, or there is no such class.
        """
        if self._source is None or self._source[0] != source:
            self._source = (source, self._opened(source))
        return self._source[1]

    def _opened(self, source: Source) -> Latents:
        generator = self.generator
        if source.kind == "seed":
            if source.class_index is not None:
                generator = choose_class(generator, source.class_index)
            return generator.sample(1, seed=source.seed, truncation=source.truncation)
        codes = self.contents.latents(source.file, generator.info.fingerprint)
        return codes.to(generator.device, generator.dtype)

    def direction(self, slider: Slider) -> Direction:
        """Return the direction of a slider, limited to its rows.

        Raises:
            DynodeError: There is none, it does not fit, or moves no rows.
        """
        key = (slider.file, "" if slider.file else slider.name, slider.rows)
        if key not in self._directions:
            self._directions[key] = self._loaded(slider)
            while len(self._directions) > _KEPT:
                del self._directions[next(iter(self._directions))]
        return self._directions[key]

    def _loaded(self, slider: Slider) -> Direction:
        if slider.file:
            direction = self.contents.direction(slider.file)
        elif slider.name in self.ready:
            direction = self.ready[slider.name]
        else:
            raise UnknownNameError("ready direction", slider.name, self.ready)
        info = self.generator.info
        direction.check(info)
        if slider.rows:
            direction = limit_rows(direction, slider.rows, info)
        return direction.ready_for(self.generator)

    def stack(self, state: State) -> EditStack:
        """Return the directions that move something, with their strengths."""
        return EditStack(tuple((self.direction(s), s.strength) for s in state.active))

    def edited(self, state: State) -> Latents:
        """Return the codes of a state's picture."""
        first, work = self.latents(state.source), self.clip_of(state)
        with torch.no_grad():
            edited = self.stack(state).apply(first)
            return edited if work is None else work.carried(first, edited, state.frame)

    def close(self) -> None:
        """Delete the file of the clip."""
        if self.clip is not None:
            self.clip.folder.cleanup()
            self.clip = None

    def clip_of(self, state: State) -> ClipWork | None:
        """Return the clip that a state edits, if it is open."""
        is_clip = self.clip is not None and self.clip.key == state.source.file
        return self.clip if is_clip and state.source.kind == "clip" else None

    def draw(self, latents: Latents) -> Tensor:
        """Draw codes: (n, 3, h, w) in about [-1, 1], on the CPU; in any thread."""
        with torch.inference_mode():
            return self.generator.synthesize(latents).cpu()

    def frame(self, state: State, *, height: int | None = None) -> bytes:
        """Draw what is shown, from the first block that changed; in the thread that draws alone.

        Args:
            state: Of what.
            height: Where to stop early, in pixels; None for the full picture.
        """
        return encoded(self._live.synthesize(self.edited(state), resolution=height), "JPEG")

    def png(self, state: State) -> bytes:
        """Draw what is downloaded: the bytes that the command of `as_command` writes."""
        return encoded(self.draw(self.edited(state)), "PNG")

    def changes(self, state: State) -> dict[str, float]:
        """Measure how far each attribute moved, in standard deviations; empty without a scorer."""
        stack = self.stack(state)
        if not len(stack):
            return {}
        latents = self.latents(state.source)
        return dict(dynode.edit(latents, directions=stack, generator=self.generator).changes)

    def conflicts(self, state: State) -> list[str]:
        """Say where directions of the stack pull an attribute in opposite ways."""
        return [str(conflict) for conflict in conflicts(self.stack(state))]


def pixels_of(images: Tensor) -> np.ndarray:
    """Map pictures (n, 3, h, w) from [-1, 1] to (n, h, w, 3) 8 bit, clamped and rounded."""
    scaled = images.detach().float().clamp(-1, 1).add(1).mul(127.5).round()
    pixels: np.ndarray = scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    return pixels


def shrunk(content: bytes, height: int) -> bytes:
    """Make a picture no higher than this, as the bytes of a JPEG; one that is not, as it was."""
    picture = Image.open(io.BytesIO(content))
    if picture.height <= height:
        return content
    stream = io.BytesIO()
    picture.resize((round(picture.width * height / picture.height), height)).save(
        stream, "JPEG", quality=_QUALITY
    )
    return stream.getvalue()


def encoded(images: Tensor, as_: Encoding) -> bytes:
    """Write the pictures side by side as the bytes of an image file."""
    row = np.concatenate(list(pixels_of(images)), axis=1)
    stream = io.BytesIO()
    Image.fromarray(row).save(stream, as_, quality=_QUALITY)
    return stream.getvalue()
