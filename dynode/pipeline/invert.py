"""Invert a picture, a folder of them or a clip; what is finished survives an interruption."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynode.errors import MediaError, OptionError, UsageError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.given import GivenPicture, Photo, as_photos, as_tensor
from dynode.media.kind import is_clip
from dynode.media.picture_set import look_into
from dynode.pipeline.aligning import Align, aligner
from dynode.pipeline.choosing import ReadyInverter, ready_inverter
from dynode.pipeline.clip_codes import invert_clip, open_faces
from dynode.pipeline.code_cache import BATCH, codes_folder, keep, read_kept
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.faces import ClipFaces
from dynode.pipeline.inverted import Inversion, finds_motion
from dynode.plugins.methods import Progress, silent


def invert(
    source: str | Path | GivenPicture,
    generator: Generator | str | Path | None = None,
    *,
    inverter: str | None = None,
    device: str | None = None,
    seed: int = 0,
    align: Align | None = None,
    faces: FaceSource | ClipFaces | None = None,
    progress: Progress = silent,
    **options: Any,  # the inverter's own options, checked against its dataclass
) -> Inversion:
    """Find the latents that draw given pictures.

    Codes of files are kept in the cache folder as they are found, under the hash of content,
    generator, inverter and options: a second call, or one after a crash, does only what is missing.

    Args:
        source: An image, a folder of images or a video; or pictures in memory: one of PIL, an array
            (h, w, c) or (n, h, w, c), or a tensor (c, h, w) or (n, c, h, w), of grey, RGB or RGB with
            transparency, uint8 from 0 to 255 or floating-point in [-1, 1]. Floating-point pictures of
            the generator's resolution are taken as they are; all others are photographs, of 8 bit.
        generator: A loaded generator, or what `load_generator` takes. For a clip, one that has motion
            finds one content for all frames, and the motion.
        inverter: Name of the inverter (`dynode plugins`); None for that of the generator's domain.
        device: Where to compute, for a generator that is not loaded yet.
        seed: Seed of everything random.
        align: Cuts the face out of a photograph, in your own way.
        faces: What tells where the faces are; None takes the middle of the picture or frame.
        progress: Called with the number of pictures.
        **options: The inverter's options by name.

    Returns:
        The codes with the names of their pictures, and the pictures and clips of a folder that could
        not be used; a warning names what else lies there.

    Raises:
        MediaError: The source cannot be used at all.
        UsageError: A picture in memory has another shape or range.
        UnknownNameError: No such inverter or option.
        OptionError: Two things are to cut faces out, or one that does not fit the source.
        MissingWeightsError: The inverter needs weights that are not there.
    """
    drawing = loaded(generator, device=device)
    ready = ready_inverter(drawing, inverter, options)
    if align is not None and faces is not None:
        raise OptionError("both align and faces are given; leave one of them out")
    if isinstance(source, Image.Image | np.ndarray | Tensor):
        return invert_given(
            source, drawing, ready, seed=seed, align=align, faces=faces, progress=progress
        )
    if not isinstance(source, str | Path):
        raise UsageError(
            f"the source is a {type(source).__name__}; expected a file or folder, a picture of PIL, or an "
            f"array or tensor of pictures"
        )
    if finds_motion(drawing, source):
        if align is not None:
            raise OptionError(
                f"align is for pictures, and {Path(source).name} is a clip; give faces"
            )
        from dynode.pipeline.project import project_file

        return project_file(Path(source), drawing, ready, seed=seed, faces=faces, progress=progress)
    return invert_file(
        Path(source), drawing, ready, seed=seed, align=align, faces=faces, progress=progress
    )


def invert_given(
    source: GivenPicture,
    generator: Generator,
    ready: ReadyInverter,
    *,
    seed: int = 0,
    align: Align | None = None,
    faces: FaceSource | ClipFaces | None = None,
    progress: Progress = silent,
) -> Inversion:
    """Find the latents of pictures in memory with an inverter that is ready; see `invert`."""
    if not isinstance(source, Image.Image) and align is None and faces is None:
        pictures = as_tensor(source)
        is_float = str(source.dtype).rpartition(".")[2].startswith("float")
        if is_float and tuple(pictures.shape[2:]) == generator.info.resolution:
            return _of_tensor(pictures, generator, ready, seed, progress)
    align = _alignment(generator, ready, align, faces, "a picture in memory")
    return _Pictures(as_photos(source), {}, generator, ready, seed, align).run(progress)


def invert_file(
    path: Path,
    generator: Generator,
    ready: ReadyInverter,
    *,
    seed: int = 0,
    align: Align | None = None,
    faces: FaceSource | ClipFaces | None = None,
    progress: Progress = silent,
) -> Inversion:
    """Find the latents of a picture, a folder or a clip with an inverter that is ready; see `invert`."""
    if is_clip(path):
        if align is not None:
            raise OptionError(f"align is for pictures, and {path.name} is a clip; give faces")
        return _of_clip(path, generator, ready, seed, faces, progress)
    align = _alignment(generator, ready, align, faces, path.name)
    pictures, left_out = _listed(path)
    photos = [Photo(picture) for picture in pictures]
    return _Pictures(photos, left_out, generator, ready, seed, align).run(progress)


def _alignment(
    generator: Generator,
    ready: ReadyInverter,
    align: Align | None,
    faces: FaceSource | ClipFaces | None,
    name: str,
) -> Align | None:
    if isinstance(faces, ClipFaces):
        raise OptionError(f"{name} is no clip; give faces as a FaceSource")
    if faces is None:
        return align
    return aligner(generator, ready, faces)


def _of_clip(
    path: Path,
    generator: Generator,
    ready: ReadyInverter,
    seed: int,
    faces: FaceSource | ClipFaces | None,
    progress: Progress,
) -> Inversion:
    clip, found = open_faces(path, generator, ready, faces, progress)
    latents = invert_clip(
        clip, generator, inverter=ready, seed=seed, faces=found, progress=progress
    )
    names = tuple(map(str, range(len(latents))))
    return Inversion(latents, names, {}, generator.info.fingerprint, found, generator)


def _listed(source: Path) -> tuple[Sequence[Path], Mapping[str, str]]:
    """List the pictures of a source, and the clips beside them with why they are left out."""
    if not source.is_dir():
        return [source], {}
    content = look_into(source)
    if content.others:
        told = "; ".join(content.others.values())
        warnings.warn(f"left out of {source.name}: {told}", stacklevel=2)
    if not content.pictures:
        found = next(iter(content.clips.values()), "nothing that is a picture")
        raise MediaError(f"{source} holds no pictures ({found}); give a folder with pictures in it")
    return content.pictures, content.clips


def _of_tensor(
    images: Tensor, generator: Generator, ready: ReadyInverter, seed: int, progress: Progress
) -> Inversion:
    found = list[Latents]()
    for part in images.to(generator.device, generator.dtype).split(BATCH):
        found.append(ready.invert(generator, part, seed=seed))
        progress(sum(map(len, found)), len(images), "inverting")
    names = tuple(map(str, range(len(images))))
    fingerprint = generator.info.fingerprint
    return Inversion(Latents.cat(found), names, {}, fingerprint, generator=generator)


class _Pictures:
    """The pictures of one call, and the codes of those that are done."""

    def __init__(
        self,
        photos: Sequence[Photo],
        left_out: Mapping[str, str],
        generator: Generator,
        ready: ReadyInverter,
        seed: int,
        align: Align | None,
    ) -> None:
        self.photos, self.generator, self.ready = photos, generator, ready
        self.seed, self.align = seed, align
        self.found: dict[Photo, Latents] = {}
        self.failures = dict(left_out)

    def run(self, progress: Progress) -> Inversion:
        """Invert what is missing, a batch at a time."""
        waiting = list[tuple[Photo, Tensor, Path]]()
        for photo in self.photos:
            prepared = self._prepared(photo)
            if prepared is not None:
                waiting.append(prepared)
            if len(waiting) == BATCH or (photo == self.photos[-1] and waiting):
                self._invert(waiting)
                waiting = []
            done = min(len(self.found) + len(self.failures), len(self.photos))
            progress(done, len(self.photos), photo.name)
        if not self.found:
            raise MediaError(
                f"none of {len(self.photos)} pictures could be inverted; the first: "
                f"{next(iter(self.failures.values()))}"
            )
        names = tuple(photo.name for photo in self.photos if photo in self.found)
        batches = [self.found[photo] for photo in self.photos if photo in self.found]
        fingerprint = self.generator.info.fingerprint
        failed, drawing = dict(self.failures), self.generator
        return Inversion(Latents.cat(batches), names, failed, fingerprint, self.align, drawing)

    def _prepared(self, photo: Photo) -> tuple[Photo, Tensor, Path] | None:
        """Read a picture, unless its codes are known or it cannot be used."""
        try:
            shown = photo.read()
            if self.align is not None:
                shown = self.align(shown, photo.path)
        except MediaError as error:
            if len(self.photos) == 1:
                raise
            self.failures[photo.name] = str(error)
            return None
        image = self.ready.framed(shown, self.generator)
        kept = self._kept(image)
        latents = read_kept(kept, self.generator)
        if latents is not None:
            self.found[photo] = latents
            return None
        return photo, image, kept

    def _kept(self, image: Tensor) -> Path:
        content = hashlib.sha256(image.numpy().tobytes()).hexdigest()
        folder = codes_folder(content, self.generator, self.ready, self.seed)
        return folder / "0.safetensors"

    def _invert(self, group: Sequence[tuple[Photo, Tensor, Path]]) -> None:
        """Invert a batch; if something in it cannot be done, each picture alone."""
        images = torch.cat([image for _, image, _ in group])
        images = images.to(self.generator.device, self.generator.dtype)
        try:
            latents = self.ready.invert(self.generator, images, seed=self.seed)
        except MediaError as error:
            if len(self.photos) == 1:
                raise
            if len(group) == 1:
                self.failures[group[0][0].name] = str(error)
                return
            for single in group:
                self._invert([single])
            return
        for index, (photo, _, kept) in enumerate(group):
            own = latents[index].compact()
            keep(own, kept, self.generator)
            self.found[photo] = own
