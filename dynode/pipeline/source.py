"""From what the user gives — nothing, a picture, a file of codes — to latents."""

from __future__ import annotations

from pathlib import Path

from dynode import plugins
from dynode.errors import MediaError, MissingWeightsError, UsageError
from dynode.generator.protocol import Generator
from dynode.importing import import_codes
from dynode.latents.latents import Latents
from dynode.media.images import fit_to, read_image
from dynode.media.suffixes import VIDEO_SUFFIXES
from dynode.options import build_options
from dynode.plugins.methods import Inverter, Progress, silent

CODE_SUFFIXES = (".npy", ".npz", ".pt", ".pth")


def open_source(
    source: Path | None,
    generator: Generator,
    *,
    inverter: str | None = None,
    seed: int = 0,
    truncation: float = 0.7,
    progress: Progress = silent,
) -> Latents:
    """Get the latents to edit.

    Args:
        source: A picture to invert, a latents file (`.safetensors`), published codes (`.pt`, `.pth`,
            `.npy`, `.npz`), or None to sample.
        generator: The generator that will draw them.
        inverter: Name of the inverter for a picture; None for the one of the generator's domain.
        seed: Seed of the sample, or of the inverter.
        truncation: Truncation of the sample.
        progress: Called by the inverter.

    Returns:
        Latents of one picture, or of as many as the latents file holds.

    Raises:
        MediaError: The picture cannot be used.
        MissingWeightsError: No inverter fits the generator.
    """
    if source is None:
        return generator.sample(1, seed=seed, truncation=truncation)
    if source.suffix == ".safetensors":
        loaded = Latents.load(source, fingerprint=generator.info.fingerprint)
        return loaded.to(generator.device, generator.dtype)
    if source.suffix.lower() in CODE_SUFFIXES:
        codes = import_codes(source, rows=generator.info.num_layers)
        return codes.to(generator.device, generator.dtype)
    if source.suffix.lower() in VIDEO_SUFFIXES and source.suffix.lower() != ".gif":
        raise MediaError(
            f"{source.name} is a video; this version edits pictures: pass one of its frames as an image"
        )
    image = fit_to(read_image(source), generator.info.resolution)
    method = choose_inverter(generator, inverter)
    options = build_options(method.options, {}, owner=method.name)
    image = image.to(generator.device, generator.dtype)
    return method.invert(generator, image, options, seed=seed, progress=progress)


def choose_inverter(generator: Generator, name: str | None) -> Inverter:
    """Return the named inverter, or the one of the generator's domain.

    Raises:
        UnknownNameError: No inverter has this name.
        UsageError: It is not for this generator's domain.
        MissingWeightsError: No inverter fits the domain.
    """
    inverters = plugins.registry().inverters
    domain = generator.info.domain
    if name is not None:
        chosen = inverters[name]
        if chosen.domains and domain not in chosen.domains:
            raise UsageError(
                f"inverter {name!r} is for {', '.join(chosen.domains)}, the generator draws {domain}; "
                f"choose another with --inverter"
            )
        return chosen
    for candidate in [
        *(i for i in inverters if i.domains),
        *(i for i in inverters if not i.domains),
    ]:
        is_fitting = not candidate.domains or domain in candidate.domains
        if is_fitting and candidate.suits(generator.info):
            return candidate
    raise MissingWeightsError(
        f"no inverter is installed for {domain}, so pictures cannot be edited; leave the source out to "
        f"edit a sampled picture, or give codes as a .safetensors file"
    )
