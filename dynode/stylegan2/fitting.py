"""Whether what a generator is given fits it."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.errors import GeneratorMismatchError, UsageError
from dynode.generator.fitting import check_codes
from dynode.latents.latents import Latents
from dynode.stylegan2.network import GeneratorNetwork


def check_latents(network: GeneratorNetwork, generator: str, latents: Latents) -> None:
    """Refuse latents of a generator of another shape; `generator` is a name for the message.

    Raises:
        GeneratorMismatchError: Rows, width, a layer or the shape of an offset differ.
    """
    config, rows = network.config, network.synthesis.rows
    check_codes(latents, generator, config.num_layers, config.w_dim)
    for name in [*latents.styles, *(offset.layer for offset in latents.weights)]:
        if name not in rows:
            raise GeneratorMismatchError(
                f"latents edit layer {name!r}, which {generator} does not have; "
                f"its layers are {', '.join(rows)}"
            )
    for offset in latents.weights:
        wanted = network.synthesis.layer(offset.layer).weight.shape
        if offset.shape != tuple(wanted):
            raise GeneratorMismatchError(
                f"an offset of {offset.layer} has shape {offset.shape}, "
                f"{generator} needs {tuple(wanted)}; use an edit of this generator"
            )


def labels(given: Tensor | None, chosen: int | None, shape: tuple[int, int]) -> Tensor:
    """Return labels of a shape (n, classes): those given, or those of the chosen class.

    Raises:
        UsageError: There are neither, or they are of another shape.
    """
    if given is None and chosen is not None:
        return torch.eye(shape[1])[chosen].expand(shape[0], -1)
    if given is None:
        raise UsageError(
            f"the generator is conditional and got no class label; pass c of shape {shape}"
        )
    check_shape("c", given, shape)
    return given


def check_shape(name: str, given: Tensor, wanted: tuple[int, int]) -> None:
    """Refuse an input of another shape.

    Raises:
        UsageError: `given` is not of the shape `wanted`.
    """
    if given.shape != wanted:
        raise UsageError(
            f"{name} has shape {tuple(given.shape)}; the generator needs {wanted}, "
            f"pass {wanted[1]} values a picture"
        )
