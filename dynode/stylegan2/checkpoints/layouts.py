"""The table of checkpoint layouts: what each is called, and how it is found, read and written.

A further layout is one module with `matches`, `plan_generator` and `plan_discriminator`, and one
entry here; with a suffix and `write` it can be converted to. Files are offered to the layouts in this
order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dynode.stylegan2.checkpoints import (
    dynode_safetensors,
    encoder,
    nvlabs,
    nvlabs_writer,
    rosinality,
    rosinality_writer,
)
from dynode.stylegan2.checkpoints.checkpoint import Checkpoint
from dynode.stylegan2.checkpoints.collecting import Plan
from dynode.weights import OpenWeights


@dataclass(frozen=True)
class Layout:
    """One published way of storing StyleGAN2 networks.

    Attributes:
        name: What it is called everywhere.
        matches: Tells whether an open file is of it.
        plan_generator: Finds the generator, None if there is none.
        plan_discriminator: Finds the discriminator, None if there is none.
        suffix: Of files that are written in it; empty for one that is only read.
        write: Writes networks to a path, or says what it cannot express; None if it is only read.
    """

    name: str
    matches: Callable[[OpenWeights], bool]
    plan_generator: Callable[[OpenWeights], Plan | None]
    plan_discriminator: Callable[[OpenWeights], Plan | None]
    suffix: str = ""
    write: Callable[[Checkpoint, Path], None] | None = None


LAYOUTS = (
    Layout(
        dynode_safetensors.LAYOUT,
        dynode_safetensors.matches,
        dynode_safetensors.plan_generator,
        dynode_safetensors.plan_discriminator,
        ".safetensors",
        dynode_safetensors.write,
    ),
    Layout(
        rosinality.LAYOUT,
        rosinality.matches,
        rosinality.plan_generator,
        rosinality.plan_discriminator,
        ".pt",
        rosinality_writer.write,
    ),
    Layout(encoder.LAYOUT, encoder.matches, encoder.plan_generator, encoder.plan_discriminator),
    Layout(
        nvlabs.LAYOUT,
        nvlabs.matches,
        nvlabs.plan_generator,
        nvlabs.plan_discriminator,
        ".pkl",
        nvlabs_writer.write,
    ),
)


def written_layouts() -> dict[str, Layout]:
    """Return the layouts that can be written, by name."""
    return {layout.name: layout for layout in LAYOUTS if layout.write is not None}


def layout_of_suffix(suffix: str) -> Layout | None:
    """Find the layout that files with a suffix are written in."""
    return next((one for one in written_layouts().values() if one.suffix == suffix.lower()), None)
