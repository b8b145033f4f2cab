"""From what the user gives — nothing, a picture, a file of codes — to latents."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from dynode.errors import MediaError
from dynode.generator.fitting import check_codes
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.images import read_image
from dynode.media.kind import kind_of
from dynode.pipeline.choosing import ready_inverter
from dynode.pipeline.codes import read_codes
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.invert import invert_file, invert_given
from dynode.pipeline.source_kinds import Source, source_kind
from dynode.plugins.methods import Progress, silent


def open_source(
    source: Source,
    generator: Generator,
    *,
    inverter: str | None = None,
    inverter_options: Mapping[str, Any] | None = None,
    faces: FaceSource | None = None,
    seed: int = 0,
    truncation: float = 0.7,
    progress: Progress = silent,
) -> Latents:
    """Get the latents to edit.

    Args:
        source: A picture to invert, a file or in memory, see `dynode.invert`; a file of codes, see
            `read_codes`; latents; or None to sample.
        generator: The generator that will draw them.
        inverter: Name of the inverter for a picture; None for the one of the generator's domain.
        inverter_options: Its options by name.
        faces: Where the face is in a picture; None takes the middle.
        seed: Seed of the sample, or of the inverter.
        truncation: Truncation ψ of the sample: 1 none, 0 the mean code.
        progress: Called by the inverter.

    Returns:
        Latents of one picture, or of as many as there are codes.

    Raises:
        MediaError: The picture cannot be used.
        MissingWeightsError: No inverter fits the generator.
        GeneratorMismatchError: The latents are of a generator of another shape.
        DynodeError: See `dynode.invert` and `read_codes`.
    """
    if isinstance(source, Latents):
        info = generator.info
        check_codes(source, info.name, info.num_layers, info.w_dim)
        return source
    if source is None:
        return generator.sample(1, seed=seed, truncation=truncation)
    ready = functools.partial(ready_inverter, generator, inverter, inverter_options)
    if isinstance(source, Image.Image | np.ndarray | Tensor):
        found = invert_given(source, generator, ready(), seed=seed, faces=faces, progress=progress)
        return found.latents
    kind = source_kind(source)
    if kind == "folder":
        raise MediaError(
            f"{source} is a folder; expected a picture or codes: 'dynode invert' reads folders"
        )
    if kind == "latents":
        info = generator.info
        codes = read_codes(Path(source), fingerprint=info.fingerprint, rows=info.num_layers)
        return codes.to(generator.device, generator.dtype)
    if kind_of(source) == "other":
        read_image(Path(source))  # says what is wrong with it, before an inverter is wanted
    found = invert_file(Path(source), generator, ready(), seed=seed, faces=faces, progress=progress)
    return found.latents
