"""The video discriminator: frames of a clip and the distances between them to one logit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode.stylegan2 import Convolution, Epilogue, MappingNetwork
from dynode_stylegan_v.config import VideoDiscriminatorConfig
from dynode_stylegan_v.distances import TimeDistances
from dynode_stylegan_v.hyper import TimeModulation


class FrameBlock(nn.Module):
    """Residual block of given widths.

    Args:
        config: Clamp, filter and channels of the picture.
        inputs: Channels that enter.
        inner: Channels between the convolutions.
        outputs: Channels that leave, at half the size.
        reads_pictures: Start with a 1x1 convolution of the picture.
    """

    def __init__(
        self,
        config: VideoDiscriminatorConfig,
        inputs: int,
        inner: int,
        outputs: int,
        *,
        reads_pictures: bool,
    ) -> None:
        super().__init__()
        clamp, taps, half = config.conv_clamp, config.resample_filter, 0.5**0.5
        if reads_pictures:
            self.fromrgb = Convolution(config.image_channels, inputs, 1, clamp=clamp)
        self.conv0 = Convolution(inputs, inner, 3, clamp=clamp)
        self.conv1 = Convolution(inner, outputs, 3, taps=taps, gain=half, clamp=clamp)
        self.skip = Convolution(inputs, outputs, 1, taps=taps, gain=half, activated=False)

    def forward(self, x: Tensor, scale: Tensor | None = None) -> Tensor:
        """Map (n, inputs, h, w), or pictures in the first block, to half the size.

        Args:
            x: What enters.
            scale: (n, inputs) factors of the first convolution's input channels.
        """
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        side: Tensor = self.skip(x)
        inside = x if scale is None else x * scale[:, :, None, None]
        side += self.conv1(self.conv0(inside))
        return side


class VideoDiscriminator(nn.Module):
    """Judges whole videos by a few frames, initialised for training.

    Frames go alone through the large blocks; at `concat_resolution` they become the channels of one
    picture. The time distances enter as the class does, by a product with the last features.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683.
    """

    def __init__(self, config: VideoDiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        widths = _widths(config)
        for resolution, (inputs, inner, outputs) in widths.items():
            block = FrameBlock(
                config, inputs, inner, outputs, reads_pictures=resolution == config.resolution
            )
            self.add_module(f"b{resolution}", block)
        told = 0
        if config.distances:
            self.time_encoder = TimeDistances(
                config.max_frames, config.time_width, config.distances
            )
            told = self.time_encoder.width
        self.condition_width = config.c_dim + told
        cmap = config.channels[4] if config.cmap_width is None else config.cmap_width
        self.b4 = Epilogue(config, cmap if self.condition_width else 1)
        if self.condition_width:
            self.mapping = MappingNetwork(
                0, self.condition_width, cmap, layers=config.mapping_layers, has_mean=False
            )
        if config.is_hyper and told:
            entering = {f"b{resolution}": width[0] for resolution, width in widths.items()}
            self.modulation = TimeModulation(told, cmap, entering)

    def forward(
        self, images: Tensor, times: Tensor | None = None, c: Tensor | None = None
    ) -> Tensor:
        """Judge videos.

        Args:
            images: (n F, image channels, r, r) float in [-1, 1], video by video.
            times: (n, F) times in frames; needed for several frames.
            c: (n, c_dim) labels, for a conditional discriminator.

        Returns:
            (n,) logits, larger for videos that look real.

        Raises:
            UsageError: Frames, times or labels do not fit.
        """
        frames = self.config.frames
        if len(images) % frames:
            raise UsageError(
                f"the discriminator got {len(images)} frames; expected a multiple of {frames}"
            )
        n = len(images) // frames
        distances = self._distances(times, n)
        features = self.features(images, distances)
        judged: Tensor = self.b4(features)
        if not self.condition_width:
            return judged[:, 0]
        condition = self._condition(distances, c, n)
        mapped = self.mapping(None, condition.to(judged))
        logits: Tensor = (judged * mapped).sum(dim=1) * mapped.shape[1] ** -0.5
        return logits

    def features(self, images: Tensor, distances: Tensor | None = None) -> Tensor:
        """Run the residual blocks: (n F, image channels, r, r) to (n, channels, 4, 4).

        Args:
            images: Frames, video by video.
            distances: (n, width) encoded time distances, for a modulated discriminator.
        """
        config, scales = self.config, {}
        if hasattr(self, "modulation"):
            assert distances is not None
            scales = self.modulation(distances)
        x = images.contiguous(memory_format=torch.channels_last)
        together = config.concat_resolution or 0
        for resolution in reversed(config.resolutions[1:]):
            if resolution == together:
                x = x.contiguous().reshape(-1, config.frames * x.shape[1], *x.shape[2:])
                x = x.contiguous(memory_format=torch.channels_last)
            scale = scales.get(f"b{resolution}")
            if scale is not None and resolution > together:
                scale = scale.repeat_interleave(config.frames, 0)
            x = self.get_submodule(f"b{resolution}")(x, scale)
        return x

    def _distances(self, times: Tensor | None, n: int) -> Tensor | None:
        if not self.config.distances:
            return None
        wanted = (n, self.config.frames)
        if times is None or tuple(times.shape) != wanted:
            found = "none" if times is None else tuple(times.shape)
            raise UsageError(f"the discriminator got times {found}; pass times of shape {wanted}")
        encoded: Tensor = self.time_encoder(times)
        return encoded

    def _condition(self, distances: Tensor | None, c: Tensor | None, n: int) -> Tensor:
        parts = []
        if self.config.c_dim:
            if c is None or tuple(c.shape) != (n, self.config.c_dim):
                raise UsageError(
                    f"the discriminator is conditional; pass c of shape ({n}, {self.config.c_dim})"
                )
            parts.append(c)
        if distances is not None:
            parts.append(distances)
        condition = torch.cat([part.to(parts[-1]) for part in parts], dim=1)
        return condition * 0 if self.config.has_dummy_condition else condition


def _widths(config: VideoDiscriminatorConfig) -> dict[int, tuple[int, int, int]]:
    """List the channels of each block: entering, between, leaving."""
    widths = {}
    together = config.concat_resolution
    for resolution in reversed(config.resolutions[1:]):
        inputs, outputs = config.channels[resolution], config.channels[resolution // 2]
        inner = inputs
        if together is not None and resolution == together:
            inputs = config.frames * (inputs // config.frame_divisor)
        if together is not None and resolution == 2 * together:
            outputs //= config.frame_divisor
        widths[resolution] = inputs, inner, outputs
    return widths
