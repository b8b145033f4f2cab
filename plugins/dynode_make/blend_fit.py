"""Which two networks can be blended: of one kind, or the layers of pictures into a video generator."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

from dynode.errors import GeneratorMismatchError, OptionError
from dynode.generator import Generator, WritesCheckpoint
from dynode.stylegan2 import StyleGAN2
from dynode_make.joining import part_of

_NOISE = ("noise_const", "noise_strength")


def blendable(first: Generator, second: Generator) -> tuple[StyleGAN2, StyleGAN2]:
    """Refuse generators that are no StyleGAN2, or of kinds that do not go together.

    Raises:
        GeneratorMismatchError: They are.
    """
    for one in (first, second):
        if not isinstance(one, StyleGAN2):
            raise GeneratorMismatchError(
                f"{one.info.name} is a {type(one).__name__}; only StyleGAN2, and video generators of its "
                f"architecture, can be blended: give two of them"
            )
    assert isinstance(first, StyleGAN2) and isinstance(second, StyleGAN2)
    if type(second) not in (StyleGAN2, type(first)):
        raise GeneratorMismatchError(
            f"{second.info.name} is a {type(second).__name__}, whose layers do not go into a "
            f"{type(first).__name__}; name it first, or give a StyleGAN2 of pictures"
        )
    return first, second


def check_fit(first: StyleGAN2, second: StyleGAN2, shares: Mapping[str, float]) -> None:
    """Refuse networks whose weights have no counterparts where they are needed, or that are the same.

    Raises:
        GeneratorMismatchError: They are.
    """
    ours, theirs = first.network.state_dict(), second.network.state_dict()
    names = (first.info.name, second.info.name)
    is_one_kind = type(first) is type(second)
    left_out = []
    for name in [*ours, *theirs]:
        shapes = [tuple(s[name].shape) if name in s else "nothing" for s in (ours, theirs)]
        if shapes[0] == shapes[1] or not (is_one_kind or shares.get(part_of(name), 0.0)):
            continue
        if name.endswith(_NOISE) and not is_one_kind:
            left_out += [name] * bool(name in theirs and theirs[name].any())
            continue
        raise GeneratorMismatchError(
            f"{names[0]} and {names[1]} are strangers: {name} is {shapes[0]} in one and {shapes[1]} in the "
            f"other; blend networks of one shape, such as one that was fine-tuned from the other"
            + ("" if is_one_kind else ", or from a larger --resolution on")
        )
    if first.info.fingerprint == second.info.fingerprint:
        raise GeneratorMismatchError(
            f"{names[0]} and {names[1]} are the same network; there is nothing to blend"
        )
    if any(name.endswith("noise_strength") for name in left_out):
        warnings.warn(
            f"{names[0]} has no noise inputs, so the noise of {names[1]} is left out",
            stacklevel=3,
        )


def write_of_family(generator: StyleGAN2, target: Path, *, force: bool) -> None:
    """Write a blend that is no StyleGAN2 of pictures.

    Raises:
        OptionError: Its kind cannot be written, or not under such a name.
    """
    if not isinstance(generator, WritesCheckpoint) or target.suffix != ".safetensors":
        raise OptionError(
            f"a {type(generator).__name__} is not written as {target.name}; name a .safetensors file"
        )
    generator.write_checkpoint(target, force=force)
