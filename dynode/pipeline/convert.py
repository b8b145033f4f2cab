"""Write a checkpoint in another layout."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path

from dynode import files
from dynode.errors import OptionError
from dynode.stylegan2.checkpoints import (
    Checkpoint,
    layout_of_suffix,
    read_checkpoint,
    write_checkpoint,
    written_layouts,
)


def convert_checkpoint(
    source: str | Path,
    target: str | Path,
    *,
    layout: str | None = None,
    drop_clamp: bool = False,
    generator_only: bool = False,
    force: bool = False,
) -> str:
    """Read a checkpoint in any layout and write it in another.

    A discriminator that cannot be built beside a good generator is left out with a warning.

    Args:
        source: Checkpoint in any published layout.
        target: Where to write.
        layout: Name of a layout that can be written; None goes by the suffix.
        drop_clamp: Leave out a convolution clamp that the layout cannot express.
        generator_only: Leave out the discriminator.
        force: Overwrite `target`.

    Returns:
        The layout that was written.

    Raises:
        OptionError: The suffix tells no layout.
        UnknownNameError: There is no such layout.
        CheckpointError: The file cannot be used, or the layout cannot express the network.
    """
    source, target = Path(source), Path(target)
    found = layout_of_suffix(target.suffix)
    chosen = layout or (found.name if found else None)
    if chosen is None:
        known = ", ".join(f"{one.suffix} ({name})" for name, one in written_layouts().items())
        raise OptionError(
            f"the suffix of {target.name} tells no layout; use {known}, or name one with --layout"
        )
    files.check_free(target, force=force)
    checkpoint = _whole(source) if not generator_only else read_checkpoint(source)
    write_checkpoint(checkpoint, target, layout=chosen, force=force, drop_clamp=drop_clamp)
    return chosen


def _whole(source: Path) -> Checkpoint:
    """Read both networks; say why a discriminator is left out."""
    checkpoint = read_checkpoint(source, part="all")
    metadata = dict(checkpoint.metadata)
    trouble = metadata.pop("discriminator", "")
    if trouble:
        warnings.warn(
            f"the discriminator is left out: {trouble}; --generator-only leaves it out unsaid",
            stacklevel=3,
        )
    return dataclasses.replace(checkpoint, metadata=metadata)
