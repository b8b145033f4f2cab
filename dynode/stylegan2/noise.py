"""Where the noise of the synthesis layers comes from."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dynode.errors import UsageError
from dynode.stylegan2.layers import StyledConvolution
from dynode.stylegan2.synthesis import SynthesisNetwork

NoiseMode = str | Sequence[Tensor]


def resolve_noise(
    synthesis: SynthesisNetwork, mode: NoiseMode, n: int, resolution: int
) -> dict[str, Tensor]:
    """Find the noise of every convolution up to a resolution.

    Args:
        synthesis: The network.
        mode: `const` for the stored buffers, `random` for fresh normal noise for every picture,
            `none`, or a list of one tensor a convolution in execution order, broadcastable to
            (n, 1, h, w).
        n: Pictures.
        resolution: Name of the last block that is run.

    Returns:
        Layer name -> noise, before the strength.

    Raises:
        UsageError: No such mode, or a list of another length or with other shapes.
    """
    layers = {name: synthesis.layer(name) for name in synthesis.rows}
    convolutions = {k: v for k, v in layers.items() if isinstance(v, StyledConvolution)}
    needed = {k: v for k, v in convolutions.items() if block_of(k) <= resolution}
    if not isinstance(mode, str):
        return _listed(mode, list(convolutions), needed, n)
    if mode == "none":
        return {}
    if mode == "const":
        return {name: layer.noise_const for name, layer in needed.items()}
    if mode != "random":
        raise UsageError(
            f"noise {mode!r} is unknown; use 'const', 'random', 'none' or a list of tensors"
        )
    return {
        name: torch.randn(
            n, 1, *layer.noise_const.shape, device=layer.weight.device, dtype=layer.weight.dtype
        )
        for name, layer in needed.items()
    }


def stored_maps(synthesis: SynthesisNetwork) -> list[Tensor]:
    """Return the stored noise of every convolution, (h, w) each, in execution order."""
    return list(resolve_noise(synthesis, "const", 1, synthesis.config.resolution).values())


def block_of(name: str) -> int:
    """Read the block off a layer's name, such as 8 off `b8.conv0`."""
    return int(name.partition(".")[0][1:])


def _listed(
    tensors: Sequence[Tensor], names: list[str], needed: dict[str, StyledConvolution], n: int
) -> dict[str, Tensor]:
    if len(tensors) != len(names):
        raise UsageError(
            f"the noise list has {len(tensors)} tensors; expected one for each of the "
            f"{len(names)} convolutions: {', '.join(names)}"
        )
    listed = {name: noise for name, noise in zip(names, tensors, strict=True) if name in needed}
    for name, noise in listed.items():
        size = needed[name].size
        shape = (1,) * (4 - noise.dim()) + tuple(noise.shape)
        if len(shape) != 4 or shape[0] not in (1, n) or shape[1] != 1 or shape[2:] != size:
            raise UsageError(
                f"the noise of {name} has shape {tuple(noise.shape)}; expected something "
                f"broadcastable to ({n}, 1, {size[0]}, {size[1]})"
            )
    weights = {name: needed[name].weight for name in listed}
    return {name: noise.to(weights[name]) for name, noise in listed.items()}
