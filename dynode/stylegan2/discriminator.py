"""The discriminator: residual blocks, minibatch statistic, optional class projection."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode.stylegan2.config import DiscriminatorConfig
from dynode.stylegan2.layers import Convolution, Linear
from dynode.stylegan2.mapping import MappingNetwork


def add_deviation(x: Tensor, *, group: int | None, channels: int) -> Tensor:
    """Append the standard deviation over groups of pictures as further channels.

    Args:
        x: (n, c, h, w); picture i belongs to group i mod (n / group size).
        group: Pictures in a group, at most n; None for the whole batch.
        channels: Channels to append, each averaged over its share of the c channels.

    Raises:
        UsageError: n is not a multiple of the group size.
    """
    n, c, h, w = x.shape
    size = n if group is None else min(group, n)
    if n % size:
        raise UsageError(
            f"the discriminator got a batch of {n}; expected a multiple of its statistic's group "
            f"of {size}, change the batch size"
        )
    grouped = x.reshape(size, n // size, channels, c // channels, h, w)
    deviation = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(2, 3, 4))
    return torch.cat([x, deviation.repeat(size, 1)[:, :, None, None].expand(n, channels, h, w)], 1)


class ResidualBlock(nn.Module):
    """Two convolutions, the second halving the size, beside a halving 1x1 skip."""

    def __init__(self, config: DiscriminatorConfig, resolution: int) -> None:
        super().__init__()
        inputs, outputs = config.channels[resolution], config.channels[resolution // 2]
        clamp, half = config.conv_clamp, 0.5**0.5
        if resolution == config.resolution:
            self.fromrgb = Convolution(config.image_channels, inputs, 1, clamp=clamp)
        taps = config.resample_filter
        self.conv0 = Convolution(inputs, inputs, 3, clamp=clamp)
        self.conv1 = Convolution(inputs, outputs, 3, taps=taps, gain=half, clamp=clamp)
        self.skip = Convolution(inputs, outputs, 1, taps=taps, gain=half, activated=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, h, w), or the picture in the first block, to half the size."""
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        side: Tensor = self.skip(x)
        side += self.conv1(self.conv0(x))
        return side


class Epilogue(nn.Module):
    """Minibatch statistic, convolution and two fully connected layers on the last features."""

    def __init__(self, config: DiscriminatorConfig, outputs: int) -> None:
        super().__init__()
        self.group, self.extra = config.mbstd_group, config.mbstd_channels
        channels = config.channels[4]
        self.conv = Convolution(channels + self.extra, channels, 3, clamp=config.conv_clamp)
        self.fc = Linear(channels * math.prod(config.base), channels, activated=True)
        self.out = Linear(channels, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, *base) to (n, outputs)."""
        if self.extra:
            x = add_deviation(x, group=self.group, channels=self.extra)
        x = self.conv(x).contiguous()  # the next weight expects order channel, row, column
        features: Tensor = self.out(self.fc(x.flatten(1)))
        return features


class DiscriminatorNetwork(nn.Module):
    """A StyleGAN2 discriminator, initialised for training.

    Source:
        Karras et al. 2020, StyleGAN2, arXiv:1912.04958 (residual discriminator).
        Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676 (class projection, conv clamp).
    """

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        width = config.channels[4] if config.cmap_width is None else config.cmap_width
        for resolution in reversed(config.resolutions[1:]):
            self.add_module(f"b{resolution}", ResidualBlock(config, resolution))
        self.b4 = Epilogue(config, width if config.c_dim else 1)
        if config.c_dim:
            self.mapping = MappingNetwork(
                0, config.c_dim, width, layers=config.mapping_layers, has_mean=False
            )

    def features(self, images: Tensor) -> Tensor:
        """Run the residual blocks: (n, image channels, r, r) to (n, channels, 4, 4)."""
        x = images.contiguous(memory_format=torch.channels_last)
        for resolution in reversed(self.config.resolutions[1:]):
            x = self.get_submodule(f"b{resolution}")(x)
        return x

    def forward(self, images: Tensor, c: Tensor | None = None) -> Tensor:
        """Judge pictures.

        Args:
            images: (n, image channels, r, r) float in [-1, 1].
            c: (n, c_dim) labels, usually one-hot, for a conditional discriminator.

        Returns:
            (n, 1) logits, larger for pictures that look real.

        Raises:
            UsageError: A conditional discriminator got no labels.
        """
        judged: Tensor = self.b4(self.features(images))
        if not self.config.c_dim:
            return judged
        if c is None:
            raise UsageError(
                f"the discriminator is conditional and got no labels; pass c of shape "
                f"({len(images)}, {self.config.c_dim})"
            )
        labels = self.mapping(None, c)
        logits: Tensor = (judged * labels).sum(dim=1, keepdim=True) * labels.shape[1] ** -0.5
        return logits
