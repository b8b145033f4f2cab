"""GANSpace without a mapping network: activations of the first layer, carried back to the inputs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import dynode
from dynode import plugins
from dynode.errors import OptionError
from dynode.generator import draw_population
from dynode_ganspace import plugin
from dynode_ganspace.activations import activation_components


def network() -> dynode.Generator:
    """A small DCGAN whose first layer stretches some inputs more than others."""
    torch.manual_seed(0)
    first = torch.nn.ConvTranspose2d(12, 16, 4, bias=False)
    with torch.no_grad():
        first.weight *= torch.linspace(3, 0.2, 12)[:, None, None, None]
    last = torch.nn.ConvTranspose2d(16, 3, 4, 2, 1, bias=False)
    module = torch.nn.Sequential(first, torch.nn.ReLU(), last, torch.nn.Tanh())
    return dynode.wrap_module(module.requires_grad_(False), input_shape=(12, 1, 1))


@pytest.fixture(autouse=True)
def _registered() -> None:
    plugins.registry().register(plugin, "dynode_ganspace")


def test_the_components_are_those_of_scikit_learn_regressed_by_least_squares() -> None:
    from sklearn.decomposition import PCA

    generator = network()
    z = draw_population(generator, 500, seed=0).latents.w[:, 0].double().numpy()
    shown = generator.first_activations(dynode.Latents(torch.from_numpy(z).float()[:, None]))
    coordinates = PCA(4).fit_transform(shown.double().numpy())
    solved = np.linalg.lstsq(coordinates, z - z.mean(0), rcond=None)[0]
    wanted = solved * coordinates.std(0)[:, None]

    found = activation_components(generator, 500, 4, seed=0)

    mine = (found.components * found.deviations[:, None]).numpy()
    signs = np.sign((mine * wanted).sum(1))[:, None]
    # Activations are float32: a part in 1e-7, and some hundreds of sums.
    assert mine * signs == pytest.approx(wanted, abs=1e-4)


def test_two_seeds_find_the_same_components() -> None:
    generator = network()

    first, second = (activation_components(generator, 1000, 3, seed=seed) for seed in (0, 1))

    cosines = (first.components * second.components).sum(1).abs()
    assert float(cosines.min()) > 0.9  # random axes of width 12 have 0.29


def test_the_method_gives_directions_that_move_the_picture() -> None:
    generator = network()

    found = dynode.find("ganspace", generator, samples=500, count=2, several=True)

    latents = generator.sample(1, seed=0)
    before = generator.synthesize(latents)
    changes = [(generator.synthesize(d.apply(latents, 1.0)) - before).abs().mean() for d in found]
    assert all(float(change) > 0.001 for change in changes)
    assert found[0].info.unit.startswith("one standard deviation of the activations")


def test_a_network_that_shows_no_activations_is_refused() -> None:
    class Silent:
        info = network().info

    with pytest.raises(OptionError, match="shows no activations"):
        activation_components(Silent(), 100, 2, seed=0)  # type: ignore[arg-type]
