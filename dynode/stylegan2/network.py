"""The generator network: mapping and synthesis."""

from __future__ import annotations

from torch import nn

from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.mapping import MappingNetwork
from dynode.stylegan2.synthesis import SynthesisNetwork


class GeneratorNetwork(nn.Module):
    """A StyleGAN2 generator, initialised for training.

    `StyleGAN2` wraps it for rendering; train through that, or through `mapping` and `synthesis`.

    Args:
        config: Shape of the network.
        synthesis: A synthesis network of another make; None builds StyleGAN2's.

    Source:
        Karras et al. 2020, StyleGAN2, arXiv:1912.04958 (config F).
        Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676 (class labels, conv clamp).
    """

    def __init__(self, config: GeneratorConfig, synthesis: SynthesisNetwork | None = None) -> None:
        super().__init__()
        self.config = config
        self.mapping = MappingNetwork(
            config.z_dim,
            config.c_dim,
            config.w_dim,
            layers=config.mapping_layers,
            width=config.mapping_width,
            embed_width=config.embed_width,
            lr=config.mapping_lr,
        )
        self.synthesis = SynthesisNetwork(config) if synthesis is None else synthesis
