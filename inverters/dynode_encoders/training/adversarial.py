"""The latent discriminator: whether a row is a code that the mapping network makes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

_SLOPE = 0.2
POOL_SIZE = 50
R1_WEIGHT = 10.0
R1_EVERY = 16


class LatentDiscriminator(nn.Module):
    """Four linear layers.

    Args:
        w_dim: Width of a row.

    Source:
        Tov et al. 2021, e4e, arXiv:2102.02766, after Nitzan et al. 2020, arXiv:2005.07728.
    """

    def __init__(self, w_dim: int) -> None:
        super().__init__()
        layers = list[nn.Module]()
        for _ in range(3):
            layers += [nn.Linear(w_dim, w_dim), nn.LeakyReLU(_SLOPE)]
        self.mlp = nn.Sequential(*layers, nn.Linear(w_dim, 1))

    def forward(self, rows: Tensor) -> Tensor:
        """Judge rows: (..., w_dim) -> (..., 1), positive for real ones."""
        judged: Tensor = self.mlp(rows)
        return judged


class CodePool:
    """Codes of earlier steps, so that the discriminator does not forget them.

    Args:
        size: Most codes that are kept; 0 gives back what comes.
    """

    def __init__(self, size: int = POOL_SIZE) -> None:
        self.size = size
        self.kept: list[Tensor] = []

    def exchange(self, codes: Tensor, random: torch.Generator) -> Tensor:
        """Give codes (n, w_dim) in, and get as many out, half of them older ones once it is full."""
        given = []
        for code in codes:
            if len(self.kept) < self.size:
                self.kept.append(code)
                given.append(code)
            elif self.size and float(torch.rand((), generator=random)) < 0.5:
                place = int(torch.randint(len(self.kept), (), generator=random))
                given.append(self.kept[place].to(code))  # those of a stopped run are on the host
                self.kept[place] = code
            else:
                given.append(code)
        return torch.stack(given)

    def state_dict(self) -> dict[str, Any]:
        """Return the codes, each without the batch it was part of."""
        return {"kept": [code.detach().cpu().clone() for code in self.kept]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the codes of a stopped run."""
        self.kept = list(state_dict["kept"])


def encoder_term(discriminator: LatentDiscriminator, codes: Tensor, stage: int) -> Tensor:
    """Return how far rows 0 … stage of codes (n, rows, w_dim) are from passing for real."""
    return softplus(-discriminator(codes[:, : stage + 1])).mean()


def discriminator_loss(
    discriminator: LatentDiscriminator, real: Tensor, fake: Tensor, *, step: int
) -> Tensor:
    """Return the logistic loss, every 16th step with the gradient penalty on real codes."""
    loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()
    if step % R1_EVERY == 0:
        codes = real.detach().requires_grad_(True)
        judged = discriminator(codes).sum()
        (gradient,) = torch.autograd.grad(judged, codes, create_graph=True)
        loss = loss + R1_WEIGHT / 2 * R1_EVERY * gradient.square().sum(1).mean()
    return loss
