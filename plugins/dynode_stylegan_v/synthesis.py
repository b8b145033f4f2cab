"""The synthesis network of a video generator: StyleGAN2's, with a motion code beside the styles."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.stylegan2 import (
    FirstBlock,
    GeneratorNetwork,
    LayerInputs,
    StyledConvolution,
    SynthesisNetwork,
    SynthesisState,
)
from dynode_stylegan_v.config import VideoConfig
from dynode_stylegan_v.motion import MotionNetwork


@dataclass(frozen=True)
class FrameInputs(LayerInputs):
    """What the layers of a frame receive.

    Attributes:
        motion: (n, width) motion codes for the constant at 4 px; None where it takes none.
    """

    motion: Tensor | None = None


class MovingConstant(FirstBlock):
    """StyleGAN2's first block, its constant joined by the motion code at every pixel."""

    def __init__(self, config: VideoConfig, width: int) -> None:
        super().__init__(config)
        channels = config.channels[4]
        self.conv1 = StyledConvolution(
            channels + width, channels, config.w_dim, config.base, clamp=config.conv_clamp
        )

    def forward(self, state: SynthesisState, inputs: LayerInputs) -> SynthesisState:
        """Make the features and the picture at 4 px."""
        assert isinstance(inputs, FrameInputs) and inputs.motion is not None
        motion = inputs.motion
        n = max(len(motion), len(inputs.styles["b4.conv1"]))
        x = self.const.expand(n, -1, -1, -1)
        moving = motion.to(x)[:, :, None, None].expand(n, -1, *self.const.shape[1:])
        x = torch.cat([x, moving], dim=1).contiguous(memory_format=torch.channels_last)
        return self.finish(x, inputs)


class VideoSynthesis(SynthesisNetwork):
    """StyleGAN2's synthesis network with the motion entering where the config says."""

    def __init__(self, config: VideoConfig) -> None:
        super().__init__(dataclasses.replace(config, w_dim=config.style_width))
        width = config.motion.width
        self.takes_motion = config.condition == "concat_const" and width > 0
        if self.takes_motion:
            block = MovingConstant(config, width)
            self.add_module(block.name, block)
            self._layers |= {"b4.conv1": block.conv1, "b4.torgb": block.torgb}
        if not config.has_noise:
            for layer in self._layers.values():
                if isinstance(layer, StyledConvolution):
                    del layer.noise_strength, layer.noise_const


class VideoNetwork(GeneratorNetwork):
    """Mapping, motion and synthesis of a video generator, initialised for training.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683.
    """

    config: VideoConfig
    synthesis: VideoSynthesis

    def __init__(self, config: VideoConfig) -> None:
        super().__init__(config, VideoSynthesis(config))
        self.motion = MotionNetwork(config.motion)

    def joined(self, w: Tensor, codes: Tensor) -> Tensor:
        """Join motion codes to style codes, where they enter there.

        Args:
            w: (n, rows, w_dim).
            codes: (n, width), one a frame.

        Returns:
            (n, rows, style width).
        """
        if self.config.condition == "concat_const" or codes.shape[1] == 0:
            return w
        every = codes.to(w)[:, None].expand(len(w), w.shape[1], -1)
        return w + every if self.config.condition == "sum_w" else torch.cat([w, every], dim=2)
