"""The published formulation of StyleGAN2 synthesis, for comparison: the same weights, the same picture.

Every picture gets its own modulated and demodulated copy of the weights, a grouped convolution
applies them, and each resampling is a 2-D filter over a signal with zeros inserted, as the original
networks are described (Karras et al. 2020, arXiv:1912.04958, and their PyTorch ports on the CPU).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dynode.stylegan2.layers import StyledConvolution, ToRGB
from dynode.stylegan2.synthesis import SynthesisNetwork


def resample(x: Tensor, kernel: Tensor, *, up: int = 1, padding: tuple[int, int]) -> Tensor:
    """Insert zeros, pad, convolve every channel with the 2-D kernel: channels as groups."""
    c = x.shape[1]
    x = _padded(x, up, padding)
    return F.conv2d(x, kernel.flip(0, 1).expand(c, 1, -1, -1), groups=c)


def resample_as_batch(
    x: Tensor, kernel: Tensor, *, up: int = 1, padding: tuple[int, int]
) -> Tensor:
    """Do the same with the channels as batch, as stylegan2-pytorch does; slower."""
    n, c = x.shape[:2]
    x = _padded(x, up, padding)
    y = F.conv2d(x.reshape(n * c, 1, *x.shape[2:]), kernel.flip(0, 1)[None, None])
    return y.view(n, c, *y.shape[2:])


def _padded(x: Tensor, up: int, padding: tuple[int, int]) -> Tensor:
    n, c, h, w = x.shape
    if up > 1:
        x = F.pad(x.reshape(n, c, h, 1, w, 1), (0, up - 1, 0, 0, 0, up - 1))
        x = x.reshape(n, c, h * up, w * up)
    return F.pad(x, (*padding, *padding))


def modulated(x: Tensor, weight: Tensor, style: Tensor, *, demodulate: bool, up: bool) -> Tensor:
    """Convolve every picture with its own weights."""
    n, i, h, w = x.shape
    scale = weight[0].numel() ** -0.5
    weights = scale * weight[None] * style[:, None, :, None, None]
    if demodulate:
        weights = weights * torch.rsqrt(weights.square().sum((2, 3, 4), keepdim=True) + 1e-8)
    rows = x.reshape(1, n * i, h, w)
    if up:
        y = F.conv_transpose2d(rows, weights.transpose(1, 2).flatten(0, 1), stride=2, groups=n)
    else:
        y = F.conv2d(rows, weights.flatten(0, 1), padding=weight.shape[-1] // 2, groups=n)
    return y.view(n, -1, *y.shape[2:])


def synthesize(
    network: SynthesisNetwork, w: Tensor, *, resample: Callable[..., Tensor] = resample
) -> Tensor:
    """Render w+ (n, rows, w_dim) with the stored noise."""
    line = torch.tensor(network.config.resample_filter, dtype=w.dtype)
    kernel = torch.outer(line, line) / line.sum() ** 2
    styles = network.styles(w)
    x = image = None
    for name in network.rows:
        layer, style = network.layer(name), styles[name]
        if isinstance(layer, ToRGB):
            rgb = modulated(x, layer.weight, style, demodulate=False, up=False)
            rgb = rgb + layer.bias[:, None, None]
            image = (
                rgb if image is None else rgb + resample(image, kernel * 4, up=2, padding=(2, 1))
            )
            continue
        assert isinstance(layer, StyledConvolution)
        if x is None:
            x = network.get_submodule("b4").const[None].repeat(len(w), 1, 1, 1)
        up = layer.taps is not None
        x = modulated(x, layer.weight, style, demodulate=True, up=up)
        if up:
            x = resample(x, kernel * 4, padding=(1, 1))
        x = x + layer.noise_strength * layer.noise_const
        x = F.leaky_relu(x + layer.bias[:, None, None], 0.2) * 2**0.5
        if layer.clamp is not None:
            x = x.clamp(-layer.clamp, layer.clamp)
    return image
