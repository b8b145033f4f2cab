"""Find directions, and edit pictures and clips with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

from dynode.direction.base import Direction
from dynode.direction.stack import EditStack
from dynode.dynamics.modes import MODES, Mode
from dynode.dynamics.settings import FitOptions
from dynode.errors import OptionError, UnknownNameError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.media.images import read_image
from dynode.pipeline.applying import refuse_what_does_not_apply
from dynode.pipeline.choosing import ReadyInverter, ready_inverter
from dynode.pipeline.clip_edit import ClipEdit
from dynode.pipeline.clips import fit_clip, timed
from dynode.pipeline.edited import EditResult, apply_stack
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.naming import SeveralNamed, checked_number, each_named, with_strength
from dynode.pipeline.photographs import check_identity, open_photograph, photograph_edit
from dynode.pipeline.source import open_source
from dynode.pipeline.source_kinds import Source, source_kind
from dynode.pipeline.stacking import ReadyMethod, ready_edit, ready_method, ready_stack, with_found
from dynode.pipeline.strangers import or_fetched
from dynode.pipeline.video_edit import Moving
from dynode.plugins.methods import Progress, silent
from dynode.text import warn_of_weak_edit


@overload
def find(
    method: str,
    generator: Generator | str | Path | None = None,
    *,
    several: Literal[False],
    device: str | None = None,
    class_index: int | str | None = None,
    seed: int = 0,
    progress: Progress = silent,
    latents: Latents | None = None,
    **options: Any,
) -> Direction: ...
@overload
def find(
    method: str,
    generator: Generator | str | Path | None = None,
    *,
    several: Literal[True],
    device: str | None = None,
    class_index: int | str | None = None,
    seed: int = 0,
    progress: Progress = silent,
    latents: Latents | None = None,
    **options: Any,
) -> list[Direction]: ...
@overload
def find(
    method: str,
    generator: Generator | str | Path | None = None,
    *,
    several: None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    seed: int = 0,
    progress: Progress = silent,
    latents: Latents | None = None,
    **options: Any,
) -> Direction | list[Direction]: ...
def find(
    method: str,
    generator: Generator | str | Path | None = None,
    *,
    several: bool | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    seed: int = 0,
    progress: Progress = silent,
    latents: Latents | None = None,
    **options: Any,  # the method's own options, checked against its dataclass
) -> Direction | list[Direction]:
    """Find directions with an installed method.

    Args:
        method: Name of the method (`dynode plugins`).
        generator: A loaded generator, or what `load_generator` takes.
        several: True gives a list whatever is found, False one direction; type checkers know which.
            None gives one where the method found one, else a list.
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator, by number or name, that whatever is sampled is
            of; None for all classes.
        seed: Seed of everything random.
        progress: Called after every step.
        latents: The codes to be edited, for methods that find a direction for given pictures.
        **options: The method's options by name.

    Returns:
        What the method found, see `several`.

    Raises:
        UnknownNameError: No such method or option.
        OptionError: An option has a wrong value, or not one direction was found and one asked for.
    """
    ready = ready_method(method, options)
    drawing = loaded(generator, device=device, class_index=class_index)
    if ready.method.per_image and latents is None:
        latents = drawing.sample(1, seed=seed)
    found = ready.find(drawing, latents, seed=seed, progress=progress)
    return found if several is None else _as_asked(found, several, method)


def _as_asked(
    found: Direction | list[Direction], several: bool, method: str
) -> Direction | list[Direction]:
    directions = found if isinstance(found, list) else [found]
    if several:
        return directions
    if len(directions) != 1:
        raise OptionError(
            f"{method} found {len(directions)} directions, and one was asked for with several=False; "
            f"leave that out, or set the options of {method} so that it finds one"
        )
    return directions[0]


@or_fetched
def edit(
    source: Source = None,
    *,
    plugin: str | None = None,
    directions: SeveralNamed = (),
    strength: float = 1.0,
    generator: Generator | str | Path | None = None,
    device: str | None = None,
    class_index: int | str | None = None,
    inverter: str | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    faces: FaceSource | None = None,
    crop_only: bool = False,
    keep_identity: float | None = None,
    mode: Mode | None = None,
    fit: FitOptions | None = None,
    check: bool | None = None,
    motion: Motion | str | Path | None = None,
    length: int | None = None,
    fps: float | None = None,
    seed: int = 0,
    force: bool = False,
    progress: Progress = silent,
    **options: Any,  # the plugin's own options, checked against its dataclass
) -> EditResult:
    """Edit a picture, a clip, or a sampled picture.

    A picture is inverted as `dynode.invert` does, its cache included. Of a clip every frame is
    inverted and the first one edited; `save` carries the edit through the others.

    Args:
        source: Image, video or latents file, latents, or pictures in memory (of PIL, or an array or
            tensor, see `dynode.invert`); None samples one picture.
        plugin: Direction method to run, by name.
        directions: Ready directions: objects, files or names such as `"smile:1.5"`, or pairs of one of
            these and a strength; one alone or a list, or an `EditStack`.
        strength: Multiplies every strength.
        generator: A loaded generator, or what `load_generator` takes. None for the bundled one; of a picture
            that it cannot draw, the one of a fetched set (`dynode models fetch photographs`).
        device: Where to compute, for a generator that is not loaded yet.
        class_index: Class of a conditional generator, by number or name, that whatever is sampled is
            of; None for all classes.
        inverter: Inverter of a picture or clip; None for that of the generator's domain.
        inverter_options: Its options by name.
        faces: Where the faces are in a picture or clip; None looks for them where the generator draws cut
            out faces and a detector is ready, and else takes the middle. They are put back into a
            photograph that is a file, and into the frames of a clip.
        crop_only: A picture is taken for the crop, or its face is only cut out: nothing is looked for
            that was not asked for, and nothing is put back.
        keep_identity: Least similarity of the faces of a photograph before and after, 0 to 1; the
            strength is lowered until it holds.
        mode: How the edit of a clip's first frame is carried to the others; None for `transport`.
        fit: Options of the trajectory through a clip.
        check: Measure frames of a clip that are left out, by a second fit; None does.
        motion: Saved motion of a video generator, which codes are set in: the content is edited once.
        length: Frames of such a clip; None for 128, or all of a motion that has an end.
        fps: Frames a second of it, which are drawn closer to each other; None for the generator's own.
        seed: Seed of everything random.
        force: Accept directions of another generator of the same shape.
        progress: Called after every step of the method.
        **options: The plugin's options by name.

    Returns:
        Pictures before and after, and how strongly each attribute moved; of a clip a `ClipEdit`, with
        `motion` a `VideoEdit`.

    Raises:
        OptionError: Neither a plugin nor a direction was given, or an option that does not apply.
        DynodeError: See `find`, `load_generator` and `invert`.
    """
    kind = source_kind(source)
    inverting = {"inverter": inverter, "inverter_options": inverter_options, "faces": faces}
    putting_back = {"crop_only": crop_only or None, "keep_identity": keep_identity}
    following = {"mode": mode, "fit": fit, "check": check}
    sampling = {"class_index": class_index, "plugin": plugin}
    moved = {"motion": motion, "length": length, "fps": fps}
    given = inverting | putting_back | following | sampling | moved
    refuse_what_does_not_apply("edit", given, kind)
    strength = checked_number(strength, "strength")
    several = each_named(directions)
    ready = ready_edit(plugin, options, several)
    check_identity(keep_identity)
    named = [with_strength(direction) for direction in several]
    moving = None if motion is None else Moving.open(generator, motion, length, fps, device)
    chosen_one = moving.still() if moving else generator
    drawing = loaded(chosen_one, device=device, class_index=class_index)
    work = _Work(drawing, ready_stack(drawing, named, force=force), ready, strength, seed)
    if kind == "clip":
        assert isinstance(source, str | Path)
        chosen = ready_inverter(drawing, inverter, inverter_options)
        return work.of_clip(Path(source), chosen, faces, mode, fit, check, progress)
    if kind == "picture" and isinstance(source, str | Path) and not crop_only:
        read_image(Path(source))  # what cannot be read is told before what is missing to edit it
        chosen = ready_inverter(drawing, inverter, inverter_options)
        photograph = open_photograph(Path(source), drawing, faces, ready=chosen)
        if photograph is not None:
            codes = photograph.latents(drawing, chosen, seed=seed, progress=progress)
            return photograph_edit(work.of(codes, progress), photograph, keep_identity)
    if keep_identity is not None:
        raise OptionError(
            "--keep-identity is for the faces of a photograph, and none was found here; leave it out"
        )
    latents = open_source(
        source,
        drawing,
        inverter=inverter,
        inverter_options=inverter_options,
        faces=faces,
        seed=seed,
        progress=progress,
    )
    result = work.of(latents, progress)
    return moving.edited(result) if moving else result


@dataclass(frozen=True)
class _Work:
    """What is to be done to codes, whatever they come from."""

    generator: Generator
    stack: EditStack
    method: ReadyMethod | None
    strength: float
    seed: int

    def of(self, latents: Latents, progress: Progress) -> EditResult:
        """Find what is to be found, apply and measure it."""
        stack = self.stack
        if self.method is not None:
            stack = with_found(
                stack, self.method, self.generator, latents, seed=self.seed, progress=progress
            )
        result = apply_stack(self.generator, latents, stack, self.strength)
        if self.method is not None and not len(self.stack) and self.method.text:
            warn_of_weak_edit(self.method.text, result.changes, self.strength)
        return result

    def of_clip(
        self,
        path: Path,
        inverter: ReadyInverter,
        faces: FaceSource | None,
        mode: Mode | None,
        fit: FitOptions | None,
        check: bool | None,
        progress: Progress,
    ) -> ClipEdit:
        """Edit the first frame of a clip whose other frames follow."""
        how = mode or "transport"
        if how not in MODES:
            raise UnknownNameError("mode of carrying an edit", how, MODES)
        fitted = fit_clip(
            path,
            self.generator,
            inverter=inverter,
            options=fit,
            faces=faces,
            check=check is not False,
            seed=self.seed,
            progress=progress,
        )
        with timed(fitted.seconds, "edit"):
            first = self.of(fitted.trajectory.observed[0], progress)
        return ClipEdit(**vars(first), fitted=fitted, mode=how)
