"""Write a checkpoint in another layout."""

from __future__ import annotations

from pathlib import Path

from dynode import files
from dynode.errors import OptionError
from dynode.stylegan2.checkpoints import read_checkpoint, write_checkpoint

_LAYOUT_OF_SUFFIX = {".safetensors": "dynode", ".pt": "rosinality", ".pkl": "nvlabs"}


def convert_checkpoint(
    source: str | Path,
    target: str | Path,
    *,
    layout: str | None = None,
    drop_clamp: bool = False,
    force: bool = False,
) -> str:
    """Read a checkpoint in any layout and write it in another.

    Args:
        source: Checkpoint in any published layout.
        target: Where to write.
        layout: `dynode`, `rosinality` or `nvlabs`; None goes by the suffix.
        drop_clamp: Leave out a convolution clamp that the layout cannot express.
        force: Overwrite `target`.

    Returns:
        The layout that was written.

    Raises:
        OptionError: The suffix tells no layout.
        CheckpointError: The file cannot be used, or the layout cannot express the network.
    """
    source, target = Path(source), Path(target)
    chosen = layout or _LAYOUT_OF_SUFFIX.get(target.suffix.lower())
    if chosen is None:
        raise OptionError(
            f"the suffix of {target.name} tells no layout; use .safetensors, .pt or .pkl, or --layout"
        )
    files.check_free(target, force=force)
    checkpoint = read_checkpoint(source, part="all")
    write_checkpoint(checkpoint, target, layout=chosen, force=force, drop_clamp=drop_clamp)
    return chosen
