"""Invert a picture, a folder of them or a clip; what is finished survives an interruption."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from dynode.errors import MediaError
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.clip import open_clip
from dynode.media.images import fit_to, read_image
from dynode.media.kind import is_clip
from dynode.media.suffixes import IMAGE_SUFFIXES
from dynode.options import build_options
from dynode.pipeline.faces import ClipFaces
from dynode.pipeline.inversion import codes_folder, invert_clip
from dynode.pipeline.source import choose_inverter
from dynode.plugins.methods import Inverter, Progress, silent

BATCH = 8

Align = Callable[[Image.Image, Path], Image.Image]
"""Cuts what the generator draws out of a photograph, given with its path."""


@dataclass(frozen=True, eq=False)
class Inversion:
    """Codes that were found, and what could not be inverted.

    Attributes:
        latents: Codes of all pictures that could be inverted, in order.
        names: Their file names; of a clip the numbers of its frames.
        failures: Why others could not, by file name.
    """

    latents: Latents
    names: tuple[str, ...]
    failures: Mapping[str, str]

    def save(self, path: str | Path, *, fingerprint: str = "") -> None:
        """Write the codes as `Latents.save` does, with the names of their pictures.

        Args:
            path: Where to, ending in `.safetensors`.
            fingerprint: Fingerprint of the generator.
        """
        from dynode.latents.file import save_latents

        save_latents(self.latents, Path(path), fingerprint=fingerprint, names=self.names)


def invert(
    source: str | Path | Tensor,
    generator: Generator | str | None = None,
    *,
    inverter: str | None = None,
    seed: int = 0,
    align: Align | None = None,
    faces: ClipFaces | None = None,
    progress: Progress = silent,
    **options: Any,  # the inverter's own options, checked against its dataclass
) -> Inversion:
    """Find the latents that draw given pictures.

    Codes of files are kept in the cache folder as they are found, under the hash of content,
    generator, inverter and options: a second call, or one after a crash, does only what is missing.

    Args:
        source: An image, a folder of images, a video, or pictures (n, 3, h, w) float in [-1, 1], RGB,
            at the generator's resolution.
        generator: A loaded generator, or what `load_generator` takes.
        inverter: Name of the inverter (`dynode plugins`); None for that of the generator's domain.
        seed: Seed of everything random.
        align: Cuts the face out of a photograph; None takes the middle of the picture.
        faces: Where the face is in every frame of a video (`find_faces`); None takes the middle.
        progress: Called with the number of pictures.
        **options: The inverter's options by name.

    Returns:
        The codes with the names of their pictures, and the files of a folder that could not be used.

    Raises:
        MediaError: The source cannot be used at all.
        UnknownNameError: No such inverter or option.
        MissingWeightsError: The inverter needs weights that are not there.
    """
    if generator is None or isinstance(generator, str | Path):
        generator = load_generator(generator)
    method = choose_inverter(generator, inverter)
    chosen = build_options(method.options, options, owner=method.name)
    if isinstance(source, Tensor):
        return _of_tensor(source, generator, method, chosen, seed, progress)
    path = Path(source)
    if is_clip(path):
        latents = invert_clip(
            open_clip(path),
            generator,
            inverter=method.name,
            options=options,
            seed=seed,
            faces=faces,
            progress=progress,
        )
        return Inversion(latents, tuple(map(str, range(len(latents)))), {})
    work = _Pictures(_listed(path), generator, method, chosen, seed, align)
    return work.run(progress)


def _listed(source: Path) -> list[Path]:
    if not source.is_dir():
        return [source]
    files = sorted(file for file in source.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)
    files = [file for file in files if not file.name.startswith(".")]
    if not files:
        raise MediaError(
            f"{source} holds no pictures; expected files such as {', '.join(IMAGE_SUFFIXES[:3])}"
        )
    return files


def _of_tensor(
    images: Tensor,
    generator: Generator,
    method: Inverter,
    options: object,
    seed: int,
    progress: Progress,
) -> Inversion:
    found = list[Latents]()
    for part in images.to(generator.device, generator.dtype).split(BATCH):
        found.append(method.invert(generator, part, options, seed=seed, progress=silent).detach())
        progress(sum(map(len, found)), len(images), "inverting")
    return Inversion(Latents.cat(found), tuple(map(str, range(len(images)))), {})


class _Pictures:
    """The pictures of one call, and the codes of those that are done."""

    def __init__(
        self,
        paths: Sequence[Path],
        generator: Generator,
        method: Inverter,
        options: object,
        seed: int,
        align: Align | None,
    ) -> None:
        self.paths, self.generator, self.method = paths, generator, method
        self.options, self.seed, self.align = options, seed, align
        self.found: dict[Path, Latents] = {}
        self.failures: dict[str, str] = {}

    def run(self, progress: Progress) -> Inversion:
        """Invert what is missing, a batch at a time."""
        waiting = list[tuple[Path, Tensor, Path]]()
        for path in self.paths:
            prepared = self._prepared(path)
            if prepared is not None:
                waiting.append(prepared)
            if len(waiting) == BATCH or (path == self.paths[-1] and waiting):
                self._invert(waiting)
                waiting = []
            done = len(self.found) + len(self.failures)
            progress(done, len(self.paths), path.name)
        if not self.found:
            raise MediaError(
                f"none of {len(self.paths)} pictures could be inverted; the first: "
                f"{next(iter(self.failures.values()))}"
            )
        names = tuple(path.name for path in self.paths if path in self.found)
        batches = [self.found[path] for path in self.paths if path in self.found]
        return Inversion(Latents.cat(batches), names, dict(self.failures))

    def _prepared(self, path: Path) -> tuple[Path, Tensor, Path] | None:
        """Read a picture, unless its codes are known or it cannot be used."""
        try:
            photo = read_image(path)
            if self.align is not None:
                photo = self.align(photo, path)
        except MediaError as error:
            if len(self.paths) == 1:
                raise
            self.failures[path.name] = str(error)
            return None
        image = fit_to(photo, self.generator.info.resolution)
        kept = self._kept(image)
        if kept.exists():
            latents = Latents.load(kept, fingerprint=self.generator.info.fingerprint)
            self.found[path] = latents.to(self.generator.device, self.generator.dtype)
            return None
        return path, image, kept

    def _kept(self, image: Tensor) -> Path:
        content = hashlib.sha256(image.numpy().tobytes()).hexdigest()
        folder = codes_folder(content, self.generator, self.method, self.options, self.seed)
        return folder / "0.safetensors"

    def _invert(self, group: Sequence[tuple[Path, Tensor, Path]]) -> None:
        """Invert a batch; if something in it cannot be done, each picture alone."""
        images = torch.cat([image for _, image, _ in group])
        images = images.to(self.generator.device, self.generator.dtype)
        try:
            latents = self.method.invert(
                self.generator, images, self.options, seed=self.seed, progress=silent
            ).detach()
        except MediaError as error:
            if len(self.paths) == 1:
                raise
            if len(group) == 1:
                self.failures[group[0][0].name] = str(error)
                return
            for single in group:
                self._invert([single])
            return
        for index, (path, _, kept) in enumerate(group):
            own = latents[index].compact()
            own.save(kept, fingerprint=self.generator.info.fingerprint)
            self.found[path] = own
