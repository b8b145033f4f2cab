"""Train the network of a plugin for a generator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynode import files, plugins
from dynode.errors import UnknownNameError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.options import build_options
from dynode.plugins.methods import Progress, silent
from dynode.plugins.trainable import Trainable


def trainable() -> dict[str, Trainable]:
    """List what the installed plugins can train, by the name behind `dynode train`."""
    registry = plugins.registry()
    methods = [*registry.inverters, *registry.directions, *registry.generators]
    return {method.training: method for method in methods if isinstance(method, Trainable)}


def train(
    name: str,
    generator: Generator | str | Path | None = None,
    output: str | Path | None = None,
    *,
    data: str = "sampled",
    folder: str | Path | None = None,
    seed: int = 0,
    device: str | None = None,
    force: bool = False,
    progress: Progress = silent,
    **options: Any,  # the method's training options, checked against its dataclass
) -> Path:
    """Train a network of an installed method, or continue a run that was stopped.

    Args:
        name: What to train, for example `e4e` (`dynode train --help`).
        generator: A loaded generator, or what `load_generator` takes.
        output: File to write; None for `NAME.safetensors`.
        data: `sampled` for what the generator draws, else what the method learns from: mostly a
            folder or zip file of pictures.
        folder: Where the run keeps its state and its log; None for `runs/NAME`.
        seed: Seed of everything random.
        device: Where to compute, for a generator given by name.
        force: Replace an output that exists.
        progress: Called after every step.
        **options: The method's training options by name.

    Returns:
        The file.

    Raises:
        UnknownNameError: Nothing of that name can be trained, or no such option.
        OutputExistsError: The output exists and `force` is off.
    """
    methods = trainable()
    if name not in methods:
        raise UnknownNameError("model to train", name, methods)
    method = methods[name]
    checked = build_options(method.training_options, options, owner=f"train {name}")
    target = Path(output or f"{name}.safetensors")
    files.check_free(target, force=force)
    drawing = loaded(generator, device=device)
    run_folder = Path(folder or Path("runs") / name)
    method.train(
        drawing,
        target,
        checked,
        data=data,
        folder=run_folder,
        seed=seed,
        force=force,
        progress=progress,
    )
    return target
