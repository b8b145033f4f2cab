"""Anchors: codes of one face on its way through a motion, from texts or from a clip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dynode import plugins
from dynode.errors import MediaError, OptionError
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.media import open_clip
from dynode.options import build_options, specs_of
from dynode.pipeline import invert_clip
from dynode.plugins import DirectionMethod, Progress
from dynode_micromotion.degrees import PLACE, filled_in, progress_of

if TYPE_CHECKING:
    from dynode_micromotion.options import MicromotionOptions

PUBLISHED_DEGREES = ("no", *(f"{percent}%" for percent in range(10, 101, 10)))
_PUBLISHED = {"published": True, "steps": 40}


@dataclass(frozen=True, eq=False)
class Anchors:
    """Codes of one face on its way through a motion.

    Attributes:
        name: What the motion is.
        start: (rows, width), what offsets are measured from: the unedited face, or the mean frame.
        codes: (n, rows, width), n at least 2.
        progress: (n,) float64, how far along each one is, increasing from 0 to 1; None if that is to
            be read off the codes.
    """

    name: str
    start: Tensor
    codes: Tensor
    progress: Tensor | None


def text_anchors(
    generator: Generator, options: MicromotionOptions, *, seed: int, progress: Progress
) -> Anchors:
    """Edit one sampled face by the text with every degree, always from the same code.

    Args:
        generator: What draws.
        options: See `MicromotionOptions`.
        seed: Seed of the text method, and of the face if `face` is None.
        progress: Called after every step of the text method.

    Raises:
        OptionError: The text, the degrees or the method cannot be used.
    """
    degrees = PUBLISHED_DEGREES if options.published else options.degrees
    texts = filled_in(options.text, degrees)
    when = progress_of(degrees)
    method = plugins.registry().directions[options.text_method]
    given = [_text_options(method, text, options) for text in texts]
    face = seed if options.face is None else options.face
    start = generator.sample(1, seed=face, truncation=options.truncation)
    codes = []
    for index, chosen in enumerate(given):

        def report(done: int, total: int, message: str = "", index: int = index) -> None:
            progress(index * total + done, len(given) * total, message)

        found = method.find(generator, chosen, seed=seed, progress=report, latents=start)
        direction = found[0] if isinstance(found, list) else found
        codes.append(_moved(direction.ready_for(generator).apply(start, 1.0), method))
    return Anchors(_name(options.text), start.w[0], torch.stack(codes), when)


def _text_options(method: DirectionMethod, text: str, options: MicromotionOptions) -> Any:
    """Build the text method's own options; in published mode those of the released code."""
    known = {spec.name: spec.type for spec in specs_of(method.options)}
    if "text" not in known:
        raise OptionError(
            f"--text-method is {method.name!r}, which takes no text; expected one that does, such as "
            f"styleclip"
        )
    values: dict[str, Any] = {"text": text}
    if options.published:
        values |= {name: value for name, value in _PUBLISHED.items() if name in known}
    for name, value in pairs(options.text_options, "--text-options").items():
        is_switch = known.get(name) is bool and value in ("true", "false")
        values[name] = value == "true" if is_switch else value
    return build_options(method.options, values, owner=method.name)


def pairs(given: Sequence[str], flag: str) -> dict[str, str]:
    """Read `NAME=VALUE` pairs.

    Raises:
        OptionError: One of them is none.
    """
    parsed = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise OptionError(f"{flag} holds {text!r}; expected NAME=VALUE such as steps=20")
        parsed[name.strip().replace("-", "_")] = value.strip()
    return parsed


def _moved(latents: Latents, method: DirectionMethod) -> Tensor:
    if latents.styles or latents.weights:
        raise OptionError(
            f"--text-method {method.name!r} does not move codes in W+, which anchors are; expected a "
            f"method that does, such as styleclip"
        )
    return latents.w[0].detach()


def _name(template: str) -> str:
    """Name the motion after its text, without the degree."""
    plain = re.sub(r"\s+", " ", template.replace(PLACE, " "))
    return re.sub(r"\s+([,.;])", r"\1", plain).strip(" ,.;")


def clip_anchors(
    generator: Generator, options: MicromotionOptions, *, seed: int, progress: Progress
) -> Anchors:
    """Invert every frame of a clip.

    Offsets are measured from the mean frame: from any single one, what differs between that frame and
    the rest, such as where the eyes look, would count as a part of the motion.

    Args:
        generator: What draws.
        options: See `MicromotionOptions`.
        seed: Seed of the inverter.
        progress: Called with the number of frames.

    Raises:
        MediaError: The clip cannot be read, or has fewer than 2 frames.
    """
    path = options.clip
    assert isinstance(path, Path)
    clip = open_clip(path)
    if len(clip) < 2:
        raise MediaError(
            f"{path.name} has one frame, so nothing moves; expected a clip of at least 2 frames; give it "
            f"to 'dynode animate' as an image instead"
        )
    latents = invert_clip(
        clip,
        generator,
        inverter=options.clip_inverter or None,
        options=pairs(options.clip_options, "--clip-options"),
        seed=seed,
        progress=progress,
    )
    codes = latents.w.detach()
    return Anchors(path.stem, codes.mean(0), codes, None)
