"""The blocks of the synthesis network, each of which can be run alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from dynode.latents.weight_offset import Offset
from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.layers import StyledConvolution, ToRGB, drawn_weights
from dynode.stylegan2.resampling import double
from dynode.stylegan2.sixteen_bits import first_block


@dataclass(frozen=True)
class LayerInputs:
    """What the modulated layers receive besides activations.

    Attributes:
        styles: Layer -> (n, input channels), every layer that is run.
        offsets: Layer -> offsets of its weight; missing = none.
        noise: Layer -> noise broadcastable to (n, 1, h, w), before the strength; missing = none.
        sixteen_bits: Type the highest blocks compute in (see `sixteen_bits`); None for that of the
            weights.
    """

    styles: Mapping[str, Tensor]
    offsets: Mapping[str, Sequence[Offset]] = field(default_factory=dict)
    noise: Mapping[str, Tensor] = field(default_factory=dict)
    sixteen_bits: torch.dtype | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class SynthesisState:
    """What one block hands to the next.

    Attributes:
        resolution: Name of the block that was run last, 0 before the first.
        features: (n, channels, h, w); None before the first block.
        image: Sum of the toRGB layers so far, (n, image channels, h, w).
    """

    resolution: int = 0
    features: Tensor | None = None
    image: Tensor | None = None


class FirstBlock(nn.Module):
    """The learned constant, 4 x 4 in most networks, one convolution and a toRGB."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        channels = config.channels[4]
        self.name = "b4"
        self.resolution = 4
        self.const = nn.Parameter(drawn_weights(channels, *config.base))
        self.conv1 = StyledConvolution(
            channels, channels, config.w_dim, config.base, clamp=config.conv_clamp
        )
        self.torgb = ToRGB(channels, config.image_channels, config.w_dim, clamp=config.conv_clamp)

    def forward(self, state: SynthesisState, inputs: LayerInputs) -> SynthesisState:
        """Make the features and the image at 4 px."""
        n = inputs.styles[f"{self.name}.conv1"].shape[0]  # `len` would fix it in exports
        x = self.const.expand(n, -1, -1, -1)
        return self.finish(x.contiguous(memory_format=torch.channels_last), inputs)

    def finish(self, x: Tensor, inputs: LayerInputs) -> SynthesisState:
        """Run the layers on what stands at 4 px: (n, channels into the convolution, 4, 4)."""
        x = _run_convolution(self.conv1, f"{self.name}.conv1", x, inputs)
        image = _run_torgb(self.torgb, f"{self.name}.torgb", x, inputs)
        return SynthesisState(4, x, image)


class Block(nn.Module):
    """Doubling convolution, convolution, toRGB added to the doubled picture."""

    def __init__(self, config: GeneratorConfig, resolution: int) -> None:
        super().__init__()
        inputs, outputs = config.channels[resolution // 2], config.channels[resolution]
        size = config.size_of(resolution)
        self.name = f"b{resolution}"
        self.resolution = resolution
        self.taps = config.resample_filter
        self.may_have_sixteen_bits = resolution >= first_block(config.resolution)
        self.conv0 = StyledConvolution(
            inputs, outputs, config.w_dim, size, taps=self.taps, clamp=config.conv_clamp
        )
        self.conv1 = StyledConvolution(
            outputs, outputs, config.w_dim, size, clamp=config.conv_clamp
        )
        self.torgb = ToRGB(outputs, config.image_channels, config.w_dim, clamp=config.conv_clamp)

    @property
    def layer_names(self) -> tuple[str, str, str]:
        """Style names of the three modulated layers."""
        return f"{self.name}.conv0", f"{self.name}.conv1", f"{self.name}.torgb"

    def in_sixteen_bits(self, inputs: LayerInputs) -> bool:
        """Say whether it is one of the blocks that compute in 16 bits, and they do."""
        return inputs.sixteen_bits is not None and self.may_have_sixteen_bits

    def forward(self, state: SynthesisState, inputs: LayerInputs) -> SynthesisState:
        """Double features and image."""
        assert state.features is not None and state.image is not None
        x = state.features
        if self.in_sixteen_bits(inputs):
            x = x.to(inputs.sixteen_bits)
        x = _run_convolution(self.conv0, f"{self.name}.conv0", x, inputs)
        x = _run_convolution(self.conv1, f"{self.name}.conv1", x, inputs)
        image = _run_torgb(self.torgb, f"{self.name}.torgb", x, inputs)
        return SynthesisState(self.resolution, x, image + double(state.image, self.taps))


def _run_convolution(layer: StyledConvolution, name: str, x: Tensor, inputs: LayerInputs) -> Tensor:
    return layer(  # type: ignore[no-any-return]
        x,
        inputs.styles[name],
        noise=inputs.noise.get(name),
        offsets=inputs.offsets.get(name, ()),
    )


def _run_torgb(layer: ToRGB, name: str, x: Tensor, inputs: LayerInputs) -> Tensor:
    return layer(x, inputs.styles[name], offsets=inputs.offsets.get(name, ()))  # type: ignore[no-any-return]
