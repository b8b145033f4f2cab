"""The convolutions of any module, and moving them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dynode.latents.weight_offset import Offset

Layer = nn.Conv2d | nn.ConvTranspose2d
WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
Hook = Callable[[nn.Module, tuple[Tensor, ...], Tensor], Tensor]


def convolutions(module: nn.Module) -> Iterator[tuple[str, Layer]]:
    """List the convolutions without groups, by name."""
    for name, part in module.named_modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d) and part.groups == 1:
            yield name, part


def adding(layer: Layer, offset: Offset) -> Hook:
    """Make a hook that convolves the input with each vector and adds up what it gives."""

    def hook(_: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> Tensor:
        x = given[0]
        basis, coefficients = offset.basis.to(x), offset.coefficients.to(x)
        for vector, amount in zip(basis, coefficients.unbind(1), strict=True):
            output = output + _convolve(layer, x * amount[:, None, None, None], vector)
        return output

    return hook


def _convolve(layer: Layer, x: Tensor, weight: Tensor) -> Tensor:
    """Convolve as a layer does, with another weight (out, in, kh, kw) and without bias."""
    if isinstance(layer, nn.ConvTranspose2d):
        return nn.functional.conv_transpose2d(
            x,
            weight.transpose(0, 1),
            None,
            layer.stride,
            layer.padding,  # type: ignore[arg-type]  # never a text for these
            layer.output_padding,
            1,
            layer.dilation,
        )
    convolved: Tensor = layer._conv_forward(x, weight, None)
    return convolved


def fingerprint(module: nn.Module) -> str:
    """Hash the names, shapes and values of all parameters and buffers."""
    state = hashlib.sha256(type(module).__name__.encode())
    for name, part in sorted(module.state_dict().items()):
        state.update(f"{name} {tuple(part.shape)} {part.dtype}".encode())
        state.update(part.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return state.hexdigest()


def first_output(module: nn.Module, draw: Callable[[], object]) -> Tensor:
    """Give what the first layer with a weight makes while `draw` runs, (n, features)."""
    seen = list[Tensor]()

    def keep(_: nn.Module, given: object, output: Tensor) -> None:
        seen.append(output.detach().flatten(1))

    layers = [part for part in module.modules() if isinstance(part, WEIGHTED)]
    handles = [layer.register_forward_hook(keep) for layer in layers]
    try:
        draw()
    finally:
        for handle in handles:
            handle.remove()
    return seen[0]
