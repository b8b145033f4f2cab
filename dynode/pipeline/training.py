"""Train the network of a plugin for a generator."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from dynode import files, plugins
from dynode.devices import own_device
from dynode.errors import OptionError, UnknownNameError
from dynode.generator.loading import loaded
from dynode.generator.protocol import Generator
from dynode.options import build_options
from dynode.plugins.methods import Progress, silent
from dynode.plugins.trainable import Trainable, TrainableGenerator

if TYPE_CHECKING:
    from dynode.pipeline.snapshot_metrics import SnapshotMetrics


def trainable() -> dict[str, Trainable | TrainableGenerator]:
    """List what the installed plugins can train, by the name behind `dynode train`."""
    registry = plugins.registry()
    methods = [
        *registry.trainables,
        *registry.inverters,
        *registry.directions,
        *registry.generators,
    ]
    kinds = (Trainable, TrainableGenerator)
    return {method.training: method for method in methods if isinstance(method, kinds)}


def train(
    name: str,
    generator: Generator | str | Path | None = None,
    output: str | Path | None = None,
    *,
    data: str = "sampled",
    start: str | Path | None = None,
    folder: str | Path | None = None,
    seed: int = 0,
    device: str | None = None,
    force: bool = False,
    metrics: Sequence[str] = (),
    metrics_count: int | None = None,
    progress: Progress = silent,
    **options: Any,  # the method's training options, checked against its dataclass
) -> Path:
    """Train a network of an installed method, or continue a run that was stopped.

    Args:
        name: What to train, for example `e4e` (`dynode train --help`).
        generator: A loaded generator, or what `load_generator` takes, of what is trained for one.
        output: File to write; None for `NAME.safetensors`.
        data: `sampled` for what the generator draws, else what the method learns from: mostly a
            folder or zip file of pictures.
        start: Of generators that are trained, the one to start from, by name or file; else the
            method's own option of that name.
        folder: Where the run keeps its state and its log; None for `runs/NAME`.
        seed: Seed of everything random.
        device: Where to compute, for a generator given by name.
        force: Replace an output that exists.
        metrics: Of generators that are trained, metrics of every snapshot against the data, logged in
            `metrics.jsonl` of the run: `NAME` or `NAME:option=value`, such as
            `fid:weights=inception.pth`.
        metrics_count: Items a side; None for all of the data, and as many drawn.
        progress: Called after every step.
        **options: The method's training options by name.

    Returns:
        The file.

    Raises:
        UnknownNameError: Nothing of that name can be trained, or no such option or metric.
        OptionError: `generator`, `start` or `metrics` does not apply.
        MissingWeightsError: A metric needs a file that was not given.
        OutputExistsError: The output exists and `force` is off.
    """
    methods = trainable()
    if name not in methods:
        raise UnknownNameError("model to train", name, methods)
    method = methods[name]
    if not isinstance(method, TrainableGenerator) and start is not None:
        options = {**options, "start": start}
    checked = build_options(method.training_options, options, owner=f"train {name}")
    target = Path(output or f"{name}.safetensors")
    files.check_free(target, force=force)
    shared: dict[str, Any] = {
        "data": str(data),
        "folder": Path(folder or Path("runs") / name),
        "seed": seed,
        "force": force,
        "progress": progress,
    }
    if not isinstance(method, TrainableGenerator):
        _refuse(metrics or None, f"--metrics is for generators, and train {name} trains none")
        method.train(loaded(generator, device=_of_process(device)), target, checked, **shared)
        return target
    _refuse(generator, f"train {name} trains a generator and for none; name one with start, --from")
    where, begin = own_device(device), None if start is None else str(start)
    measured = _measured(metrics, metrics_count, shared, where)
    method.train(
        target,
        checked,
        start=begin,
        device=where,
        **{**shared, "progress": measured.watching(progress) if measured else progress},
    )
    return target


def _of_process(device: str | None) -> str | None:
    """Of several CUDA devices, that of this process where `torchrun` started it."""
    return str(own_device(device)) if "LOCAL_RANK" in os.environ else device


def _measured(
    metrics: Sequence[str], count: int | None, shared: Mapping[str, Any], device: torch.device
) -> SnapshotMetrics | None:
    """Prepare the metrics of a training, checked before it begins."""
    if not metrics:
        _refuse(count, "--metrics-count belongs to --metrics; leave it out, or name metrics")
        return None
    from dynode.pipeline.snapshot_metrics import Asked, SnapshotMetrics

    asked = [Asked.of(text) for text in metrics]
    found = SnapshotMetrics(asked, shared["folder"], shared["data"], device, shared["seed"], count)
    found.check()
    return found


def _refuse(given: object, message: str) -> None:
    if given is not None:
        raise OptionError(message)
