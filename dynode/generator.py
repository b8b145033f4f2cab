"""What every generator offers: the protocol, its description, and loading one by name or path."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from dynode import plugins
from dynode.errors import DeviceError, MissingWeightsError, UnknownNameError
from dynode.latents import Latents
from dynode.methods import GeneratorFamily, GeneratorProvider


@dataclass(frozen=True)
class GeneratorInfo:
    """What a generator is; plugins ask this and assume nothing.

    Attributes:
        name: Name it was loaded by.
        resolution: (height, width) in pixels.
        num_layers: Rows of a W+ code.
        w_dim: Width of a row.
        z_dim: Width of the normal vector the mapping starts from.
        c_dim: Width of the class condition, 0 for none.
        style_channels: Width of each style vector by layer name, in execution order, toRGB included.
        style_rows: Row of the W+ code that feeds each of these layers.
        rgb_layers: The toRGB layers among them.
        conv_layers: Shape (out, in, kh, kw) of every weight that can be offset, by layer name.
        domain: What it draws, free text such as `faces`.
        crop: How photographs must be aligned: `ffhq` or `none`.
        fingerprint: Hash of architecture and weights.
        licence: SPDX identifier of the weights' licence, or `unknown`.
        source: Where the weights came from.
    """

    name: str
    resolution: tuple[int, int]
    num_layers: int
    w_dim: int
    z_dim: int
    c_dim: int
    style_channels: Mapping[str, int]
    style_rows: Mapping[str, int]
    rgb_layers: tuple[str, ...]
    conv_layers: Mapping[str, tuple[int, ...]]
    domain: str
    crop: str
    fingerprint: str
    licence: str
    source: str


@runtime_checkable
class Generator(Protocol):
    """Turns latents into pictures, differentiably.

    Pictures are (n, 3, h, w) float, nominally in [-1, 1], RGB.
    """

    @property
    def info(self) -> GeneratorInfo:
        """Description of the generator."""
        ...

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type it computes in."""
        ...

    @property
    def mean_w(self) -> Tensor:
        """Mean code, (w_dim,) or (num_layers, w_dim)."""
        ...

    def map(
        self,
        z: Tensor,
        *,
        c: Tensor | None = None,
        truncation: float = 1.0,
        cutoff: int | None = None,
    ) -> Latents:
        """Map normal vectors to codes.

        Args:
            z: (n, z_dim), standard normal.
            c: (n, c_dim) class condition, for conditional generators.
            truncation: Pull towards `mean_w`: 1 none, 0 the mean itself.
            cutoff: Number of first rows to truncate; None for all.
        """
        ...

    def sample(self, n: int, *, seed: int, truncation: float = 0.7) -> Latents:
        """Draw n codes; the first equals the published scripts' picture of that seed."""
        ...

    def styles(self, latents: Latents) -> dict[str, Tensor]:
        """Read the style vectors, offsets included, by layer name: each (n, channels)."""
        ...

    def synthesize(
        self,
        latents: Latents,
        *,
        noise: str | Sequence[Tensor] = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw pictures.

        Args:
            latents: What to draw.
            noise: `const` for the stored noise, `random` for fresh, `none`, or a list of tensors.
            resolution: Stop early at this side in pixels; None for the full size.
        """
        ...

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Generator:
        """Return this generator on another device or in another type."""
        ...


def default_device() -> torch.device:
    """Return the device of DYNODE_DEVICE, else the CUDA device if there is one, else the CPU."""
    return resolve_device(os.environ.get("DYNODE_DEVICE") or None)


def resolve_device(device: torch.device | str | None) -> torch.device:
    """Check a device and return it; None is a CUDA device if there is one, else the CPU.

    Raises:
        DeviceError: It does not exist on this machine.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError:
        found = None
    # torch keeps the index in a byte, so that 'cuda:256' would be 'cuda:0'.
    if found is None or str(found) != str(device) or not _is_available(found):
        raise DeviceError(
            f"device {str(device)!r} is not available; this machine has {', '.join(devices())}; "
            f"choose one with --device or DYNODE_DEVICE"
        )
    return found


def devices() -> list[str]:
    """List the devices torch can use here."""
    names = ["cpu"]
    names += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return names


def _is_available(device: torch.device) -> bool:
    counts = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }
    return 0 <= (device.index or 0) < counts.get(device.type, 0)


def load_generator(
    name: str | Path | None = None, *, device: torch.device | str | None = None
) -> Generator:
    """Load a generator by its name or from a checkpoint file.

    Args:
        name: Name of an installed or fetched generator (`dynode generators list`), or path of a
            checkpoint in any published layout; None for the bundled one.
        device: Where it computes; None follows DYNODE_DEVICE, then CUDA if present, then the CPU.

    Returns:
        The generator, ready to draw.

    Raises:
        UnknownNameError: No generator has this name, and there is no such file.
        MissingWeightsError: Its weights are not on this machine.
        CheckpointError: The file cannot be used.
        DeviceError: The device does not exist.
    """
    where = resolve_device(device) if device is not None else default_device()
    providers = {
        p.name: p for p in plugins.registry().generators if isinstance(p, GeneratorProvider)
    }
    if name is None:
        return _default_provider(providers).load(where)
    if str(name) in providers:
        return providers[str(name)].load(where)
    path = Path(name)
    if os.path.isfile(path):  # unlike Path.is_file, False for names too long to be one
        return _load_file(path, where)
    return _load_known(str(name), providers, where)


def _default_provider(providers: Mapping[str, GeneratorProvider]) -> GeneratorProvider:
    for provider in providers.values():
        if provider.default:
            return provider
    raise MissingWeightsError(
        "no generator was named and no plugin brings a default one; name one with --generator, "
        "or install the dynode distribution with its bundled plugin (see 'dynode plugins')"
    )


def _load_file(path: Path, device: torch.device) -> Generator:
    from dynode.stylegan2.generator import StyleGAN2

    for family in plugins.registry().generators:
        if isinstance(family, GeneratorFamily) and family.can_read(path):
            return family.read(path, device)
    return StyleGAN2.load(path, device=device)


def _load_known(
    name: str, providers: Mapping[str, GeneratorProvider], device: torch.device
) -> Generator:
    from dynode.models import cached_path, known_models

    known = known_models()
    if name in known:
        return _load_file(cached_path(known[name]), device)
    raise UnknownNameError("generator or checkpoint file", name, [*providers, *known])
