"""Write a checkpoint in the layout of your choice."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from dynode.errors import UnknownNameError, UnsupportedCheckpointError
from dynode.files import check_free
from dynode.stylegan2.checkpoints.checkpoint import Checkpoint
from dynode.stylegan2.checkpoints.layouts import written_layouts


def write_checkpoint(
    checkpoint: Checkpoint,
    path: str | Path,
    layout: str,
    *,
    force: bool = False,
    drop_clamp: bool = False,
) -> None:
    """Write networks in one of the published layouts; the file appears only when it is whole.

    Args:
        checkpoint: What to write, from `read_checkpoint` or your own training.
        path: Where to.
        layout: `dynode` (.safetensors), `rosinality` (.pt) or `nvlabs` (.pkl).
        force: Replace a file that exists.
        drop_clamp: Leave `conv_clamp` out. The pictures stay the same as long as no activation
            reaches it, which is the case for most weights with the usual 256.

    Raises:
        UnknownNameError: There is no such layout.
        OutputExistsError: The file exists and `force` is off.
        UnsupportedCheckpointError: The layout cannot express these networks.
    """
    known = written_layouts()
    if layout not in known:
        raise UnknownNameError("checkpoint layout", layout, sorted(known))
    if layout != "dynode" and checkpoint.generator is not None and checkpoint.generator.refines:
        raise UnsupportedCheckpointError(
            f"the generator draws the codes of one of {checkpoint.generator.refines} px finer, which the "
            f"layout {layout} cannot say; write the layout dynode"
        )
    path = Path(path)
    check_free(path, force=force)
    write = known[layout].write
    assert write is not None
    write(_without_clamp(checkpoint) if drop_clamp else checkpoint, path)


def _without_clamp(checkpoint: Checkpoint) -> Checkpoint:
    generator, discriminator = checkpoint.generator, checkpoint.discriminator
    if generator is not None:
        generator = dataclasses.replace(generator, conv_clamp=None)
    if discriminator is not None:
        discriminator = dataclasses.replace(discriminator, conv_clamp=None)
    return dataclasses.replace(checkpoint, generator=generator, discriminator=discriminator)
