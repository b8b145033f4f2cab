"""MoCoGAN with a StyleGAN2 backbone: its two discriminators, and the shape of its generator."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode_stylegan_v.config import VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator

_KERNEL = 4
_SLOPE = 0.2


def mocogan_config(**sizes: Any) -> VideoConfig:  # the fields of VideoConfig
    """Describe MoCoGAN's generator: an LSTM step a frame, its code behind every style code.

    Args:
        sizes: Fields of `VideoConfig`; they win over MoCoGAN's own.
    """
    own: dict[str, Any] = {
        "condition": "concat_w",
        "strategy": "autoregressive",
        "motion_distance": 1,
        "has_time_encoder": False,
        "has_fractional_times": False,
    }
    return VideoConfig(**{**own, **sizes})


class AddedNoise(nn.Module):
    """Adds normal noise, in evaluation too, as published."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        """Add fresh noise from torch's generator."""
        return x + self.deviation * torch.randn_like(x) if self.deviation else x


def _layers(resolution: int, paddings: int, deviation: float, channels: int) -> list[nn.Module]:
    widths = [channels, 64, 128, 256, 512]
    layers: list[nn.Module] = []
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:], strict=False)):
        pad = (2 if paddings > index else 0, 1, 1)
        layers += _step(inputs, outputs, _KERNEL, (1, 2, 2), pad, deviation, index > 0)
    for level in (5, 6) if resolution >= 256 else ():
        pad = (2 if paddings >= level else 1, 1, 1)
        layers += _step(512, 512, 3, (1, 1, 1), pad, deviation, True)
    last = 2 if paddings >= 6 else 0
    layers.append(nn.Conv3d(512, 1, _KERNEL, padding=(last, 0, 0), bias=False))
    return layers


def _step(
    inputs: int,
    outputs: int,
    kernel: int,
    stride: tuple[int, int, int],
    padding: tuple[int, int, int],
    deviation: float,
    is_normalised: bool,
) -> list[nn.Module]:
    convolution = nn.Conv3d(inputs, outputs, kernel, stride, padding, bias=False)
    norm = [nn.BatchNorm3d(outputs)] if is_normalised else []
    return [AddedNoise(deviation), convolution, *norm, nn.LeakyReLU(_SLOPE)]


class ClipDiscriminator(nn.Module):
    """MoCoGAN's 3-D convolutional judge of whole clips.

    Args:
        resolution: Side of a frame in pixels: 64, 128 or 256 as published, or another power of two
            of at least 64.
        paddings: Layers that pad time, 0 to 6; with 0 a clip needs 16 frames.
        deviation: Of the noise added before every layer but the last.
        image_channels: Channels of a frame.

    Source:
        Tulyakov et al. 2018, MoCoGAN, arXiv:1707.04993, as in the StyleGAN-V repository.
        Deviation: clips of 64 px give one logit each; the published wrapper fails there.
    """

    def __init__(
        self, resolution: int, *, paddings: int = 0, deviation: float = 0.1, image_channels: int = 3
    ) -> None:
        super().__init__()
        if resolution < 64 or not 0 <= paddings <= 6:
            raise UsageError(
                f"a clip discriminator of {resolution} px with {paddings} time paddings; expected "
                "64 px or more and 0 to 6 paddings"
            )
        self.fewest = max(1, 16 - 4 * paddings)
        self.main = nn.Sequential(*_layers(resolution, paddings, deviation, image_channels))
        for layer in self.main:
            if isinstance(layer, nn.Conv3d):
                nn.init.normal_(layer.weight, 0, 0.02)
            elif isinstance(layer, nn.BatchNorm3d):
                nn.init.normal_(layer.weight, 1, 0.02)

    def forward(self, videos: Tensor) -> Tensor:
        """Judge clips.

        Args:
            videos: (n, channels, T, r, r) float in [-1, 1].

        Returns:
            (n, places) logits; (n, 25) at 128 px and (n, 169) at 256 px for 16 frames.

        Raises:
            UsageError: The clips are too short.
        """
        if videos.shape[2] < self.fewest:
            raise UsageError(
                f"the clip discriminator got {videos.shape[2]} frames a clip; it needs at least "
                f"{self.fewest}"
            )
        logits: Tensor = self.main(videos)
        return logits.flatten(1)


class MoCoGANDiscriminator(nn.Module):
    """MoCoGAN's two judges: of single frames, and of clips.

    Args:
        config: Shape of the judge of frames, of one frame without classes.
        frames: Length of a clip.
        paddings: See `ClipDiscriminator`.
        deviation: See `ClipDiscriminator`.
    """

    def __init__(
        self,
        config: VideoDiscriminatorConfig,
        *,
        frames: int = 16,
        paddings: int = 0,
        deviation: float = 0.1,
    ) -> None:
        super().__init__()
        if config.c_dim or config.frames != 1:
            raise UsageError(
                f"MoCoGAN's judge of frames is described with {config.frames} frames and "
                f"{config.c_dim} classes; expected one frame, and no classes: they belong to videos"
            )
        self.frames = frames
        self.image_discr = VideoDiscriminator(config)
        self.video_discr = ClipDiscriminator(
            config.resolution,
            paddings=paddings,
            deviation=deviation,
            image_channels=config.image_channels,
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Judge frames and clips.

        Args:
            images: (n F, channels, r, r) float in [-1, 1], video by video.

        Returns:
            (n F,) logits of the frames and (n, places) of the clips.
        """
        videos = images.unflatten(0, (-1, self.frames)).transpose(1, 2)
        return self.image_discr(images), self.video_discr(videos)
