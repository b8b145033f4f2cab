"""Layers both networks are made of.

Parameters are stored raw; the equalised learning rate of Karras et al. 2018 (arXiv:1710.10196)
scales them at run time, as in the published files.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynode.latents.weight_offset import Offset
from dynode.stylegan2 import sixteen_bits
from dynode.stylegan2.energy import EnergyCache
from dynode.stylegan2.modulation import combine, modulated_convolution
from dynode.stylegan2.resampling import blur_after_doubling, blur_before_halving
from dynode.stylegan2.sixteen_bits import clamp_of, is_sixteen_bits

SLOPE = 0.2
GAIN = 2.0**0.5


def activate(x: Tensor, clamp: float | None = None) -> Tensor:
    """Apply the leaky ReLU, in place. The factor sqrt(2) is the caller's: fold it into `x`."""
    x = F.leaky_relu_(x, SLOPE)
    return x if clamp is None else x.clamp(-clamp, clamp)


def drawn_weights(*shape: int) -> Tensor:
    """Draw standard normal values to begin with; only a shape where the meta device asks for shapes.

    There drawing, filling and dividing would import torch's compiler, which takes a second.
    """
    if torch.get_default_device().type == "meta":
        return torch.empty(shape)
    return torch.randn(shape)


class Linear(nn.Module):
    """Fully connected layer.

    Args:
        inputs: Width of the input.
        outputs: Width of the output.
        activated: Follow it by the leaky ReLU times sqrt(2).
        lr: Learning-rate multiplier: weights are stored divided by it, biases too.
        bias: Initial value of the (effective) bias.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        activated: bool = False,
        lr: float = 1.0,
        bias: float = 0.0,
    ) -> None:
        super().__init__()
        drawn = drawn_weights(outputs, inputs)
        self.weight = nn.Parameter(drawn if drawn.is_meta else drawn / lr)
        self.bias = nn.Parameter(torch.zeros(outputs))
        if not drawn.is_meta:
            self.bias.data.fill_(bias / lr)
        self.activated = activated
        self.weight_scale = lr * inputs**-0.5
        self.bias_scale = lr

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs) to (n, outputs)."""
        gain = GAIN if self.activated else 1.0
        # Scaling the small side: `x` has fewer elements than the weight.
        bias = self.bias if self.bias_scale * gain == 1 else self.bias * (self.bias_scale * gain)
        y = F.linear(x * (self.weight_scale * gain), self.weight, bias)
        return F.leaky_relu(y, SLOPE) if self.activated else y


class Convolution(nn.Module):
    """Plain convolution of the discriminator.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        kernel: Size of the kernel, 1 or 3.
        taps: Filter in front of halving the size; None keeps the size.
        activated: Add a bias and follow by the leaky ReLU times sqrt(2).
        gain: Further factor of the output, its clamp included.
        clamp: Largest magnitude of an activated output, before `gain`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        taps: Sequence[float] | None = None,
        activated: bool = True,
        gain: float = 1.0,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(drawn_weights(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if activated else None
        self.taps = taps
        self.gain = gain * (GAIN if activated else 1.0)
        self.clamp = clamp * gain if clamp is not None else None
        self.scale = (inputs * kernel**2) ** -0.5

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w) to (n, outputs, h, w), or half the size."""
        kernel = self.weight.shape[-1]
        stride, padding = 1, kernel // 2
        if self.taps is not None:
            x = blur_before_halving(x, self.taps, kernel=kernel)
            stride, padding = (1, 0) if kernel == 1 else (2, 0)
        bias = None if self.bias is None else self.bias * self.gain
        weight = self.weight * (self.scale * self.gain)
        x = F.conv2d(x, weight, bias, stride=stride, padding=padding)
        return x if self.bias is None else activate(x, self.clamp)


class StyledConvolution(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU.

    Args:
        inputs: Input channels.
        outputs: Output channels.
        w_dim: Width of a row of w+.
        size: (height, width) of the output in pixels.
        taps: Filter after doubling the size; None keeps the size.
        clamp: Largest magnitude of the output.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        w_dim: int,
        size: tuple[int, int],
        *,
        taps: Sequence[float] | None = None,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.affine = Linear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(drawn_weights(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.noise_const: Tensor
        self.register_buffer("noise_const", drawn_weights(*size))
        self.size = size
        self.taps = taps
        self.clamp = clamp
        self.energies = EnergyCache()

    def arrange(self) -> None:
        """Lay the weight out in memory the way convolutions on the CPU read it.

        Shape and values stay; with few pixels, reordering the weight is half of the work.
        """
        read = self.weight.detach() if self.taps is None else self.weight.detach().transpose(0, 1)
        read = read.contiguous(memory_format=torch.channels_last)
        self.weight.data = read if self.taps is None else read.transpose(0, 1)

    def forward(
        self,
        x: Tensor,
        style: Tensor,
        *,
        noise: Tensor | None = None,
        offsets: Sequence[Offset] = (),
    ) -> Tensor:
        """Run the layer.

        Args:
            x: (n, inputs, h, w).
            style: (n, inputs).
            noise: Broadcastable to (n, 1, h', w') before the strength; None for none.
            offsets: Offsets of `weight`.
        """
        up = self.taps is not None
        convolved = sixteen_bits.convolution if is_sixteen_bits(x) else modulated_convolution
        x, factor = convolved(x, self.weight, style, up=up, offsets=offsets, cache=self.energies)
        if self.taps is not None:
            x = blur_after_doubling(x, self.taps)
        bias = (self.bias * GAIN)[:, None, None].to(x)
        x = torch.addcmul(bias, x, (factor * GAIN)[:, :, None, None].to(x))
        if noise is not None:
            x = x + (noise * (self.noise_strength * GAIN)).to(x)
        return activate(x, clamp_of(x, self.clamp))


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to the channels of the picture, without demodulation.

    Args:
        inputs: Input channels.
        outputs: Channels of the picture.
        w_dim: Width of a row of w+.
        clamp: Largest magnitude of the output.
    """

    def __init__(
        self, inputs: int, outputs: int, w_dim: int, *, clamp: float | None = None
    ) -> None:
        super().__init__()
        self.affine = Linear(w_dim, inputs, bias=1.0)
        self.weight = nn.Parameter(drawn_weights(outputs, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.clamp = clamp

    def forward(self, x: Tensor, style: Tensor, *, offsets: Sequence[Offset] = ()) -> Tensor:
        """Map (n, inputs, h, w) and styles (n, inputs) to (n, outputs, h, w).

        Here the weight is modulated: it is smaller than any picture.
        """
        if is_sixteen_bits(x):
            y = sixteen_bits.to_rgb(x, self.weight, style, offsets) + self.bias[:, None, None]
            clamp = clamp_of(x, self.clamp)
            return (y if clamp is None else y.clamp(-clamp, clamp)).to(self.weight)
        n, inputs, h, w = x.shape
        weight = combine(self.weight, offsets) if offsets else self.weight[None]
        weight = weight[:, :, :, 0, 0] * (style * inputs**-0.5)[:, None]
        if x.is_contiguous(memory_format=torch.channels_last) and inputs > 1:
            rows = x.permute(0, 2, 3, 1).reshape(n, h * w, inputs)
            y = torch.baddbmm(self.bias, rows, weight.transpose(1, 2))
            y = y.view(n, h, w, -1).permute(0, 3, 1, 2)
        else:
            y = torch.baddbmm(self.bias[:, None], weight, x.reshape(n, inputs, h * w))
            y = y.view(n, -1, h, w)
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)
