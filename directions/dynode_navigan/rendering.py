"""Pictures as a function of one layer's weight, with everything before the layer computed once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import functional_call

from dynode.generator import Generator, as_rgb
from dynode.latents import Latents, WeightOffset
from dynode.stylegan2 import FirstBlock, LayerInputs, StyleGAN2, SynthesisState, double

Render = Callable[[Tensor], Tensor]


def layer_render(generator: Generator, latents: Latents, layer: str) -> Render:
    """Make a function from a shift (out, in, kh, kw) of a layer's weight to pictures.

    Args:
        generator: What draws, with its stored noise.
        latents: n pictures; they share the shift.
        layer: Name of the convolution.

    Returns:
        The function; differentiable in both modes.
    """
    if isinstance(generator, StyleGAN2):
        return _StyleGANTail(generator, latents, layer)
    ones = latents.w.new_ones(len(latents), 1)

    def render(delta: Tensor) -> Tensor:
        moved = latents.add_weights(WeightOffset(layer, delta[None], ones))
        return generator.synthesize(moved)

    return render


class _StyleGANTail:
    """The synthesis network from one layer on."""

    def __init__(self, generator: StyleGAN2, latents: Latents, layer: str) -> None:
        self.generator, self.layer = generator, layer
        name, _ = layer.split(".")
        self.block = generator.network.synthesis.get_submodule(name)
        with torch.no_grad():
            self.inputs: LayerInputs = generator.layer_inputs(latents)
            self.before, self.image = self._until_block(len(latents))
            self.stages = self._stages()
            while self.stages[0] != layer:
                self.before = self._run(self.stages.pop(0), self.before)

    def __call__(self, delta: Tensor) -> Tensor:
        x, block = self.before, self.block
        for name in self.stages[:-1]:
            x = self._run(name, x, delta if name == self.layer else None)
        image = self._run(self.stages[-1], x, delta if self.stages[-1] == self.layer else None)
        if self.image is not None:
            image = image + self.image
        state = SynthesisState(int(block.resolution), x, image)  # type: ignore[arg-type]
        drawn = self.generator.advance(state, self.inputs).image
        assert drawn is not None
        return as_rgb(drawn)

    def _until_block(self, n: int) -> tuple[Tensor, Tensor | None]:
        """Give the features that enter the block, and the picture so far at the block's size."""
        if isinstance(self.block, FirstBlock):
            return self.block.const.expand(n, -1, -1, -1).contiguous(), None
        previous = int(self.block.resolution) // 2  # type: ignore[arg-type]
        state = self.generator.advance(SynthesisState(), self.inputs, until=previous)
        assert state.features is not None and state.image is not None
        return state.features, double(state.image, self.block.taps)  # type: ignore[arg-type]

    def _stages(self) -> list[str]:
        parts = ("conv1", "torgb") if self.image is None else ("conv0", "conv1", "torgb")
        return [f"{self.block.name}.{part}" for part in parts]

    def _run(self, name: str, x: Tensor, delta: Tensor | None = None) -> Tensor:
        inputs, module = self.inputs, self.generator.network.synthesis.layer(name)
        given = {"offsets": inputs.offsets.get(name, ())}
        if not name.endswith(".torgb"):
            given["noise"] = inputs.noise.get(name)  # type: ignore[assignment]
        if delta is None:
            return module(x, inputs.styles[name], **given)  # type: ignore[no-any-return]
        moved = {"weight": module.weight + delta}
        return functional_call(module, moved, (x, inputs.styles[name]), given)  # type: ignore[no-any-return]
