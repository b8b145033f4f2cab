"""Synthesis through `torch.compile`: fewer, larger operations; on a card one CUDA graph a picture."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.autograd import forward_ad

from dynode.stylegan2.blocks import LayerInputs
from dynode.stylegan2.synthesis import SynthesisNetwork


class CompiledSynthesis:
    """Draws without gradients through a compiled program; everything else as the network does.

    Each number of pictures and each size is compiled at its first call, which takes a minute or
    more. Weight offsets and gradients are not compiled.

    Args:
        synthesis: The network, on its device.
    """

    def __init__(self, synthesis: SynthesisNetwork) -> None:
        self._synthesis = synthesis
        self._on_card = next(synthesis.parameters()).device.type == "cuda"
        mode = "reduce-overhead" if self._on_card else None
        self._program: Callable[..., Tensor] = torch.compile(synthesis.forward, mode=mode)

    def of(self, synthesis: SynthesisNetwork) -> CompiledSynthesis:
        """Return this for a network; itself for the one it was made of."""
        return self if synthesis is self._synthesis else CompiledSynthesis(synthesis)

    def __call__(self, inputs: LayerInputs, *, resolution: int | None = None) -> Tensor:
        """Render; see `SynthesisNetwork.forward`."""
        if inputs.offsets or _is_differentiated(inputs):
            drawn: Tensor = self._synthesis(inputs, resolution=resolution)
            return drawn
        with torch.no_grad():
            image = self._program(inputs, resolution=resolution)
        return image.clone() if self._on_card else image  # the next picture is drawn over it


def _is_differentiated(inputs: LayerInputs) -> bool:
    if torch._C._are_functorch_transforms_active():
        return True
    given = [*inputs.styles.values(), *inputs.noise.values()]
    if any(forward_ad.unpack_dual(part).tangent is not None for part in given):
        return True
    return torch.is_grad_enabled() and any(part.requires_grad for part in given)
