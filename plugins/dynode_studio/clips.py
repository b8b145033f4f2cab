"""A clip on the table: its first frame is edited, and the trajectory carries the edit to the others."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

import dynode
from dynode.errors import MediaError, UsageError
from dynode.latents import Latents
from dynode.media import Sound, open_clip, write_video
from dynode.plugins import Progress, silent
from dynode_studio.state import Source, State
from dynode_studio.uploads import MOST_CLIP_SECONDS, suffix_of

if TYPE_CHECKING:
    from dynode_studio.drawing import Drawing

MOST_FRAMES = 1000
_BATCH = 4


@dataclass(frozen=True, eq=False)
class ClipWork:
    """A clip that was opened.

    Attributes:
        edit: What `dynode.edit` made of it; its directions move nothing.
        key: Of the codes of its first frame.
        folder: Where its file is, until the tab is closed.
    """

    edit: Any  # a ClipEdit, which is no name of the public API
    key: str
    folder: tempfile.TemporaryDirectory[str]

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.edit.fitted.clip)

    @property
    def fps(self) -> float:
        """Frames a second."""
        return float(self.edit.fitted.clip.rate)

    def time_s(self, frame: int) -> float:
        """Return the time of a frame in seconds; frames are evenly spaced."""
        return float(self.edit.fitted.clip.times_s[-1]) * frame / (len(self) - 1)

    @cached_property
    def codes(self) -> Latents:
        """The codes of all frames on the trajectory, without any edit."""
        times = [self.time_s(frame) for frame in range(len(self))]
        asked = torch.tensor(times, dtype=torch.float64)
        with torch.no_grad():
            found: Latents = self.edit.fitted.trajectory.rollout(asked).latents
        return found

    def carried(self, first: Latents, edited: Latents, frame: int) -> Latents:
        """Return the codes of a frame, the first one being edited: what the edit added is added to it.

        That is the mode `transport` of `dynode edit`.

        Args:
            first: Codes of the first frame, plain.
            edited: The same after the edit.
            frame: Number of the frame.
        """
        codes = self.codes[frame].to(first.w.device, first.w.dtype)
        codes = codes.with_w(codes.w + (edited.w - first.w)).add_styles(edited.styles)
        for offset in edited.weights:
            codes = codes.add_weights(offset)
        return codes


def open_clip_work(
    drawing: Drawing,
    name: str,
    content: bytes,
    *,
    inverter: str = "",
    options: Mapping[str, Any] | None = None,  # values by option name
    progress: Progress = silent,
) -> Source:
    """Invert every frame of a clip and fit a trajectory; the drawing gets the clip.

    Args:
        drawing: Whose generator is to draw it.
        name: What the user calls the file.
        content: Its bytes.
        inverter: What inverts the frames; empty for that of the generator's domain.
        options: Its options by name.
        progress: Called after every few frames.

    Raises:
        DynodeError: It is too long, no clip, or cannot be inverted.
    """
    folder = tempfile.TemporaryDirectory(prefix="dynode-studio-")
    try:
        path = Path(folder.name) / f"clip{suffix_of(name)}"
        path.write_bytes(content)
        _check_length(path, name)
        edit = _opened(drawing, path, inverter, options, progress)
        key = drawing.contents.add_latents(edit.original, drawing.generator.info.fingerprint)
    except BaseException:
        folder.cleanup()
        raise
    drawing.close()
    drawing.clip = ClipWork(edit, key, folder)
    told = dict(options or {})
    return Source("clip", name=name, file=key, inverter=inverter, inverter_options=told)


def _check_length(path: Path, name: str) -> None:
    clip = open_clip(path)
    if clip.end_s > MOST_CLIP_SECONDS or len(clip) > MOST_FRAMES:
        raise MediaError(
            f"{name} has {len(clip)} frames in {clip.end_s:.4g} s; the studio opens at most {MOST_FRAMES} in "
            f"{MOST_CLIP_SECONDS:g} s: cut it, or use 'dynode edit'"
        )


def _opened(
    drawing: Drawing,
    path: Path,
    inverter: str,
    options: Mapping[str, Any] | None,
    progress: Progress,
) -> Any:  # a ClipEdit
    """Open a clip as `dynode edit` does, with an edit that moves nothing."""
    info = drawing.generator.info
    nothing = dynode.LinearDirection(torch.zeros(info.num_layers, info.w_dim))
    return dynode.edit(
        path,
        directions=[(nothing, 0.0)],
        generator=drawing.generator,
        inverter=inverter or None,
        inverter_options=dict(options) if options else None,
        check=False,
        progress=progress,
    )


def at_frame(state: State, work: ClipWork, frame: int) -> State:
    """Return a state at another frame, with the strengths that its keys give there."""
    frame = max(0, min(len(work) - 1, frame))
    time = work.time_s(frame)
    sliders = tuple(
        replace(slider, strength=float(np.interp(time, *np.array(slider.keys).T)))
        if slider.keys
        else slider
        for slider in state.sliders
    )
    return replace(state, sliders=sliders, frame=frame)


def with_keys(state: State, work: ClipWork) -> State:
    """Keep the strengths of the sliders as they are at the frame that is shown.

    A slider gets a key where it moves something or has keys already.
    """
    time = work.time_s(state.frame)
    sliders = tuple(
        replace(slider, keys=tuple(sorted({**dict(slider.keys), time: slider.strength}.items())))
        if slider.keys or slider.is_active
        else slider
        for slider in state.sliders
    )
    return replace(state, sliders=sliders)


def without_keys(state: State) -> State:
    """Forget all keys; every strength stays as it is at the frame that is shown."""
    return replace(state, sliders=tuple(replace(slider, keys=()) for slider in state.sliders))


def written_clip(drawing: Drawing, state: State, progress: Progress = silent) -> bytes:
    """Draw the whole edited clip: an MP4 with the sound of the source.

    Raises:
        DynodeError: It cannot be written.
    """
    work = drawing.clip_of(state)
    if work is None:
        raise UsageError("no clip is open; open one, then export it")
    output = Path(work.folder.name) / "edited.mp4"
    fitted = work.edit.fitted
    if not any(slider.keys for slider in state.sliders):
        replace(work.edit, stack=drawing.stack(state)).save(output, progress=progress)
    elif fitted.faces:
        raise UsageError(
            "strengths that change over time are not put back into whole frames; clear the keys, or open a "
            "clip of the face alone"
        )
    else:
        frames = _frames(drawing, state, work, progress)
        write_video(frames, output, fps=fitted.clip.rate, sound=Sound.of(fitted.clip))
    return output.read_bytes()


def _frames(drawing: Drawing, state: State, work: ClipWork, progress: Progress) -> Iterator[Tensor]:
    for begin in range(0, len(work), _BATCH):
        end = min(begin + _BATCH, len(work))
        moved = [drawing.edited(at_frame(state, work, frame)) for frame in range(begin, end)]
        yield drawing.draw(Latents.cat(moved))
        progress(end, len(work), "drawing")
