"""The mean code of a network whose file stores none."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.stylegan2.network import GeneratorNetwork

# Published scripts average this many mapped samples when a file stores no mean.
MEAN_SAMPLES = 4096


@torch.no_grad()
def estimate_mean(network: GeneratorNetwork, samples: int = MEAN_SAMPLES) -> Tensor:
    """Average the mapped codes of random z (and labels): (w_dim,)."""
    generator = torch.Generator().manual_seed(0)
    config = network.config
    like = network.mapping.w_avg
    z = torch.randn(samples, config.z_dim, generator=generator).to(like)
    labels = None
    if config.c_dim:
        picked = torch.randint(config.c_dim, (samples,), generator=generator)
        labels = torch.eye(config.c_dim)[picked].to(like)
    mean: Tensor = network.mapping(z, labels).mean(dim=0)
    return mean
