"""Write a checkpoint in another layout."""

from __future__ import annotations

import dataclasses
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

from dynode import files, plugins
from dynode.errors import OptionError, UnknownNameError, UnsupportedCheckpointError
from dynode.plugins.convertible import Convertible
from dynode.plugins.methods import GeneratorFamily
from dynode.stylegan2.checkpoints import (
    Checkpoint,
    layout_of_suffix,
    read_checkpoint,
    write_checkpoint,
    written_layouts,
)
from dynode.stylegan2.loading import CLASS_NAMES

_KEEPS_NAMES = "dynode"


def convert_checkpoint(
    source: str | Path,
    target: str | Path,
    *,
    layout: str | None = None,
    drop_clamp: bool = False,
    generator_only: bool = False,
    class_names: Sequence[str] = (),
    force: bool = False,
) -> str:
    """Read a checkpoint in any layout and write it in another; see `Convertible` for plugins' files.

    A discriminator that cannot be built beside a good generator is left out with a warning.

    Args:
        source: Checkpoint in any published layout.
        target: Where to write.
        layout: Name of a layout that can be written; None goes by the suffix.
        drop_clamp: Leave out a convolution clamp that the layout cannot express.
        generator_only: Leave out the discriminator.
        class_names: Names for the classes, which dynode's own layout keeps; empty for the source's.
        force: Overwrite `target`.

    Returns:
        The layout that was written.

    Raises:
        OptionError: The suffix tells no layout, or the names do not fit the classes.
        UnknownNameError: There is no such layout.
        CheckpointError: The file cannot be used, or the layout cannot express the network.
    """
    source, target = Path(source), Path(target)
    if family := _family_of(source):
        _refuse({"--drop-clamp": drop_clamp, "--class-names": bool(class_names)}, source, family)
        return _by_family(family, source, target, layout, generator_only, force=force)
    chosen = layout or _told_by_suffix(target)
    files.check_free(target, force=force)
    checkpoint = _with_names(_whole(source, generator_only), class_names, chosen)
    write_checkpoint(checkpoint, target, layout=chosen, force=force, drop_clamp=drop_clamp)
    return chosen


def _family_of(source: Path) -> GeneratorFamily | None:
    """Find the plugin that reads such a file; None for StyleGAN2's own layouts."""
    if not source.is_file():
        return None
    families = (one for one in plugins.registry().generators if isinstance(one, GeneratorFamily))
    return next((family for family in families if family.can_read(source)), None)


def _refuse(settings: dict[str, bool], source: Path, family: GeneratorFamily) -> None:
    for flag, is_given in settings.items():
        if is_given:
            raise OptionError(
                f"{flag} does not apply to {source.name}, a file of {family.name}; leave it out"
            )


def _by_family(
    family: GeneratorFamily,
    source: Path,
    target: Path,
    layout: str | None,
    generator_only: bool,
    *,
    force: bool,
) -> str:
    """Let a family write its file in another layout, and say what is left out."""
    if not isinstance(family, Convertible):
        raise UnsupportedCheckpointError(
            f"{source.name} is a file of {family.name}, which has one layout; copy it instead"
        )
    known = family.layouts
    chosen = layout or known.get(target.suffix.lower())
    if chosen is None:
        told = ", ".join(f"{suffix} ({name})" for suffix, name in known.items())
        raise OptionError(
            f"the suffix of {target.name} tells no layout of {family.name}; use {told}, or name one with "
            "--layout"
        )
    if chosen not in known.values():
        raise UnknownNameError(f"layout of {family.name}", chosen, sorted(known.values()))
    files.check_free(target, force=force)
    lost = family.convert(source, target, chosen, generator_only=generator_only, force=force)
    for part in lost:
        warnings.warn(
            f"{target.name} is written without what {source.name} holds beside: {part}",
            stacklevel=3,
        )
    return chosen


def _told_by_suffix(target: Path) -> str:
    found = layout_of_suffix(target.suffix)
    if found is None:
        known = ", ".join(f"{one.suffix} ({name})" for name, one in written_layouts().items())
        raise OptionError(
            f"the suffix of {target.name} tells no layout; use {known}, or name one with --layout"
        )
    return found.name


def read_class_names(path: str | Path) -> tuple[str, ...]:
    """Read names of classes from a text file in UTF-8, one a line; empty lines are left out.

    Raises:
        OptionError: It is no text.
    """
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise OptionError(
            f"{path} is no text in UTF-8; expected the name of a class on each line"
        ) from error
    return tuple(line.strip() for line in lines if line.strip())


def _with_names(checkpoint: Checkpoint, names: Sequence[str], layout: str) -> Checkpoint:
    """Give classes their names, or say that the layout has no room for them."""
    count = checkpoint.generator.c_dim if checkpoint.generator else 0
    if names and (len(names) != count or len(set(names)) != count or not all(names)):
        raise OptionError(
            f"{len(set(filter(None, names)))} different names are given for {count} classes; expected one "
            f"name for each, none of them empty"
        )
    metadata = dict(checkpoint.metadata)
    if names:
        metadata[CLASS_NAMES] = json.dumps(list(names))
    if layout != _KEEPS_NAMES and CLASS_NAMES in metadata:
        warnings.warn(
            f"the names of the {count} classes are left out: the layout {layout} has no room for them; "
            f"write .safetensors to keep them",
            stacklevel=3,
        )
    return dataclasses.replace(checkpoint, metadata=metadata)


def _whole(source: Path, generator_only: bool) -> Checkpoint:
    """Read both networks, or one; say why a discriminator is left out unasked."""
    if generator_only:
        return read_checkpoint(source)
    checkpoint = read_checkpoint(source, part="all")
    metadata = dict(checkpoint.metadata)
    trouble = metadata.pop("discriminator", "")
    if trouble:
        warnings.warn(
            f"the discriminator is left out: {trouble}; --generator-only leaves it out unsaid",
            stacklevel=3,
        )
    return dataclasses.replace(checkpoint, metadata=metadata)
