"""Generators by name or by file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import torch

from dynode import plugins
from dynode.devices import default_device, resolve_device
from dynode.errors import MissingWeightsError, UnknownNameError, UsageError
from dynode.generator.classes import choose_class
from dynode.generator.computing import Precision, computing_as
from dynode.generator.protocol import Generator
from dynode.models import fetched_path, is_address
from dynode.plugins.methods import GeneratorFamily, GeneratorProvider


def load_generator(
    name: str | Path | None = None,
    *,
    device: torch.device | str | None = None,
    class_index: int | str | None = None,
    precision: Precision | None = None,
    compiled: bool | None = None,
) -> Generator:
    """Load a generator by its name or from a checkpoint file.

    Args:
        name: Name of an installed or fetched generator (`dynode generators list`), or of what it draws
            (its domain, such as `facets`), or path of a
            checkpoint in any published layout, or the address it was fetched from; None for the bundled one.
        device: Where it computes; None follows DYNODE_DEVICE, then CUDA if present, then the CPU.
        class_index: Class of a conditional generator, by number or name, that everything it samples
            is of; None for all classes.
        precision: What it draws in, see `dynode.generator.computing`; None follows DYNODE_PRECISION, then
            the type of its weights.
        compiled: Draw through `torch.compile`; None follows DYNODE_COMPILE.

    Returns:
        The generator, ready to draw.

    Raises:
        UnknownNameError: No generator has this name, and there is no such file.
        MissingWeightsError: Its weights are not on this machine.
        CheckpointError: The file cannot be used.
        DeviceError: The device does not exist.
        UsageError: It has no such class.
        OptionError: It cannot compute in this precision, or compiled.
    """
    generator = computing_as(_load(name, device), precision=precision, compiled=compiled)
    return generator if class_index is None else choose_class(generator, class_index)


def _load(name: str | Path | None, device: torch.device | str | None) -> Generator:
    where = resolve_device(device) if device is not None else default_device()
    providers = {
        p.name: p for p in plugins.registry().generators if isinstance(p, GeneratorProvider)
    }
    if name is None:
        return _default_provider(providers).load(where)
    if str(name) in providers:
        return providers[str(name)].load(where)
    path = fetched_path(str(name)) if is_address(name) else Path(name)
    if os.path.isfile(path):  # unlike Path.is_file, False for names too long to be one
        return _load_file(path, where)
    return _load_known(str(name), providers, where)


def loaded(
    generator: Generator | str | Path | None = None,
    *,
    device: torch.device | str | None = None,
    class_index: int | str | None = None,
) -> Generator:
    """Return a generator as it is, or load the one that a name or a file means.

    Args:
        generator: A loaded generator, or what `load_generator` takes.
        device: See `load_generator`; a loaded generator stays where it is.
        class_index: See `load_generator`.

    Raises:
        UsageError: It is something else.
        DynodeError: See `load_generator`.
    """
    if generator is None or isinstance(generator, str | Path):
        return load_generator(generator, device=device, class_index=class_index)
    if isinstance(generator, type) or not hasattr(type(generator), "synthesize"):
        told = generator.__name__ if isinstance(generator, type) else type(generator).__name__
        raise UsageError(
            f"the generator is {told}; expected a loaded one (dynode.load_generator()), its name or file, or "
            f"a network of your own as dynode.wrap_module(network, input_shape=...)"
        )
    return generator if class_index is None else choose_class(generator, class_index)


def loaded_video(
    generator: Generator | str | Path | None = None, *, device: torch.device | str | None = None
) -> Generator:
    """Return a generator for videos: as `loaded`, but what moves where nobody says which one.

    Args:
        generator: See `loaded`. None, or a domain such as `skies` alone, is the one that draws the
            domain's videos, or else its pictures.
        device: See `load_generator`.

    Raises:
        DynodeError: See `loaded`.
    """
    if generator is not None and not isinstance(generator, str):
        return loaded(generator, device=device)
    known = [p for p in plugins.registry().generators if isinstance(p, GeneratorProvider)]
    names, moving = {p.name: p for p in known}, [p for p in known if p.default_video]
    if generator is None:  # of what is drawn without a name, if that has one
        usual = [p.domain for p in known if p.default]
        moving.sort(key=lambda provider: provider.domain not in usual)
    else:
        taken = generator in names or os.path.isfile(generator)
        moving = [p for p in moving if p.domain == generator and not taken]
    return loaded(moving[0].name if moving else generator, device=device)


def _default_provider(providers: Mapping[str, GeneratorProvider]) -> GeneratorProvider:
    for provider in providers.values():
        if provider.default:
            return provider
    raise MissingWeightsError(
        "no generator was named and no plugin brings a default one; name one with --generator, "
        "or install the dynode distribution with its bundled plugin (see 'dynode plugins')"
    )


def _load_file(path: Path, device: torch.device, *, crop: str = "") -> Generator:
    from dynode.stylegan2.loading import load_cropped

    for family in plugins.registry().generators:
        if isinstance(family, GeneratorFamily) and family.can_read(path):
            return family.read(path, device)
    return load_cropped(path, crop, device=device)


def _load_known(
    name: str, providers: Mapping[str, GeneratorProvider], device: torch.device
) -> Generator:
    from dynode.models import cached_path, known_models

    for provider in providers.values():  # the first of what it draws
        if provider.domain == name:
            return provider.load(device)
    known = {name: model for name, model in known_models().items() if model.kind == "generator"}
    if name in known:
        return _load_file(cached_path(known[name]), device, crop=known[name].crop)
    raise UnknownNameError("generator or checkpoint file", name, [*providers, *known])
