"""Distances are squared differences of features; LPIPS is the package's own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from dynode.distance import DISTANCES, load_distance
from dynode.distance.distance import PixelDistance, ResizedDistance
from dynode.distance.lpips import LpipsDistance
from dynode.distance.scored import ScorerDistance
from dynode.errors import MissingWeightsError, UnknownNameError, UnsupportedCheckpointError
from dynode.generator.protocol import Generator
from dynode.testing.trial import small


def pictures(n: int, size: int, seed: int = 0) -> Tensor:
    return torch.rand(n, 3, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def generator() -> Generator:
    return small()


def random_lpips(net: str) -> nn.Module:
    """The published network on a random backbone; its deprecated torchvision call warns."""
    import warnings

    import lpips

    torch.manual_seed(3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return lpips.LPIPS(net=net, pnet_rand=True, verbose=False).eval()


@pytest.mark.parametrize("net", ["alex", "vgg"])
@pytest.mark.parametrize("key", ["features", "slices"])
def test_lpips_equals_the_package_on_the_same_backbone(net: str, key: str, tmp_path: Path) -> None:
    published = random_lpips(net)
    state = {k: part for k, part in published.state_dict().items() if k.startswith("net.")}
    if key == "features":
        state = {"features." + ".".join(k.split(".")[-2:]): part for k, part in state.items()}
    torch.save(state, tmp_path / "backbone.pth")
    a, b = pictures(2, 64), pictures(2, 64, seed=1)

    ours = LpipsDistance.load(tmp_path / "backbone.pth", net).distance(a, b)  # type: ignore[arg-type]

    with torch.no_grad():
        expected = published(a, b).flatten()
    # The same float32 operations summed in another order: a few parts in 1e-6.
    torch.testing.assert_close(ours, expected, rtol=2e-5, atol=1e-7)


def test_lpips_of_flat_pictures_has_finite_gradients(tmp_path: Path) -> None:
    published = random_lpips("alex")
    torch.save(published.state_dict(), tmp_path / "backbone.pth")
    distance = LpipsDistance.load(tmp_path / "backbone.pth", "alex")
    flat = torch.zeros(1, 3, 64, 64, requires_grad=True)

    distance.distance(flat, pictures(1, 64)).sum().backward()

    assert flat.grad is not None and bool(torch.isfinite(flat.grad).all())


def test_pixels_are_the_mean_squared_difference() -> None:
    a, b = pictures(3, 8), pictures(3, 8, seed=1)

    found = PixelDistance().distance(a, b)

    torch.testing.assert_close(found, (a - b).square().mean((1, 2, 3)))


def test_resizing_by_nearest_takes_single_pixels() -> None:
    a, b = pictures(1, 16), pictures(1, 16, seed=1)

    found = ResizedDistance(PixelDistance(), 8, "nearest").distance(a, b)

    expected = PixelDistance().distance(a[..., ::2, ::2], b[..., ::2, ::2])
    torch.testing.assert_close(found, expected)


class Contrast:
    attributes = ("contrast", "brightness")
    deviations = (0.5, 0.25)

    def score(self, images: Tensor) -> Tensor:
        return torch.stack([images.std((1, 2, 3)), images.mean((1, 2, 3))], dim=1)


class Described(Contrast):
    def features(self, images: Tensor) -> Tensor:
        return images.mean((2, 3))


def test_a_scorer_without_features_is_compared_by_standardised_scores() -> None:
    a, b = pictures(2, 8), pictures(2, 8, seed=1)
    model = Contrast()

    found = ScorerDistance(model).distance(a, b)

    change = (model.score(a) - model.score(b)) / torch.tensor(model.deviations)
    torch.testing.assert_close(found, change.square().mean(1))


def test_a_scorer_with_features_is_compared_by_them() -> None:
    a, b = pictures(2, 8), pictures(2, 8, seed=1)

    found = ScorerDistance(Described()).distance(a, b)

    torch.testing.assert_close(found, (a.mean((2, 3)) - b.mean((2, 3))).square().sum(1))


@pytest.mark.installed_plugins
def test_the_scorer_of_the_domain_sees_what_it_knows() -> None:
    from dynode.generator.loading import load_generator

    generator = load_generator("facets-128")
    distance = load_distance("scorer", generator)
    images = generator.synthesize(generator.sample(2, seed=0)).detach()

    features = distance.features(images)

    # Unit vectors at every place of six layers: two pictures of no likeness are 2 apart.
    torch.testing.assert_close(features.square().sum(1), torch.ones(2), rtol=1e-4, atol=0)
    assert 0.01 < float(distance.distance(images[:1], images[1:])) < 2


@pytest.mark.installed_plugins
def test_a_distance_moves_to_another_type() -> None:
    from dynode.generator.loading import load_generator

    distance = load_distance("scorer", load_generator("facets-128").info)
    images = pictures(1, 64)

    exact = distance.to("cpu", torch.float64).features(images.double())

    assert exact.dtype == torch.float64
    # float32 against float64 of the same network.
    torch.testing.assert_close(distance.features(images), exact.float(), rtol=1e-3, atol=1e-5)


def test_an_unknown_distance_names_the_known(generator: Generator) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'lpips'.*scorer"):
        load_distance("lpip", generator)


@pytest.mark.parametrize("name", [name for name in DISTANCES if name.startswith("lpips")])
def test_lpips_without_weights_says_which(name: str, generator: Generator) -> None:
    with pytest.raises(MissingWeightsError, match="torchvision's (vgg16|alexnet) file"):
        load_distance(name, generator)


def test_a_file_of_something_else_is_refused(tmp_path: Path, generator: Generator) -> None:
    torch.save({"conv1.weight": torch.zeros(3)}, tmp_path / "other.pth")

    with pytest.raises(UnsupportedCheckpointError, match="entries such as 'conv1.weight'.*vgg16"):
        load_distance("lpips", generator, weights=tmp_path / "other.pth")
