"""The mapping network of a world's generator, written down instead of learned."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dynode.stylegan2 import GeneratorConfig
from dynode_worlds.code_space import CodeSpace
from dynode_worlds.population import Population
from dynode_worlds.world import World

KNOTS = 16
"""Straight pieces that stand for the normal CDF of each factor."""

NUISANCE_STD = 0.1
"""Standard deviation of the coordinates of w that mean nothing."""

_REACH = 2.9
_LIFT = 6.0
_SLOPE = 0.2
_GAIN = 2**0.5


def mapping_state(world: World, config: GeneratorConfig) -> dict[str, Tensor]:
    """Compute the weights of a two-layer mapping network with w = mean + E f(z).

    The first layer holds, for each factor, its normal score bent at `KNOTS`
    places, which the second adds up to the normal CDF (error below 0.01 of a
    factor's range of 2) and lays along the factor's direction. Units that are
    left carry z itself into directions that no factor uses: what is random
    about w without showing in the picture. Both layers stay on the straight
    part of their activations wherever they should be linear.

    z is normalised in front of the network as in every StyleGAN, so the scores
    are those of z at its mean length: an error of some 3 % of a score.

    Args:
        world: Whose codes it maps to.
        config: Two mapping layers; wide enough for the knots of every factor.

    Returns:
        Native names under `mapping.` -> float32 tensors, raw as they are stored.
    """
    if config.mapping_layers != 2 or config.mapping_width not in (None, config.w_dim):
        raise ValueError(
            f"the mapping network has {config.mapping_layers} layers of width "
            f"{config.mapping_width}; the recipe writes two as wide as w, set mapping_layers=2"
        )
    first, first_bias = _first_layer(world.population, config.z_dim, config.w_dim)
    second, second_bias = _second_layer(world.codes, config.w_dim)
    lr = config.mapping_lr
    return {
        "mapping.fc0.weight": _raw(first, lr * config.z_dim**-0.5),
        "mapping.fc0.bias": _raw(first_bias, lr),
        "mapping.fc1.weight": _raw(second, lr * config.w_dim**-0.5),
        "mapping.fc1.bias": _raw(second_bias, lr),
        "mapping.w_avg": world.codes.mean(config.w_dim).float(),
    }


def _first_layer(people: Population, z_dim: int, w_dim: int) -> tuple[np.ndarray, np.ndarray]:
    mixing = _score_mixing(people, z_dim)
    bent = np.repeat(mixing.T, KNOTS, axis=0)
    spare = w_dim - len(bent)
    if spare < 0:
        raise ValueError(f"w has {w_dim} coordinates; {len(bent)} are needed for the factors")
    others = np.linalg.svd(mixing)[0][:, len(people.names) :].T[:spare]
    weight = np.concatenate([bent, others])
    bias = np.concatenate([-np.tile(_knots(), len(people.names)), np.full(len(others), _LIFT)])
    return weight, bias


def _second_layer(space: CodeSpace, w_dim: int) -> tuple[np.ndarray, np.ndarray]:
    basis = space.basis(w_dim).numpy()
    pieces, constant = _cdf_pieces()
    bent = np.repeat(basis, KNOTS, axis=1) * np.tile(pieces, len(space.names))
    spare = w_dim - bent.shape[1]
    unused = np.linalg.svd(basis)[0][:, len(space.names) :][:, :spare]
    unused = unused * (NUISANCE_STD * (w_dim / max(1, unused.shape[1])) ** 0.5)
    padding = np.zeros((w_dim, spare - unused.shape[1]))
    weight = np.concatenate([bent, unused / _GAIN, padding], axis=1)
    bias = space.mean(w_dim).numpy() + basis.sum(1) * constant - _LIFT * unused.sum(1)
    return weight / _GAIN, bias / _GAIN


def _score_mixing(people: Population, z_dim: int) -> np.ndarray:
    """Read the matrix from z to normal scores, (z_dim, F), off the population."""
    factors = people.factors(torch.eye(z_dim, dtype=torch.float64))
    return (torch.erfinv(factors) * 2**0.5).numpy()


def _knots() -> np.ndarray:
    return np.linspace(-_REACH, _REACH, KNOTS)


def _cdf_pieces() -> tuple[np.ndarray, float]:
    """Fit the factor as a function of its score by the units of the first layer."""
    score = np.linspace(-5.0, 5.0, 4001)
    bend = score[:, None] - _knots()
    units = _GAIN * np.where(bend > 0, bend, _SLOPE * bend)
    design = np.concatenate([units, np.ones((len(score), 1))], axis=1)
    weight = np.sqrt(np.exp(-(score**2) / 2) + 1e-3)
    target = torch.erf(torch.from_numpy(score / 2**0.5)).numpy()
    fitted = np.linalg.lstsq(design * weight[:, None], target * weight, rcond=None)[0]
    return fitted[:-1], float(fitted[-1])


def _raw(effective: np.ndarray, scale: float) -> Tensor:
    return torch.from_numpy(effective / scale).float()
