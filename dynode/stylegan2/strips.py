"""Rendering large blocks on the CPU in horizontal strips that stay in the cache.

In the larger blocks a layer's activations are larger than its weights and than the processor's
cache. Without gradients nothing has to be kept, so a block is computed some rows at a time: every
pass but the convolutions then costs next to nothing, and the peak memory is that of the block's
input and output. The weights being the smaller side here, they carry style, demodulation and the
gain of the activation; the result equals `Block.forward` up to rounding, which the tests check.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import forward_ad

from dynode.stylegan2.blocks import Block, LayerInputs, SynthesisState
from dynode.stylegan2.energy import energy
from dynode.stylegan2.layers import GAIN, SLOPE, StyledConvolution, ToRGB
from dynode.stylegan2.modulation import combine, demodulation
from dynode.stylegan2.resampling import double

# Values of one channel-last strip, 8 MiB of float32: three of them share a last-level cache.
STRIP_VALUES = 2**21
# A block with fewer values (a picture) fits the cache anyway, and strips only cost calls.
FEWEST_VALUES = 2**20


class _Layer(NamedTuple):
    """One styled convolution for one picture, everything constant folded into its tensors."""

    weight: Tensor  # (o, i, 3, 3)
    bias: Tensor  # (o,)
    noise: Tensor | None  # (1, 1, h, w)
    clamp: float | None


def can_run(block: Block, state: SynthesisState, inputs: LayerInputs) -> bool:
    """Say whether a block may be rendered in strips: on the CPU, float32, without gradients."""
    x = state.features
    assert x is not None
    values = math.prod(block.conv1.size) * block.conv1.weight.shape[0]
    if values < FEWEST_VALUES or len(block.taps) != 4 or block.in_sixteen_bits(inputs):
        return False
    if x.device.type != "cpu" or x.dtype != torch.float32 or not torch.backends.mkldnn.enabled:
        return False
    assert state.image is not None
    return not _needs_graph(block, (x, state.image), inputs)


def _needs_graph(block: Block, entering: tuple[Tensor, Tensor], inputs: LayerInputs) -> bool:
    if torch._C._are_functorch_transforms_active():
        return True
    names = block.layer_names
    given = [*entering, *block.parameters(), *(inputs.styles[name] for name in names)]
    given += [inputs.noise[name] for name in names if name in inputs.noise]
    for name in names:
        for offset in inputs.offsets.get(name, ()):
            given += [*offset.shared, offset.coefficients]
    if any(forward_ad.unpack_dual(tensor).tangent is not None for tensor in given):
        return True
    return torch.is_grad_enabled() and any(tensor.requires_grad for tensor in given)


@torch.no_grad()
def run(
    block: Block, state: SynthesisState, inputs: LayerInputs, *, has_features: bool = True
) -> SynthesisState:
    """Run a block in strips.

    Args:
        block: The block.
        state: What the block before it left.
        inputs: What its layers receive.
        has_features: Keep the features for a next block; False leaves None and saves memory.
    """
    assert state.features is not None and state.image is not None
    n, channels = len(state.features), block.conv1.weight.shape[0]
    height, width = block.conv1.size
    image = double(state.image, block.taps).contiguous()
    features = None
    if has_features:
        features = image.new_empty(n, height, width, channels).permute(0, 3, 1, 2)
    rows = max(8, STRIP_VALUES // (width * channels))
    blur = _blur_kernel(block)
    for index in range(n):
        x = state.features[index : index + 1]
        first = _folded(block.conv0, f"{block.name}.conv0", inputs, index)
        second = _folded(block.conv1, f"{block.name}.conv1", inputs, index)
        to_rgb = _folded_rgb(block.torgb, f"{block.name}.torgb", inputs, index)
        for top in range(0, height, rows):
            bottom = min(top + rows, height)
            low, high = max(top - 1, 0), min(bottom + 1, height)
            y = _doubling_rows(first, blur, x, low, high)
            y = _same_size_rows(second, y, low, top, bottom, height)
            rgb = F.conv2d(y, *to_rgb)
            if block.torgb.clamp is not None:
                rgb = rgb.clamp_(-block.torgb.clamp, block.torgb.clamp)
            image[index, :, top:bottom] += rgb[0]
            if features is not None:
                features[index, :, top:bottom] = y[0]
    return SynthesisState(block.resolution, features, image)


def _folded(layer: StyledConvolution, name: str, inputs: LayerInputs, index: int) -> _Layer:
    weight = _moved(layer, name, inputs, index)
    style = inputs.styles[name][index]
    energies = layer.energies.of(layer.weight) if weight is layer.weight else energy(weight)
    factor = demodulation(style[None], energies, weight[0].numel() ** -0.5)[0] * GAIN
    weight = weight * (factor[:, None] * style)[:, :, None, None]
    noise = inputs.noise.get(name)
    if noise is not None:
        noise = noise.expand(len(inputs.styles[name]), 1, *noise.shape[-2:])[index : index + 1]
        noise = noise * (layer.noise_strength * GAIN)
    return _Layer(weight, layer.bias * GAIN, noise, layer.clamp)


def _folded_rgb(layer: ToRGB, name: str, inputs: LayerInputs, index: int) -> tuple[Tensor, Tensor]:
    weight = _moved(layer, name, inputs, index)
    style = inputs.styles[name][index] * weight.shape[1] ** -0.5
    return weight * style[:, None, None], layer.bias


def _moved(layer: StyledConvolution | ToRGB, name: str, inputs: LayerInputs, index: int) -> Tensor:
    if name not in inputs.offsets:
        return layer.weight
    offsets = [
        offset.with_coefficients(offset.coefficients[index : index + 1])
        for offset in inputs.offsets[name]
    ]
    return combine(layer.weight, offsets)[0]


def _blur_kernel(block: Block) -> Tensor:
    """Give the outer square of the filter with sum 4, a copy for each channel: (c, 1, 4, 4)."""
    weight = block.conv0.weight
    line = weight.new_tensor(tuple(reversed(block.taps)))
    line = line * (2 / line.sum())
    return torch.outer(line, line).expand(weight.shape[0], 1, 4, 4).contiguous()


def _doubling_rows(layer: _Layer, blur: Tensor, x: Tensor, low: int, high: int) -> Tensor:
    """Compute rows low..high of the doubling layer's output.

    Output row j is filtered from rows j - 1 .. j + 2 of the transposed convolution, and row m of
    that comes from input rows (m - 1) // 2 .. m // 2; rows outside count as zero.
    """
    height = x.shape[2]
    start, stop = max(low - 1, 0), min(high + 2, 2 * height + 1)
    first, last = max((start - 1) // 2, 0), min((stop - 1) // 2, height - 1)
    y = F.conv_transpose2d(x[:, :, first : last + 1], layer.weight.transpose(0, 1), stride=2)
    y = y[:, :, start - 2 * first : stop - 2 * first]
    at_edge = low == 0 or high == 2 * height
    y = F.conv2d(y, blur, layer.bias, padding=(int(at_edge), 1), groups=len(blur))
    if at_edge:
        # Zeros were added on both sides: drop the row that only one of them made.
        skipped = 0 if low == 0 else 1
        y = y[:, :, skipped : skipped + high - low]
    return _finish(layer, y, low, high)


def _same_size_rows(
    layer: _Layer, x: Tensor, low: int, top: int, bottom: int, height: int
) -> Tensor:
    """Compute rows top..bottom from rows that begin with row `low` and reach one row further."""
    at_edge = top == 0 or bottom == height
    y = F.conv2d(x, layer.weight, layer.bias, padding=(int(at_edge), 1))
    if at_edge:
        y = y[:, :, top - low : bottom - low]
    return _finish(layer, y, top, bottom)


def _finish(layer: _Layer, y: Tensor, low: int, high: int) -> Tensor:
    if layer.noise is not None:
        y = y.add_(layer.noise[:, :, low:high])
    y = F.leaky_relu_(y, SLOPE)
    return y if layer.clamp is None else y.clamp_(-layer.clamp, layer.clamp)
